"""Who the customer is: vulnerable, valued, or unhappy before they wrote. It adds to what else is there.

Metadata comes from the host in whatever shape it keeps it, so keys are compared by their words; values are never more
than evidence.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tools.escalation.conversation import Conversation, Signal, Turn, signal, weightiest
from tools.escalation.customer_facts import name_words
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import DENIES, any_of, is_quoted, is_supposed
from tools.escalation.soft_signals import evidence, is_asked, is_meant, said, strongest

VULNERABLE, VIP, RISK = "vulnerable_customer", "vip_customer", "customer_risk"
BY_METADATA = {VULNERABLE: 0.4, VIP: 0.3, RISK: 0.25}
WITH_A_PROBLEM = 0.7
DEEPEST, MOST = 6, 500  # levels and values of the metadata that are looked at
FEW_WORDS = 2  # of a value that is shown whole
LONGEST_VALUE = 60  # characters of a value shown as evidence
WRITTEN_BELOW = 10**15

SAYS_NO = frozenset("no none false n 0 null na n/a off unknown never low normal standard not".split()) | {""}
VULNERABLE_WORDS = frozenset(
    "vulnerable vulnerability vulnerabilities accessibility bereaved bereavement disability disabilities"
    " hardship dementia hospitalised hospitalized terminal carer elderly".split()
)
VULNERABLE_FLAGS = VULNERABLE_WORDS | {"minor", "blind", "deaf", "disabled"}  # too ambiguous for a part of a longer key
VALUED_WORDS = frozenset(
    "vip platinum gold diamond enterprise premier elite executive ambassador black titanium palladium hon".split()
)
RANKS = frozenset("tier segment loyalty membership rank".split())
PLANS = frozenset("plan level status class".split())
OF_CUSTOMERS = frozenset("customer client guest member passenger user account loyalty".split())
LABELS = frozenset("tags tag flags flag labels label needs markers notes attributes".split())
MOODS = frozenset("sentiment mood emotion".split())
UNHAPPY = frozenset("negative angry frustrated upset furious unhappy annoyed bad hostile distressed".split())
PAST_TROUBLE = frozenset("escalations complaints tickets incidents contacts contact calls cases reopened".split())
COUNTED = frozenset("previous open past prior count number total recent repeat reopened num".split())
WORTH = frozenset("value revenue spend arr mrr worth ltv clv balance".split())
AT_WORST = frozenset("high severe critical very".split())
UNHAPPY_BELOW, TROUBLED_FROM, LIKELY_TO_LEAVE, WORTH_MUCH = -0.3, 2, 0.6, 50_000

LISTS = {
    "kin": "husband wife mother father mum mom dad son daughter partner brother sister spouse child baby fiance fiancee"
    " grandmother grandfather grandma grandpa".split(),
    "old": [str(age) for age in range(76, 106)],
    "young": [str(age) for age in range(9, 18)],
    "need": "rent mortgage bills bill loan debt debts food heating electricity groceries medication medicine".split(),
    "ill": "dementia alzheimer alzheimers cancer ptsd depression autism epilepsy parkinsons anxiety disability"
    " disabilities schizophrenia bipolar".split(),
    "devices": "computers computer technology internet smartphones smartphone phones apps machines online".split(),
}
SAID = Phrases(
    [
        ("i am [now|already|almost] <old>", 0.4),
        ("i am [only|just] <young>", 0.4),
        ("i am [a|an|only a|just a] (elderly|pensioner|senior citizen|old man|old woman|old lady|very old)", 0.35),
        ("i am [a] (minor|child|schoolgirl|schoolboy|orphan)", 0.4),
        ("(my|our) <kin> ~3 (died|passed away|is dying|deceased|killed|has passed|just passed)", 0.45),
        ("(my|our) late <kin>", 0.35),
        ("(lost|lose|losing|buried|burying) (my|our) <kin>", 0.4),
        ("i am ~1 (widow|widower|widowed|bereaved|grieving|mourning)", 0.4),
        (
            "i am [a|registered|legally|partially|severely|nearly|totally] (disabled|blind|deaf|sighted|autistic)",
            0.4,
        ),
        (
            "i am ~1 (visually impaired|hard of hearing|terminally ill|housebound|bedridden|dyslexic|wheelchair user)",
            0.4,
        ),
        ("i am ~2 (in hospital|in a wheelchair|on dialysis|having chemo|seriously ill|very ill|in a hospice)", 0.35),
        ("i (have|suffer from|am living with|live with|am recovering from) ~2 <ill>", 0.4),
        ("(my|our) <kin> ~2 (disabled|in hospital|terminally ill|in intensive care|seriously ill)", 0.35),
        ("can not (pay|afford|cover) ~3 <need>", 0.45),
        ("can not afford to (eat|live|pay|heat|feed)", 0.45),
        ("(lose|losing|lost) (my|our) (home|house|job|jobs|flat|livelihood)", 0.45),
        ("(i|we|am|are|be|being|facing|get) ~2 (evicted|eviction|foreclosure|repossessed|homeless|bankrupt)", 0.45),
        ("(feed|feeding) (my|our) (kids|children|family|baby|child)", 0.45),
        ("no (money|food) ~1 (left|for food|to eat|to live|to pay|to feed|in the house)", 0.4),
        ("(drowning|deep|badly|heavily) in debt", 0.4),
        ("(struggling|struggle) ~1 (to pay|financially|with money|with debt|to make ends meet|to cope)", 0.4),
        ("financial (hardship|difficulty|difficulties)", 0.4),
        ("not ~2 (understand|know about|know how to use|good with|good at|used to) ~2 <devices>", 0.35),
        ("(useless|hopeless|bad|no good|confused) (with|by|at) ~2 <devices>", 0.35),
        ("not (have|own|use) ~1 (internet|computer|smartphone|email)", 0.25),
        ("can not (see|read|hear) (well|very well|properly anymore|too well)", 0.35),
        ("can not read or write", 0.4),
        ("i am ~2 (in tears|crying|overwhelmed|shaking|having a panic attack)", 0.35),
    ],
    LISTS,
)
PROBLEMS = Phrases(
    [
        ("(problem|problems|trouble|issue|error|mistake)", 1.0),
        ("(rejected|declined|refused|blocked|failed|bounced|cancelled|canceled|overcharged|stuck|stranded)", 1.0),
        (
            "(is|are|was|were|been|has|have) ~2 (dead|gone|lost|missing|broken|wrong|down|late|given away)",
            1.0,
        ),
        ("(nobody|nothing|no one) ~1 (came|comes|answers|answered|works|worked|helps|called|arrived)", 1.0),
        ("not ~1 (work|working|arrived|arrive|received|come|came|been|help|paid|understand)", 1.0),
        ("(disappointed|frightened|scared|worried|afraid|confused|upset|unhappy|distressed|desperate|arrears)", 1.0),
    ]
)
AGES = frozenset((*LISTS["old"], *LISTS["young"]))
AFTER_AGE = frozenset("years yrs year and now yo old so with but".split())  # "I am 80 miles away" is no age
NOT_AFTER = frozenset("'s in".split())  # "I lost my son's passport", "… my mother in law's key"


def detect(conversation: Conversation) -> Iterable[Signal]:
    """One signal a name: of what was said and of what the host knows, the stronger."""
    found = [*_known(conversation), *strongest(VULNERABLE, conversation, SAID, _weigh)]
    for name in BY_METADATA:
        yield from weightiest(each for each in found if each.name == name)


def _weigh(match: Match[float]) -> float:
    return match.value if _is_own(match) else 0


def _is_own(match: Match[float]) -> bool:
    words, first, last = match.clause.words, match.first, match.last
    following = words[last + 1] if last + 1 < len(words) else ""
    if words[last] in AGES and following and following not in AFTER_AGE:
        return False
    if following in NOT_AFTER or is_quoted(match.clause, first, last) or is_supposed(words, first):
        return False
    return words[first] == "no" or "not" in words[first : last + 1] or not any_of(words[: last + 1], DENIES)


def _known(conversation: Conversation) -> Iterator[Signal]:
    """What the metadata says. Somebody vulnerable or valued who has a problem is more than either."""
    message = conversation.message
    problem = _problem(message)
    for path, value in _values(conversation.metadata):
        for name, holds in TELLS.items():
            if not holds(_words(path.rsplit(".", 1)[-1]), value):
                continue
            if problem and name != RISK:
                yield signal(name, WITH_A_PROBLEM, f"{path}: {_shown(name, value)}; {problem}", message)
            else:
                yield signal(name, BY_METADATA[name], f"{path}: {_shown(name, value)}", message)


def _problem(message: Turn) -> str:
    """The words that say that something went wrong, if any do."""
    mishaps = (match for match in said(message, PROBLEMS) if not is_asked(match) and is_meant(match))
    return next((evidence(message, match) for match in mishaps), "")


def _values(metadata: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Every plain value with the path of keys to it, in order, as far as the limits go."""
    left = MOST
    waiting: list[tuple[str, object, int]] = [("", metadata, 0)]
    while waiting and left:
        path, value, depth = waiting.pop()
        if isinstance(value, Mapping):
            pairs = [(f"{path}.{key}" if path else str(key), each) for key, each in value.items()]
        elif isinstance(value, list):
            pairs = [(path, each) for each in value]
        else:
            left -= 1
            yield path, value
            continue
        if depth < DEEPEST:
            waiting.extend((inner, each, depth + 1) for inner, each in reversed(pairs[:left]))


