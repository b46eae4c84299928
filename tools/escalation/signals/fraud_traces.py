"""Traces of fraud that say little each: who approached the customer, what they gave away, what they lost, who else acts
in their name, and what they call it. Traces of two kinds tell a story."""

from collections.abc import Iterable
from math import prod

from tools.escalation.conversation import Turn
from tools.escalation.hard_signals import Says, weighed
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.word_lists import forms, words

TRACE_LISTS = {
    "nobody": (
        "someone|somebody|stranger|strangers|hacker|hackers|thief|thieves|scammer|scammers|fraudster|fraudsters"
        "|intruder|attacker|attackers|criminal|criminals|crook|crooks|impostor|imposter|unknown person"
        "|unknown man|unknown woman|unknown people|unknown user|unknown device"
    ).split("|"),
    "crook": "hacker hackers attacker attackers intruder scammer scammers fraudster fraudsters thief thieves"
    " criminals crooks impostor imposter".split(),
    "pretends": (
        "pretended|pretending|pretends|claimed to be|claiming to be|claims to be|posed as|posing as|posing|purported"
        "|purporting|imitating|imitated|impersonating|impersonated|acting as|said he was|said she was|said they were"
        "|said it was|saying they were|saying he was|saying she was|saying they are|saying he is|saying she is|saying"
        " it was|said they are|said he is"
        "|supposedly from|allegedly from|spoofed|masquerading"
    ).split("|"),
    "secret": (
        "password passwords pin otp code codes passcode login logins credentials cvv details ssn passport id token"
    ).split(),
    "valuables": (
        "money savings funds cash balance pension salary miles points bitcoin crypto wages payroll refund voucher"
        " vouchers"
        " deposit payment euros pounds dollars thousand hundred million grand quid bucks francs avios credits rent"
        " inheritance paycheck paycheque"
    ).split(),
    "jewels": (
        "cash money wallet passport passports jewellery jewelry watch ring necklace laptop ipad purse earrings rolex"
        " bracelet camera medication valuables"
    ).split(),
    "rooms": "room|safe|locker|suite|hotel room|cabin|villa|apartment|minibar safe".split("|"),
    "gone": (
        "gone|stolen|vanished|disappeared|emptied|drained|siphoned|taken|missing|wiped|cleaned out|swiped|pocketed"
        "|lifted|withdrawn|leaving|redirected|diverted|transferred out|moved out|went to a stranger|lost|zero|nicked"
        "|plundered|looted|raided|skimmed"
    ).split("|"),
    "mine": (
        "account|accounts|card|cards|profile|email|e mail|inbox|mailbox|login|app|phone|phone number|number|laptop"
        "|computer|pc|name|identity|passport|details|card details|bank details|booking|voucher|miles|points|wallet"
        "|savings"
        "|password|address|sim|loyalty account|credit card|signature|id|banking|system|files|credentials|data|trip"
        "|flight|reservation|credit|order|stay|onedrive|drive|teams|outlook|icloud|cloud|chat|slack"
        "|mails|emails|desktop|vpn|network|photos|backup|statement|payee|loan|pension|benefits|rewards|itinerary"
    ).split("|"),
    "tampers": [
        *forms(
            "use copy change log charge open cancel order clone skim access transfer register move sign reset"
            " photograph"
            " empty drain redeem pocket spend impersonate apply check hack redirect divert sell download forward"
        ),
        *"used stole steal stealing stolen took taken taking taking spent withdrew withdrawn bought buying booked"
        " booking"
        " cancelled cancelling got gotten made making broke broken sold checked swapped logged".split(),
    ],
}

FAMILY = words(
    "wife husband daughter son kid kids family mistake wrong accidentally error colleague technician admin helpdesk"
    " agent"
    " reception housekeeping"
)
DECOR = words("wallpaper background theme brightness layout keyboard language volume resolution meeting")
HELPERS = FAMILY | DECOR | words("team support")
PHYSICAL = words("bag bags luggage suitcase bike umbrella towel jacket wallet seat parcel package scooter keys charger")
TESTED = words("training exercise simulation course test quiz policy template newsletter")
SHOWN = words("update app screen page view display show shows showing visible menu statement icon button")
ALONE = 0.5  # of the weight is left of traces of one kind
PLAIN = 0.7

