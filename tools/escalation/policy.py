"""The settings of escalation, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

KEYWORDS: Mapping[str, float] = {
    "urgent": 0.2,
    "emergency": 0.2,
    "complaint": 0.25,
    "legal": 0.15,
    "lawsuit": 0.4,
    "manager": 0.2,
    "supervisor": 0.25,
}
"""Business words and what each weighs, unless settings say otherwise."""

SIGNALS = (
    "explicit_request",
    "legal_threat",
    "safety",
    "fraud",
    "churn",
    "complaint",
    "urgency",
    "anger",
    "anger_rising",
    "repeated_question",
    "assistant_loop",
    "agent_failure",
    "no_progress",
    "vulnerable_customer",
    "vip_customer",
    "customer_risk",
    "keyword",
)
"""The names of the signals, whose weights settings can change."""


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """What business words weigh, by which factor a signal's weight is changed, how long an answer may be, how long
    resolved escalations are kept (0: for good), and the channels on which people are told."""

    keywords: Mapping[str, float] = field(default_factory=lambda: KEYWORDS)
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    max_tokens: int = 2_000
    retention_days: float = 90.0
    channels: tuple[str, ...] = ()
