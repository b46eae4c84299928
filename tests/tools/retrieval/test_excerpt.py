"""Cutting a long passage down to the part that answers."""

from hypothesis import given
from hypothesis import strategies as st

from storage.analysis import query_words
from tools.retrieval.budget import WORTH_SHOWING, tokens
from tools.retrieval.excerpt import LEAST, excerpt, shares, telling


def words(query: str) -> frozenset[str]:
    return frozenset(query_words(query))


def test_a_short_passage_is_shown_whole() -> None:
    assert excerpt("Refunds take a week.", words("refund"), 50) == "Refunds take a week."


def test_a_long_one_is_cut_to_the_sentences_that_answer() -> None:
    text = "We sell shoes. " * 40 + "Refunds take a week after the return. " + "We sell hats. " * 40
    shown = excerpt(text, words("how long do refunds take"), 60)
    assert "Refunds take a week after the return." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert tokens(shown) <= 64


def test_rare_words_tell_more_than_frequent_ones() -> None:
    text = "Memory is kept. " * 60 + "The child may use 512 MiB of memory. " + "Memory is freed. " * 60
    assert "512 MiB" in excerpt(text, words("memory of the child"), 50)


def test_without_a_word_of_the_query_its_beginning_is_shown() -> None:
    text = "First sentence. " + "Another one follows here. " * 80
    assert excerpt(text, words("unicorn"), 50).startswith("First sentence.")


@given(st.text(max_size=2_000), st.integers(LEAST, 200))
def test_an_excerpt_keeps_to_its_budget(text: str, budget: int) -> None:
    assert tokens(excerpt(text, words("some words"), budget)) <= budget + 6  # the ellipses


def test_the_sentence_that_answers_is_pointed_at() -> None:
    text = "We sell shoes.\nRefunds take a week.\nWe sell hats."
    assert telling(text, words("refund")) == text.index("Refunds")
    assert telling(text, words("unicorn")) == telling("", words("x")) == 0


def test_short_passages_take_what_they_need_and_long_ones_share_the_rest() -> None:
    assert shares([10, 400, 300], [0, 0, 0], 500) == [10, 245, 245]
    assert shares([100, 100], [0, 0], 500) == [100, 100]
    assert shares([], [], 500) == []


def test_passages_that_would_be_too_short_to_say_anything_are_left_out() -> None:
    given_to = shares([500] * 20, [0] * 20, 200)
    assert len(given_to) == 4
    assert min(given_to) >= LEAST
    assert shares([900], [5], 10) == [WORTH_SHOWING]
