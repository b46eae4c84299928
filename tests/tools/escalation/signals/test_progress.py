"""Long and unhappy is no progress; long alone is not."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.signals.progress import LONG, VERY_LONG, detect


def weight(*turns: str) -> float:
    return heaviest(detect, *turns)


def long(count: int, *last: str) -> list[str]:
    """So many customer turns about different things, and the last ones."""
    things = (
        "card phone menu photo screen cable window drawer lamp table chair door garden bottle spoon fork knife".split()
    )
    return [turn for thing in things[: count - len(last)] for turn in (f"the {thing}", f"A: Look at the {thing}.")] + [
        *last
    ]


def test_many_turns_and_displeasure_are_no_progress() -> None:
    assert weight(*long(LONG, "this is unacceptable")) == 0.4


def test_fewer_turns_are_not() -> None:
    assert weight(*long(LONG - 1, "this is unacceptable")) == 0


@pytest.mark.parametrize(("count", "expected"), [(LONG, 0), (VERY_LONG, 0), (VERY_LONG + 1, 0.15)])
def test_length_alone_is_hardly_a_reason(count: int, expected: float) -> None:
    assert weight(*long(count, "and the roof")) == expected


def test_a_solution_starts_the_count_again() -> None:
    assert weight(*long(LONG, "that worked, thanks", "this is unacceptable")) == 0


@pytest.mark.parametrize(
    "message",
    [
        "we're going round in circles",
        "we are getting nowhere with this",
        "this isn't leading anywhere",
        "I'm no further than when we started",
        "back to square one then",
        "I've been at this for an hour",
        "this is getting me nowhere",
        "we are back where I started",
        "no progress at all",
        "you have me going round and round",
    ],
)
def test_saying_so_decides_only_after_some_tries(message: str) -> None:
    assert 0.4 <= weight(message) < 0.7
    assert weight(*long(4, message)) == 0.7


@pytest.mark.parametrize(
    "message",
    [
        "he runs in circles all day, my dog, is there a garden",
        "is there anywhere to eat",
        "how long is the flight",
        "two rows further please",
        "my son says he is getting nowhere at school",
        'the song "going nowhere" plays in the lift',
        "if we are going nowhere tomorrow, can we check out late",
        "we made good progress",
        "I am in the middle of nowhere, do you pick up",
        "I have been a customer since May",
        "the arrow goes round",
        "start again please",
    ],
)
def test_what_only_sounds_like_it_is_not(message: str) -> None:
    assert weight(*long(4, message)) == 0
