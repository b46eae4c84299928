"""Threats to turn to an authority, the police or the press, and weaker talk of them."""

from tools.escalation.hard_signals import Says
from tools.escalation.language.word_lists import forms, words

AUTHORITY_LISTS = {
    "turn_to": (
        "report|reporting|reported|complain|complaining|complaint|complaints|file|filing|filed|go|going|take|taking"
        "|refer|referring|escalate|escalating|escalated|contact|contacting|contacted|write|writing|call|calling"
        "|inform|informing|notify|notifying|lodge|lodging|lodged|raise|raising|submit|submitting|turn|turning|send"
        "|sending|bring|bringing|forward|forwarding|forwarded|hear from|involve|involving|alert|alerting|tell|telling"
        "|speak|speaking|talk|talking"
    ).split("|"),
    "authority": (
        "ombudsman|ombudsmans|ombudsperson|ombudsmen|regulator|regulators|fca|cfpb|bbb|better business bureau|ftc|fcc"
        "|trading standards|ofcom|ofgem|ofwat|the dot|us dot|department of transportation|department of transport|faa"
        "|caa|civil aviation authority|aviation authority|aviation authorities|data protection authority"
        "|data protection commission|data protection commissioner|information commissioner|the ico|attorney general"
        "|consumer protection|consumer affairs|consumer rights|consumer council|consumer advocate"
        "|financial conduct authority|financial services authority|finra|osha|health department|health inspector"
        "|health inspectors|banking commission|watchdog|licensing authority|licensing board|the authorities"
        "|european consumer centre|citizens advice|insurance commissioner|state regulator|gdpr authority"
        "|local authority"
    ).split("|"),
    "reports": [
        *forms(
            "report complain refer escalate contact inform notify lodge raise submit turn involve alert talk forward"
            " file call email petition register record phone approach ask message copy"
        ),
        *"complaint complaints took take taking taken go going went gone write writing written wrote send sending sent"
        " bring bringing brought speak speaking spoke spoken tell telling told hear heard".split(),
    ],
    "body": (
        "food safety authority|food standards agency|environmental health|public health authority|health authority"
        "|supervisory authority|financial supervisor|banking supervisor|financial supervision|supervision authority"
        "|labour board|labor board|labour inspectorate|works council|department of transportation|department of health"
        "|department of justice|department of labor|department of labour|department of insurance|department of consumer"
        "|ministry|congressman|congresswoman|senator|member of parliament|my mp|our mp|equality commission|tax office"
        "|human rights commission|fire marshal|fire inspector|health and safety executive|hse|easa|the sec|central bank"
        "|competition authority|consumer authority|consumer association|consumer organisation|consumer organization"
        "|consumer agency|consumer ombudsman|privacy commissioner|privacy regulator|licensing office|tourism board"
        "|tourist board|tourism authority|transport authority|arbitration board|conciliation body|dispute resolution"
        "|adjudicator|building inspector|housing authority|federal trade commission|federal aviation administration"
        "|communications commission|banking authority|anti fraud office|public prosecutor|prosecutor|district attorney"
        "|consumer office|consumer protection office|consumer protection|ombudsman|regulator|inspectorate"
    ).split("|"),
    "press": (
        "press|media|newspaper|newspapers|journalist|journalists|reporter|reporters|news|tv station|tv crew"
        "|news channel|news crew|camera crew|magazine|radio station|tv|consumer programme|consumer program|news desk"
        "|newsroom"
        "|broadcaster|bbc|cnn|tabloid|tabloids|papers|national paper|local paper|daily paper|television|columnist"
    ).split("|"),
    "us": (
        "you|u|your company|your bank|your hotel|your airline|this company|this bank|this hotel|this airline|the bank"
        "|the hotel|the airline|the company|you people|you guys|you all|your staff|your firm|this place|this shop"
        "|your business|your manager"
    ).split("|"),
}

CRIME = words("scam scammer scammers phishing spam theft thief stolen stole fraudster robbed burglary lost mugged")
MEDIA_FILES = words("folder server tab library player section file files center centre page gallery drive button")

ENQUIRES = words(
    "question questions form number address reference template work works essay regulated working employed licence"
    " export wondering looking asking requires rules register registered statement tax"
)
TO_US = Says(0.85, not_with=CRIME | {"export"})
OFFICIAL = Says(0.8, not_with=CRIME | {"export", "accountant"})
NO_STORY = words("remote channel channels netflix screen hdmi app rate permission wifi subscription box")
STORY = Says(0.75, others=True, not_before=MEDIA_FILES, not_with=NO_STORY)

