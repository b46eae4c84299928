"""Fraud and account takeover: said as a fact it needs a person; a mere suspicion is ordinary work."""

from collections.abc import Iterable, Iterator

from tools.escalation.conversation import Conversation, Signal, Turn
from tools.escalation.hard_signals import Says, strongest, weighed
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import any_of
from tools.escalation.language.word_lists import words
from tools.escalation.signals.fraud_traces import DECOR, traced

THEFT = 0.45  # at most for a thing that was stolen
THINGS_STOLEN = words("wallet purse phone handbag bag backpack card cards laptop")
STEALING = words("stole stolen steal nicked pinched snatched pickpocketed")
USED_SINCE = words(
    "money account accounts savings details identity used using charged charges transactions transaction"
    " payments withdrew withdrawn spent spending bought emptied cloned copied room safe transferred purchases"
    " miles points password logged data numbers number code app taken gone balance abgehoben cargos link"
    " posting"
)
SUSPECTED = 0.6  # of the weight is left of what only may be
GUESSED = 0.5  # and of a story in which something only may be

LISTS = {
    "account": (
        "account|accounts|profile|email|e mail|mailbox|inbox|online banking|banking|app|phone|sim|sim card|login|card"
        "|cards|debit card|credit card|bank account|wallet|computer|laptop|pc|mac|details|identity|password|facebook"
        "|paypal|miles account|loyalty account|savings|savings account|checking account|instagram|whatsapp|data"
        "|system|number|phone number"
    ).split("|"),
    "taken": (
        "hacked|hijacked|compromised|breached|phished|emptied|drained|cleaned out|cleared out|wiped out|cloned"
        "|skimmed|taken over|broken into|pwned|raided|swapped|hacked into|sim swapped|used fraudulently"
    ).split("|"),
    "thief": (
        "someone|somebody|they|hacker|hackers|thief|thieves|scammer|scammers|fraudster|fraudsters|stranger|criminal"
        "|criminals|crooks|ex|ex husband|ex wife|person|people|man|guy|caller|he|she|who|unknown person|anyone"
        "|attacker|attackers|intruder"
    ).split("|"),
    "takes": (
        "hacked|hacked into|hijacked|emptied|drained|cleaned out|cleared out|stole|stolen|took over|taken over"
        "|broke into|broken into|got into|gotten into|got access to|gained access to|cloned|skimmed|wiped out"
        "|took control of|impersonated|raided|breached|is now in|is inside|swapped|has control of|have control of"
        "|in control of"
    ).split("|"),
    "uses": (
        "used|using|been using|logged into|logged in to|logging into|accessed|withdrew|withdrawn|transferred|spent"
        "|charged|opened|took out|taken out|ordered|bought|made|moved|changed|applied for|takes|taking|took|spending"
        "|ordering|buying|shopping|making|transferring|withdrawing|changing|charging"
    ).split("|"),
    "money": "money|savings|funds|cash|balance|pension|salary|miles|points|bitcoin|crypto".split("|"),
    "secret": (
        "password|passwords|pin|otp|code|codes|card details|bank details|card number|login|logins|credentials"
        "|passcode|details|security number|ssn|security code|account number|one time code|verification code|access"
        "|cvv|info|information|data"
    ).split("|"),
}

LURES = words(
    "phishing phished scam scams scammer scammers fake fraudster fraudsters fraudulent spoof spoofed stranger"
    " malicious bogus dodgy hacker hackers fraud impostor impersonating pretended pretending"
)
LINKS = words("link attachment email mail sms text")
OURS = words(
    "reset new activation activate invite invitation setup verification confirm confirmation works work working error"
    " invalid wrong fails failed nothing again expired forgot locked says loop register registration you"
)
HEDGES = words(
    "may might maybe possibly could worried suspect wondering wonder perhaps seems looks probably potentially"
)
SHOWN = words("update app screen page view display show shows showing visible menu")
BY_US = words("permission allowed app family teenager kid kids son daughter wife husband mistake wrong accidentally")

FACT = Says(0.8, others=True)
SUSPICION = Says(0.4)

