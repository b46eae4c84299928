"""The assistant that fails again and again, by its own words or by the customer's."""

import pytest

from tests.tools.escalation.signals.dialogue import heaviest
from tools.escalation.signals.failure import detect


def weight(*turns: str) -> float:
    return heaviest(detect, *turns)


ADMISSIONS = [
    "A: I'm sorry, I didn't understand that.",
    "A: I am not sure what you mean, could you rephrase?",
    "A: Unfortunately I can't help with that.",
    "A: Something went wrong, please try later.",
    "A: I apologise for the confusion.",
    "A: I don't have that information.",
    "A: Sorry, I was unable to process your request.",
]


@pytest.mark.parametrize("admission", ADMISSIONS)
def test_one_admitted_failure_is_little(admission: str) -> None:
    assert weight("my card is stuck", admission, "the ATM kept it") == 0.15


@pytest.mark.parametrize("admission", ADMISSIONS)
def test_two_admitted_failures_weigh_and_three_decide(admission: str) -> None:
    turns = ["my card is stuck", admission, "the ATM kept it", admission, "it is gone"]
    assert weight(*turns) == 0.5
    assert weight(*turns, admission, "well") == 0.75


@pytest.mark.parametrize(
    "answer",
    [
        "A: Your flight is at nine.",
        "A: If you can't find the code, look in your mail.",
        "A: I could not find a free room on Friday, shall I look for Saturday?",
        "A: I can help with that.",
        "A: Sorry for the wait, your booking is confirmed.",
    ],
)
def test_ordinary_answers_are_no_failure(answer: str) -> None:
    assert weight("one", answer, "two", answer, "three", answer, "four") == 0


@pytest.mark.parametrize(
    "message",
    [
        "you're not answering my question",
        "that's not what I asked",
        "useless bot",
        "wrong answer again",
        "that didn't help",
        "you don't understand me",
        "this doesn't answer my question",
        "none of your suggestions have helped",
        "you keep sending me the same link",
        "you're no help",
        "are you even reading what I write",
        "this bot is useless",
    ],
)
def test_the_customer_says_it_once_and_twice(message: str) -> None:
    assert 0.4 <= weight("hello", "A: hi", message) < 0.7
    assert weight("hello", "A: hi", f"{message}. And again: you don't listen") >= 0.7


@pytest.mark.parametrize(
    "message",
    [
        "the printer doesn't work",
        "it did not work",
        "the wrong answer is shown in the quiz app",
        "please stop sending me the newsletter",
        "my colleague said you are not helpful",
        "if that does not help, what next",
        'the article says "useless bot"',
        "that was helpful",
        "I don't understand the form",
        "thanks for your help",
    ],
)
def test_a_broken_thing_is_no_failure_of_the_assistant(message: str) -> None:
    assert weight(message) <= 0.35


def test_a_step_that_failed_counts_only_as_an_answer() -> None:
    assert weight("that didn't work") == 0
    assert weight("no sound", "A: Restart it.", "that didn't work") == 0.25
