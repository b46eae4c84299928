"""The formula on numbers worked by hand, and what it promises of any signals."""

from math import isclose

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.conversation import Signal
from tools.escalation.decision import ACTIONS, CONTEXT, GO_ON, HAND_OVER, LEVELS, MAKE_SURE, WATCH, Decision, decide
from tools.escalation.noticing import notice
from tools.escalation.policy import KEYWORDS, SIGNALS

HARD = frozenset({"safety", "explicit_request"})
DEFAULT = 0.7
REASONS = (
    "I want to talk to a person",
    "My lawyer will take you to court",
    "I am going to kill myself",
    "My account was hacked",
    "You are a bunch of idiots",
    "This is ridiculous",
    "I want to file a formal complaint",
    "I'm closing my account and moving to another bank",
    "It is urgent",
    "I already told you three times",
    "That did not help",
    "My husband died last week",
)


def signal(name: str, weight: float, index: int = 0, evidence: str = "…") -> Signal:
    """As the detectors make them: safety and requests are hard from 0.7."""
    return Signal(name, weight, evidence, index, name in HARD and weight >= 0.7)


def judged(*signals: Signal, threshold: float = DEFAULT, **factors: float) -> Decision:
    return decide(signals, threshold, factors)


@pytest.mark.parametrize(
    ("weights", "confidence"),
    [
        ([], 0.0),
        ([0.3], 0.3),
        ([0.3, 0.3], 0.51),
        ([0.3, 0.3, 0.3], 0.66),
        ([0.5, 0.4], 0.7),
        ([0.4, 0.4, 0.25], 0.73),
        ([0.95, 0.2], 0.96),
        ([1.0, 0.5], 1.0),
    ],
)
def test_confidence_is_the_chance_that_a_reason_holds(weights: list[float], confidence: float) -> None:
    names = ("anger", "churn", "complaint")
    assert judged(*map(signal, names, weights)).confidence == confidence


def test_of_a_name_only_the_strongest_counts_and_of_equals_the_latest() -> None:
    decision = judged(signal("anger", 0.5, 0), signal("anger", 0.25, 2), signal("anger", 0.5, 4))
    assert (decision.confidence, [each.message_index for each in decision.signals]) == (0.5, [4])


def test_signals_come_strongest_first_and_equals_by_name() -> None:
    decision = judged(signal("urgency", 0.2), signal("churn", 0.4), signal("anger", 0.4))
    assert [each.name for each in decision.signals] == ["anger", "churn", "urgency"]


@pytest.mark.parametrize(
    ("signals", "level"),
    [
        ([], "none"),
        ([("churn", 0.19)], "none"),
        ([("churn", 0.2)], "low"),
        ([("churn", 0.4)], "low"),
        ([("churn", 0.7)], "medium"),
        ([("explicit_request", 0.95)], "medium"),
        ([("fraud", 0.2)], "low"),
        ([("fraud", 0.4)], "medium"),
        ([("fraud", 0.7)], "high"),
        ([("legal_threat", 0.85)], "high"),
        ([("anger", 0.5)], "medium"),
        ([("anger", 0.75)], "high"),
        ([("safety", 0.4)], "high"),
        ([("safety", 0.95)], "critical"),
        ([("churn", 0.5), ("complaint", 0.4)], "medium"),
        ([("churn", 0.3), ("complaint", 0.3)], "low"),
        ([("explicit_request", 0.95), ("urgency", 0.3)], "medium"),
        ([("explicit_request", 0.95), ("complaint", 0.4)], "high"),
        ([("legal_threat", 0.85), ("fraud", 0.4)], "critical"),
        ([("safety", 0.95), ("anger", 0.75)], "critical"),
    ],
)
def test_the_level_follows_gravity_and_plainness(signals: list[tuple[str, float]], level: str) -> None:
    assert judged(*(signal(*each) for each in signals)).level == level


@pytest.mark.parametrize(
    ("signals", "category"),
    [
        ([], "none"),
        ([("churn", 0.15)], "none"),
        ([("urgency", 0.3)], "urgency"),
        ([("urgency", 0.3), ("complaint", 0.2)], "complaint"),
        ([("vip_customer", 0.35), ("keyword", 0.2)], "vip_customer"),
        ([("explicit_request", 0.95), ("safety", 0.9)], "safety"),
        ([("explicit_request", 0.95), ("legal_threat", 0.85)], "legal_threat"),
        ([("explicit_request", 0.95), ("churn", 0.75)], "explicit_request"),
        ([("explicit_request", 0.75), ("churn", 0.75)], "churn"),
        ([("anger", 0.5), ("explicit_request", 0.85)], "explicit_request"),
    ],
)
def test_the_category_is_the_gravest_reason(signals: list[tuple[str, float]], category: str) -> None:
    assert judged(*(signal(*each) for each in signals)).category == category


@pytest.mark.parametrize(
    ("weight", "threshold", "escalates"),
    [
        (0.7, 0.7, True),
        (0.69, 0.7, False),
        (0.01, 0.0, True),
        (0.99, 1.0, False),
        (1.0, 1.0, True),
    ],
)
def test_it_escalates_from_the_threshold_on(weight: float, threshold: float, escalates: bool) -> None:
    assert judged(signal("churn", weight), threshold=threshold).should_escalate is escalates


def test_with_nothing_noticed_not_even_a_threshold_of_nothing_escalates() -> None:
    decision = judged(threshold=0.0)
    assert decision == Decision(False, 0.0, "none", "none", [], GO_ON)