def _is_vulnerable(key: frozenset[str], value: object) -> bool:
    words = _words(str(value)) if isinstance(value, str) else frozenset[str]()
    if key & LABELS:
        return bool(words & VULNERABLE_FLAGS) and not words & SAYS_NO
    if not key & VULNERABLE_WORDS and not key - {"is", "customer"} <= VULNERABLE_FLAGS - {"disabled"}:
        return False
    return _is_set(value)


def _is_valued(key: frozenset[str], value: object) -> bool:
    if "vip" in key:
        return _is_set(value)
    if isinstance(value, str):
        words = _words(value)
        if key & (RANKS | LABELS) or (key & PLANS and key & OF_CUSTOMERS):
            return bool(words & VALUED_WORDS) and not words & {"not", "non", "no"}
        return bool(key & WORTH and words & AT_WORST)
    return bool(key & WORTH) and _number(value) >= WORTH_MUCH


def _is_at_risk(key: frozenset[str], value: object) -> bool:
    words = _words(value) if isinstance(value, str) else frozenset[str]()
    if key & MOODS:
        return bool(words & UNHAPPY) or _number(value) < UNHAPPY_BELOW
    if "churn" in key:
        return bool(words & AT_WORST) or _number(value) >= LIKELY_TO_LEAVE
    if key & PAST_TROUBLE and (key & COUNTED or "escalations" in key or "complaints" in key):
        return _number(value) >= (1 if "escalations" in key else TROUBLED_FROM)
    return False


TELLS: dict[str, Callable[[frozenset[str], object], bool]] = {
    VULNERABLE: _is_vulnerable,
    VIP: _is_valued,
    RISK: _is_at_risk,
}


def _is_set(value: object) -> bool:
    """Whether a flag is up: any value that does not say no."""
    if isinstance(value, str):
        return value.strip().lower() not in SAYS_NO and not _words(value) & {"no", "not", "none", "false"}
    return bool(value)


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _shown(name: str, value: object) -> str:
    """Short: of a text only the words that tell, as notes may hold more than anybody need know; and never the digits
    of a number too long to write out."""
    if isinstance(value, int) and value >= WRITTEN_BELOW:
        return "very many"
    if not isinstance(value, str) or len(value.split()) <= FEW_WORDS:
        return str(value)[:LONGEST_VALUE]
    telling = VULNERABLE_FLAGS if name == VULNERABLE else VALUED_WORDS if name == VIP else UNHAPPY | AT_WORST
    return ", ".join(sorted(_words(value) & telling)) or "set"


def _words(text: str) -> frozenset[str]:
    """The words of a key or value, however they are joined: open_tickets, openTickets, "open tickets"."""
    return frozenset(name_words(text[:200]))