PATTERNS: list[tuple[str, Says]] = [
    ("(my|our|the|this) ~2 <account> ~1 (was|is|were|are|got|has|have|been|being|just) ~2 <taken>",
     Says(0.8, not_with=words("fee fees wallet"))),
    ("(my|our|the|her|his) ~2 (account|identity|details|data|password|card details|login|miles|points|number) ~2"
     " stolen", Says(0.8)),
    ("(card|cards|phone|wallet|laptop) ~2 stolen", Says(0.35)),
    ("(card|cards|phone) ~2 stolen ~2 (used|charged|spent) ~1 (to|for|at|in|online|by)", Says(0.75)),
    ("(hacked|hijacked|compromised|emptied|drained|cleaned out|cloned) my ~2 <account>", Says(0.8)),
    ("(i|we) (was|were|am|got|have been|am being|are being|been|just got|have just been|think i was|think i have"
     " been) [just|also|now] (hacked|scammed|phished|defrauded|conned|swindled|duped|catfished)", Says(0.8)),
    ("(been|got|getting) (hacked|scammed|phished|defrauded|conned|swindled|sim swapped)", Says(0.8)),
    ("<thief> ~5 <takes> ~2 (my|our|her|his) ~3 <account>", FACT),
    ("(hacker|hackers|scammer|scammers|stranger|thief|fraudster|attacker|ex|criminals|someone else|somebody else) ~2"
     " (has|have|got|gained|gaining) ~1 access to ~2 (my|our) ~2 <account>", FACT),
    ("<thief> ~3 <takes> ~4 (from|out of) (my|our) ~2 <account>", FACT),
    ("(someone|somebody|hacker|hackers|thief|thieves|scammer|scammers|fraudster|stranger|criminals|crooks|strangers)"
     " ~3 <uses> ~5 (my|our) ~3 <account>", Says(0.8, others=True, not_with=BY_US | DECOR)),
    ("(people|someone|somebody|person) i do not know ~3 <uses> ~5 (my|our) ~3 <account>",
     Says(0.8, denial=True, others=True, not_with=BY_US)),
    ("(someone|somebody|thief|they|stranger|criminals) ~2 (used|using|spent|charged|ordering|buying|spending|emptied"
     "|drained) (it|them)", Says(0.75, only_with=words("card account login savings"), not_with=BY_US)),
    ("(someone|somebody|hackers|they|scammers|scammer|thieves) ~3 (hacked|scammed|defrauded|robbed|stole from"
     "|phished) (me|us|my)", FACT),
    ("(someone|somebody|hacker|hackers|thief|scammer|scammers|fraudster|stranger|unknown person) ~3 (stole|took|taken"
     "|stolen|withdrew|transferred|withdrawn|spent|siphoned) ~4 <money>",
     Says(0.8, others=True, not_with=words("cashier machine atm"))),
    ("(hackers|hacker|scammers|scammer|fraudsters|fraudster|thieves|thief) ~2 (changed|have|has|got|took|stole|are in"
     "|is in|used|locked) ~4",
     Says(0.7, others=True, not_with=words("event conference meetup hackathon film movie book"))),
    ("(my|our|all) ~2 <money> ~2 (gone|stolen|disappeared|vanished|been taken|was taken|been stolen|were stolen)",
     Says(0.6)),
    ("all [of] my <money> ~2 (gone|disappeared|vanished)", Says(0.75, not_with=SHOWN)),
    ("(my|our) ~2 <money> ~2 (stolen|been taken|was taken|been stolen|were stolen)", Says(0.75)),
    ("(stole|stolen) (my|our|her|his) (money|savings|identity|funds|card details|details|miles|points|data)",
     Says(0.8, others=True, not_with=words("machine vending kiosk meter"))),
    ("(money|funds|cash) ~3 (stolen|taken|withdrawn|siphoned) ~2 (from|out of) my [bank|savings|checking] account",
     Says(0.75)),
    ("without my (consent|permission|authorisation|authorization|knowledge|approval)", Says(0.5, denial=True)),
    ("(unauthorised|unauthorized|fraudulent|fraud) (transaction|transactions|charge|charges|payment|payments"
     "|withdrawal|withdrawals|purchase|purchases|transfer|transfers|debit|debits|activity|use|orders|spending)",
     Says(0.75)),
    ("(unauthorised|unauthorized|suspicious|strange|unknown|unusual) (access|login|logins|email|call|text|activity"
     "|device|sms|message|emails|calls|transaction|payment|charge)", SUSPICION),
    ("(identity|id) (was|is|has been|got|been) [just] (stolen|used|compromised)", FACT),
    ("(victim|target) of ~2 (fraud|scam|identity theft|phishing|sim swap|scammers|a fraudster|hacking)", FACT),
    ("(fell|fallen|falling) [victim] (for|to) ~3 (scam|phishing|fraud|fraudster|hoax|scammer)", FACT),
    ("(impersonated|impersonating|impersonates) (me|us)", FACT),
    ("(fraud|fraudulent activity) on (my|our) ~2 <account>", Says(0.75)),
    ("identity theft", Says(0.4, not_before=words("protection insurance cover policy monitoring"))),
    ("(loan|account|card|contract|credit|line|mortgage) ~3 (opened|taken out|applied for|set up) ~3 (in|under|using)"
     " my (name|identity|details)", Says(0.8)),
    ("(someone|somebody|they|scammer|thief) ~2 (opened|took out|applied for|registered|taken out) ~5 my (name"
     "|identity)", FACT),
    ("(sent|transferred|paid|wired|gave|given|sending) ~4 (scammer|scammers|fraudster|fake|fraudsters|con man)",
     Says(0.8)),
    ("(they|he|she|someone|somebody|scammer|scammers|caller|man|woman|thieves) ~2 (stole|swindled|conned|robbed|stolen)"
     " ~3 (from|off|out of) (me|us)", Says(0.8, others=True, not_with=words("machine bike luggage"))),
    ("(tricked|conned|scammed|duped|fooled) [me] (into|by|out of)", Says(0.8, not_with=words("yourself"))),
    ("(it|that|they|he|she|all|site|seller|shop) (was|were|turned out to be) [all|just] (a scam|fake|a fraud|scammers"
     "|a scammer)", Says(0.7)),
    ("(romance scam|investment scam|crypto scam|sim swap|sim swapped|account takeover)", Says(0.7)),
    ("(let|gave|given|allowed|letting) ~3 (remote access|into my computer|into my pc|into my laptop|teamviewer"
     "|anydesk|control my computer|access to my computer)",
     Says(0.75, not_with=words("technician helpdesk colleague"))),
    ("(ransomware|ransom note|bitcoin ransom)", Says(0.4)),
    ("(have|has|got|is|with|hit by|infected|by|found|there is|a|says) ~3 (ransomware|ransom note|ransom message)",
     Says(0.75, not_with=words("protect protection policy training backup"))),
    ("ransomware ~1 (locked|encrypted|infected|hit|attack|took)", Says(0.75)),
    ("(files|data|computer|pc|drive|folders) ~3 encrypted ~5 (ransom|bitcoin|pay|hackers)", Says(0.8)),
    ("(demanding|demand|demands|asking for|wants|want) ~2 (ransom|bitcoin|bitcoins)", Says(0.75, others=True)),
    ("(blackmailing|blackmailed|blackmails|extorting|extorted) [by] [me|us]", Says(0.75, others=True)),
    ("(locked me out|changed my password|changed the email|changed my email) ~3", Says(0.35, others=True)),
    ("(not me|was not me|not by me|did not do it|i did not do)", Says(0.3, denial=True)),
    ("not [make|authorise|authorize|approve] ~1 (authorise|authorize|approve|recognise|recognize) ~3 (payment"
     "|payments|transaction|transactions|purchase|charge|charges|transfer|withdrawal|debit|device|login)",
     Says(0.4, denial=True)),
    ("i did not (make|do|authorise|authorize|approve) (this|these|those|that|any|a|the|them|it)",
     Says(0.4, denial=True)),
    ("(payment|payments|transaction|transactions|purchase|charge|charges|transfer|withdrawal|withdrawals|order"
     "|orders) ~2 i [did] (never|not) (made|make|authorised|authorized|did|ordered|placed|approved)",
     Says(0.45, denial=True)),
    ("(payments|transactions|purchases|charges|transfers|withdrawals|orders) ~8 i [have] never [ever|even] (made"
     "|ordered|placed|authorised|authorized|approved|did)", Says(0.75, denial=True)),
    ("<thief> ~2 (got|get|have|has|getting) [hold of|now|all|also|even] (my card number|my card details|my password"
     "|my details|my pin|my bank details)", Says(0.6, others=True)),
    ("got [hold of|all|both] (my card number|my card details|my password|my bank details)",
     Says(0.6, others=True, not_with=words("wrong post mail letter"))),
    ("(hacked|hacker|hackers|scam|scammed|scammers|fraud|fraudulent|stolen|malware)", Says(0.25)),
    ("(phishing|virus|trojan)", Says(0.2)),
    ("(konto|account|karte|mail|profil|handy) ~4 (gehackt|geklaut|leergeraumt|ubernommen|missbraucht|gestohlen)",
     Says(0.75, not_with=words("karte"))),
    ("(bin|wurde|wurden) ~4 (betrogen|gehackt|abgezockt)", Says(0.75)),
    ("(pirate|pirater|hacke|vide|usurpe) ~1 (mon|ma|mes) (compte|carte|identite|messagerie)", Says(0.75, others=True)),
    ("(compte|identite|messagerie|boite) ~3 (pirate|piratee|hacke|usurpee|vide)", Says(0.75)),
    ("(suis|ai ete) ~2 (arnaque|arnaquee|escroque|escroquee|pirate|piratee|victime)", Says(0.75)),
    ("(hackeado|hackearon|robaron|robado|vaciado|vaciaron|estafado|estafaron|suplantado) ~2 (cuenta|tarjeta|dinero"
     "|identidad|correo)", Says(0.75, others=True, not_with=words("tarjeta"))),
    ("me (han|estafaron|hackearon) ~1 (estafado|hackeado|robado la cuenta|suplantado)", Says(0.75, others=True)),
]  # fmt: skip

