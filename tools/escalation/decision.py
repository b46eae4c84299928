"""From signals to a decision.

*Confidence* is the chance that at least one reason holds, each taken as independent of the others (noisy-or, Pearl,
"Probabilistic Reasoning in Intelligent Systems", 1988, §4.3): 1 − Π (1 − weight), the strongest signal of each name
counted once. It escalates from the threshold on; a hard signal does so whatever the threshold.

*Level* says how urgent it is: each signal's own gravity, a step lower where it is not plain, none below a fifth; a step
higher where a plain one comes with another that is at least likely. One more signal can only raise either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from tools.escalation.conversation import Signal

PLAIN, LIKELY, SLIGHT = 0.7, 0.4, 0.2  # weights from which a signal counts as such
LEVELS = ("none", "low", "medium", "high", "critical")
LOW, MEDIUM, HIGH, CRITICAL = range(1, 5)
GRAVITY = {"safety": CRITICAL, "legal_threat": HIGH, "fraud": HIGH, "anger": HIGH}
"""The level of a plain signal; any other is of medium gravity."""
CONTEXT = frozenset({"urgency", "keyword", "vulnerable_customer", "vip_customer", "customer_risk", "anger_rising"})
"""What never gives the escalation its name while there is another reason."""
ACTIONS = {
    "safety": "Hand over to a person at once and stay with the customer; in danger, give the emergency number.",
    "legal_threat": "Hand over to a person who may speak on legal matters; promise and admit nothing.",
    "fraud": "Secure the account if you can, then hand over to a person at once; ask for no secrets.",
    "explicit_request": "Hand over to a person as asked; do not argue or ask again.",
    "churn": "Hand over to a person who can make an offer.",
}
HAND_OVER = "Apologise once, then hand over to a person with what is known."
MAKE_SURE = "Ask at once whether everybody is safe; hand over unless they clearly are."
WATCH = "Go on yourself, with care; offer a person if it does not help."
GO_ON = "Go on yourself."


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a person should take over, how sure and how urgent that is, and why, the strongest reason first."""

    should_escalate: bool
    confidence: float
    level: str
    category: str
    signals: list[Signal]
    recommended_action: str


def decide(signals: Iterable[Signal], threshold: float, factors: Mapping[str, float]) -> Decision:
    """The decision over all signals. ``factors`` change the weights of signals by name; 0 switches one off."""
    counted = sorted(_strongest(_weighed(signals, factors)), key=lambda signal: (-signal.weight, signal.name))
    confidence = round(1 - prod(1 - signal.weight for signal in counted), 2)
    escalates = any(signal.is_hard for signal in counted) or (bool(counted) and confidence >= threshold)
    category = _category(counted)
    return Decision(
        escalates,
        confidence,
        LEVELS[_level(counted, confidence)],
        category,
        counted,
        _action(escalates, category, counted),
    )


def _weighed(signals: Iterable[Signal], factors: Mapping[str, float]) -> Iterable[Signal]:
    for signal in signals:
        weight = round(min(1.0, signal.weight * factors.get(signal.name, 1.0)), 2)
        if weight > 0:
            yield replace(signal, weight=weight, is_hard=signal.is_hard and weight >= PLAIN)


def _strongest(signals: Iterable[Signal]) -> Iterable[Signal]:
    """The strongest of each name, of equal ones the latest; hard if any of them is."""
    best: dict[str, Signal] = {}
    for signal in signals:
        known = best.setdefault(signal.name, signal)
        stronger = max(known, signal, key=lambda each: (each.weight, each.message_index))
        best[signal.name] = replace(stronger, is_hard=known.is_hard or signal.is_hard)
    return best.values()


def _level(signals: Sequence[Signal], confidence: float) -> int:
    level = max((_gravity(signal) for signal in signals), default=0)
    if confidence >= PLAIN:
        level = max(level, MEDIUM)
    plain = sum(signal.weight >= PLAIN for signal in signals)
    likely = sum(signal.weight >= LIKELY for signal in signals)
    return min(CRITICAL, level + 1) if plain and likely > 1 else level


def _gravity(signal: Signal) -> int:
    if signal.weight >= PLAIN:
        return GRAVITY.get(signal.name, MEDIUM)
    if signal.weight >= LIKELY:
        return GRAVITY.get(signal.name, MEDIUM) - 1
    return LOW if signal.weight >= SLIGHT else 0


def _category(signals: Sequence[Signal]) -> str:
    """The gravest reason; of equal ones the surest."""
    named = [signal for signal in signals if signal.name not in CONTEXT] or signals
    gravest = max(named, key=lambda signal: (_gravity(signal), signal.weight), default=None)
    return gravest.name if gravest and gravest.weight >= SLIGHT else "none"


def _action(escalates: bool, category: str, signals: Sequence[Signal]) -> str:
    if escalates:
        return ACTIONS.get(category, HAND_OVER)
    if category == "safety":
        return MAKE_SURE
    return WATCH if any(signal.weight >= LIKELY for signal in signals) else GO_ON
