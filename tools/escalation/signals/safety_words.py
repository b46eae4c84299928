"""The people, places and harms that the phrases of danger are made of, and what they mean by themselves."""

from tools.escalation.hard_signals import Says
from tools.escalation.language.word_lists import forms, words

LISTS = {
    "person": (
        "i we he she they someone somebody husband wife son daughter mother father mom mum dad baby child kid guest"
        " man woman friend passenger neighbour neighbor partner grandmother grandfather brother sister girlfriend"
        " boyfriend colleague coworker boy girl toddler people person guy lady infant children kids grandma grandpa"
        " teller cashier waiter waitress passengers guests customer visitor driver cleaner pilot steward stewardess"
        " nurse"
        " carer roommate flatmate tourist pensioner teacher student pupil worker workmate employee receptionist fiance"
        " fiancee spouse granny gran nephew niece cousin aunt uncle grandson granddaughter stranger twin twins"
        " teenager caller"
    ).split(),
    "attacker": (
        "he|she|they|husband|wife|ex|boyfriend|girlfriend|partner|father|dad|stepdad|stepfather|mother|uncle|man|guy"
        "|someone|somebody|stranger|roommate|neighbour|neighbor|intruder|people|men|gang|stalker|driver|guest|waiter"
        "|stepmother|brother|caregiver"
        "|carer|caretaker|cleaner|employee|colleague|coworker|boss|passenger|masseur|receptionist|bouncer|staff member"
        "|member of staff|teacher|guard|landlord|woman|mob|crowd|bloke|fella|lad|dude|drunk|kids"
    ).split("|"),
    "place": (
        "elevator lift bathroom toilet sauna basement cellar balcony stairwell building room car garage vehicle cabin"
        " house restroom"
    ).split(),
    "weapon": "gun knife weapon rifle machete pistol shotgun axe bat firearm handgun".split(),
    "home": "room house home flat apartment cabin suite hotel building".split(),
    "you": (
        "you|u|your staff|your manager|your receptionist|your agent|your agents|your people|your driver|your face"
        "|your colleague|your technician|your boss|your guy|one of you|all of you|someone|somebody|everyone|everybody"
        "|people|that receptionist|that manager|the manager|the receptionist|that idiot|the staff|the driver"
    ).split("|"),
    "hurt": (
        "kill|killing|shoot|shooting|stab|stabbing|hurt|hurting|murder|punch|hit|beat|strangle|attack|smash|slap|harm"
        "|choke|burn|bash|behead"
    ).split("|"),
    "intend": (
        "will|going to|gonna|want to|swear to|about to|plan to|planning to|ready to|promise to|coming to|might|could"
        "|would love to|would like to|feel like|thinking of|thinking about|have to|urge to"
    ).split("|"),
    "loved": (
        "me us my her him them wife husband daughter son mother mum mom father dad child kid kids children baby sister"
        " brother friend girlfriend boyfriend guest passenger colleague staff grandmother woman man girl boy someone"
        " somebody"
        " people everyone everybody others students passengers guests colleagues kids families"
    ).split(),
    "harms": [
        *forms(
            "attack assault threaten strangle stab punch grope molest rape choke slap kick abuse hurt harass grab touch"
            " beat bite stalk corner trap drug whip push kidnap"
        ),
        *"hit hits hitting beaten beats bit choking struck strangling raped groping".split(),
    ],
    "harmed": (
        "attacked assaulted threatened strangled stabbed punched groped molested raped choked slapped kicked abused"
        " grabbed"
        " beaten bitten drugged kidnapped trafficked shot spiked abducted knifed trampled"
    ).split(),
    "kills": "kill|stab|shoot|murder|strangle|rape|attack|burn|hurt|beat|harm|slash|knife|poison".split("|"),
    "ails": (
        "unconscious|collapsed|collapsing|fainted|fainting|choking|convulsing|unresponsive|passed out|bleeding"
        "|suffocating"
        "|drowning|electrocuted|overdosed|turning blue|turned blue|going blue|gone blue|blue in the face|stopped"
        " breathing"
        "|having a fit|having fits|foaming|having convulsions|lifeless|vomiting blood|coughing blood|coughing up blood"
        "|throwing up blood|scalded|in labour|going into labour|in labor|in agony|knocked out|losing consciousness"
        "|lost consciousness|losing blood|gasping|hyperventilating|slurring|in shock|seizing|barely conscious"
    ).split("|"),
    "device": (
        "battery laptop phone charger power bank powerbank tablet rack server socket outlet plug cable cables adapter"
        " router"
        " kettle heater radiator lamp light oven toaster printer monitor screen dock hairdryer dryer fuse box ups psu"
        " boiler stove microwave fridge minibar extension switch switchboard panel vent ceiling wall engine wing cabin"
    ).split(),
    "vital": (
        "patients|ventilator|ventilators|life support|intensive care|icu|emergency calls|emergency line|nurse call"
        "|alarm lines|operating theatre|operating room|dialysis|defibrillators|ambulances|ambulance dispatch"
        "|emergency room|oxygen supply|incubators|999 calls|911 calls|panic button|panic buttons|emergency numbers"
    ).split("|"),
    "rescue": "insulin|inhaler|epipen|epi pen|nitroglycerin|heart pills|heart medication|oxygen|asthma spray".split(
        "|"
    ),
}

