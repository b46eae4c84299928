"""Who says it and whether they mean it: denied, quoted, reported and supposed things are not meant."""

import pytest

from tools.escalation.language.phrases import Phrases
from tools.escalation.language.polarity import any_of, is_denied, is_reported, is_supposed
from tools.escalation.language.reading import read
from tools.escalation.soft_signals import is_meant

PHRASES = Phrases([("close my account", True)])


def meant(message: str) -> bool:
    (match,) = [match for clause in read(message).clauses for match in PHRASES.in_clause(clause)]
    return is_meant(match)


@pytest.mark.parametrize(
    "message",
    [
        "close my account",
        "I will close my account",
        "I'll not hesitate to close my account",
        "I have no choice, I close my account",
        "I have no other option but to close my account",
        "there is no doubt I will close my account",
        "no I want to close my account",
        "why not close my account",
        "not only will I close my account",
        "if you don't pay, I close my account",
        "my brother left and I close my account",
        "he was rude, so I close my account",
        "I don't care, close my account",
        "never again! close my account",
        "you said Tuesday, now I close my account",
    ],
)
def test_what_the_speaker_says_of_themselves_is_meant(message: str) -> None:
    assert meant(message)


@pytest.mark.parametrize(
    "message",
    [
        "I won't close my account",
        "do not close my account",
        "I would never close my account",
        "please fix it without you having to close my account",
        "rather than close my account",
        "instead of making me close my account",
        "far from wanting to close my account",
        "as opposed to close my account",
        "nobody told you to close my account",
        "neither block nor close my account",
        'the page says "close my account" at the top',
        "my brother says close my account",
        "she wants to close my account",
        "the website told them close my account",
        "if I were to close my account",
        "when I close my account",
        "suppose I close my account",
        "hypothetically I close my account",
        "ich will nicht close my account",
        "je ne veux pas close my account",
        "sin ganas de close my account",
    ],
)
def test_what_is_denied_quoted_reported_or_supposed_is_not(message: str) -> None:
    assert not meant(message)


def test_a_word_or_two_in_marks_within_ones_own_statement_are_ones_own() -> None:
    assert meant('I want to close my "account"')


@pytest.mark.parametrize(("distance", "denied"), [(0, True), (7, True), (8, False)])
def test_a_denial_reaches_eight_words(distance: int, denied: bool) -> None:
    words = ("never", *["la"] * distance, "it")
    assert is_denied(words, len(words) - 1) is denied


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        ("my brother said it", True),
        ("he wants it", True),
        ("i said it", False),
        ("he told me i want it", False),
        ("passenger said it", True),
        ("it", False),
    ],
)
def test_the_nearest_subject_counts(words: str, reported: bool) -> None:
    split = words.split()
    assert is_reported(split, len(split) - 1) is reported


def test_only_a_condition_before_it_supposes_it() -> None:
    assert is_supposed(("if", "i", "sue"), 2)
    assert not is_supposed(("sue", "if"), 0)
    assert not is_supposed((), 0)


def test_words_are_looked_up_in_a_list() -> None:
    assert any_of(("a", "b"), frozenset("b"))
    assert not any_of((), frozenset("b"))
