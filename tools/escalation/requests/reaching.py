"""Frames in which a verb reaches for a person: talk to, contact, be put through to, give me SOMEBODY."""

from collections.abc import Sequence
from itertools import pairwise

from tools.escalation.requests.mood import (
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

DIRECTIONS = 0.72  # "how do I contact support": wants the way, and most likely a person at its end
NEAR = 8  # words between a verb and the person

TALK = frozenset(
    "speak talk chat converse discuss communicate interact liaise correspond"
    " explain file lodge raise handle sort make complain"
    " arrange".split()
)
TALK_WITH = frozenset("call meeting slot explaining discussing deal work word go conversation do".split())
ASKED_IF = frozenset((aux, who) for aux in ("do", "should", "will", "would", "did", "must") for who in ("i", "we"))
MATTERS = frozenset("about over this it things my our the through on by via".split())
NOUNS = frozenset("call meeting slot word conversation".split())
TALKING = frozenset("speaking talking chatting communicating interacting dealing conversing discussing".split())
CONTACT = frozenset(
    "trouble contact reach call phone ring consult see meet message ask find get hear involve summon".split()
)
CONTACTING = frozenset("contacting reaching calling phoning getting finding".split())
MOVE = frozenset(
    "gets connect transfer put forward redirect route pass hand direct switch patch link refer send get move bring"
    " escalate page raise take push assign turn let give swap shift queue loop pull".split()
)
MOVING = frozenset(
    "connecting transferring putting forwarding passing handing escalating getting fetching finding".split()
)
MOVED = frozenset(
    "moved bumped kicked sent assigned raised given"
    " taken connected transferred forwarded redirected routed passed put"
    " switched referred escalated".split()
)
WAITS = (("to",), ("i",), ("will",), ("can",), ("we",), ("just",), ("please",), ())
STRAIGHT = frozenset("to over through straight directly back right".split())
NOT_THIS_ONE = frozenset("one that this your any other another".split())
OWN_CALL = (("my",), ("our",), ("the",), ("that",), ("this",))
WHO_DO = frozenset("can could handles handle deals deal is knows manages runs looks does would will".split())
PASSIVE = (("be",), ("get",), ("being",), ("getting",))
WANT = frozenset("requesting demanding needs want need demand require request wanted".split())
GIVE = frozenset("page give get have find bring prefer like fetch assign put deserve loop pull take".split())
ASKING = frozenset("said looking asking begging waiting asked ask wait after hold holding queue queuing settle".split())
TO = frozenset("to with directly live straight on 2 only".split())
OUT = frozenset("out to with hold of in touch through on up directly a ahold back from".split())
PASSED = frozenset(
    "question request yourself 2 me us this that it my our the call chat case conversation issue ticket matter"
    " complaint"
    " problem query over back through to with directly straight live on in touch onto up into right along off"
    " now please just immediately hold of line phone be someone else account for".split()
)
CARRIED = frozenset("question request me us this it call chat that case issue complaint conversation yourself".split())
GIVEN = frozenset(
    "two three four times twice already repeatedly again before me us to have the on now please just for is in".split()
)
PARTICULAR = frozenset("real human else live actual higher competent senior qualified proper responsible more".split())
CAPABLE = frozenset(
    tuple(words.split())
    for words in (
        "on the,on here,on this,on chat,on,for me,with"
        " a,with authority,with some,in charge,above you,who can,who could,who"
        " will,who works,who does,who is,who knows,who understands,who actually,that can,that knows,that understands"
    ).split(",")
)
"""What follows somebody who is asked for: on the line, who can help, in charge."""
APPROVES = frozenset("approve sign authorise authorize confirm grant verify".split())
HOPES = frozenset(
    "appreciate love mind assistance need trouble difficulty for option rather better comfortable quickest"
    " prefer like trying possibility chance about interested keep of way help".split()
)
LETS_HAVE = frozenset("can could may let might rather to".split())


def reached(words: Sequence[str], person: Person) -> Request | None:
    """The request that the nearest fitting verb before the person makes."""
    if is_refused(words[max(0, person.first - NEAR) : person.first]):
        return None
    if (words[person.noun] == "people" and person.first == person.noun) or _is_known(words, person):
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
    word, gap, before = words[verb], set(between), words[:verb]
    if word in TALK | TALK_WITH and _leads_to(word, before, between):
        others_do = word in ("speak", "talk", "chat") and "you" in before[-2:] and not {"let", "how"} & set(before)
        return MAYBE if others_do else mood(words, verb)
    if (word in TALKING and gap <= TO) or (word in CONTACTING and gap <= OUT and before):
        return _ongoing(before, word in CONTACTING)
    if word in MOVING and gap <= PASSED and {"mind", "about", "by", "consider"} & set(before):
        return 0.0 if is_refused(before) else LIKELY
    if (
        word in MOVED
        and gap <= TO | {"through", "over", "in", "touch", "up"}
        and (word != "put" or before[-1:] in PASSIVE)
    ):
        wanted = before[-1:] in PASSIVE or bool(WANT & set(before) and CARRIED & set(before[-2:]))
        return mood(words, verb - 1) if wanted else 0.0
    if word in MOVE and gap <= PASSED and _moves(words, word, gap, person):
        return mood(words, verb)
    if (
        word in CONTACT
        and gap <= OUT
        and (gap or word not in ("get", "hear"))
        and before[-1:] not in (("a",), *OWN_CALL)
    ):
        return _contacting(words, verb, person)
    gives_me = between[:1] == ("me",) and gap <= {"me", "up", "out", "with"} and word not in ("tell", "ask")
    if (word in WANT | GIVE | ASKING or gives_me) and gap <= GIVEN and (is_wanted(words, person) or gap == {"in"}):
        return _giving(words, verb, gap)
    return 0.0


def _leads_to(word: str, before: Sequence[str], between: Sequence[str]) -> bool:
    """Talk to, or discuss something with; the preposition may be missing where nothing stands in its place."""
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
    return bool(gap & {"to", "with", "onto", "for", "2"}) or word in ("get", "bring", "pass", "put")


def _ongoing(before: Sequence[str], contacting: bool) -> float:
    """ "I'd prefer speaking to", "any chance of talking to", or the bare "speaking to a human would help"; but not "am
    I talking to" and "I was talking to"."""
    if is_refused(before) or "you" in before[-3:] or not THIRD.isdisjoint(before):
        return 0.0
    if HOPES & set(before[-3:]):
        return LIKELY
    return 0.0 if before or contacting else LIKELY - 0.1


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
    if words[verb] == "asked" and (is_long_ago(words) or "when" in words[:verb]):
        return MAYBE
    return mood(words, verb) if words[verb] == "ask" else SURE


def _wanting(words: Sequence[str], verb: int) -> float:
    before = words[:verb]
    if {"might", "may", "did", "thought"} & set(before) or (words[verb] == "wanted" and is_long_ago(words)):
        return 0.0
    if (
        ({"this", "it", "that", "does"} & set(before[-2:]) and words[verb] != "needs")
        or before[-1:] == ("you",)
        or is_supposed(words[: verb + 1])
    ):
        return 0.0
    asked = any(pair in ASKED_IF for pair in pairwise(before))
    return 0.0 if asked else SURE
