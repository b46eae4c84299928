"""When something that keeps failing is left alone, and when it is tried again."""

from tools.breaker import FAILURES, REST_MS, Breaker


def test_a_breaker_closes_with_the_first_success() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(0)
    breaker.succeeded()
    breaker.failed(0)
    assert breaker.rests_until(0) is None
    for _ in range(4):
        breaker.failed(10)
    assert (breaker.rests_until(60_009), breaker.rests_until(60_010)) == (60_010, None)
    breaker.failed(60_010)
    assert breaker.rests_until(60_011) == 120_010


def test_after_a_rest_one_try_is_admitted_until_its_outcome_is_known() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.admits(0)
        breaker.failed(0)
    assert [breaker.admits(now) for now in (0, REST_MS - 1, REST_MS, REST_MS + 1)] == [False, False, True, False]
    breaker.succeeded()
    assert [breaker.admits(REST_MS + 1) for _ in range(3)] == [True, True, True]


def test_a_try_whose_outcome_never_comes_does_not_keep_it_open_for_ever() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(0)
    assert [breaker.admits(now) for now in (REST_MS, 2 * REST_MS - 1, 2 * REST_MS)] == [True, False, True]
