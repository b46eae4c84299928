"""Threats to bring in a lawyer, a court, an authority or the press, and weaker talk of them."""

from collections.abc import Iterable

from tools.escalation.conversation import Conversation, Signal
from tools.escalation.hard_signals import Says, said, strongest
from tools.escalation.language.phrases import Phrases
from tools.escalation.language.word_lists import forms, words
from tools.escalation.signals.legal_abroad import ABROAD
from tools.escalation.signals.legal_authorities import AUTHORITIES, AUTHORITY_LISTS, CRIME

LISTS = {
    **AUTHORITY_LISTS,
    "lawyer": (
        "lawyer|lawyers|attorney|attorneys|solicitor|solicitors|barrister|legal team|legal counsel|law firm"
        "|legal representative|legal advisor|legal adviser"
    ).split("|"),
    "engage": (
        "get|getting|hire|hiring|hired|call|calling|contact|contacting|involve|involving|bring in|bringing in|consult"
        "|consulting|retain|retaining|retained|instruct|instructing|instructed|engage|engaging|speak to|speak with"
        "|speaking to|speaking with|talk to|talk with|talking to|talking with|go to|going to|see|seeing|cc|copy in"
        "|send to|hand to|use|find|turn to|ask|phone|ring"
    ).split("|"),
    "pass": (
        "hand|handing|handed|pass|passing|passed|turn|turning|turned|send|sending|sent|forward|forwarding|forwarded"
        "|give|giving|given|gave|take|taking"
    ).split("|"),
    "passing": "handing|passing|turning|sending|forwarding|giving|taking".split("|"),
    "act": (
        "take|taking|pursue|pursuing|start|starting|begin|beginning|initiate|initiating|consider|considering|bring"
        "|bringing|seek|seeking|threaten|launch|prepare|preparing|commence|explore|exploring|expect|face|facing|file"
        "|filing|want|instigate|plan|planning|contemplating|resort to|forced into|lead to|result in"
    ).split("|"),
    "sue": "sue|suing".split("|"),
    "counsel": (
        "lawyer|lawyers|attorney|attorneys|solicitor|solicitors|barrister|counsel|legal team|law firm|legal insurance"
        "|legal representative|legal representatives|litigator|legal people|legal aid|legal department"
    ).split("|"),
    "appointed": (
        "involved engaged instructed informed notified aware told contacted briefed appointed retained ready preparing"
        " drafting writing calling suing reviewing looking handling acting advised approved agreed watching taking"
        " dealing drawing standing copied circling touch contact contacting write call email send serve sue act lined"
        " all waiting already putting building assembling"
    ).split(),
    "engages": [
        *forms("hire call contact involve consult retain instruct engage appoint brief phone email ask notify inform"),
        *"got gotten found taken speaking spoken talking talked".split(),
    ],
    "pursues": [
        *forms(
            "lodge file issue start settle sort resolve pursue fight argue claim decide submit drag launch contest"
            " recover enforce demand obtain"
        ),
        *"take taking took taken bring bringing brought begin beginning begun fought seek seeking".split(),
    ],
    "suit": (
        "writ|summons|injunction|court papers|court claim|court order|bailiffs|legal notice|legal letter|litigation"
        "|court proceedings|court action|court case"
        "|lawsuit|lawsuits|claim form|judgment against|subpoena|legal papers|class action|county court judgment|suit"
        "|legal claim|group action|collective action|arbitration claim|court summons|solicitors letter|legal challenge"
    ).split("|"),
    "court": (
        "court|courts|tribunal|judge|judges|magistrate|magistrates|arbitrator|arbitration panel|a jury|high court"
    ).split("|"),
    "will": "will|shall|might|may|could|would|should|can".split("|"),
}

