"""Everything there is to notice in a conversation: the list of detectors, read top to bottom."""

from collections.abc import Callable, Iterable, Mapping

from tools.escalation.conversation import Conversation, Signal
from tools.escalation.signals import (
    anger,
    churn,
    complaint,
    customer,
    failure,
    fraud,
    keywords,
    legal,
    progress,
    relief,
    repetition,
    request,
    safety,
    urgency,
)

DETECTORS: tuple[Callable[[Conversation], Iterable[Signal]], ...] = (
    safety.detect,
    request.detect,
    fraud.detect,
    legal.detect,
    anger.detect,
    churn.detect,
    complaint.detect,
    repetition.detect,
    failure.detect,
    progress.detect,
    urgency.detect,
    customer.detect,
)
STANDS = frozenset({"safety", "fraud", "legal_threat"})
"""What is not settled by a problem's being solved."""


def notice(conversation: Conversation, words: Mapping[str, float]) -> list[Signal]:
    """Every signal, the business ``words`` among them, less what the customer has since called settled."""
    settled = relief.settled_at(conversation)
    found = [signal for detect in DETECTORS for signal in detect(conversation)]
    found += keywords.detect(conversation, words)
    return [signal for signal in found if settled is None or signal.message_index >= settled or signal.name in STANDS]
