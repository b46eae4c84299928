"""Frames in which the person is the one who acts, exists or is named first: "can a human help me", "is there anyone I
can talk to", "a call from a supervisor", "straight to an agent"."""

from collections.abc import Sequence

from tools.escalation.requests.mood import LIKELY, SURE, THIRD, Request, asks_if_one_must, is_refused
from tools.escalation.requests.people import ASKED_FOR, Person, is_human

TALK = frozenset("ask speak talk chat discuss contact call reach ring phone deal".split())
HELPS = frozenset(
    "telephone jump hop walk come give have help assist call contact phone answer ring reply respond handle"
    " take took look reach"
    " get explain deal talk speak chat review message email intervene join step sort fix resolve check read"
    " ".split()
)
CALLS = frozenset(
    "chat give call contact phone ring reach get message email talk speak answer reply respond write join".split()
)
TAKES_OVER = frozenset("take took handle read look review answer help deal join check explain".split())
MATTERS = frozenset("this it that over my our me us care at into with what here in the".split())
RINGS = frozenset("call ring bell buzz shout tinkle".split())
ME = frozenset("me us my our room".split())
HELPERS = frozenset(
    "able irl come on in and live who up down over downstairs to please just can could would will should must needs"
    " need has actually else real human be able really kindly also there here competent senior now".split()
)
PLACES = frozenset("from at in on of for with above around".split())
ANSWERS = frozenset(
    "reviewed checked looked read done explained answered help assistance call callback answer answers"
    " response reply support contact helped served assisted contacted hear back message hand over handled".split()
)
WISH = frozenset("want need like get have expect request demand hear can could please appreciate be would".split())
LEADS = frozenset(
    "please just ok okay now then and so straight direct directly to through back over no yes hi hello like"
    " maybe".split()
)
TOWARDS = frozenset("just please straight direct directly".split())
ENDS = frozenset(
    "please now asap here immediately required needed wanted requested instead then today thanks ok urgently".split()
)
LET_ACT = frozenset(
    "expect send can could have want need let get like"
    " ask will please would arrange make time tell chance should must".split()
)
SOUGHT = frozenset("there have any want need get give find is like for be are".split())
CLAUSE_GOES_ON = frozenset("i to please can could should must needs who would will".split())
WHOM = frozenset("real live i we to can could may that who whom there here else would available works work".split())
HERE = frozenset("able available here around please online i who to that there working".split())


def from_them(words: Sequence[str], person: Person) -> Request | None:
    """ "A call from a supervisor", "help from a human", "helped by a member of staff"."""
    if person.first < 2 or words[person.first - 1] not in ("from", "by"):
        return None
    if person.kind == "someone" and words[person.last + 1 : person.last + 2] not in (("real",), ("human",), ("else",)):
        return None
    before = words[: person.first - 1]
    bare = person.first <= 3 and person.last + 1 == len(words)
    if (
        not ANSWERS & set(words[max(0, person.first - 4) : person.first - 1])
        or THIRD & set(before)
        or is_refused(before)
    ):
        return None
    return Request(person.first - 2, person.last, LIKELY) if bare or WISH & set(before) else None


def at_the_start(words: Sequence[str], person: Person) -> Request | None:
    """ "Please a person who speaks Polish", "just an agent", "manager needed": it begins with whom it asks for."""
    before, after = set(words[: person.first]), words[person.last + 1 :]
    plain = person.kind in ("desk", "department") or words[person.noun] in ASKED_FOR or is_human(words, person)
    plain = plain or bool({"real", "actual", "human", "live"} & set(words[person.first : person.noun]))
    if not plain or not before <= LEADS or "no" in before:
        return None
    if words[person.first] in ("the", "that", "this", "one") and person.kind not in ("desk", "department"):
        return None
    alone = not set(after) - ENDS and (
        bool(after) or words[person.first] in ("a", "an", "any", "some", "real", "actual")
    )
    not_a_bot = after[:1] == ("not",)
    on_this_chat = not_a_bot or after[:2] in (
        ("on", "this"),
        ("on", "the"),
        ("on", "chat"),
        ("who", "can"),
        ("who", "knows"),
    )
    return Request(0, person.last, LIKELY) if before & TOWARDS or alone or on_this_chat else None


