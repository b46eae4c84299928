"""A complaint that asks for the process, displeasure with us, and what only sounds like either."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.signals.complaint import detect


def weight(*turns: str) -> float:
    return heaviest(detect, *turns)


@pytest.mark.parametrize(
    "message",
    [
        "I want to file a complaint",
        "I'd like to lodge a formal complaint about the crew",
        "I wish to make a complaint",
        "Consider this an official complaint",
        "Please register my complaint",
        "I am filing a complaint",
        "This is the third complaint I have made about the mould",
        "I've complained five times already about the same fee",
    ],
)
def test_a_complaint_made_asks_for_people(message: str) -> None:
    assert weight(message) >= 0.7


@pytest.mark.parametrize(
    "message",
    [
        "This is unacceptable",
        "that's simply not good enough",
        "What terrible service",
        "your support is absolutely appalling",
        "your staff were so rude to my mother",
        "I'm deeply disappointed with how you handled this",
        "I'm not happy with the way this was dealt with",
        "I demand a full refund and an apology",
        "I want my money back",
        "it's a disgrace how you treat customers",
        "nobody ever calls back",
        "We were treated like dirt",
        "Worst airline I have ever flown with",
        "I want to complain about the noise",
        "You lied to me",
    ],
)
def test_displeasure_with_us_weighs_but_does_not_decide(message: str) -> None:
    assert 0.3 <= weight(message) < 0.7


@pytest.mark.parametrize(
    "message",
    [
        "I have no complaints",
        "I'm not disappointed with your service at all",
        "I'd like to complain about nothing at all, it was perfect!",
        "my manager complained that the report is late",
        "I'd like a refund please",
        "awful weather here, can I rebook",
        "my worst fear is flying, can I get an aisle seat",
        "the complaint form shows an error",
        "I demand nothing fancy, just a pillow",
        'The sign said "unacceptable behaviour will be reported", what is meant?',
        "my husband made a complaint last year",
        "The service was great",
    ],
)
def test_what_only_sounds_like_a_complaint_is_none(message: str) -> None:
    assert weight(message) <= 0.2


def test_asking_for_the_way_weighs_half() -> None:
    assert 0.2 <= weight("how do I make a formal complaint?") < 0.45