MACHINES = words(
    "process processes server servers task tasks job jobs session sessions service services pod pods container thread"
    " threads port browser tab tabs pid script query queries daemon vm"
)
BAGS = words(
    "luggage bag bags baggage suitcase checked licence license permit hunting declare allowed carry-on kitchen chef"
    " sharp baseball pack"
)
TOBACCO = words("smoked smokes cigarette cigarettes cigar smokers smoker smoking tobacco weed")
PERMITS = words("licence license permit hunting declare allowed luggage baggage checked")
PLACES = words("in at with here there near on without abroad alone together next closer by under")
NOT_A_FIRE = words(
    "extinguisher extinguishers exit exits pit place tv stick drill door doors alarm wall escape sale truck station"
    " hd blanket department safety tablet detector map code hydrant hose show walk dance"
)
NOT_BY_MAIL = words("up an a with over back the down to it for")
FIGURES = words("laughter laughing boredom cringe embarrassment price prices bill joke")

DIES = Says(0.95, denial=True, supposed=True, asked=True)
HARMS_SELF = Says(0.95, supposed=True, asked=True, not_before=words("up laughing"), not_with=words("foot"))
OTHERS_TOO = Says(0.95, others=True, asked=True)
OTHERS_THEMSELVES = Says(0.95, others=True, asked=True, not_with=MACHINES)
DANGER = Says(0.95, others=True, asked=True, fresh=True)
ATTACKED = Says(0.9, others=True, asked=True)
ILL = Says(0.95, others=True, asked=True, fresh=True, not_with=FIGURES)
OVERLOAD = words("emails mails tickets paperwork debt tasks")
TIGHT = words("shirt dress jeans size sizes bra jacket trousers corset fabric collar tie")
ILL_DENIED = Says(0.95, others=True, denial=True, asked=True, fresh=True, not_with=FIGURES | TIGHT)
CHILD = words(
    "child children son daughter kid kids toddler baby boy girl nephew niece grandson granddaughter minor teenager"
    " infant year twins"
)
PEOPLE = words(
    "dad mum mom father mother husband wife son daughter baby child kid friend man woman guy lady guest passenger"
    " colleague"
    " sister brother girlfriend boyfriend grandmother grandfather he she him her person someone somebody"
)
CUTLERY = words("fork forks spoon spoons plate plates butter steak cake napkin napkins dinner housekeeping")
AILING = words(
    "confused shaky faint dizzy pale sweating shaking weak blue drowsy slurring breathing wheezing trembling"
)
THINGS = words(
    "server app browser page website menu laptop system table bed tent bridge roof router wifi screen pipe pen ink"
    " printer row column section tab"
)
GAMES = words("game games tournament match lol haha level movie")
ERRANDS = GAMES | words(
    "email emails spam calls fee fees price newsletter wifi service alarm deadline app advert support"
)
SCARES = words("flying heights needles dogs attachment link file installer update")
CLOSED = words("subscription contract call chat session relationship ticket trial lease meeting plan booking trip")
CALL = Says(
    0.85,
    others=True,
    not_before=words("report check clearance certificate record number app button if service history museum station"),
)
