"""What memories are worth, and the order they come in."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.memory.ranking import MAX_FEEDBACK, Strategy, Value, diverse, judged, ranked
from tools.times import DAY_MS

NOW = 1_800_000_000_000
VALUE = Value(NOW, 30.0)
SHARES = st.floats(0, 1)
DAYS = st.floats(0, 10_000)


@dataclass(frozen=True)
class Candidate:
    row_id: int
    lexical: float = 1.0
    cosine: float | None = None
    importance: float = 0.5
    occurred_at: int = NOW
    access_count: int = 0
    speaker: str = ""
    length: int = 8


@dataclass(frozen=True)
class Scale:
    floor: float = 0.0
    scale: float = 0.7
    weight: float = 0.4


def order(*candidates: Candidate, strategy: Strategy = "auto", named: str = "", **more: dict[int, float]) -> list[int]:
    ranking = ranked(
        candidates,
        Scale(),
        value=VALUE,
        strategy=strategy,
        named=lambda speaker: speaker in named.split(),
        feedback=more.get("feedback", {}),
    )
    return [row_id for row_id, _ in ranking]


@pytest.mark.parametrize(
    ("importance", "days", "accesses", "expected"),
    [
        (1.0, 0, 0, 1.0), (1.0, 30, 0, 0.5), (0.8, 60, 0, 0.2), (0.5, 0, 4, 0.58), (0.5, 0, 10, 0.7), (0.5, 0, 99, 0.7),
        (0.9, 0, 10, 1.0), (0.0, 5, 0, 0.0), (1.0, -10, 0, 1.0),
    ],
)  # fmt: skip
def test_effective_importance(importance: float, days: float, accesses: int, expected: float) -> None:
    assert VALUE(importance, int(NOW - days * DAY_MS), accesses) == pytest.approx(expected)


@given(SHARES, DAYS, DAYS, st.integers(0, 100), st.floats(0.1, 1_000))
def test_decay_is_monotone(importance: float, one: float, other: float, accesses: int, half_life: float) -> None:
    value = Value(NOW, half_life)
    younger, older = sorted([one, other])
    assert value(importance, int(NOW - younger * DAY_MS), accesses) >= value(
        importance, int(NOW - older * DAY_MS), accesses
    )


@given(SHARES, SHARES, DAYS, st.integers(0, 100), st.integers(0, 100))
def test_more_importance_or_use_never_counts_less(a: float, b: float, days: float, used: int, more: int) -> None:
    at = int(NOW - days * DAY_MS)
    assert 0 <= VALUE(min(a, b), at, used) <= VALUE(max(a, b), at, used) <= VALUE(max(a, b), at, used + more) <= 1


def test_what_matches_in_no_way_is_left_out() -> None:
    assert order(Candidate(1, lexical=0.0, cosine=-0.2), Candidate(2)) == [2]


@given(SHARES, st.integers(0, 50), DAYS)
def test_the_best_importance_and_age_do_not_lift_half_a_match_over_a_whole(
    importance: float, accesses: int, days: float
) -> None:
    whole = Candidate(1, lexical=10, cosine=0.7, importance=importance * 0.0, occurred_at=int(NOW - days * DAY_MS))
    half = Candidate(2, lexical=5, cosine=0.35, importance=importance, access_count=accesses)
    assert order(whole, half) == [1, 2]


@pytest.mark.parametrize("strategy", ["auto", "balanced", "diverse"])
def test_importance_and_recency_order_equals(strategy: Strategy) -> None:
    assert order(Candidate(1, importance=0.2), Candidate(2, importance=0.9), strategy=strategy) == [2, 1]
    assert order(Candidate(1), Candidate(2, occurred_at=NOW - 90 * DAY_MS), strategy=strategy) == [1, 2]


def test_relevant_looks_at_the_match_alone() -> None:
    assert order(Candidate(1, importance=0), Candidate(2, lexical=0.9, importance=1), strategy="relevant") == [1, 2]


def test_recent_orders_by_time_what_is_relevant_enough() -> None:
    old, new = Candidate(1, occurred_at=NOW - DAY_MS), Candidate(2, lexical=0.8, occurred_at=NOW)
    weak = Candidate(3, lexical=0.05, occurred_at=NOW + 1, length=0)
    assert order(old, new, weak, strategy="recent") == [2, 1]


def test_who_is_asked_about_comes_first_unless_two_are() -> None:
    anna, bob = Candidate(1, speaker="Anna"), Candidate(2, speaker="Bob", occurred_at=NOW + 1)
    assert order(anna, bob) == [2, 1]
    assert order(anna, bob, named="Anna") == [1, 2]
    assert order(anna, bob, named="Anna Bob") == [2, 1]


def test_feedback_moves_up_and_down() -> None:
    one, two = Candidate(1), Candidate(2, occurred_at=NOW + 1)
    assert order(one, two, feedback={1: 0.05}) == [1, 2]
    assert order(one, two, feedback={2: -0.05}) == [1, 2]


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.just(frozenset[str]())), max_size=60))
def test_judgements_add_up_within_bounds(verdicts: list[tuple[int, bool, frozenset[str]]]) -> None:
    assert all(-MAX_FEEDBACK <= by <= MAX_FEEDBACK for by in judged(verdicts, frozenset()).values())


def test_a_judgement_for_a_query_counts_when_half_its_words_are_shared() -> None:
    verdict = [(1, True, frozenset({"green", "tea"}))]
    assert judged(verdict, frozenset({"tea", "kitchen"})) == {1: 0.05}
    assert judged(verdict, frozenset({"coffee"})) == {}
    assert judged([(1, False, frozenset[str]())], frozenset({"coffee"})) == {1: -0.05}


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(0, 40), st.data())
def test_diverse_reorders_and_loses_nothing(scores: list[float], limit: int, data: st.DataObject) -> None:
    ranking = list(enumerate(sorted(scores, reverse=True)))
    words = {row_id: frozenset(data.draw(st.sets(st.sampled_from("abcdef")))) for row_id, _ in ranking}
    chosen = diverse(ranking, words, limit)
    assert len(chosen) == min(limit, len(ranking))
    assert set(chosen) <= set(ranking)
    assert chosen[:1] == [max(ranking, key=lambda pair: pair[1])][:limit] if ranking else not chosen


def test_diverse_takes_another_text_before_the_same_again() -> None:
    words = {1: frozenset("abcd"), 2: frozenset("abcd"), 3: frozenset("xyz")}
    assert [row_id for row_id, _ in diverse([(1, 0.9), (2, 0.89), (3, 0.7)], words, 3)] == [1, 3, 2]