@pytest.mark.parametrize("name", sorted(HARD))
def test_a_hard_signal_asks_no_threshold(name: str) -> None:
    assert judged(signal(name, 0.72), threshold=1.0).should_escalate
    assert not judged(signal(name, 0.69), threshold=1.0).should_escalate


def test_a_factor_changes_what_a_signal_weighs() -> None:
    assert judged(signal("churn", 0.6), churn=0.5).confidence == 0.3
    assert judged(signal("churn", 0.6), churn=1.2).should_escalate
    assert judged(signal("churn", 0.6), churn=5.0).confidence == 1.0
    assert judged(signal("churn", 0.6), anger=0.0).confidence == 0.6


def test_a_factor_of_nothing_switches_a_signal_off() -> None:
    assert judged(signal("explicit_request", 0.95), explicit_request=0.0) == judged()


def test_a_factor_that_makes_a_hard_signal_doubtful_makes_it_ask_the_threshold() -> None:
    decision = judged(signal("explicit_request", 0.9), threshold=0.6, explicit_request=0.5)
    assert (decision.confidence, decision.should_escalate) == (0.45, False)
    assert judged(signal("explicit_request", 0.95), threshold=1.0, explicit_request=0.8).should_escalate


@pytest.mark.parametrize(
    ("signals", "action"),
    [
        ([("safety", 0.95)], ACTIONS["safety"]),
        ([("explicit_request", 0.95)], ACTIONS["explicit_request"]),
        ([("anger", 0.75)], HAND_OVER),
        ([("anger", 0.5)], WATCH),
        ([("safety", 0.4)], MAKE_SURE),
        ([("anger", 0.25)], GO_ON),
        ([], GO_ON),
    ],
)
def test_an_action_goes_with_it(signals: list[tuple[str, float]], action: str) -> None:
    assert judged(*(signal(*each) for each in signals)).recommended_action == action


WEIGHTS = st.integers(0, 100).map(lambda hundredths: hundredths / 100)
FOUND = st.builds(signal, st.sampled_from(SIGNALS), WEIGHTS, st.integers(0, 50))
ANY = st.builds(Signal, st.sampled_from(SIGNALS), WEIGHTS, st.just("…"), st.integers(0, 50), st.booleans())
FACTORS = st.dictionaries(st.sampled_from(SIGNALS), st.floats(0, 3), max_size=5)


@example([Signal("safety", 0.8, "…", 0, True)], Signal("safety", 0.9, "…", 1), 1.0, {})
@given(signals=st.lists(ANY, max_size=12), more=ANY, threshold=WEIGHTS, factors=FACTORS)
def test_one_more_signal_never_lowers_a_decision(
    signals: list[Signal], more: Signal, threshold: float, factors: dict[str, float]
) -> None:
    less, now = decide(signals, threshold, factors), decide([*signals, more], threshold, factors)
    assert now.confidence >= less.confidence
    assert LEVELS.index(now.level) >= LEVELS.index(less.level)
    assert now.should_escalate or not less.should_escalate


@given(
    reasons=st.lists(st.sampled_from(REASONS), min_size=1, max_size=5, unique=True),
    at=st.integers(0, 4),
    between=st.sampled_from([". ", "! ", ", ", "\n"]),
)
def test_one_more_reason_in_a_message_never_lowers_a_decision(reasons: list[str], at: int, between: str) -> None:
    fewer = reasons[:at] + reasons[at + 1 :]
    less, now = (
        decide(notice(dialogue(between.join(told) or "Hello"), KEYWORDS), DEFAULT, {}) for told in (fewer, reasons)
    )
    assert now.confidence >= less.confidence
    assert LEVELS.index(now.level) >= LEVELS.index(less.level)
    assert now.should_escalate or not less.should_escalate


@given(signals=st.lists(FOUND, max_size=12), threshold=WEIGHTS, factors=FACTORS)
def test_the_order_of_signals_decides_nothing(
    signals: list[Signal], threshold: float, factors: dict[str, float]
) -> None:
    once, turned = decide(signals, threshold, factors), decide(signals[::-1], threshold, factors)
    assert (once.should_escalate, once.confidence, once.level) == (
        turned.should_escalate,
        turned.confidence,
        turned.level,
    )
    assert [each.name for each in once.signals] == [each.name for each in turned.signals]


@given(signals=st.lists(FOUND, max_size=12), lower=WEIGHTS, higher=WEIGHTS)
def test_a_higher_threshold_never_escalates_more(signals: list[Signal], lower: float, higher: float) -> None:
    lower, higher = min(lower, higher), max(lower, higher)
    assert decide(signals, lower, {}).should_escalate >= decide(signals, higher, {}).should_escalate


@given(signals=st.lists(FOUND, max_size=12))
def test_confidence_is_at_least_that_of_the_strongest_and_at_most_the_sum(signals: list[Signal]) -> None:
    decision = decide(signals, DEFAULT, {})
    weights = [each.weight for each in decision.signals]
    assert max(weights, default=0) <= decision.confidence <= 1
    assert decision.confidence <= sum(weights) or isclose(decision.confidence, sum(weights))


@given(signals=st.lists(FOUND, max_size=12))
def test_context_names_an_escalation_only_when_there_is_nothing_else(signals: list[Signal]) -> None:
    decision = decide(signals, DEFAULT, {})
    if decision.category in CONTEXT:
        assert all(each.name in CONTEXT for each in decision.signals)
