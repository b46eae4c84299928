"""Conversations written short: the customer's turns as they are, the assistant's after "A:"."""

from collections.abc import Mapping
from typing import Any

from tools.escalation.conversation import Conversation, Turn

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
