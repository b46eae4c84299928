"""What the hard signals share: what a phrase says, whether it is meant, and the strongest one of a conversation.

They weigh more than the soft ones, so they ask more: a statement reaches back to its own subject, and what was denied
or supposed before that subject ("if you do not pay, I will …") says nothing about it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tools.escalation.conversation import Conversation, Signal, Turn, signal
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import (
    DENIES,
    OTHERS,
    REACH,
    SUPPOSES,
    TELLS,
    any_of,
    is_denied,
    is_quoted,
    is_reported,
)
from tools.escalation.language.word_lists import words

FADES_SLOWLY = 0.9
HARD_FROM = 0.7
REMEMBERED = 12  # customer turns: what is older has faded to a quarter
ASKED = 0.5  # of the weight is left where it is only asked about
PAST = 0.5  # and where it is over

OWN = frozenset("i we my our ich wir mein meine unser je nous mon ma mes notre yo mi nuestro nuestra".split())
INVERTED = frozenset(
    "can could may might should shall would will is are was were has have had did do does kann darf soll muss sollte"
    " est puis dois puedo debo".split()
)
ASKS = frozenset("what which where how when was welche wo wie ou comment quel quelle que cual donde como".split())
LEADS = ASKS | words("and but so or then also please well hi hey sorry ok okay just und et y")
SUBJECTS = words(
    "i you we he she they it this that these those there my your our the a an some any someone somebody anyone anybody"
    " people ich sie wir man der die das je tu il elle on vous nous yo usted alguien el la"
)
AS_A_FACT = frozenset("did was were has have come is".split())
"""After "how": "how did they get into my account" takes it for a fact."""
THINKS = frozenset("think say said saying mean believe suggest suggesting claim expect that".split())
FICTION = frozenset(
    "documentary film movie novel series episode podcast song poster flyer brochure quiz videogame scene playlist"
    " thriller dokumentation krimi roman pelicula serie".split()
)
WHEN = frozenset("when wenn cuando".split())
HAPPENED = frozenset("was were had got came went did war tenia".split())
CONSEQUENCES = frozenset((who, then) for who in ("you", "this", "it", "that") for then in ("will", "shall", "goes"))
"""What opens the consequence after a condition: "if it is not here by Friday you will …"."""
OVER = frozenset("had was were yesterday last ago years hatte war waren letzte letztes tenia tuvo avait".split())
HERE = frozenset("here hurry floor quickly bleeding ambulance".split())  # what is told of the past goes on


@dataclass(frozen=True, slots=True)
class Says:
    """What a phrase means, and what of its polarity it brings itself."""

    weight: float
    denial: bool = False
    """The denial is part of it: "I can not breathe"."""
    others: bool = False
    """It may befall somebody else: "my husband is having a seizure"."""
    asked: bool = False
    """A question about it means it too."""
    supposed: bool = False
    """Supposing it means it too."""
    fresh: bool = False
    """Counts half when it is over."""
    not_before: frozenset[str] = frozenset()
    """Words that make something else of it when they follow."""
    not_with: frozenset[str] = frozenset()
    """Words anywhere in the message that make something else of it."""
    only_with: frozenset[str] = frozenset()
    """Words of which the message must hold one."""


def strongest(
    name: str, conversation: Conversation, heard: Callable[[Turn], Iterable[tuple[float, str]]], *, hard: bool = False
) -> Iterator[Signal]:
    """The strongest that is heard in the customer's turns (weights and words), faded slowly by the turns since."""
    found = [
        (weight * FADES_SLOWLY**since, -since, evidence, turn)
        for since, turn in enumerate(reversed(conversation.customer[-REMEMBERED:]))
        for weight, evidence in heard(turn)
    ]
    if found:
        weight, _, evidence, turn = max(found, key=lambda each: each[:2])
        yield signal(name, weight, evidence, turn, is_hard=hard and weight >= HARD_FROM)


def said(turn: Turn, phrases: Phrases[Says]) -> Iterator[tuple[float, str]]:
    """How much each phrase of a message weighs as it is said there, and its words."""
    spoken = turn.words
    if not phrases.may_be_among(turn.words):
        return
    for clause in turn.reading.clauses:
        for match in phrases.in_clause(clause):
            if weight := weighed(match, spoken):
                yield weight, turn.reading.evidence(clause, match.first, match.last)


