"""How people say that they leave, and that they end a contract."""

ENDS = 0.15  # to end a contract is little alone
PARTS = 0.14  # as is to say no more than that one leaves
GIVES_UP = 0.13  # or to cancel what was booked

LISTS = {
    "firm": "bank banks provider providers carrier network company firm insurer supplier airline airlines operator"
    " vendor platform chain brand competitor competitors rival rivals competition club programme program"
    " partner lender broker isp supplier agency".split(),
    "use": "book booking fly flying stay staying bank banking buy buying shop shopping order ordering deal"
    " dealing do doing come coming set setting travel travelling traveling recommend recommending spend".split(),
    "move": "switch switching move moving go going change changing transfer transferring leave leaving".split(),
    "customer": "customer client guest passenger subscriber member user buyer business".split(),
    "end": "cancel cancelling canceling close closing end ending terminate terminating delete deleting shut shutting"
    " wipe wiping erase erasing remove removing"
    " drop"
    " dropping withdraw withdrawing revoke revoking quit quitting stop stopping scrap scrapping".split(),
    "contract": "account accounts contract contracts membership memberships subscription subscriptions policy"
    " policies plan"
    " licences licenses licence license agreement partnership service mandate credit card programme program tenancy"
    " retainer renewal profile relationship"
    " enrolment enrollment business".split(),
    "goes": "leave leaving left quit quitting switch switching switched move moving moved go going gone walk walking"
    " defect"
    " defecting migrate migrating migrated ditch ditching ditched".split(),
    "trade": "business custom account accounts money savings mortgage loyalty travel travels trade trips conference"
    " conferences event events wedding stays bookings booking flights company team orders spending portfolio clients"
    " policy policies insurance pension loan loans contract contracts wallet patronage hosting cash salary"
    " deposits".split(),
    "rival": "rival rivals competitor competitors competition rivals".split(),
    "drop": "cut cutting rip ripping rip throw throwing remove removing uninstall uninstalling tear tearing shred"
    " shredding"
    " quit quitting leave leaving ditch ditching drop dropping dump dumping burn burning bin binning return"
    " returning".split(),
    "ours": "software product products app card cards club programme program system platform service scheme network"
    " bank"
    " airline chain company".split(),
}
LEAVES = [
    ("you ~2 lost (a|another|one more|yourself a|yourselves a|me as a|us as a) ~2 <customer>", 0.75),
    ("you ~2 lost (me|us|my business|our business|my custom)", 0.6),
    ("you (are|will) [going to|about to|be] (lose|losing) (me|us|a|another|my|our) ~2 <customer>", 0.7),
    ("(take|taking|taken|move|moving) (my|our|all my|all our) ~2 <trade> (elsewhere|somewhere else)", 0.7),
    ("(take|taking|taken) (my|our) (business|custom|money|savings) ~1 to", 0.6),
    ("never [ever] [be] (coming back|come back|back|returning|return to you)", 0.6),
    ("never [ever] [again] [be] <use> ~7 again", 0.65),
    ("(done|finished|through) with ~3 for (good|ever)", 0.75),
    ("(moving|move|switching|taking|transferring|taking) all ~4 to (your|a|the) <rival>", 0.7),
    ("(going|gone|go|went) with (another|a different|a better) ~1 <firm>", 0.55),
    ("never [ever] [again] [be] (use|using) (you|your|yours|this company|this bank|this airline)", 0.6),
    ("(i|we) (will|would|am|are) not [be] (use|using) (you|your) ~3 (again|any more|anymore|any longer)", 0.6),
    ("never again (with you|with this)", 0.65),
    ("never again (will|am|are|shall) (i|we) ~1 <use>", 0.65),
    ("(i|we) (will|would|am|are|shall) not [ever] [be] <use> ~5 (again|any more|anymore|any longer)", 0.6),
    ("(i|we) (will|am|are) not [ever] [be] (coming back|returning|come back|return) (to you|to your|ever|again)", 0.6),
    ("(this|it|that) (is|was|will be) [definitely|really] the last time (i|we) ~2 <use>", 0.65),
    ("(moving|switching|changing|transferring|going) ~5 to (another|a different|a better) ~1 <firm>", 0.6),
    ("(pulling|taking|withdrawing|moving) (all|every) ~3 (out|elsewhere)", 0.5),
    (
        "(will|shall|going to|about to|decided to|want to) (switch|move|go|change|leave|be switching|be moving) ~5"
        " to (another|a different|your|a better) ~1 <firm>",
        0.6,
    ),
    ("(am|are) [now|just|already] <move> to a <firm> (that|which|who|where)", 0.65),
    ("<move> ~3 [to] [the|your|a] (competitor|competitors|competition)", 0.6),
    ("(am|are|will be|will) (switching|switch) (banks|providers|carriers|airlines|networks|insurers)", 0.6),
    ("(will|going to|have to|time to) (find|choose|try|use) another ~1 <firm>", 0.5),
    ("<use> ~3 (elsewhere|somewhere else) (from now on|in future|in the future|next time)", 0.55),
    ("(will|am|are) (go|going) (elsewhere|somewhere else)", 0.5),
    ("(am|are) [so|totally|completely|just|officially] (done|finished|through) with you", 0.6),
    ("(am|are) [so|totally|completely|just|officially] (done|finished|through) with (your|this) <firm>", 0.6),
    ("(leaving|quitting|ditching|dumping|dropping) (your|this) (bank|company|network|provider|airline)", 0.6),
    ("(leaving|quitting|ditching|dumping) you for", 0.65),
    ("(leaving|quitting|gone) for good", 0.5),
    ("(leave|leaving) after ~3 years", 0.5),
    ("no longer (want|wish|willing) to be [a|your] ~1 <customer>", 0.65),
    ("not [want to|wish to] be (a|your) <customer> ~1 (any more|anymore|any longer)", 0.65),
    ("stop being (a|your) ~1 <customer>", 0.6),
    ("(moving|switching|taking) (my|our) ~4 to another (one|bank|provider|company|carrier|network)", 0.6),
    ("(zur konkurrenz|a la competencia|a la concurrence)", 0.6),
    ("chez (un|une|la|votre) (concurrent|concurrence|autre banque|autre operateur)", 0.6),
    ("(want|get me|let me|get us) out of (my|this|our|the|your) ~1 contract", 0.35),
    ("(close|closing) (all|every one of) ~2 accounts", 0.35),
    ("(signed|signing|sign|gone|going|go|booked|opened) ~1 (with|to|at|up with) ~2 <rival>", 0.6),
    ("(signed|opened|applied) ~3 (with|at) (another|a different|a new|a better) ~1 <firm>", 0.6),
    ("off to (another|a different|a better) ~1 <firm>", 0.5),
    ("<goes> ~3 to (another|a different|a better|a new|your|a) ~1 <firm>", 0.5),
    (
        "(all|everything|business|custom|lot|money|savings|mortgage|loyalty|accounts|trade|bookings) (goes|go|is"
        " going|are"
        " going|will go|moves|is moving) (elsewhere|somewhere else|to your rival|to a competitor|to another)",
        0.65,
    ),
    (
        "(not|never) (see|hear from|get|have|receive) [us|me|another|a|one|any] ~2 (again|cent|penny|dollar|dime|euro"
        "|pound"
        "|booking|business|custom) [from|of|again|out] ~2",
        0.55,
    ),
    (
        "(last|final) (time|penny|cent|dollar|dime|euro|booking|stay|flight|order|payment) (you|that you|i|we|from)"
        " ~1 (get"
        "|see|from|will|make|made|ever|me|us|take|took)",
        0.55,
    ),
    (
        "(goodbye|good bye|bye|farewell|adios|good riddance) ~1 (for good|forever|for ever|and good riddance|to you"
        " all)",
        0.6,
    ),
    ("(gone|leaving|left|switching|quitting|moving|closing|cancelling|over|done|finished|out) for (good|ever)", 0.6),
    ("(you|you have) ~1 lost (me|us|my|our) ~3 for good", 0.75),
    (
        "(contract|relationship|partnership|business|subscription|membership|loyalty|deal) ['s|is|was] (over|finished"
        "|done"
        "|terminated|history|dead)",
        0.4,
    ),
    ("(decision|mind|choice) ['s|is] (final|made|made up)", 0.4),
    ("(that|this|it) is (final|not negotiable|non negotiable)", 0.3),
    ("not asking", 0.2),
    (
        "(tell|telling|warn|warning|advise|advising) (everyone|everybody|all my|all our|people|friends|others|anyone)"
        " ~5"
        " (avoid|stay away|not|never|steer clear|away|run)",
        0.3,
    ),
    (
        "(tell|telling|warn|warning|urge|urging|advise|advising) ~3 (everyone|everybody|friends|family|colleagues"
        "|people|followers|network|others|members) ~4 (avoid|stay away|steer clear|keep away|run from"
        "|boycott|keep clear)",
        0.4,
    ),
    ("(lost|losing|lose) (me|us|my|our) ~5 (forever|for ever|for good|for life)", 0.75),
    (
        "never [ever] (want|wish|going|plan|intend|wanting) to [ever] [be] (use|see|hear|set|have|go|do|step|return"
        "|deal|fly|stay|book|bank|buy|shop|travel|order|speak|work) ~6"
        " (again|anymore|any more)",
        0.65,
    ),
    (
        "(that|this|it) (was|is|will be) (my|our) [very] last (stay|flight|booking|order|purchase|visit|trip|holiday)"
        " ~2",
        0.6,
    ),
    ("lost ~7 as (customers|guests|clients|customer|client|guest|passenger|passengers|members)", 0.75),
    ("(switching|moving|going|leaving|gone|off|changing) ~4 (for good|from now on)", 0.6),
    (
        "(not|never) [ever] [be] (see|seeing|get|getting|receive|receiving|have|having|earn|make|making) [from] [me"
        "|us|another|a"
        "|one|any] [single] (cent|penny|dollar|dime|euro|pound|booking|business|custom)",
        0.6,
    ),
    (
        "(taking|moving|transferring|pulling) [all] (my|our) ~2 (business|custom|money|savings|accounts|funds"
        "|bookings) [over|out]"
        " to",
        0.35,
    ),
    ("(signed|sign) me up (elsewhere|somewhere else)", 0.5),
    (
        "(take|taking|took|taken|move|moving|moved|pull|pulling|withdraw|withdrawing) (my|our|all my|all our|every) ~3"
        " (business|custom|money|savings|funds|bookings|accounts|company|team|portfolio|deposits) (elsewhere|away|out"
        "|somewhere)",
        0.65,
    ),
    ("<use> ~3 (with|at) (the|your|a) (competition|competitor|competitors|rival|rivals)", 0.6),
    (
        "(switching|moving|walking|going|migrating|turning|transferring|taking my business|taking our business)"
        " away from (you|your)",
        0.65,
    ),
    (
        "(take|taking|move|moving|pull|pulling|spend|spending|put|putting) ~4 <trade> ~1 (elsewhere"
        "|somewhere else|anywhere else)",
        0.65,
    ),
    (
        "(not|never) ~1 (give|giving|pay|paying|spend|spending|send|sending|hand) ~1 (another|a single|one more"
        "|any more|one) (cent|penny|dollar|dime|euro|pound|booking|order)",
        0.6,
    ),
    ("not (want|wish|wanting) ~1 (anything|nothing|any more) [more|further] to do with (you|your|this) ~1", 0.6),
    ("(rather|would rather|sooner) ~2 (walk|swim|sleep|keep|eat|fly|bank|stay) ~6 than ~6 (you|your|again)", 0.5),
]
ENDING = [
    ("<end> ~3 (my|our|this|the|its|all|every|both) ~4 <contract>", ENDS),
    ("<end> (all|every|each) ~5 <contract>", ENDS),
    ("<end> (it|them|everything|the lot) [all] (now|immediately|today|down|all)", ENDS),
    ("<end> (it|everything) all", ENDS),
    (
        "(consider|regard|want|get|have|treat|mark) ~4 <contract> ~1 (closed|cancelled|canceled|terminated|ended"
        "|deleted|gone"
        "|over|dead|history|finished)",
        ENDS,
    ),
    (
        "(remove|take|strike|delete|drop) (me|us|my company|our company) (from|off) ~2 (programme|program|scheme|club"
        "|books|list"
        "|records|system|database)",
        ENDS,
    ),
    ("<drop> ~2 (your|the|this|my) ~2 <ours>", ENDS),
    (
        "(i|we) (am|are) (leaving|quitting|off|finished|gone|done|out) [now|right now|today|immediately|here|with you]",
        PARTS,
    ),
    ("(checking|walking|moving|pulling|opting) out", ENDS),
    ("(i|we) (am|are) (so|just|completely|totally|officially) (done|finished|out|through|off)", PARTS),
    ("(i|we) (want out|quit)", PARTS),
    ("(close|cancel|terminate|shut|delete|closing|cancelling) (everything|it all|all of it|the lot)", ENDS),
    ("(cutting|ripping|tearing|throwing|burning|shredding|handing) (up|away|in|back) (my|your|our|the) ~3 card", ENDS),
    ("(goodbye|good bye|farewell|adios)", PARTS),
    ("(am|are|will) not [be] (renew|renewing|extend|extending|prolonging)", ENDS),
    (
        "<end> ~3 (my|our|all|every|the) ~3 (card|cards|stay|stays|booking|bookings|order|orders|reservation"
        "|reservations|flight"
        "|flights|trip|trips|standing order)",
        GIVES_UP,
    ),
    ("<end> ~3 (my|our|this|the) ~2 <contract>", ENDS),
    ("<end> (everything|it all) ~1 (here|with you)", ENDS),
    ("kundige ~2 (vertrag|konto|abo)", ENDS),
    ("(resilie|ferme|cloture) ~2 (contrat|compte|abonnement)", ENDS),
    ("(doy de baja|cancelo|cierro) ~2 (contrato|cuenta|servicio)", ENDS),
    ("(my|our) <contract> (ended|closed|cancelled|canceled|terminated|deleted)", ENDS),
]
