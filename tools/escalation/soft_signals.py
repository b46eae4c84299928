"""What the customer said, and how much of it still counts: every later turn takes something off an earlier one."""

from collections.abc import Callable, Iterator, Sequence

from tools.escalation.conversation import FADES, Conversation, Signal, Turn, signal
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.language.polarity import REACH, SUPPOSES, is_denied, is_quoted, is_reported, is_supposed

REMEMBERED = 10  # customer turns: what is older has faded to a tenth

SUBJECTS = frozenset(("i", "we"))
IF = SUPPOSES | {"unless"}
ASKS = frozenset(
    "how what where when which who whose can could may do does did is are was should would will have has".split()
)


def recent(conversation: Conversation) -> Iterator[tuple[Turn, float]]:
    """The customer's turns, newest first, each with the share of a signal's weight that is left of it."""
    for age, turn in enumerate(reversed(conversation.customer[-REMEMBERED:])):
        yield turn, FADES**age


def said(turn: Turn, phrases: Phrases[float]) -> Iterator[Match[float]]:
    """Everything in the turn that is one of these phrases, meant or not."""
    if phrases.may_be_among(turn.words):
        for clause in turn.reading.clauses:
            yield from phrases.in_clause(clause)


def is_meant(match: Match[object]) -> bool:
    """Whether the customer says it of themselves, here and now. In "if … I will …" the condition does not undo it."""
    words, first = match.clause.words, match.first
    if is_quoted(match.clause, first, match.last):
        return False
    start = _consequence(words, first)
    words, first = words[start:], first - start
    return not (is_denied(words, first) or is_reported(words, first) or is_supposed(words, first))


def meant(match: Match[float]) -> float:
    """What the phrase weighs where it is meant."""
    return match.value if is_meant(match) else 0


def _consequence(words: Sequence[str], first: int) -> int:
    """Where the consequence begins that holds word ``first`` of a clause with a condition before it; else 0."""
    if words[0] not in IF:
        return 0
    nearest = (at for at in range(first, max(2, first - REACH), -1) if words[at] in SUBJECTS)
    return next(nearest, 0)


def strongest(
    name: str,
    conversation: Conversation,
    phrases: Phrases[float],
    weigh: Callable[[Match[float]], float] = meant,
) -> Iterator[Signal]:
    """The phrase that weighs most, if there is one; ``weigh`` makes it 0 where it is not meant."""
    best: Signal | None = None
    for turn, left in recent(conversation):
        for match in said(turn, phrases):
            weight = weigh(match) * left
            if weight > (best.weight if best else 0):
                best = signal(name, weight, evidence(turn, match), turn)
    if best is not None:
        yield best


def evidence(turn: Turn, match: Match[float]) -> str:
    """The words of the message that the phrase was found in."""
    return turn.reading.evidence(match.clause, match.first, match.last)


def is_asked(match: Match[float]) -> bool:
    """Whether the clause asks: by its mark, or by its first word where nobody typed the mark. "Why …" and "what
    terrible …" reproach; "I …" states, whatever the sentence goes on to ask."""
    first, second = (*match.clause.words, "")[:2]
    if first in SUBJECTS or first == "why" or (first == "what" and second not in ASKS):
        return False
    return match.clause.is_question or first in ASKS
