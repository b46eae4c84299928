"""A request for a person, and the mood it is made in: how surely the words before a verb make it the speaker's own
wish, here and now."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SURE, LIKELY, MAYBE = 0.95, 0.85, 0.5
REACH = 9  # words before the verb that are looked at

SELF = frozenset("i we me us".split())
THIRD = frozenset(
    "children child minors adults pets teammate teammates intern coworkers"
    " he she they customer customers client clients guest guests husband"
    " wife brother sister son daughter mother father mom mum dad friend friends colleague coworker colleagues"
    " neighbour neighbor everyone partner passenger users user boss cousin uncle aunt guy staff employees team"
    " people kids parents buddy roommate flatmate assistant secretary".split()
)
TELLERS = frozenset(
    "said says say told tell tells wrote suggests suggested advised advises recommended mentions".split()
)
WISHES = frozenset(
    "needs requesting want wanting wants need needing needed"
    " like love wish prefer demand demanding insist insisting require"
    " rather hope hoping must trying try tried request requesting requested asking ask asked looking keen"
    " wanted expecting desire desperate appreciate better said told got have begging deserve waiting"
    " struggling mind required ready failed attempted attempting demanded insisted urge fine care time"
    " preferring opt choose".split()
)
ALLOWS = frozenset(
    "can could may might able possible possibility way ways how let lets letting allow allowed where when who"
    " whoever option chance help please number line get gets getting take takes opportunity ok okay ability"
    " permission steps whom impossible unable hard difficult hold".split()
)
BARE = frozenset(
    "open start begin yo bro dude man mate assistance assist please just now ok okay hi hello hey then"
    " and so well yes no kindly simply immediately um uh again also"
    " or yeah look right listen sorry alright good morning afternoon evening dear sir madam thanks thank you"
    " but actually oh enough first instead only better urgent urgently quickly quick fast asap to help"
    " seriously ffs omg not day there all for still directly stop straight human agent bot chat".split()
)
OUGHT = frozenset("do should must shall did will would".split())
DENIED_AFTER_NOT = frozenset(
    "make want need wish like care have require think feel intend plan mean prefer ask see transfer connect put"
    " escalate forward send give bother call go involve pass route hand redirect fancy talk speak chat contact"
    " reach necessarily looking asking interested trying going ready sure keen wanting calling necessary"
    " needed required worth about really even actually just yet in as to a an the for speaking talking"
    " chatting here request asked requested wanted demand ever bring get".split()
)
UNABLE_AFTER_NOT = frozenset(
    "able possible allowed getting managed been succeeded know understand reach get let".split()
)
ASKERS = frozenset("you i we there it they".split())
GIVES_UP = frozenset("without avoid avoiding refuse hate skip dread dislike neither nor stop quit".split())
NO_WISH = frozenset(
    "need reason point desire wish intention plan interest want thanks necessity use cause rush".split()
)
OLD_TIMES = frozenset(
    "yesterday ago earlier previously once week month monday tuesday wednesday thursday friday".split()
)
SUBJECTS = (("i",), ("we",), ("you",), ("he",), ("she",), ("they",))
NO_COMMAND = tuple((word,) for word in "i we you he she they it who to did do does not will would and".split())
SUPPOSES = frozenset("if when whenever whether once suppose supposing imagine hypothetically".split())
STILL_ASKS = frozenset("can do will possible you is are".split())
"""After "if", "when" and the like these ask, or wish, all the same."""
PAST = frozenset({("had", "to"), ("was", "about"), ("were", "about"), ("was", "going"), ("used", "to")})
PRICES = frozenset("cost costs charge charged fee fees price happens mean means difference hours".split())


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a person: its first and its last word in the clause, and how sure it is, 0 to 1."""

    first: int
    last: int
    weight: float


