"""A conversation as the signals see it, and what a signal is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from tools.escalation.language.reading import Reading, different_words, read

LONGEST_EVIDENCE = 240  # characters
FADES = 0.8  # of a signal's weight is left a turn of the customer's later


@dataclass(frozen=True)
class Turn:
    """One message: who spoke, what, and its number, the history's from 0 and the message asked about last."""

    role: Literal["user", "assistant"]
    text: str
    index: int

    @cached_property
    def words(self) -> frozenset[str]:
        """Its different words, which cost less than its reading and often save it."""
        return different_words(self.text)

    @cached_property
    def reading(self) -> Reading:
        """The message as clauses."""
        return read(self.text)


@dataclass(frozen=True)
class Conversation:
    """The turns in order, the last of them the message asked about, and what the host knows of the customer."""

    turns: Sequence[Turn]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> Turn:
        """The message asked about."""
        return self.turns[-1]

    @cached_property
    def customer(self) -> list[Turn]:
        """What the customer said, in order; the message asked about comes last."""
        return [turn for turn in self.turns if turn.role == "user"]

    @cached_property
    def assistant(self) -> list[Turn]:
        """What the assistant said, in order."""
        return [turn for turn in self.turns if turn.role == "assistant"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A reason to hand over: ``weight`` is how likely it alone makes a person needed, 0 to 1; ``evidence`` the words
    that raised it, in message ``message_index``. A hard one escalates whatever the threshold."""

    name: str
    weight: float
    evidence: str
    message_index: int
    is_hard: bool = False


def signal(name: str, weight: float, evidence: str, turn: Turn, *, is_hard: bool = False) -> Signal:
    """A signal with its evidence on one line, cut to a readable length."""
    words = " ".join(evidence.split())
    cut = words if len(words) <= LONGEST_EVIDENCE else words[: LONGEST_EVIDENCE - 1] + "…"
    return Signal(name, round(weight, 2), cut, turn.index, is_hard)


def weightiest(signals: Iterable[Signal]) -> Iterator[Signal]:
    """The signal that weighs most, if there is any; of equal ones the first."""
    yield from sorted(signals, key=lambda each: -each.weight)[:1]
