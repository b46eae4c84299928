"""Frames in which a verb reaches for a person: talk to, contact, be put through to, give me SOMEBODY."""

from collections.abc import Sequence
from itertools import pairwise

from tools.escalation.requests.mood import (
    BARE,
    LIKELY,
    MAYBE,
    SURE,
    THIRD,
    Request,
    is_long_ago,
    is_over,
    is_refused,
    is_supposed,
    is_told_by_others,
    mood,
)
from tools.escalation.requests.people import ASKED_FOR, HUMAN, Person, ends_mention, is_human
from tools.escalation.requests.verbs import (
    APPROVES,
    ASKED_IF,
    ASKING,
    CAPABLE,
    CARRIED,
    CONTACT,
    CONTACTING,
    GIVE,
    GIVEN,
    HANDOVERS,
    HOPES,
    LETS_HAVE,
    MATTERS,
    MOVE,
    MOVED,
    MOVING,
    NEEDED,
    NOT_THIS_ONE,
    NOUNS,
    OUT,
    OWN_CALL,
    PARTICULAR,
    PASSED,
    PASSIVE,
    SENDS,
    SENT,
    SPEAKER,
    STRAIGHT,
    TALK,
    TALK_WITH,
    TALKING,
    TO,
    UP_TO,
    WAITS,
    WANT,
    WHO_DO,
)

DIRECTIONS = 0.72  # "how do I contact support": wants the way, and most likely a person at its end
NEAR = 8  # words between a verb and the person


def reached(words: Sequence[str], person: Person) -> Request | None:
    """The request that the nearest fitting verb before the person makes."""
    if is_refused(words[max(0, person.first - NEAR) : person.first]):
        return None
    if (words[person.noun] == "people" and person.first == person.noun) or _is_known(words, person):
        return None
    if words[person.last + 2 : person.last + 3] == ("not",) and NEEDED & set(words[person.last + 3 : person.last + 5]):
        return None
    for verb in range(person.first - 1, max(-1, person.first - NEAR - 1), -1):
        weight = _frame(words, verb, words[verb + 1 : person.first], person)
        if weight:
            return Request(verb, person.last, weight)
    return None


def _is_known(words: Sequence[str], person: Person) -> bool:
    """ "The person who booked my room" is somebody in particular, "the person who handles bookings" is not."""
    following = words[person.last + 1 : person.last + 3]
    return words[person.first] == "the" and following[:1] in (("who",), ("that",)) and not WHO_DO & set(following)