def acting(words: Sequence[str], person: Person) -> Request | None:
    """ "Can a human help me", "have someone call me", "anyone I can talk to"."""
    before, after = words[: person.first], words[person.last + 1 :]
    if not after or is_refused(before) or before[-1:] in (("are",), ("am",)):
        return None
    skipped = _place(after)
    after = after[skipped : skipped + 7]
    sought = SOUGHT & set(before[-4:]) or (not before and words[person.first] not in ("the", "your", "this", "that"))
    if (talks := _talked_to(after)) and sought:
        return Request(max(0, person.first - 2), person.last + skipped + talks + 1, SURE)
    real = {"real", "live", "actual", "human"} & set(words[person.first : person.noun])
    if real and before[-1:] in (("can",), ("could",), ("let",), ("may",)) and after[:1] not in (("have",), ("be",)):
        return Request(person.first - 1, person.last, LIKELY)
    counted = words[person.noun] in ("person", "people", "persons") and not is_human(words, person)
    if not counted and (acts := _acts_for_me(after, person, before)) and _is_let(before, after[: acts - 1]):
        return Request(person.first, person.last + skipped + acts, LIKELY)
    return None


def _place(after: Sequence[str]) -> int:
    """How many words say where the person belongs: "someone *from the baggage team* please call"."""
    if after[0] not in PLACES:
        return 0
    for at, word in enumerate(after[1:7], 1):
        if word in CLAUSE_GOES_ON or word in HELPS | CALLS:
            return at
    return 0


def _talked_to(after: Sequence[str]) -> int:
    """Where "(whom) I can talk to" ends; 0 where it does not stand."""
    for at, word in enumerate(after):
        if word in TALK:
            return at if after[at + 1 : at + 2] != ("of",) and set(after[:at]) & {"i", "we", "to"} else 0
        if word not in WHOM:
            return 0
    return 0


def _acts_for_me(after: Sequence[str], person: Person, before: Sequence[str]) -> int:
    """Where "help me", "call me back" ends; 0 where it does not stand."""
    particular = person.kind != "someone" or bool(
        {"real", "human", "live", "irl"} & set(after[:2]) or before[-1:] == ("get",)
    )
    for at, word in enumerate(after):
        comes = word == "come" and after[at + 1 : at + 2] in (("on",), ("in",), ("and",))
        if (word in (HELPS | CALLS if particular else CALLS) or word == "take") and not comes:
            does = _for_me(word, after[at + 1 : at + 4]) or (particular and _takes_over(word, after[at + 1 :], before))
            return at + 1 if does else 0
        if word not in HELPERS:
            return 0
    return 0


def _for_me(word: str, following: Sequence[str]) -> bool:
    """ "Call me", "give me a ring", "get in touch"; not "have given me"."""
    if word == "have":
        return tuple(following[:2]) == ("a", "look")
    if word == "give":
        return bool(ME & set(following[:1]) and RINGS & set(following))
    if word == "join":
        return not following or bool({"this", "the", "us", "me"} & set(following))
    if word in ("jump", "hop", "step"):
        return following[:1] in (("in",), ("on",))
    return bool(ME & set(following)) or tuple(following[:2]) == ("in", "touch") or following[:1] == ("over",)


def _takes_over(word: str, following: Sequence[str], before: Sequence[str]) -> bool:
    """ "Let a person handle it", "can a human take this over"."""
    return before[-1:] == ("let",) or (word in TAKES_OVER and (not following or following[0] in MATTERS))


def _is_let(before: Sequence[str], between: Sequence[str]) -> bool:
    near = set(before[-4:])
    if asks_if_one_must(before):
        return False
    if before == ("if",):  # "I'd be glad if somebody could call me"
        return "could" in between
    if near & THIRD or {"how", "many", "when", "if"} & near or ({"do", "does"} & near and "you" not in near):
        return False
    if "who" in between and SOUGHT & near:
        return True
    return bool(near & LET_ACT) or (not before and bool({"needs", "need", "should", "must", "please"} & set(between)))


def existing(words: Sequence[str], person: Person) -> Request | None:
    """ "Is there a human?", "where is the human?": asked for rather than asked about when it is to be *here*."""
    before, after = tuple(words[: person.first]), words[person.last + 1 :]
    asks = before[-2:] in (("is", "there"), ("are", "there"), ("you", "have"), ("where", "is"), ("where", "are"))
    asks = asks or words[0] == "any" or (before == ("is",) and after[:1] in (("available",), ("able",)))
    here = not after or after[0] in HERE
    if not asks or not here or {"behind", "reading"} & set(after) or is_refused(before[:-2]) or "or" in after:
        return None
    if (
        is_human(words, person)
        or (words[person.noun] in ("human", "humans", "person"))
        or words[person.noun] in ASKED_FOR
        or {"live", "real", "human", "actual"} & set(words[person.first : person.last])
    ):
        return Request(0, person.last, LIKELY - 0.1)
    return None
