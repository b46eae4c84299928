"""The words that full text compares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.analysis import fold, query_words, without, words

TEXTS = st.text(
    st.one_of(st.sampled_from(list("aAbä ß'’_-.:\"*()茶道カナ한국ไทยب\u200d\u0301")), st.characters(codec="utf-8"))
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Running runs", ["run", "run"]), ("Müller's Straße", ["muller", "strass"]), ("don't", ["don"]),
        ("getUserName snake_case", ["getusernam", "get", "user", "name", "snake_cas", "snake", "case"]),
        ("北京大学", ["北京", "京大", "大学", "北", "京", "大", "学"]), ("茶", ["茶"]), ("v2.0", ["v2", "0"]),
        ("ＦＵＬＬ ﬁne 𝐇𝐞𝐥𝐥𝐨", ["full", "fine", "hello"]), ("pass\u200bword", ["password"]), ("?!*\"()", []),
        ("NEAR AND OR NOT", ["near", "and", "or", "not"]), ("çok İyi", ["cok", "iyi"]),
    ],
)  # fmt: skip
def test_words_are_folded_stemmed_and_split(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("What does she like to drink?", ["like", "drink"]), ("who is it", ["who", "is", "it"]),
        ("tea tea Tea", ["tea"]),
        ("乌龙茶", ["乌龙", "龙茶"]), ("", []), ("...", []),
    ],
)  # fmt: skip
def test_a_query_leaves_out_what_says_nothing(query: str, expected: list[str]) -> None:
    assert query_words(query) == expected


@given(TEXTS)
def test_every_text_is_found_by_itself(text: str) -> None:
    assert set(query_words(text, limit=10_000)) <= set(words(text))


@given(TEXTS)
def test_no_word_holds_a_blank_or_is_empty(text: str) -> None:
    """The index splits them at blanks."""
    assert " ".join(words(text)).split() == words(text)


@given(TEXTS)
def test_case_and_composition_make_no_difference(text: str) -> None:
    import unicodedata

    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
    assert fold(fold(text)) == fold(text)


def test_a_query_is_bounded() -> None:
    assert len(query_words(" ".join(f"word{n}" for n in range(500)))) == 32


def test_common_words_can_be_taken_out_of_a_query() -> None:
    dropped = frozenset(words("Caroline Melanie"))
    assert without("When did Caroline meet Melanie?", dropped) == "When did meet"
    assert without("Caroline", dropped) == "Caroline"
    assert without("Caroline 茶", frozenset()) == "Caroline 茶"