def weighed(match: Match[Says], spoken: frozenset[str]) -> float:
    """What is left of a phrase's weight; 0 when it is not meant."""
    says = match.value
    if _is_another_thing(match, spoken):
        return 0
    condition = _condition(match.clause.words, match.last)
    words = match.clause.words[condition:]
    first, last = max(0, match.first - condition), match.last - condition
    start = _start(words, first)
    if not _is_meant(says, words, start, first, last):
        return 0
    weight = says.weight
    if not says.asked and _is_asked(words, start):
        weight *= ASKED
    if says.fresh and any_of(words, OVER) and HERE.isdisjoint(spoken):
        weight *= PAST
    return weight


def _is_another_thing(match: Match[Says], spoken: frozenset[str]) -> bool:
    """Whether it is quoted, or the words around it, or their absence, make something else of it."""
    says, clause = match.value, match.clause
    following = clause.words[match.last + 1] if match.last + 1 < len(clause.words) else ""
    return (
        following in says.not_before
        or not says.not_with.isdisjoint(spoken)
        or bool(says.only_with and says.only_with.isdisjoint(spoken))
        or is_quoted(clause, match.first, match.last)
    )


def _is_meant(says: Says, words: Sequence[str], start: int, first: int, last: int) -> bool:
    """Whether it is said as a fact of the speaker, as far as the phrase does not bring that itself."""
    if any_of(words[:first], FICTION) or (not says.others and _is_told(words, start, first)):
        return False
    if not says.denial and _is_denied(words, start, first, last):
        return False
    return says.supposed or not _is_supposed(words, start)


def _condition(words: Sequence[str], last: int) -> int:
    """How many words a condition takes before the consequence that holds word ``last``; without a comma, too."""
    if words[0] not in SUPPOSES:
        return 0
    return next((at for at in range(last, 2, -1) if tuple(words[at : at + 2]) in CONSEQUENCES), 0)


def _start(words: Sequence[str], first: int) -> int:
    """Where the statement that holds word ``first`` begins: at its own subject, or at the phrase itself. "My brother"
    is no such subject."""
    if words[first] in OWN:
        return first
    for at in range(first - 1, max(-1, first - 1 - REACH), -1):
        if words[at] in OWN:
            return first if words[at + 1] in OTHERS else at
    return first


def _is_denied(words: Sequence[str], start: int, first: int, last: int) -> bool:
    """Denied from the subject on to its end, by "nicht" behind it, or taken back: "I do not think that I …"."""
    if is_denied(words[start : last + 1], last - start) or any_of(words[last + 1 : last + 4], frozenset(["nicht"])):
        return True
    if start == first and words[first] not in OWN:
        return is_denied(words, first)
    return any(
        words[at] in THINKS and any_of(words[max(0, at - 3) : at], DENIES) for at in range(max(0, start - 3), start)
    )


def _is_told(words: Sequence[str], start: int, first: int) -> bool:
    """Told of others: "she said I …", or with somebody else for a subject."""
    if start == first and words[first] not in OWN:
        return is_reported(words, first)
    for at in range(max(0, start - 2), start):
        if words[at] in TELLS:
            return not any_of(words[max(0, at - 3) : at], OWN)
    return False


def _is_supposed(words: Sequence[str], start: int) -> bool:
    """Whether an "if" rules the statement itself, not one before it. "When" and the past tell of what happened."""
    before = words[max(0, start - (2 if words[start] in OWN else REACH)) : start]
    supposing = [word for word in before if word in SUPPOSES or word == "case"]
    return bool(supposing) and not (supposing[-1] in WHEN and any_of(words, HAPPENED))


def _is_asked(words: Sequence[str], start: int) -> bool:
    """Whether verb and subject are turned round, or a question word opens the clause."""
    if start and words[start - 1] in INVERTED and LEADS.issuperset(words[: start - 1]):
        return start < 2 or words[start - 2] != "how" or words[start - 1] not in AS_A_FACT
    if not start or words[start] in OWN:
        return False
    following = words[1] if len(words) > 1 else ""
    if words[0] == "how":
        return following not in AS_A_FACT
    return words[0] in ASKS or (words[0] in INVERTED and following in SUBJECTS)