HOUSE_SALE = words(
    "conveyancing mortgage probate inheritance escrow deed estate purchase closing booked reservation notary visa"
    " divorce"
)
SOMEONE_ELSE = words("my his her their another me us landlord neighbour neighbor employer tenant ex")
THREAT = Says(0.85)
HAVE_TO = Says(0.8, denial=True, asked=True)
OFFICE = words(
    "folder drive firewall sharepoint mailbox vpn printer template attachment pdf payee password wifi room desk licence"
    " seat signature"
)
LAWYER = Says(0.85, not_before=words("'s"), not_with=HOUSE_SALE | OFFICE)
ENGAGED = Says(0.85, others=True, not_with=HOUSE_SALE | OFFICE)
SPORT = words(
    "tennis basketball squash badminton volleyball padel food jury juror taxi witness printer hotel room wifi fee"
    " guardian near nearby"
)
AT_LAW = Says(0.85, supposed=True, not_with=SPORT)
COURT = Says(0.85, supposed=True, asked=True)
PAPERWORK = (
    HOUSE_SALE
    | OFFICE
    | words(
        "contract merger agreement lease sale tax address authorisation authorization power visa papers package offer"
        " form certification"
    )
)
INSURED = words("insurance insurer policy luggage deductible excess form")
ROUTINE_COURT = SPORT | words("date appointment hearing monday tuesday wednesday thursday friday rebook booking")
SUES = Says(0.85, not_before=SOMEONE_ELSE)

