"""Whether a message asks for a person, and how surely: "let me talk to a human" does, "no need for a manager", "I spoke
to an agent yesterday" and "are you a real person?" do not.

A request is a frame (talk to SOMEBODY, give me SOMEBODY, have SOMEBODY call me) in a mood that asks: a wish, leave to
do it, a command, or the bare words.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from tools.escalation.language.polarity import is_quoted
from tools.escalation.language.reading import Clause, Reading
from tools.escalation.requests.abroad import LANGUAGES, NO_BOTS, requests_abroad
from tools.escalation.requests.acting import acting, at_the_start, existing, from_them
from tools.escalation.requests.hinted import hinted
from tools.escalation.requests.mood import SURE, Request, is_refused
from tools.escalation.requests.people import ASKED_FOR, DESKS, HUMAN, MENTIONS, QUALITIES, STAFF, is_human, people, them
from tools.escalation.requests.reaching import reached
from tools.escalation.requests.unnamed import UNNAMED, requests_unnamed

FRAMES = (reached, from_them, acting, existing)
CALLED = (
    frozenset(
        "someone somebody anyone anybody please now a an the i me to real live actual speak talk chat with"
        " or need want yes no ok okay just asap hi hello hey immediately right get give for some any thanks"
        " you am pls today there help connect transfer line urgently omg ffs again another is of on this in at"
        " all so and sir phone not bot then your team bots via".split()
    )
    | HUMAN
    | ASKED_FOR
    | STAFF
    | QUALITIES
    | frozenset(word for desk in DESKS for word in desk)
)
GREETINGS = frozenset("hi hello hey good morning afternoon evening yes no ok okay please just a an".split())
AFTER_CALL = ((), ("please",), ("for",), ("about",), ("regarding",), ("re",), ("now",), ("asap",))
BOTS = frozenset("bot bots robot machine ai computer".split())
CUES = MENTIONS | UNNAMED | {"them", "him", "her", "one"}
LONGEST_CALL = 6  # words


def may_hold_request(words: Collection[str]) -> bool:
    """Whether a message of these words is worth reading for a request."""
    return not CUES.isdisjoint(words) or any(
        phrases.may_be_among(words) for phrases in (NO_BOTS, *(language.phrases for language in LANGUAGES))
    )


def requests(reading: Reading, *, answers_who: bool = False) -> Iterator[tuple[str, float]]:
    """The words of every request for a person that a message makes, and how sure it is. With ``answers_who`` a mere
    "manager" is what somebody is, not whom they want."""
    known = False
    for at, clause in enumerate(reading.clauses):
        following = reading.clauses[at + 1].words[0] if at + 1 < len(reading.clauses) else ""
        for found in _in_clause(clause, known, answers_who):
            if found.weight > 0 and not is_quoted(clause, found.first, found.last):
                if (
                    following in ("when", "once")
                    and "you" not in reading.clauses[at + 1].words
                    and clause.words[-1] in ("me", "us")
                ):
                    continue  # "call me when the room is ready"
                yield reading.evidence(clause, found.first, found.last), found.weight
        known = known or "who" in clause.words or any(True for _ in people(clause.words))
    if answers_who:
        return
    yield from _leads(reading)
    for _, sentence in groupby(reading.clauses, key=lambda clause: clause.sentence):
        yield from _called(reading, [clause for clause in sentence if not all(clause.quoted)])


def _in_clause(clause: Clause, known: bool, answers_who: bool) -> Iterator[Request]:
    words = clause.words
    for person in people(words):
        found = [made for frame in FRAMES if (made := frame(words, person))]
        if not answers_who:
            found += [made for made in [at_the_start(words, person)] if made]
        yield from found or [made for made in [hinted(words, person)] if made]
    if known:
        for person in them(words):
            if made := reached(words, person):
                yield made
    yield from requests_unnamed(words)
    yield from requests_abroad(clause)


def _called(reading: Reading, clauses: Sequence[Clause]) -> Iterator[tuple[str, float]]:
    """A sentence, or the beginning of one, that is nothing but a call for somebody."""
    for several in (clauses, clauses[:1]):
        words = tuple(word for clause in several for word in clause.words)
        if several and (several is clauses or "please" in words) and _is_call(words):
            yield reading.message[several[0].spans[0][0] : several[-1].spans[-1][1]], SURE
            return


def _leads(reading: Reading) -> Iterator[tuple[str, float]]:
    """A message that begins with whom it calls: "agent please my flight leaves", "representative, refund question"."""
    clause = next((each for each in reading.clauses if not GREETINGS.issuperset(each.words)), None)
    if clause is None or clause.quoted[0]:
        return
    words = clause.words
    for person in people(words):
        if not GREETINGS.issuperset(words[: person.first]) or words[person.first - 1 : person.first] == ("no",):
            return
        following = words[person.last + 1 : person.last + 2]
        named = words[person.noun] in ASKED_FOR or words[person.noun] in ("human", "humans") or is_human(words, person)
        named = named or person.kind == "desk" or (person.kind == "staff" and person.first < person.noun)
        bare = words[person.first] not in ("the", "your", "this", "that") and following in AFTER_CALL
        if words[person.last + 1 : person.last + 3] == ("for", "our"):
            return
        if named and bare and (following or (person.kind != "desk" and len(reading.clauses) > 1)):
            yield reading.evidence(clause, 0, person.last), SURE
        return


def _is_call(words: Sequence[str]) -> bool:
    """ "Agent", "human please", "REPRESENTATIVE NOW"."""
    if words[0] in ("is", "are", "am") or ("or" in words and BOTS & set(words)):
        return False
    if len(words) > LONGEST_CALL or not set(words) <= CALLED or is_refused(words[:-1]):
        return False
    for person in people(words):
        rest = {*words[: person.first], *words[person.last + 1 :]}
        alone = "please" in words or rest <= {"no", "not", "bot", "bots", "a", "just"}
        if person.first and words[person.first - 1] == "no":
            continue
        if words[person.noun] in ASKED_FOR or is_human(words, person):
            return True
        if alone and (words[person.noun] == "person" or person.kind in ("desk", "staff")):
            return True
        if person.kind == "someone" and words[person.last + 1 : person.last + 2] in (
            ("human",),
            ("real",),
            ("competent",),
        ):
            return True
    return False