def mood(words: Sequence[str], verb: int) -> float:
    """How surely the base form at ``verb`` is wanted by the speaker: 0 where it is not."""
    before = words[max(0, verb - REACH) : verb]
    subject = _subject(before)
    if _is_unwanted(words, verb, before) or subject in THIRD:
        return 0.0
    led = _led_to(words, before, subject)
    return _commanded(words, verb, before, subject) if led is None else led


def _is_unwanted(words: Sequence[str], verb: int, before: Sequence[str]) -> bool:
    """Whether it is refused, told of others or of the past, supposed, or only asked about."""
    return (
        is_refused(words[max(0, verb - REACH) : verb + 1])
        or is_told_by_others(before)
        or {"what", "time"} <= set(before)
        or is_question_of_need(before)
        or is_over(before)
        or is_supposed(before)
        or not PRICES.isdisjoint(before)
    )


def _led_to(words: Sequence[str], before: Sequence[str], subject: str) -> float | None:
    """The weight that the nearest wish, leave or intention before the verb gives it; None without any."""
    for at in range(len(before) - 1, -1, -1):
        word = before[at]
        if word in ("like", "love") and "would" not in before and before[at - 1 : at] not in (("i",), ("id",)):
            continue
        if word in WISHES:
            return _wished(words, before, at)
        if word == "could" and is_long_ago(words):
            return MAYBE
        if word in ALLOWS:
            return SURE if subject != "you" or word != "when" else 0.0
        if word in ("will", "shall", "going", "would"):
            if subject == "you":
                return SURE if "you" in before[at + 1 :] else 0.0
            return SURE if "only" in before and word != "would" else MAYBE
    return None


def _commanded(words: Sequence[str], verb: int, before: Sequence[str], subject: str) -> float:
    """The weight of the bare verb, which is a command where nothing but courtesy stands before it."""
    gives_me = words[verb] in ("give", "get") and words[verb + 1 : verb + 2] in (("me",), ("us",))
    if all(word in BARE for word in before) or (gives_me and before[-1:] not in NO_COMMAND):
        return SURE
    if before[-1:] == ("just",) and before[-2:-1] not in SUBJECTS:
        return SURE
    if "until" in before:  # "I will not stop until I speak to"
        return SURE
    if "what" in before and before[-1:] == ("to",):  # "what do I press to"
        return SURE
    return MAYBE if subject == "you" and words[-1:] == ("please",) else 0.0


def _wished(words: Sequence[str], before: Sequence[str], at: int) -> float:
    """The weight of a wish: "do you want me to" is the assistant's, "asked last week" is over."""
    if "nobody" in before[:at] or ("no", "one") in pairwise(before[:at]):
        return 0.0
    if {"might", "may"} & set(before[:at]) and before[at] in ("want", "need", "like"):
        return MAYBE
    if before[at] == "got" and before[at + 1 : at + 2] != ("to",):
        return 0.0
    if "you" in before[:at] and before[at] in ("want", "need", "like", "have") and "if" not in before:
        return 0.0 if before[0] in ("do", "would", "did") else MAYBE
    if before[at] in ("wanted", "asked", "tried", "requested", "said", "told", "demanded") and is_long_ago(words):
        return MAYBE
    return SURE


def is_long_ago(words: Sequence[str]) -> bool:
    """Whether it was on another day: "I asked for one yesterday", but not "ten minutes ago"."""
    if ("last", "time") in pairwise(words):
        return True
    return not OLD_TIMES.isdisjoint(words) and not ("ago" in words and {"minutes", "minute"} & set(words))


def is_question_of_need(before: Sequence[str]) -> bool:
    """Whether it is asked if one has to: "do I need to …", "should I …", "why must I …"; "can I" asks to be let."""
    ends = tuple(before[-4:])
    if len(ends) > 1 and ends[-1] in ("i", "we", "one") and ends[-2] in OUGHT:
        return not {"how", "where", "who", "whom", "when"} & set(ends)
    if ends[-1:] == ("to",) and {"need", "have"} & set(ends[-2:-1]):
        return "how" not in before and any(
            first in OUGHT and second in ("i", "we", "one") for first, second in pairwise(before[:-2])
        )
    return False