AUTHORITIES: list[tuple[str, Says]] = [
    ("<turn_to> ~5 <authority>", TO_US),
    ("(explain|explains|answer|justify) ~3 to [the|my] <authority>", TO_US),
    ("see what [the|my] <authority> ~4 (says|say|thinks|think)", TO_US),
    ("<authority> (will|is going to|are going to|shall) ~1", Says(0.75, not_with=CRIME)),
    ("<authority> ~2 (hear|hears|learns|knows|know|told|interested|notified|informed|love|involved|complaint)",
     Says(0.75, not_with=CRIME)),
    ("<authority>", Says(0.35)),
    ("(gdpr|data protection|privacy|discrimination) (complaint|complaints|violation|breach|claim)", Says(0.75)),
    ("(gdpr|data protection) ~3 (complaint|authority|violation|breach)", Says(0.7)),
    ("(breach of contract|breached our contract|breached the contract|violating my rights|violated my rights)",
     Says(0.55)),
    ("(this|that|it|what you did|what you are doing) is (illegal|unlawful|against the law|not legal)",
     Says(0.5, denial=True)),
    ("(report|reporting|reported) <us> ~2 to the (police|cops|authorities)", Says(0.85)),
    ("(police|criminal) (report|complaint) ~2 (against|about|on) <us>", Says(0.85)),
    ("(i|we) (am|are|will|shall) [now|be|going to|gonna|have to] (calling|call|contacting|contact|going to|go to"
     "|involve|involving|informing|inform) the (police|cops)", Says(0.75, not_with=CRIME)),
    ("(police report|report to the police)", Says(0.3)),
    ("(i|we) ~3 (go|going|contact|contacting|take|taking|bring|bringing|alerting|alert|talking|talk|speaking|tell"
     "|telling) ~3 (the press|the media|the newspaper|the newspapers|a journalist|journalists|a reporter|the news"
     "|local news)", Says(0.75, not_before=MEDIA_FILES)),
    ("(newspaper|journalist|reporter|magazine|tv show|tv station) ~4 (story|publish|print|hear|interested|told)",
     Says(0.5)),
    ("(go|going|take|taking|tell|telling|contact|contacting|talk|talking|story|alert|bring|send|sending) ~4 (the"
     " press|the media|the newspaper|the newspapers|the papers|a journalist|journalists|a reporter|the news|local"
     " news|national news|news station|tv station)", Says(0.6, not_before=MEDIA_FILES)),
    ("(post|posting|share|sharing|put|putting|blast|blasting|expose|exposing|tweet|tweeting|tell|go|going|all over"
     "|name|shame|plaster) ~4 (social media|twitter|facebook|tiktok|instagram|linkedin|youtube|reddit|trustpilot"
     "|tripadvisor|google reviews|viral|public)", Says(0.35, not_with=words("photo photos picture giveaway share"))),
    ("(i|we) (am|are|will|shall|have) ~7 <authority>", Says(0.75, not_before=words("'s"), not_with=CRIME | ENQUIRES)),
    ("(see to it|make sure|ensure) ~3 <authority>", OFFICIAL),
    ("(data protection|privacy) ~6 complaint", Says(0.75, not_with=words("form template policy training report"))),
    ("(this|it|that|everything|file|matter|case) ~2 (goes|going|go|heading|headed|off) ~2 to ~2 <body>", OFFICIAL),
    ("<press> ~1 (has|have|holds|got) ~2 (emails|story|file|evidence|everything|documents|copies|chats)", STORY),
    ("<reports> ~6 (to|with|by|at|before|from|on to) ~2 <body>", OFFICIAL),
    ("(informed|notified|contacted|contacting|called|calling|involve|involving|alerted|alerting|told|telling|asked"
     "|emailed|invited|inviting|notifying|informing) [the|my|our] ~1 <body>", OFFICIAL),
    ("<body> (has|have|is|are|was|were|got|will|wants|knows) ~3 (file|case|complaint|involved|informed|notified|aware"
     "|told|investigating|inspecting|coming|interested|looking|asked|ruled|decided|contacted|visit)", OFFICIAL),
    ("<authority> (has|have|is|are|was|got|already) ~3 (file|case|complaint|investigating|looking|reviewing|aware"
     "|opened|asked|ruled|coming|visit)", OFFICIAL),
    ("(see|explain|tell|show|interested|curious|wonder) ~4 (to|what|how|whether) ~2 <body>", OFFICIAL),
    ("(notice|letter|report|submission|evidence|file|dossier|complaint|referral|case) to [the|a|my] ~1 <authority>",
     Says(0.8, others=True, not_with=CRIME | {"export"})),
    ("(i|we|my|our) ~5 (forwarded|sent|sending|send|told|telling|gave|giving|contacted|contacting|emailed|emailing"
     "|offered|given|tipped|invited|called|calling|spoken|speaking|talking|took|taking|go|going|tell|call|email) ~4"
     " (to|with|off|up|contacted|the|a) ~2 <press>", STORY),
    ("(the|local|national|two|three|several|some|a) [local|national|few] <press> ~4 (love|will|would|coming|is|are|has"
     "|have|wants|want|interested|waiting) ~4 (story|film|filming|publish|print|interview|interested|love|hear|coming"
     "|write|writing|cover|covering|investigate|investigating|running|run|report|call|know|this|asking)", STORY),
    ("paper ~3 (print|publish|run) (how|what|that) ~2 (your|you)", STORY),
    ("(love|interested in|writing about|write about|publish|print|run|running|cover|covering|hear|hearing) ~3 (story"
     "|article|scandal) ~8 (bank|hotel|airline|company|you|your|passengers|customers|guests)",
     Says(0.6, others=True)),
]  # fmt: skip
