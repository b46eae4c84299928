"""The customer leaves for good because of us. Plainly cancelling or closing something is everyday business."""

from collections.abc import Iterable

from tools.escalation.conversation import Conversation, Signal, Turn, signal, weightiest
from tools.escalation.language.phrases import Match, Phrases
from tools.escalation.signals import anger, complaint
from tools.escalation.signals.churn_blame import BLAMES, BLAMING
from tools.escalation.signals.churn_phrases import ENDING, ENDS, GIVES_UP, LEAVES, LISTS, PARTS
from tools.escalation.soft_signals import evidence, is_asked, is_meant, recent, said

NAME = "churn"
LEAVES_FROM = 0.35
ANGRY = 2  # the level of anger that is a reproach
LEAVES_AND_ENDS = 0.75
BLAMES_AND_ENDS = 0.7
GOES_ON = ("and", "because", "after", "so")  # after these words another thought begins
WHEN_ASKED = 0.2  # "how do I move my accounts to another bank" is a question about moving

PHRASES = Phrases([*LEAVES, *ENDING, *BLAMING], LISTS)


def detect(conversation: Conversation) -> Iterable[Signal]:
    """The turn that says it most plainly; to end a contract and to blame us for it is to leave."""
    found = [
        signal(NAME, weight * left, evidence(turn, match), turn)
        for turn, left in recent(conversation)
        for weight, match in _in_turn(turn)
    ]
    return weightiest(found)


def _in_turn(turn: Turn) -> Iterable[tuple[float, Match[float]]]:
    weighed = [(_weight(match), match) for match in said(turn, PHRASES) if _counts(match)]
    if not weighed:
        return
    most, telling = max(weighed, key=lambda each: each[0])
    ends = any(weight in (ENDS, PARTS) for weight, _ in weighed)
    leaves = most >= LEAVES_FROM
    gives_up = any(weight == GIVES_UP for weight, _ in weighed)
    if leaves and (ends or gives_up):
        yield max(LEAVES_AND_ENDS, most), telling
    elif (leaves or ends) and (any(weight == BLAMES for weight, _ in weighed) or _reproaches(turn)):
        yield max(BLAMES_AND_ENDS, most), telling
    elif most > BLAMES:
        yield most, telling


def _counts(match: Match[float]) -> bool:
    """Whether it is meant; to part only where the clause ends with it: "we are leaving at ten" is not for good."""
    return is_meant(match) and (match.value != PARTS or _is_all(match))


def _is_all(match: Match[float]) -> bool:
    return (*match.clause.words, *GOES_ON)[match.last + 1] in GOES_ON


def _reproaches(turn: Turn) -> bool:
    """Whether the message is angry or complains of us."""
    return anger.mood(turn.text)[0] >= ANGRY or any(is_meant(match) for match in said(turn, complaint.PHRASES))


def _weight(match: Match[float]) -> float:
    return match.value * (WHEN_ASKED if is_asked(match) else 1)