GAVE_AWAY: list[tuple[str, Says]] = [
    ("(gave|given|told|shared|entered|typed|sent|put|filled|handed|submitted|provided|read|disclosed|revealed"
     "|entering) ~5 <secret>", Says(0.75)),
    ("(move|moved|sent|send|transferred|transfer|paid|wired|lost) ~3 (money|savings|funds|pounds|euros|dollars|cash)",
     Says(0.75)),
    ("(transferred|sent|paid|wired|gave) (him|her|them)", Says(0.75)),
    ("(clicked|opened|downloaded|installed) ~4 (link|attachment|file|program|it)", Says(0.45)),
]  # fmt: skip

IMPOSTORS = Phrases([
    ("(claiming|claimed|claims|purporting|pretending|pretended|posing) (to be|as|he was|she was|they were)", True),
    ("(said|saying) (he|she|they) (was|were) (from|with|calling)", True),
])  # fmt: skip

PHRASES = Phrases(PATTERNS, LISTS)
GIVING = Phrases(GAVE_AWAY, LISTS)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The strongest that the customer says of fraud."""
    return strongest("fraud", conversation, _heard)


def _heard(turn: Turn) -> Iterator[tuple[float, str]]:
    most = THEFT if _is_plain_theft(turn.words) else 1.0
    return ((min(weight, most), evidence) for weight, evidence in _said(turn))


def _said(turn: Turn) -> Iterator[tuple[float, str]]:
    spoken = frozenset(turn.reading.words)
    phrases = (PHRASES, GIVING) if _was_lured(turn, spoken) else (PHRASES,)
    for clause in turn.reading.clauses:
        for match in (match for each in phrases for match in each.in_clause(clause)):
            if weight := weighed(match, spoken):
                yield (
                    weight * (SUSPECTED if _is_hedged(match) else 1),
                    turn.reading.evidence(clause, match.first, match.last),
                )
    hedged = not HEDGES.isdisjoint(spoken)
    for weight, evidence in traced(turn, spoken):
        yield weight * (GUESSED if hedged else 1), evidence


def _is_plain_theft(spoken: frozenset[str]) -> bool:
    """Whether a thing was stolen, and nothing says that it was used since: a card to block, not a fraud."""
    return not THINGS_STOLEN.isdisjoint(spoken) and not STEALING.isdisjoint(spoken) and USED_SINCE.isdisjoint(spoken)


def _was_lured(turn: Turn, spoken: frozenset[str]) -> bool:
    """Whether the message tells of a lure: a scammer, or a link that was clicked and did not come from us."""
    if not LURES.isdisjoint(spoken) or any(True for each in turn.reading.clauses for _ in IMPOSTORS.in_clause(each)):
        return True
    return "clicked" in spoken and not LINKS.isdisjoint(spoken) and OURS.isdisjoint(spoken)


def _is_hedged(match: Match[Says]) -> bool:
    """Whether it only may be so. "I think" does not hedge: people say it of what they are sure of."""
    return any_of(match.clause.words[: match.last + 1], HEDGES)