def asks_if_one_must(before: Sequence[str]) -> bool:
    """The same of any verb before: "do I have to see somebody for …"."""
    return any(is_question_of_need(before[:at]) for at in range(2, len(before) + 1))


def is_over(before: Sequence[str]) -> bool:
    """Whether it is told of the past: "I had to", "I was about to"."""
    return any(pair in PAST for pair in pairwise(before))


def is_told_by_others(before: Sequence[str]) -> bool:
    """Whether somebody else said it: "he told me to", "the site says to", "I was told to"."""
    for at, word in enumerate(before):
        if word == "tell" and "you" in before[:at]:  # "can you tell me how"
            continue
        if word in TELLERS or word in ("asked", "wants", "wanted", "asking"):
            tellers = before[max(0, at - 4) : at]
            if "was" in tellers or "were" in tellers or "been" in tellers or ("am" in tellers and word == "told"):
                return True
            if tellers and not SELF.intersection(tellers) and word in TELLERS:
                return True
            if not THIRD.isdisjoint(tellers) or "nobody" in tellers:
                return True
    return False


def is_refused(before: Sequence[str]) -> bool:
    """Whether the speaker declines it. Not being able to, not being let, and "why not" ask for it all the more."""
    return any(_refuses(before, at) for at in range(len(before)))


def is_supposed(before: Sequence[str]) -> bool:
    """Whether it is only for a case that may come, "if I ever need to"; "if I can't" and "if I could" are wishes."""
    at = next((place for place, word in enumerate(before) if word in SUPPOSES), None)
    if ("in", "case") in pairwise(before):
        return True
    if at is None or {"not", "never", "nobody"} & set(before[at:]):
        return False
    if before[at] in ("if", "whether") and {"could", "can", "might", "may"} & set(before[at:]):
        return False
    if before[at] == "if" and ("you", "would") in pairwise(before[at:]):
        return False
    return STILL_ASKS.isdisjoint(before[at + 1 : at + 2])


def _refuses(before: Sequence[str], at: int) -> bool:
    word = before[at]
    rest = before[at + 1 :]
    following = rest[0] if rest else ""
    if word == "not":
        return _not_wanted(before, at)
    if word == "no":
        return following in NO_WISH or (following == "longer" and bool({"need", "want", "wish", "looking"} & set(rest)))
    if word == "never":
        return following in ("asked", "want", "wanted", "said", "requested", "needed", "mind", "call")
    if word == "instead" or word == "rather":
        return following in ("of", "than", "not")
    if word == "than":
        return len(rest) <= 1
    if word == "before":
        return at == 0 or following in ("i", "you")
    return word in GIVES_UP


def _not_wanted(before: Sequence[str], at: int) -> bool:
    earlier, rest = before[:at], before[at + 1 :]
    following = rest[0] if rest else ""
    previous = earlier[-1] if earlier else ""
    if following == "get" and previous == "do" and (len(earlier) == 1 or earlier[-2] == "please"):
        return True
    if "why" in earlier or following in UNABLE_AFTER_NOT or following in ("only", "until"):
        return False
    if following in ASKERS:  # "can't you", "don't I get to", "isn't there": expects a yes
        return False
    if previous in ("can", "could"):
        return following in ("be", "see", "bother") or "you" in earlier
    if previous in ("will", "would"):  # "it won't let me" against "I won't"
        return following not in ("let", "allow", "connect", "transfer", "put", "give") or "i" in earlier[-2:]
    if previous == "do" and following in ("let", "allow"):
        return False
    if previous in ("did", "have", "has"):
        return following in DENIED_AFTER_NOT and following not in ("get", "reach")
    return following in DENIED_AFTER_NOT or not following or previous in ("do", "does", "rather", "need")


def _subject(before: Sequence[str]) -> str:
    for word in reversed(before):
        if word in ("i", "we", "you"):
            return word
        if word in THIRD or word.removesuffix("s") in THIRD:
            return "they"
    return ""
