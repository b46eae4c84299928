"""Haste adds to a hand-over and never makes one."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.signals.urgency import detect


def weight(*turns: str) -> float:
    return heaviest(detect, *turns)


@pytest.mark.parametrize(
    "message",
    [
        "This is urgent",
        "I need this asap",
        "Please respond immediately",
        "my flight leaves in forty minutes and I can't check in",
        "I'm locked out and presenting in ten minutes",
        "boarding starts in 20 min",
        "I'm going to miss my connection",
        "we are stranded at the airport",
        "I'm running out of time",
        "I can't wait any longer",
        "there is no time to lose",
        "the whole office can't work",
        "production is down",
        "I desperately need the document",
        "it's a time critical order",
        "hurry please",
        "stuck abroad without a card",
    ],
)
def test_haste_counts_a_little(message: str) -> None:
    assert 0.2 <= weight(message) <= 0.3


@pytest.mark.parametrize(
    "message",
    [
        "no hurry",
        "it's not urgent",
        "This isn't urgent at all",
        "take your time",
        "does the train leave in an hour?",
        "when does the flight board, in ten minutes?",
        "is breakfast still on",
        "I'll be there in the morning",
        "my sister said it is urgent",
        'the subject line reads "urgent", is it from you',
        "I can't wait to see the new rooms",
        "if it is urgent whom do I call",
        "no need to answer immediately",
        "what does express cost",
    ],
)
def test_the_denied_the_asked_and_the_told_are_no_haste(message: str) -> None:
    assert weight(message) <= 0.2
