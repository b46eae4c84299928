"""Rates, calls in flight and streams, on a clock that the test turns."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.identity import ANONYMOUS
from server.web.limits import MOST_BUCKETS, STREAMS_PER_KEY, Limits, Rate, TooMany


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock | None = None, *, rate: int = 60, per_key: int = 2, at_once: int = 4) -> Limits:
    return Limits(rate, per_key, at_once, clock or Clock())


def has_room(of: Limits, key: str) -> bool:
    """Whether one more call of this key may come in."""
    try:
        with of.held(key, key):
            return True
    except TooMany:
        return False


@pytest.mark.parametrize("rate", [1, 7, 60, 1_000])
def test_a_minutes_worth_may_come_at_once_and_no_more(rate: int) -> None:
    of = limits(rate=rate)
    assert [of.seconds_over("k") for _ in range(rate)] == [0] * rate
    assert of.seconds_over("k") == pytest.approx(60 / rate, abs=1e-5)


def test_who_waits_as_long_as_told_is_served_once() -> None:
    clock = Clock()
    of = limits(clock)
    for _ in range(60):
        of.seconds_over("k")
    clock.now += of.seconds_over("k")
    assert of.seconds_over("k") == 0
    assert of.seconds_over("k") > 0


def test_a_refused_request_costs_nothing() -> None:
    of = limits()
    for _ in range(60):
        of.seconds_over("k")
    assert {of.seconds_over("k") for _ in range(100)} == {of.seconds_over("k")}


def test_one_key_over_its_rate_leaves_another_alone() -> None:
    of = limits(rate=1)
    assert [of.seconds_over("a"), of.seconds_over("a") > 0, of.seconds_over("b")] == [0, True, 0]


def test_a_rate_of_nothing_is_no_limit() -> None:
    of = limits(rate=0)
    assert not any(of.seconds_over("k") for _ in range(10_000))


@given(rate=st.integers(1, 100), steps=st.lists(st.floats(0, 30), max_size=300))
def test_no_window_lets_more_through_than_its_share(rate: int, steps: list[float]) -> None:
    """In any stretch of time: a burst, and what came back meanwhile."""
    clock = Clock()
    of = limits(clock, rate=rate)
    passed: list[float] = []
    for step in steps:
        clock.now += step
        if of.seconds_over("k") == 0:
            passed.append(clock.now)
    for first, begun in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= rate + (passed[last] - begun) * rate / 60 + 1e-3


def test_buckets_that_are_full_again_are_forgotten() -> None:
    """Also those behind one that was there first and is never full."""
    clock = Clock()
    rate = Rate(60, clock)
    for _ in range(30):
        rate.seconds_over("busy")
    for number in range(1_000):
        rate.seconds_over(f"k{number}")
    assert len(rate) == 1_001
    for _ in range(1_100):
        clock.now += 1
        rate.seconds_over("busy")
    assert len(rate) == 1


def test_more_keys_than_are_kept_do_not_grow_the_memory() -> None:
    rate = Rate(60, Clock())
    for number in range(MOST_BUCKETS + 50):
        rate.seconds_over(f"k{number}")
    assert len(rate) == MOST_BUCKETS


def test_a_key_has_so_many_calls_in_flight() -> None:
    of = limits()
    with ExitStack() as held:
        held.enter_context(of.held("a", "a"))
        assert has_room(of, "a")
        held.enter_context(of.held("a", "a"))
        assert not has_room(of, "a")
        assert has_room(of, "b")
        with pytest.raises(TooMany, match="This key has 2 calls in flight"), of.held("a", "a"):
            pass
    assert has_room(of, "a")


def test_all_keys_together_have_so_many() -> None:
    of = limits()
    with ExitStack() as held:
        for key in "aabb":
            held.enter_context(of.held(key, key))
        assert not has_room(of, "c")
        with pytest.raises(TooMany, match="There are 4 calls in flight"), of.held("c", "c"):
            pass
    assert has_room(of, "c")


def test_a_tenant_leaves_places_to_others_however_many_keys_it_has() -> None:
    of = limits(at_once=8)
    with ExitStack() as held:
        for key in "aabbcc":
            held.enter_context(of.held(key, "acme"))
        with pytest.raises(TooMany, match="This tenant has 6 calls in flight"), of.held("d", "acme"):
            pass
        with of.held("e", "globex"):
            pass
    with of.held("d", "acme"):
        pass


def test_callers_without_a_key_share_only_what_all_have() -> None:
    of, nobody = limits(), ANONYMOUS.key
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(of.held(nobody, "local"))
        assert not has_room(of, nobody)
    assert has_room(of, nobody)


def test_a_call_that_fails_is_no_longer_in_flight() -> None:
    of = limits(per_key=1)
    with pytest.raises(ValueError, match="broken"), of.held("a", "a"):
        raise ValueError("broken")
    assert has_room(of, "a")


def test_streams_are_counted_apart_from_calls() -> None:
    of = limits()
    with ExitStack() as held:
        for _ in range(STREAMS_PER_KEY):
            held.enter_context(of.stream("a"))
        assert has_room(of, "a")
        with pytest.raises(TooMany, match=f"This key has {STREAMS_PER_KEY} open streams"), of.stream("a"):
            pass
        with of.stream("b"):
            pass
