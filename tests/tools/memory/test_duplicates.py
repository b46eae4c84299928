"""SimHash differs little between texts of nearly the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.memory.duplicates import NEAR_BITS, simhash

WORDS = "the customer prefers to be called in the morning before ten and never on a friday".split()


def bits(one: list[str], other: list[str]) -> int:
    return ((simhash(one) ^ simhash(other)) & (2**64 - 1)).bit_count()


def test_no_words_have_no_hash() -> None:
    assert simhash([]) == 0


def test_equal_texts_have_equal_hashes_and_other_texts_far_ones() -> None:
    assert bits(WORDS, WORDS) == 0
    assert bits(WORDS, "invoices are paid within thirty days by bank transfer only".split()) > 2 * NEAR_BITS


@pytest.mark.parametrize("at", [0, 5, 9, 15])
def test_one_other_word_in_sixteen_is_near(at: int) -> None:
    assert bits(WORDS, [*WORDS[:at], "lunch", *WORDS[at + 1 :]]) <= NEAR_BITS + 4


@given(st.lists(st.text(min_size=1, max_size=8), max_size=40))
def test_every_hash_is_a_signed_integer_of_64_bits(words: list[str]) -> None:
    assert -(2**63) <= simhash(words) < 2**63
    assert simhash(words) == simhash(list(words))