ENGLISH: list[tuple[str, Says]] = [
    ("<sue> <us>", THREAT),
    ("(i|we) <will> [also|now|definitely|certainly|simply|just|happily|gladly|absolutely] sue", SUES),
    ("(going|have|want|intend|ready|prepared|forced|right|plan|planning|love|able|entitled|tempted) to sue", SUES),
    ("(am|are|be|considering|consider|contemplating|of|about|by) [now|also|seriously|definitely] suing", SUES),
    ("hesitate to sue", THREAT),
    ("sued by (me|us)", THREAT),
    ("<us> ~4 sued", THREAT),
    ("(claim|claiming|seek|seeking|demand|demanding|sue for|suing for) [for] damages",
     Says(0.75, not_with=words("waiver"))),
    ("(through|via|using) (my|our|a|an) <lawyer>", LAWYER),
    ("(hate|have|want|like) to have to (sue|go to court|take legal|involve|get|hire|call|contact) ~2", Says(0.3)),
    ("have to (sue|take you to court|call my lawyer|get a lawyer|involve a lawyer|involve my lawyer)", HAVE_TO),
    ("sue the (hell|shit|crap|pants|ass|living) ~", THREAT),
    ("lawyer up", THREAT),
    ("(lawyered|lawyering) up", THREAT),
    ("<engage> (a|my|our|an|the|some) [own|good|family|personal|company|consumer] <lawyer>", LAWYER),
    ("<engage> (lawyer|lawyers|legal counsel)", LAWYER),
    ("(i|we) (will|am|are|have|shall|would|may|might) [also|just|now|already|happily|be|going to] <pass> ~4 to (my|our"
     "|a|an) [own] <lawyer>", Says(0.85, not_with=PAPERWORK)),
    ("(this|it|matter|case|complaint|everything|dispute|story|correspondence) ~2 <pass> ~2 to (my|our|a|an) [own]"
     " <lawyer>", LAWYER),
    ("<passing> ~3 (this|it|matter|case|everything|over) ~3 to (my|our|a|an) [own] <lawyer>", LAWYER),
    ("(this|it|that|matter|case) (goes|is going|will go|is off|heads) ~2 to (my|our|a|an) [own] <lawyer>", LAWYER),
    ("<pass> ~3 over to (my|our) <lawyer>", LAWYER),
    ("you (will|shall|can expect to|are going to|should expect to) [soon|also|be] (hear|hearing|receive|get|receiving)"
     " ~3 from [my|our|a|an|the] <lawyer>", Says(0.85, supposed=True, asked=True, not_with=PAPERWORK)),
    ("[you] (hear|hearing) from [my|our|a|an|the] <lawyer>", COURT),
    ("(letter|letters|call|notice|email) ~5 from (my|our|a|an) <lawyer>", Says(0.75, not_with=HOUSE_SALE)),
    ("(get|have) (my|our) <lawyer> [to] (involved|on|call|contact|write|look|deal|send|handle|review|sue)", LAWYER),
    ("(my|our) <lawyer> ~4 (contacting|touch|writing|calling|handling|suing|sue|dealing|pursuing|sending|reaching"
     "|interested|involved|drafted|prepared|reviewed|filed|drafting|preparing|reading|reviewing)",
     Says(0.85, not_with=PAPERWORK)),
    ("(my|our) <lawyer> ~1 (will|shall|would|can|going to|is to|are to) ~2 (contact|write|call|handle|deal|pursue|send"
     "|take|reach|serve|file|draft|prepare|read|review|look|claim|love|hear|respond|reply)", LAWYER),
    ("(my|our) <lawyer> ~2 (says|said|thinks|believes|advises|advised|told) ~2 (you|this|your|i|we)",
     Says(0.75, not_with=HOUSE_SALE)),
    ("(spoke|spoken|talked|consulted|contacted) ~2 (my|our|a|an) <lawyer>", Says(0.7, not_with=HOUSE_SALE)),
    ("(i|we) (have|got|need|want) (a|an) [good] <lawyer>", Says(0.5, not_with=HOUSE_SALE)),
    ("(my|our) <lawyer>", Says(0.3, not_with=HOUSE_SALE)),
    ("<act> ~2 legal (action|actions|proceedings|step|steps|avenue|avenues|recourse|measures|remedies|claim|case"
     "|route|options)", THREAT),
    ("legal (action|proceedings|steps) (will|against|if|unless|is next|next|follows|to follow)", THREAT),
    ("(i|we|will|be|am|are) ~3 legal (action|proceedings|steps)", THREAT),
    ("(notice|intent|intention) of legal (action|proceedings)", THREAT),
    ("(pursue|pursuing|settle|fight|fighting|challenge|resolve) ~4 (in court|through the courts)", THREAT),
    ("proceedings (will|shall|are going to) be ~1", THREAT),
    ("(the|our|my|your) <lawyer> ~1 (take|sort|handle|settle|deal|decide) (it|this|over)", THREAT),
    ("(leave|let|up) ~2 to (the|my|our) <lawyer>", LAWYER),
    ("(my|our) <lawyer> (is|are) (on it|on this|on the case|ready|waiting)", LAWYER),
    ("(end|ends|ended|ending|finish|settle|fight|talk|meet) ~3 in court", COURT),
    ("(go|going|get|getting) legal", Says(0.7)),
    ("(seek|seeking|get|getting|take|taking|sought|taken) [some|independent|proper] legal advice", Says(0.75)),
    ("legal (action|proceedings|recourse)", Says(0.4)),
    ("(see|meet) (you|u|ya|y'all) [all|people|guys] in court", COURT),
    ("(take|taking|drag|dragging|haul|hauling|bring|bringing) (you|u|you all|you people|you guys) [all] (to|before|in"
     "|into) [the|a|small|civil] [claims] (court|courts|tribunal|judge|arbitration)", Says(0.85, others=True)),
    ("<us> (to|in|into|before) [the|a|small|civil|federal|county] [claims] (court|tribunal|judge|arbitration)", THREAT),
    ("(take|taking|drag|dragging|bring|bringing) (this|it|the matter|my case|the case|them) [further] to [the|small"
     "|a] [claims] (court|tribunal|judge|arbitration)", THREAT),
    ("(go|going|went|gone|proceed|head|heading) [straight|all the way] to (court|small claims|arbitration|tribunal)"
     " (over|about|against|with|for|if|and)", THREAT),
    ("(this|it) (is|will be) (going|headed|heading) to court", THREAT),
    ("(go|going|proceed|heading) [straight] to (court|small claims|arbitration)", Says(0.5)),
    ("(file|filing|open|opening|start|starting|make|making|bring|submit|lodge|through|in|via|the) ~2 small (claims"
     "|claim)", Says(0.8, not_with=INSURED)),
    ("(i|we) ~3 (go|going|off|heading|taking this|take this) ~2 to (small claims|tribunal|arbitration)", THREAT),
    ("small claims", Says(0.5, not_with=INSURED)),
    ("(file|filing|bring|bringing|start|starting|face|facing|prepare|launch|expect|slap|slapped|hit|join) ~3 (lawsuit"
     "|lawsuits|law suit|suit|class action)", Says(0.85, not_with=words("swim dress jacket bikini"))),
    ("(lawsuit|class action)", Says(0.45)),
    ("(lawsuit|lawsuits|class action|proceedings|litigation) ~2 against ~2 <us>", Says(0.8, others=True)),
    ("(claim|case) against ~2 <us>", Says(0.45, others=True, not_with=INSURED)),
    ("(begin|begins|beginning|commence|commencing|start|starting|issue|issuing|initiate|initiating|bring|bringing"
     "|instigate|institute|open|opening) [legal|court|formal|civil] proceedings",
     Says(0.8, supposed=True, not_with=words("hr disciplinary bankruptcy insolvency"))),
    ("(draft|drafting|drafted|preparing|prepared|building|discussing|discussed|reviewing|reviewed|working|going"
     " over) ~6 with (my|our|a) <lawyer>", Says(0.8, not_with=PAPERWORK)),
    ("(i|we|this|it|that|matter|case|everything) ~3 (go|goes|going|gone|take|taking|took|head|heading|off|escalate"
     "|escalating) ~2 to (the|a) (courts|tribunal|arbitrator|arbitration panel|high court|county court)",
     Says(0.8, supposed=True, not_before=words("of reception yard house side"), not_with=ROUTINE_COURT)),
    ("(press|pressing|file|filing|bring) [criminal] charges", Says(0.75, not_with=CRIME)),
    ("(letter before action|letter before claim|statement of claim|cease and desist|demand letter)", Says(0.8)),
    ("(serve|serving|served) (you|with) ~3 (papers|summons|subpoena|notice|writ)", Says(0.85)),
    ("(subpoena|subpoenaed)", Says(0.6)),
]  # fmt: skip

