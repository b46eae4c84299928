"""What fits a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.retrieval.budget import LINE_TOKENS, fit, shortened, tokens

TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=300), max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("abcd", 1), ("abcde", 2), ("日本語", 3), ("ab日", 2), ("x" * 400, 100)]
)
def test_four_letters_or_one_of_another_script_are_a_token(text: str, expected: int) -> None:
    assert tokens(text) == expected


@given(TEXTS, st.integers(50, 2_000))
def test_what_fits_is_a_beginning_and_the_rest_is_counted(texts: list[str], budget: int) -> None:
    fitted = fit(texts, budget)
    assert len(fitted.texts) + fitted.omitted == len(texts)
    for whole, (shown, is_cut) in zip(texts, fitted.texts, strict=False):
        assert is_cut == (shown != whole)
        assert whole.startswith(shown.removesuffix("…") if is_cut else shown)


@given(TEXTS, st.integers(50, 2_000))
def test_the_budget_holds_but_for_the_least_a_line_takes(texts: list[str], budget: int) -> None:
    fitted = fit(texts, budget)
    assert sum(tokens(text) + LINE_TOKENS for text, _ in fitted.texts) <= budget + LINE_TOKENS + 16


@given(TEXTS)
def test_with_room_for_all_nothing_is_cut(texts: list[str]) -> None:
    total = sum(tokens(text) + LINE_TOKENS for text in texts)
    assert fit(texts, max(50, total * 3)).texts == [(text, False) for text in texts]


@given(st.text(max_size=500), st.integers(1, 100))
def test_a_shortened_text_is_short(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert tokens(short) <= limit + 1
    assert short == text if tokens(text) <= limit else short.endswith("…")
