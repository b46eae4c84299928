"""Asking the same again is told from refining a request, and looping answers from polite ones."""

import pytest

from tests.tools.escalation.signals.dialogue import dialogue
from tools.escalation.signals.repetition import detect, is_repeated, stem


def weights(*turns: str) -> dict[str, float]:
    return {signal.name: signal.weight for signal in detect(dialogue(*turns))}


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("where is my refund", "Where is my refund?"),
        ("so where is my refund??", "where is my refund"),
        ("the card is not working at the ATM", "My card still doesn't work at the ATM"),
        ("my suitcase is still missing", "My suitcase is missing"),
        ("I want to know when my parcel arrives", "when does my parcel arrive"),
        ("cancel the extra charge on my bill", "please cancel the extra charge on my bill, I never ordered it"),
    ],
)
def test_the_same_in_other_words_is_repeated(new: str, old: str) -> None:
    assert is_repeated(new, old)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("yes", "yes"),
        ("ok thanks", "ok thanks"),
        ("123456", "123456"),
        ("yes please do that", "yes please do that"),
        ("next page please", "next page please"),
        ("I need a train to Cambridge on Saturday", "I need a train to Cambridge on Friday"),
        ("book a table for 2 at 7pm", "book a table for 2 at 6pm"),
        ("I need a hotel in Paris", "I need a hotel in London"),
        ("I need a train to Cambridge from London Friday morning", "I need a train to Cambridge"),
        ("is there parking at the hotel", "is there a pool at the hotel"),
        ("", ""),
        ("?!", "?!"),
    ],
)
def test_answers_refinements_and_new_questions_are_not_repeated(new: str, old: str) -> None:
    assert not is_repeated(new, old)


def test_asked_a_third_time_weighs_more_than_a_second() -> None:
    twice = ["Where is my refund?", "A: It takes five days.", "Where is my refund?"]
    assert weights(*twice) == {"repeated_question": 0.4}
    assert weights(*twice, "A: A few days.", "so where is my refund??") == {"repeated_question": 0.75}


def test_a_message_sent_twice_in_a_row_is_one() -> None:
    assert not weights("Where is my refund?", "Where is my refund?")


@pytest.mark.parametrize(
    "message",
    [
        "I already told you my booking number",
        "As I said before, the card is blocked",
        "for the third time, it is not my order",
        "This is the fourth time I am asking",
        "how many times do I have to explain this",
        "I keep asking and get no answer",
        "I've asked you this several times",
        "I keep repeating myself",
        "that's the same question again",
    ],
)
def test_the_customer_says_it_is_a_repetition(message: str) -> None:
    assert weights(message).get("repeated_question", 0) >= 0.35


@pytest.mark.parametrize(
    "message",
    [
        "how many times can I change my booking",
        "I already restarted it",
        "my brother already told you his number",
        "could you repeat that",
        "what is the third time slot",
        "I keep the receipt",
        'the form says "as I said"',
        "second floor, same as last time",
    ],
)
def test_what_only_sounds_like_it_is_no_repetition(message: str) -> None:
    assert weights(message).get("repeated_question", 0) <= 0.2


def test_the_assistant_loops() -> None:
    loop = "A: Transfers usually arrive within one working day."
    assert weights("where is it", loop, "it is late", loop, "hm") == {"assistant_loop": 0.5}
    assert weights("where is it", loop, "it is late", loop, "hm", loop, "no") == {"assistant_loop": 0.75}


@pytest.mark.parametrize(
    "answer",
    [
        "A: You're welcome. Is there anything else I can do for you?",
        "A: Hello, how can I help you today?",
        "A: Have a nice day with us.",
        "A: One moment.",
    ],
)
def test_greetings_closings_and_short_answers_are_no_loop(answer: str) -> None:
    assert "assistant_loop" not in weights("first", answer, "second", answer, "third", answer, "fourth")


def test_answers_with_other_numbers_are_no_loop() -> None:
    assert not weights(
        "first one",
        "A: The balance of account 11 is 20 euros.",
        "and",
        "A: The balance of account 12 is 40 euros.",
        "x",
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [("working", "work"), ("works", "work"), ("worked", "work"), ("sing", "sing"), ("bus", "bus"), ("card", "card")],
)
def test_stems_lose_common_endings_only(word: str, expected: str) -> None:
    assert stem(word) == expected