LOOSELY: list[tuple[str, Says]] = [  # kinds of people, papers and places with kinds of verbs
    ("<counsel> (is|are|was|has|have|will|shall|got|gets|been|being) ~4 <appointed>", ENGAGED),
    ("(i|we) [have|will|am|are|had] [now|already|just|also|since] <engages> ~3 <counsel>", LAWYER),
    ("(speaking|spoke|spoken|talking|talked|phone|call|appointment|consultation|sitting|conversation) ~1 (with"
     "|to) (my|our|a|an|the) ~1 <counsel>", Says(0.75, not_with=HOUSE_SALE | OFFICE)),
    ("<counsel> ~1 (says|said|thinks|believes|reckons|confirms|confirmed|tells|told|advises|advised) ~6 (illegal"
     "|unlawful|case|claim|sue|court|against|refund|owe|liable|breach|pay|compensation|action|rights|entitled)",
     Says(0.85, others=True, denial=True, not_with=HOUSE_SALE | OFFICE)),
    ("(my|our) <counsel> (told|advised|asked|instructed|wants|recommended|recommends|advises) (me|us) ~1 (to|not) ~1"
     " (collect|keep|save|record|document|pay|sign|speak|talk|refuse|demand|gather|hold|preserve|screenshot|log|note"
     "|stop)",
     Says(0.75, others=True, denial=True, not_with=HOUSE_SALE | OFFICE)),
    ("(my|our) <counsel> (has|have|holds|gets|got) (everything|all|it|copies|the evidence|your|screenshots|the file)",
     ENGAGED),
    ("(your|our|my) <counsel> and (mine|yours|ours|my|your)", ENGAGED),
    ("(my|our) day in court", AT_LAW),
    ("(expect|await|watch for|get|getting|receive) ~1 (papers|letter|mail|post|call|visit|notice|documents) ~2 from"
     " ~2 (court"
     "|small claims|tribunal|lawyer|lawyers|solicitor|solicitors|attorney|ombudsman|regulator|authorities)", AT_LAW),
    ("(i|we|you) ~8 litigation", Says(0.75, others=True, denial=True,
     not_with=words("support software hold team module"))),
    ("(but|just|only) litigation", Says(0.75)),
    ("(let|leave) ~1 (court|courts|tribunal|judge) ~2 (sort|decide|deal|judge|settle|handle)", AT_LAW),
    ("<counsel> (need|needs|should|must|deserve|deserves) ~2 (told|know|see|hear|informed|step)", ENGAGED),
    ("(next|then|now|time|over|straight|directly|matter|job) [it|this|that|is|goes|one|for|to] ~3 (my|our|the)"
     " <counsel>", LAWYER),
    ("(expect|await|serve|serving|served|issue|issuing|apply|applying|seek|seeking|prepare|preparing|file|filing|filed"
     "|organise|organising|organize|organizing|join|joining|joined|drafting|draft|launching|obtain|obtaining|next"
     "|threaten|starting|start|started|commence|commencing|initiate|initiating|begin|begun|fund|funding|mount"
     "|mounting|bring|bringing|pursue|pursuing) ~4 <suit>",
     Says(0.85, supposed=True, not_with=words("swim dress jacket bikini wedding business navy"))),
    ("<suit> (is|are|has|have|will|shall) ~3 (filed|lodged|issued|served|drafted|prepared|underway|coming|follow|ready"
     "|way|next|started|drawn|sent|launched|come)", Says(0.85, not_with=words("swim dress jacket bikini laundry"))),
    ("<pursues> ~5 (before|to|in|at|by|through|with|into|via) ~3 <court>", AT_LAW),
    ("(see|meet|tell|explain|face|facing|answer|justify|say) ~4 (before|to|in front of|at|in) [a|the|my|our] <court>",
     Says(0.85, supposed=True, not_with=SPORT)),
    ("(let|see what|see if|ask) ~1 (a|the) (judge|court|tribunal|jury) ~2 (decide|decides|say|says|think|thinks|agree"
     "|agrees|rule|rules|make|makes|see|sees|sort)", AT_LAW),
    ("(before|in front of) a (judge|magistrate|court|tribunal|jury)", Says(0.75, supposed=True, not_with=SPORT)),
    ("(take|taking|bring|bringing|start|starting|considering|consider|pursue|pursuing) ~2 (action|proceedings) against"
     " ~2 (you|your|hotel|bank|airline|company|firm)", THREAT),
    ("(hold|holding|held) <us> ~3 (liable|legally|responsible in law)", THREAT),
    ("(you|they|bank|hotel|airline|company) (are|is|will be) ~2 (legally|criminally) (liable|responsible)", Says(0.7)),
    ("(ruled|rules|found|decided|ruling|judgment|decision) ~2 (in my favour|in our favour|in my favor|in our favor"
     "|against you)", THREAT),
    ("(send|sending|next stop|instruct|instructing|expect|call) ~4 (bailiffs|bailiff|debt enforcement)", THREAT),
    ("(violation|breach|contravention|infringement) of ~3 (ada|act|law|laws|gdpr|directive|regulation|regulations"
     "|rights|code)", Says(0.7)),
    ("(violating|violates|violate|breaching|breaches|breaking|broke|breached) [the|my|our] ~1 (ada|law|laws|gdpr"
     "|contract law|consumer law|employment law|equality act|rights)", Says(0.7)),
]  # fmt: skip

PHRASES = Phrases([*ENGLISH, *LOOSELY, *AUTHORITIES, *ABROAD], LISTS)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The strongest legal threat or mention."""
    return strongest("legal_threat", conversation, lambda turn: said(turn, PHRASES))