KINDS: dict[str, list[tuple[str, Says]]] = {
    "lure": [
        ("<pretends> ~6", Says(0.5, others=True, not_with=TESTED)),
        ("fake (agent|website|site|email|mail|page|call|invoice|bank|app|shop|number|link|profile|ad|advert|seller|job"
         "|support|employee|representative|landlord|courier|police|officer|listing|airline|hotel)",
         Says(0.5, others=True, not_with=TESTED)),
        ("(met|know|knew|dating|talking to) ~3 (online|on tinder|on facebook|on a dating|on instagram|on whatsapp"
         "|on telegram|through an app)", Says(0.5, others=True)),
        ("(caller|someone|somebody|man|woman|guy|person|text|message|email|call|he|she|they) ~6 (asked|asking|asks|told"
         "|telling|made|tells|wanted|demanded|convinced|talked|persuaded|instructed|got) (me|us|her|him) ~2 (for|to"
         "|into)"
         " ~8 (code|pin|password|card|details|money|transfer|move|safe account|gift cards|bitcoin|install|anydesk"
         "|teamviewer"
         "|download|log in|login|crypto)", Says(0.5, others=True, not_with=FAMILY)),
        ("(ticket|tickets|booking|flat|apartment|room|hotel|shop|company|product|reservation|villa|house|broker|firm)"
         " ~2 (does"
         " not exist|do not exist|never existed|did not exist|is not real|not real|is fake|was fake|is not valid)",
         Says(0.5, others=True, denial=True)),
        ("phone ~2 (lost|no|without) ~1 (signal|service|network|reception)", Says(0.5,
         only_with=words("bank account money"))),
        ("(safe account|secure account|gift cards|gift card codes|investment platform|trading platform|crypto platform"
         "|inheritance fee|release fee|customs fee|lottery)", Says(0.4)),
        ("(number|website|site|link|page|advert|ad) ~2 (from|on|in|off) [a|the] (google|facebook|text|whatsapp|sms"
         "|search"
         "|instagram|telegram|internet|telegram)", Says(0.4)),
        ("(was|is|were|from) [from] (microsoft|amazon|the fraud department|the fraud team|your fraud team|the tax"
         " office)",
         Says(0.45, others=True, not_with=words("laptop licence license office365 order parcel"))),
        ("(made|had|got|making) (me|her|him|us) ~1 (read|type|enter|send|give|install|transfer|buy|scan|log)",
         Says(0.5, others=True, not_with=FAMILY)),
        ("(program|app|software|link|tool) ~2 (man|caller|guy|he|she|they) ~2 (asked|told|wanted|sent|gave)",
         Says(0.45, others=True, not_with=HELPERS)),
        ("(website|site|page|shop|seller|listing|agent|flat|profile|app) ~6 (was|is|were|turned out) ~1 (fake|bogus"
         "|fraudulent)", Says(0.5, others=True, not_with=TESTED)),
        ("(text|sms|message|mail|email) ~2 about ~2 (parcel|package|delivery|toll|customs)", Says(0.5)),
    ],
    "gave": [
        ("(read|reading) out ~4 <secret>", Says(0.4, not_with=FAMILY)),
        ("<secret> ~2 to (a caller|the caller|a stranger|a man|a woman|a guy|someone who|somebody who"
         "|someone on the phone)", Says(0.5, not_with=FAMILY)),
        ("(gave|given|told|shared|entered|typed|sent|handed|submitted|provided|disclosed|revealed|filled in|put in|read"
         "|giving|forwarded) ~5 <secret>", Says(0.4, not_with=FAMILY)),
        ("(sent|transferred|paid|wired|gave|sending|invested|deposited|moved|lost|lent) ~5 <valuables>", Says(0.4)),
        ("(sent|transferred|paid|wired|invested|lost|lent|paying) [over|about|nearly|almost|around|him|her|them] ~1"
         " (k|grand"
         "|usd|eur|gbp)", Says(0.4)),
        ("(sent|transferred|paid|wired|lost) ~3 (to|for) ~4", Says(0.3)),
        ("(gave|given|giving|handed) ~2 (control|access|remote|my screen)", Says(0.5, not_with=FAMILY)),
        ("(let|allowed|letting) (him|her|them|it|the man|the caller|someone) ~2 (on|onto|in|into|control|access|connect"
         "|take over|install|see)", Says(0.5)),
        ("(installed|downloaded) ~3 (anydesk|teamviewer|app|software|program)", Says(0.3)),
        ("invoice ~3 paid", Says(0.35)),
        ("(got|took|he has|she has|they have|they now have|someone has|somebody has|stranger has|who has)"
         " [now|a|all|also|even|hold of] (passport scan|copy of my passport|my passport|my id|my details|my code"
         "|my password|my card number|my card details|my card|my pin|my number)",
         Says(0.4, others=True)),
    ],
    "lost": [
        ("(number|sim) ~2 (ported|transferred|swapped|moved) ~1 to (another|a different|someone|an unknown|a new)",
         Says(0.45)),
        ("(they|he|she) ~1 (took|charged|withdrew|debited) ~3 (from|off) (me|us)", Says(0.4, others=True)),
        ("(they|he|she|someone|somebody) [have|has|also|then|even] changed (my|the) [recovery|backup] (phone|email"
         "|number|password|mail|question)", Says(0.4, others=True, not_with=HELPERS)),
        ("(they|he|she|someone|somebody|who) [just|then|have|has|even] (stole|stolen)",
         Says(0.45, others=True, not_before=words("my our the a his her"))),
        ("<crook> ~3 (reset|changed|removed|replaced|deleted|locked|blocked|disabled|opened|moved|added|linked|set up"
         "|signed|renamed|swapped|registered|kicked) ~3 (me|us|my|our|all)", Says(0.75, others=True, not_with=TESTED)),
        ("(kicked|thrown|locked|shut) ~1 out of (everything|all|every|my own)", Says(0.35)),
        ("<valuables> ~5 <gone>", Says(0.45, others=True)),
        ("(stole|took|emptied|drained|withdrew|siphoned|pocketed|robbed|swiped|nicked|grabbed|skimmed) ~5 <valuables>",
         Says(0.45, others=True)),
        ("(stolen|drained|siphoned|emptied|vanished|disappeared|cleaned out) ~1 (from|out of) (my|our|her|his) ~2"
         " (account|savings|balance|card|wallet|profile)", Says(0.8, others=True, not_with=SHOWN)),
        ("(has|have|was|were|been|got) [just|all|now] stolen", Says(0.45, others=True, not_with=PHYSICAL)),
        ("(card|account|wallet|paypal) ~1 (was|has been|got|is being|been|is) ~1 (charged|used|debited|emptied|drained"
         "|billed|maxed)", Says(0.45)),
        ("(login|password|email|phone number|address|pin|iban|payee|mobile number|security question) ~1 (was|has been"
         "|got|were)"
         " ~1 (changed|reset|replaced|swapped)", Says(0.45)),
        ("(stole|took|taken|stolen|missing|gone|disappeared|robbed|vanished|removed) ~6 <jewels> ~5 <rooms>",
         Says(0.75, others=True, not_with=PHYSICAL - {"wallet"})),
        ("<jewels> ~5 (stole|stolen|missing|gone|disappeared|vanished|taken) ~4 <rooms>", Says(0.75, others=True)),
        ("(account|balance|savings|wallet|pension) ~2 (empty|zero|at zero|wiped|drained|emptied|cleared)", Says(0.5)),
        ("(conned|scammed|swindled|defrauded|duped|cheated|tricked) ~4 out of", Says(0.8, others=True)),
        ("<valuables> ~2 (transferred|moved|sent|paid) (out|away|to)", Says(0.45)),
        ("(ransom|bitcoin) (demand|demands|note|message|screen)", Says(0.75, others=True, not_with=TESTED)),
        ("stored card charged", Says(0.45)),
        ("(charges|payments|purchases|orders|withdrawals|transactions|tickets|bookings|transfers) ~4 (from|in|at|of|to)"
         " ~4 (never|not|unknown|bali|abroad|another country|another city|overseas|lagos|china|russia|nigeria)",
         Says(0.45, others=True, denial=True)),
        ("(charges|payments|purchases|orders|withdrawals|transactions|transfers|charge|payment|withdrawal) ~4 from (a"
         "|another|some)"
         " ~1 (country|city|place|continent|town|website)", Says(0.5, others=True)),
        ("(vanished|disappeared|blocked me|stopped answering|deleted his profile|deleted her profile|unreachable now"
         "|ghosted"
         " me|never heard from)", Says(0.4, others=True)),
        ("(locked me out|am locked out|changed my password|password no longer works|password does not work"
         "|password stopped working|can not get back in|changed the password|changed my email|changed the email)",
         Says(0.4, others=True, denial=True, not_with=words("forgot forgotten reset tried expired"))),
        ("(salary|wages|pay|payment|refund|money) ~1 (went|gone|going|sent|paid|goes|diverted|redirected) ~1 to ~2"
         " (stranger"
         "|someone|somebody|wrong|unknown|another account|else)", Says(0.5, others=True)),
        ("(files|data|documents|emails|records) ~3 (copied|copying|uploaded|leaking|leaked|sent|exfiltrated|downloaded"
         "|deleted|encrypted|locked) ~1 (out|to|by|and)", Says(0.4, others=True)),
        ("(moving|moves|controlling|controls|clicking) (the|my) (mouse|cursor|screen|computer)", Says(0.5,
         others=True)),
        ("(mouse|cursor) ~2 (moving|moves) ~2 (by itself|on its own|alone)", Says(0.4, others=True)),
    ],
    "stranger": [
        ("(rule|filter|device|session|user|account|admin|login) i [did] (not|never) (create|created|set|add|added|make"
         "|made)", Says(0.45, denial=True)),
        ("(opened|registered|took out) ~4 (using|under|with) my (passport|identity|id|name|social security)",
         Says(0.75, others=True, not_with=HELPERS | words("i we"))),
        ("(ex|ex husband|ex wife|roommate|flatmate|carer|nephew|stepson|caregiver) ~7 (transferring|withdrawing"
         "|stealing|transfers|withdraws|steals|emptying) ~1 (money|cash|funds|savings|my)",
         Says(0.75, others=True, not_with=words("permission allowed"))),
        ("<nobody> ~6 <tampers> ~5 (my|our|me) ~2 <mine>", Says(0.75, others=True, not_with=HELPERS)),
        ("<nobody> ~5 <tampers> ~3 (as me|under my identity|in my name|under my name|as us)",
         Says(0.8, others=True, not_with=HELPERS)),
        ("<nobody> ['s|is|has] ~2 (in|into|inside|on|accessing|using|reading|monitoring|controlling|deleting)"
         " (my|our) ~3 <mine>",
         Says(0.75, others=True, not_with=HELPERS | words("seat room name list behalf"))),
        ("(my|our) ~4 <mine> ~1 (was|were|has been|have been|is being|are being|got|been) <tampers> ~2 by ~2"
         " <nobody>",
         Says(0.8)),
        ("(employee|waiter|cashier|clerk|worker|cleaner|receptionist|seller|driver|barman|bartender|shop|ex|roommate"
         "|carer"
         "|flatmate|ex husband|ex wife) ~4 (copied|cloned|skimmed|stole|photographed|stealing|copying|swiped) ~4"
         " (card|cards"
         "|details|identity|money|passport|miles|points|cash)", Says(0.8, others=True)),
        ("(ex|roommate|flatmate|carer|neighbour|neighbor|nephew|stepson|grandson|cousin|coworker|caregiver) ~3 (used"
         "|using"
         "|spent|withdrew|took|stole|emptied|forged|uses|withdraws|stealing|steals) ~5 (my|our|her|his|their) ~3"
         " (card|money|account|savings|details|name|identity|signature|pension|pin)",
         Says(0.6, others=True, not_with=words("permission allowed with"))),
        ("without [my|our|her|his|any] (consent|permission|authorisation|authorization|knowledge|approval|knowing)",
         Says(0.5, denial=True)),
        ("(logins|login|log in|log ins|sign ins|sign in|signed in|logged in|access|session|sessions|device|devices"
         "|activity)"
         " ~1 from ~1 (vietnam|russia|china|nigeria|brazil|lagos|india|ukraine|romania|abroad|another|unknown|strange"
         "|countries|places|cities|moscow)", Says(0.5, others=True)),
        ("(they|he|she) [have|has] [just|also] (changed|took over|hijacked|swapped|replaced) my ~2 (number|email"
         "|password"
         "|address|pin|login|details|sim)", Says(0.4, others=True, not_with=HELPERS)),
        ("(unknown|strange|foreign|unfamiliar|another) (person|device|user|account|address|login|man|woman|people|iban"
         "|number)", Says(0.35, others=True)),
        ("(none of|not any of) (it|them|these|those|this|that) ~1 (was|were|is|are) (me|mine|ours|us|my)",
         Says(0.5, denial=True)),
        ("i [have|did] (never|not) [ever|even] (been there|been to|visit|visited|buy|bought|book|booked|order|ordered"
         "|write|wrote"
         "|written|send|sent|make|made|request|requested|apply|applied|open|opened|sign|signed|authorise|authorised"
         "|authorize"
         "|authorized|approve|approved|place|placed|do|use|used)", Says(0.45, denial=True)),
        ("i [have|did] (never|not) ~1 (it|them|that|those|these)", Says(0.45, denial=True)),
        ("(they|he|she) ~2 (transferred|took|stole|withdrew|moved|emptied|wired|spent) (it|them|everything|all|my|our)",
         Says(0.45, others=True, not_with=HELPERS)),
        ("(loan|loans|accounts|account|cards|card|contracts|contract|phones|lines|credit|mortgage) ~3 (opened|taken out"
         "|applied for|set up|registered) ~3 (my|our|her|his) (name|identity|details)", Says(0.8, others=True)),
        ("(country|countries|city|cities|place|places|town|continent) ~1 (i|we) [have] never", Says(0.5, denial=True)),
        ("(was|is|were) not (me|mine|us|ours)", Says(0.45, denial=True)),
        ("<tampers> ~6 by [a|an|some|the|unknown] <nobody>", Says(0.75, others=True, not_with=HELPERS)),
        ("to (someone|somebody|a stranger|a man|a woman|a person|people) (i|we)", Says(0.4)),
        ("never heard of", Says(0.4, denial=True)),
        ("(copied|cloned|skimmed|forged) (my|our) ~1 (card|cards|signature|id|passport|credit card|debit card)",
         Says(0.75, others=True)),
        ("(using|used|with|under|in) my ~1 (name|identity|passport|details)", Says(0.45, others=True,
         not_with=HELPERS)),
        ("(intruder|attacker|hacker|hackers|malware|outsider) ~3 (in|inside|on|into|got|has|have|broke) ~2 (network"
         "|system"
         "|systems|server|servers|mailbox|tenant|laptop|computer|machine)", Says(0.8, others=True)),
        ("to a (stranger|scammer|fraudster|criminal|thief)", Says(0.4, others=True)),
        ("(since|after) ~5 (handed|gave|used|paid) ~5 (bar|restaurant|shop|waiter|taxi|desk|market|atm)", Says(0.35)),
    ],
    "named": [
        ("(this|that|it|what happened) (is|was|must be|has to be|'s) ~3 (fraud|theft|scam|con|robbery|a fraud|stolen"
         "|fraudulent|a hack|swindle)", Says(0.5)),
        ("(hacked|hijacked|phished|scammed|conned|swindled|defrauded|compromised|cloned|tricked|duped|deceived)",
         Says(0.5, others=True, not_with=TESTED)),
        ("(turned out|turns out|realised|realized|found out|discovered|now i know|now know) ~5 (fake|scam|fraud|con"
         "|fraudster|scammer|scammers|not real|criminal|criminals)", Says(0.5, denial=True, others=True)),
        ("(report|reported|reporting) ~2 (theft|fraud|scam|identity theft)", Says(0.45)),
        ("(stole|stolen) (identity|passport|details|data)", Says(0.5)),
    ],
}  # fmt: skip

TRACES = Phrases([(pattern, (kind, says)) for kind, table in KINDS.items() for pattern, says in table], TRACE_LISTS)


def traced(turn: Turn, spoken: frozenset[str]) -> Iterable[tuple[float, str]]:
    """What the message's traces weigh together, one of each kind, and the words of the strongest."""
    best: dict[str, tuple[float, str]] = {}
    for clause in turn.reading.clauses:
        for match in TRACES.in_clause(clause):
            kind, says = match.value
            weight = weighed(Match(clause, match.first, match.last, says), spoken)
            if weight > best.get(kind, (0.0, ""))[0]:
                best[kind] = (weight, turn.reading.evidence(clause, match.first, match.last))
    if best:
        strongest, evidence = max(best.values())
        together = 1 - prod(1 - weight for weight, _ in best.values())
        yield together * (ALONE if len(best) == 1 and strongest < PLAIN else 1), evidence
