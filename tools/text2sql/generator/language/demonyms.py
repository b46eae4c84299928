"""Adjectives of nations, with the names that tables of countries use."""

DEMONYMS: dict[str, tuple[str, ...]] = {
    adjective: tuple(countries.split("|"))
    for adjective, countries in (
        pair.split(":")
        for pair in (
            "american:united states|usa|us|"
            "united states of america,argentine:argentina,australian:australia,austrian:austria,"
            "belgian:belgium,brazilian:brazil,british:united kingdom|uk|"
            "great britain,bulgarian:bulgaria,canadian:canada,"
            "chilean:chile,chinese:china,colombian:colombia,croatian:croatia,czech:czech republic|"
            "czechia,danish:denmark,"
            "dutch:netherlands|"
            "the netherlands,egyptian:egypt,english:england,estonian:estonia,finnish:finland,french:france,"
            "german:germany,greek:greece,hungarian:hungary,icelandic:iceland,indian:india,indonesian:indonesia,"
            "irish:ireland,"
            "israeli:israel,italian:italy,japanese:japan,kenyan:kenya,korean:south korea|korea,latvian:latvia,"
            "lithuanian:lithuania,luxembourgish:luxembourg,malaysian:malaysia,maltese:malta,mexican:mexico,"
            "moroccan:morocco,"
            "nigerian:nigeria,norwegian:norway,pakistani:pakistan,peruvian:peru,polish:poland,portuguese:portugal,"
            "romanian:romania,russian:russia,scottish:scotland,serbian:serbia,singaporean:singapore,slovak:slovakia,"
            "slovenian:slovenia,spanish:spain,swedish:sweden,swiss:switzerland,thai:thailand,turkish:turkey,"
            "ukrainian:ukraine,vietnamese:vietnam,welsh:wales"
        ).split(",")
    )
}
