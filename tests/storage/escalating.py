"""Escalations for tests of what keeps and sends them."""

from typing import Any

from storage.escalations import NewEscalation

NOW = 1_800_000_000_000
MINUTE = 60_000


def found(escalation_id: str = "esc1", **given: Any) -> NewEscalation:
    """What a check found, plain but for what is given."""
    defaults: dict[str, Any] = {
        "escalation_id": escalation_id, "session_id": "s", "conversation": "", "level": "medium",
        "category": "complaint", "confidence": 0.8, "signals": [{"name": "complaint", "weight": 0.8}],
        "brief": {"summary": "Late parcel", "memory_ids": ["m1"]}, "version": "1", "key": "agent",
    }  # fmt: skip
    return NewEscalation(**defaults | given)
