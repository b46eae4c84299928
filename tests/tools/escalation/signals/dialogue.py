"""Conversations written short: the customer's turns as they are, the assistant's after "A:"."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tools.escalation.conversation import Conversation, Signal, Turn

BOT = "A:"


def dialogue(*turns: str, metadata: Mapping[str, Any] | None = None) -> Conversation:
    """The turns in order; the last is the message asked about."""
    return Conversation(
        [
            Turn("assistant" if turn.startswith(BOT) else "user", turn.removeprefix(BOT).strip(), index)
            for index, turn in enumerate(turns)
        ],
        metadata or {},
    )


def heaviest(detect: Callable[[Conversation], Iterable[Signal]], *turns: str) -> float:
    """The weight of the strongest signal in a dialogue; 0 where there is none."""
    return max((signal.weight for signal in detect(dialogue(*turns))), default=0.0)
