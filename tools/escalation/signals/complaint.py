"""The customer complains: of a process that people must answer, or of how we treat them."""

from collections.abc import Iterable

from tools.escalation.conversation import Conversation, Signal
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.soft_signals import is_asked, meant, strongest

NAME = "complaint"
WHEN_ASKED = 0.5  # "how do I make a formal complaint" asks for the way

LISTS = {
    "bad": "terrible awful horrible horrendous appalling atrocious disgraceful dreadful abysmal shocking pathetic lousy"
    " shoddy disgusting worst shameful diabolical deplorable".split(),
    "us": "service support experience treatment communication care company bank airline hotel handling behaviour"
    " behavior attitude staff crew help provider firm organisation organization stay".split(),
    "wish": "want need like wish going have intend here calling writing".split(),
    "very": "very extremely really deeply totally completely so highly bitterly incredibly utterly most".split(),
    "be": "is are was were been am be".split(),
    "people": "staff agent agents representative crew receptionist reception clerk employee employees advisor adviser"
    " assistant stewardess steward manager technician colleague".split(),
}
PHRASES = Phrases(
    [
        # asks for the process
        (
            "<wish> to (file|make|raise|lodge|submit|register|log|put in|open) ~3 complaint",
            0.75,
        ),
        ("(filing|making|raising|lodging|submitting|registering) ~3 complaint", 0.75),
        ("(formal|official|written) complaint", 0.75),
        ("(will|shall|let me|please) (file|make|raise|lodge|submit|register|log|escalate) ~3 complaint", 0.75),
        ("(treat|log|record|register|regard|consider) this as a complaint", 0.75),
        ("(file|make|raise|lodge|submit|register) a complaint", 0.4),
        ("(i|we) ~2 (filed|made|raised|lodged|submitted|sent) ~3 complaint", 0.35),
        ("(second|third|fourth|fifth|sixth|2nd|3rd|4th|5th) complaint", 0.7),
        ("(i|we) ~2 (complained|complaining) ~2 (twice|times|repeatedly|again and again)", 0.7),
        ("<wish> to (complain|complaint)", 0.6),
        ("(complain|complaint) (about|against) (your|the|this|how|one) ~3 <people>", 0.6),
        ("(complain|complaining) to (your|the) ~2 (manager|boss|management|head office|headquarters|ceo)", 0.6),
        # dissatisfied with us
        ("<bad> ~1 <us>", 0.4),
        ("(this|that|it) is ~1 <bad>", 0.4),
        ("(total|complete|absolute|utter|such a|real) (shambles|mess|nightmare|farce|disaster|chaos)", 0.4),
        ("your [own|complete|sheer|total] (incompetence|negligence|rudeness|arrogance|ineptitude)", 0.4),
        ("(laughed|laughing) at (me|us)", 0.35),
        ("(poor|bad|worse) [customer] (service|treatment|communication|handling)", 0.35),
        ("(your|the|this) ~1 <us> <be> ~2 <bad>", 0.4),
        ("(worst|terrible|awful|horrible) ~3 (ever|in my life|in the world)", 0.4),
        ("(is|are|was|this|completely|totally|absolutely|simply|just|utterly) unacceptable", 0.4),
        ("unacceptable", 0.3),
        ("unacceptable (service|delay|treatment|behaviour|behavior|way|conduct)", 0.4),
        ("not (acceptable|good enough)", 0.4),
        ("<very> (disappointed|dissatisfied|unhappy|displeased|upset|unsatisfied)", 0.4),
        ("(disappointed|dissatisfied|unhappy) (with|by|in) (you|your|the way|how|this)", 0.35),
        ("(am|are) not [at all|very|really] (happy|satisfied|impressed|pleased) (with|about|at)", 0.3),
        ("(feel|been|felt|badly) (let down|cheated|ignored|insulted|humiliated|disrespected|neglected)", 0.35),
        ("(treated|treat|treating) ~3 (dirt|badly|poorly|terribly|rubbish|garbage|animals|unfairly|disrespect)", 0.4),
        ("no way to treat", 0.4),
        ("(ashamed of yourselves|ashamed of yourself|be ashamed)", 0.4),
        ("(is|are|was|such|absolute|total|complete) ~1 disgrace", 0.4),
        ("<people> <be> ~3 (rude|unprofessional|unhelpful|dismissive|disrespectful|arrogant|incompetent)", 0.4),
        ("(rude|unprofessional|incompetent|disrespectful) ~1 <people>", 0.4),
        (
            "(rude|disrespectful|hung up|shouted|yelled|swore) ~1 (to me|to us|on me|at me|with me|at us)",
            0.4,
        ),
        ("(lied|lying) to (me|us)", 0.4),
        ("(ripped|ripping) (me|us) off", 0.35),
        ("(rip off|ripped off|daylight robbery|false advertising)", 0.35),
        ("(broken|empty|false) promises", 0.35),
        ("(been|keep) (complaining|chasing|begging|ringing)", 0.4),
        ("(nobody|no one) [ever|even|there|here] (does|did|do|has done|lifts) ~1 (anything|thing|finger)", 0.4),
        ("(still|and) (nothing|no answer|no reply|no response|no solution|no one|not a word)", 0.3),
        ("gone (downhill|from bad to worse)", 0.3),
        ("(nobody|no one) has ~2 (dealt|done|helped|answered|replied|responded|bothered|cared|called back)", 0.35),
        ("(nobody|no one) [ever|even|there] (cares|helps|answers|calls|bothers|listens|responds|replies)", 0.35),
        ("(complete|total|absolute|huge|such a) waste of (time|money|my time)", 0.3),
        # the money, with reproach
        (
            "(demand|demanding|insist on|expect|deserve) ~3 (refund|compensation|refunded|reimbursed|apology)",
            0.4,
        ),
        ("(want|give me|demand|get) (my|our) (money|cash) back", 0.3),
        ("(want|need) ~2 (compensation|apology)", 0.3),
    ],
    LISTS,
)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The strongest complaint the customer makes of their own."""
    return strongest(NAME, conversation, PHRASES, _weigh)


def _weigh(match: Match[float]) -> float:
    if "nothing" in match.clause.words[match.last + 1 : match.last + 3]:
        return 0
    return meant(match) * (WHEN_ASKED if is_asked(match) else 1)
