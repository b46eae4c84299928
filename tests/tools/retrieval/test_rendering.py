"""Stored text is shown as data."""

from hypothesis import given
from hypothesis import strategies as st

from tools.retrieval.rendering import fenced, hidden, item, visible


def test_each_fence_has_a_mark_of_its_own() -> None:
    assert len({fenced("memories", []) for _ in range(20)}) > 15


@given(st.text(max_size=200))
def test_no_further_line_of_a_text_looks_like_a_head(text: str) -> None:
    first, *rest = item("[id] head", text).split("\n")
    assert first.startswith("[id] head  ")
    assert all(line.startswith("  ") for line in rest)


@given(st.text(max_size=200))
def test_what_is_made_visible_hides_nothing_any_more(text: str) -> None:
    assert not hidden(visible(text))
    assert visible(text) == text or hidden(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text
    assert not hidden(text)