def _frame(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float:
    """The weight of the frame that the verb opens; 0 where it opens none, or asks for nobody."""
    return next((weight for frame in FRAMES if (weight := frame(words, verb, between, person)) is not None), 0.0)


def _talk(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """Speak to, discuss something with."""
    word, before = words[verb], words[:verb]
    if word not in TALK | TALK_WITH | HANDOVERS or not _leads_to(word, before, between):
        return None
    others_do = word in ("speak", "talk", "chat") and "you" in before[-2:] and not {"let", "how"} & set(before)
    return MAYBE if others_do else mood(words, verb)


def _talking(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """ "I'd prefer speaking to", "any chance of talking to", or the bare "speaking to a human would help"; but not "am
    I talking to" and "I was talking to"."""
    word, gap, before = words[verb], set(between), words[:verb]
    if not (word in TALKING and gap <= TO) and not (word in CONTACTING and gap <= OUT and before):
        return None
    if is_refused(before) or "you" in before[-3:] or not THIRD.isdisjoint(before):
        return 0.0
    if HOPES & set(before[-3:]):
        return LIKELY
    return 0.0 if before else LIKELY - 0.1


def _moving(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """ "Would you mind connecting me to"."""
    before = words[:verb]
    if words[verb] not in MOVING or not set(between) <= PASSED or not {"mind", "about", "by", "consider"} & set(before):
        return None
    return 0.0 if is_refused(before) else LIKELY


def _moved(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """ "I want to be put through to", "I want this passed up to"; not "I was transferred to"."""
    word, before = words[verb], words[:verb]
    is_passive = before[-1:] in PASSIVE
    if word not in MOVED or not set(between) <= UP_TO or (word == "put" and not is_passive):
        return None
    wanted = is_passive or bool(WANT & set(before) and CARRIED & set(before[-2:]))
    return mood(words, verb - 1) if wanted else 0.0


def _move(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """Connect me to, transfer this to."""
    gap = set(between)
    if words[verb] in SENDS and between[:1] in SENT and between[-1:] == ("to",) and is_human(words, person):
        return mood(words, verb)
    if words[verb] not in MOVE or not gap <= PASSED or not _moves(words, words[verb], gap, person):
        return None
    if not gap & CARRIED and words[verb - 1 : verb] not in (("to",), ("please",), ()) and not set(words[:verb]) <= BARE:
        return None  # "so that calls transfer to an agent"
    return mood(words, verb)


def _contact(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """Reach, call, get hold of."""
    word, gap = words[verb], set(between)
    is_noun = words[verb - 1 : verb] in (("a",), *OWN_CALL)
    if word not in CONTACT or not gap <= OUT or is_noun or (not gap and word in ("get", "hear")):
        return None
    return _contacting(words, verb, person)


def _give(words: Sequence[str], verb: int, between: Sequence[str], person: Person) -> float | None:
    """Give me, I want, I'm asking for."""
    word, gap = words[verb], set(between)
    gives_me = between[:1] == ("me",) and gap <= {"me", "up", "out", "with"} and word not in ("tell", "ask")
    if (word not in WANT | GIVE | ASKING and not gives_me) or not gap <= GIVEN:
        return None
    return _giving(words, verb, gap) if is_wanted(words, person) or gap == {"in"} else None


FRAMES = (_talk, _talking, _moving, _moved, _move, _contact, _give)


def _leads_to(word: str, before: Sequence[str], between: Sequence[str]) -> bool:
    """Talk to, or discuss something with; the preposition may be missing where nothing stands in its place."""
    if word in HANDOVERS:
        return tuple(between) == ("to",) and before[-1:] in (("a",), ("an",), ("the",), ("my",), ("immediate",))
    if word in NOUNS:
        return tuple(between) == ("with",) and before[-1:] not in OWN_CALL
    if word in TALK_WITH:
        with_them = between[-1:] == ("with",) and between[0] not in ("i", "you", "we", "they")
        return with_them or tuple(between) in (("to",), ("straight", "to"), ("through", "to"))
    if set(between) <= TO:
        return bool(between) or word in ("speak", "talk", "chat")
    on_a_matter = word not in ("speak", "talk", "chat") or between[0] in MATTERS
    return between[-1] in ("with", "to") and between[0] not in TO and on_a_matter


def _moves(words: Sequence[str], word: str, gap: set[str], person: Person) -> bool:
    """Whether it is the speaker or their case that is moved: "connect me to", not "connect to the sales share"."""
    if "ticket" in gap and word in ("assign", "escalate", "route", "raise", "push", "bump"):
        return {"to", "my"} <= gap and person.kind in ("human", "staff")
    if not gap & CARRIED:
        goes = word in ("transfer", "connect", "switch", "escalate", "route") and "to" in gap and gap <= STRAIGHT
        named = person.kind not in ("department", "someone", "them") and ends_mention(words, person.last)
        return goes and named
    if word in ("give", "send") and not gap & {"me", "us", "this", "it", "case", "issue", "question", "request"}:
        return False
    return bool(gap & {"to", "too", "with", "onto", "for", "2"}) or word in ("get", "bring", "pass", "put")


def _contacting(words: Sequence[str], verb: int, person: Person) -> float:
    weight = mood(words, verb)
    if "you" in words[max(0, verb - 2) : verb]:
        return min(weight, MAYBE)
    if words[person.noun].startswith("colleague") and "your" not in words:
        return min(weight, MAYBE)
    if words[verb] == "ask" and person.kind != "human":
        return min(weight, MAYBE)
    if person.kind in ("desk", "department"):
        return min(weight, DIRECTIONS)
    insists = {"demand", "insist", "manager", "supervisor"} & {*words[:verb], words[person.noun]}
    if words[verb] in ("see", "meet"):
        return weight if insists else min(weight, MAYBE)
    if words[verb] in ("ask", "find", "message", "involve") and not is_human(words, person):
        return min(weight, MAYBE)
    return weight


def is_wanted(words: Sequence[str], person: Person) -> bool:
    """Somebody whom one asks for to take over, not a service such as a technician, nor one more guest."""
    following = tuple(words[person.last + 1 : person.last + 3])
    qualities = set(words[person.first : person.noun])
    if len(following) > 1 and following[0] == "to" and following[1] in APPROVES and person.kind != "human":
        return False
    if ("for", "me") in pairwise(words[person.last + 1 :]) or (words[person.noun] == "reception" and not following):
        return True
    if following in CAPABLE or person.kind == "them" or qualities & {"real", "human", "live", "actual"}:
        return True
    if person.kind == "someone":
        return any(word in PARTICULAR for word in following[:1]) or {"phone", "voice"} <= {*words, "voice"}
    if words[person.noun] in ("person", "people", "persons"):
        return bool(qualities - NOT_THIS_ONE) and ends_mention(words, person.last)
    if person.kind in ("desk", "department"):
        return person.last > person.noun
    return words[person.noun] in ASKED_FOR | HUMAN or following[:1] in ((), ("please",))


def _giving(words: Sequence[str], verb: int, gap: set[str]) -> float:
    word, before = words[verb], words[:verb]
    if word == "said":
        return SURE if before[-1:] == ("i",) and not gap else 0.0
    if is_refused(words[: verb + 1]) or THIRD & set(before) or is_over(words[: verb + 1]) or is_told_by_others(before):
        return 0.0
    if word in ASKING:
        return _asking(words, verb, gap)
    if word in WANT:
        return _wanting(words, verb)
    if word == "give" and not gap & {"me", "us"}:
        return 0.0
    if "for" in gap or (word == "take" and not {"i", "we"} & set(before)):
        return 0.0
    if word in ("like", "prefer"):
        return SURE if {"would", "will", "i"} & set(before) and "people" not in before else 0.0
    if word == "have" and ("you" in before or not LETS_HAVE & set(before)):
        return 0.0
    return mood(words, verb)


def _asking(words: Sequence[str], verb: int, gap: set[str]) -> float:
    """ "I'm asking for", "I'm after", "I'll wait for"."""
    if words[verb] == "after":
        return SURE if words[verb - 2 : verb] in (("i", "am"), ("we", "are")) else 0.0
    if "for" not in gap or (words[verb] in ("wait", "hold", "queue") and words[verb - 1 : verb] not in WAITS):
        return 0.0
    before = words[:verb]
    if words[verb] == "asked" and (is_long_ago(words) or {"when", "if", "would"} & set(before)):
        return MAYBE
    if words[verb] in ("asked", "asking", "begging") and before and not SPEAKER & set(before):
        return 0.0
    return mood(words, verb) if words[verb] == "ask" else SURE


def _wanting(words: Sequence[str], verb: int) -> float:
    before = words[:verb]
    if {"might", "may", "did", "thought"} & set(before) or (words[verb] == "wanted" and is_long_ago(words)):
        return 0.0
    if words[verb] == "wanted" and ("at", "first") in pairwise(words):
        return 0.0
    if (
        ({"this", "it", "that", "does"} & set(before[-2:]) and words[verb] != "needs")
        or before[-1:] == ("you",)
        or is_supposed(words[: verb + 1])
    ):
        return 0.0
    if {"would", "only"} <= set(before[-3:]):
        return MAYBE
    if before and not SPEAKER & set(before) and not set(before) <= BARE:  # somebody else's wish
        return 0.0
    asked = any(pair in ASKED_IF for pair in pairwise(before))
    return 0.0 if asked else SURE
