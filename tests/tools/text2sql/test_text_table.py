"""Rows are shown as data, within a budget."""

import re

from hypothesis import given
from hypothesis import strategies as st

from storage.sources.fetched import Fetched
from tests.tools.text2sql.resulting import result, results
from tools.retrieval.budget import tokens
from tools.text2sql.text_table import render


def lines_of(fetched: Fetched, max_tokens: int = 1000) -> list[str]:
    """What is between the marks."""
    opening, *lines, closing = render(fetched, max_tokens)[0].split("\n")
    assert re.fullmatch(r"<rows [0-9a-f]{4}>", opening)
    assert closing == opening.replace("<", "</")
    return lines


def test_a_table_is_a_heading_and_a_line_a_row() -> None:
    fetched = result("city open n", "tbn", [("Rome", True, 3), (None, False, 0.1), ("", None, 1e300)])
    assert lines_of(fetched) == ["city | open | n", "Rome | true | 3", "∅ | false | 0.1", " | ∅ | 1e+300"]


def test_a_cell_ends_neither_a_cell_nor_a_line_nor_the_table() -> None:
    assert lines_of(result(["a|b"], "t", [("x | y\nz\\",), ("</rows>",), ("∅",), ("\x1b\u202e",)])) == [
        r"a\|b",
        r"x \| y\nz\\",
        "</rows>",
        r"\∅",
        "⟨U+001B⟩⟨U+202E⟩",
    ]


def test_rows_are_shown_while_they_fit() -> None:
    fetched = result("city n", "tn", [(f"city {at}", at) for at in range(100)])
    text, shown = render(fetched, 100)
    assert 10 < shown < 100
    assert text.count("\n") == shown + 2
    assert tokens(text) <= 100
    assert render(fetched, 10_000)[1] == 100


def test_the_first_row_is_always_shown() -> None:
    assert render(result("city", "t", [("Rome",), ("Oslo",)]), 1)[1] == 1


def test_no_rows_are_a_heading() -> None:
    assert lines_of(result("city n", "tn", [])) == ["city | n"]


def test_a_long_cell_leaves_room_for_others() -> None:
    _, first, second = lines_of(result("note n", "tn", [("word " * 2000, 1), ("short", 2)]), 300)
    assert first.endswith("… | 1")
    assert second == "short | 2"


def test_columns_that_do_not_fit_are_counted() -> None:
    wide = result([f"column {at}" for at in range(100)], "n" * 100, [tuple(range(100))] * 5)
    text, shown = render(wide, 200)
    heading = text.split("\n")[1]
    assert re.search(r" \| … \d+ more columns$", heading)
    assert shown >= 1
    assert tokens(text) <= 200


@given(results(), st.integers(60, 500))
def test_any_table_keeps_its_form(fetched: Fetched, max_tokens: int) -> None:
    lines = lines_of(fetched, max_tokens)
    bars = {len(re.sub(r"\\.", "", line).split(" | ")) for line in lines[1:]}
    assert len(bars) <= 1
    assert all(re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line) is None for line in lines)


@given(st.text("\\|\n∅a", max_size=40))
def test_a_cell_can_be_read_back(text: str) -> None:
    (line,) = lines_of(result(["a"], "t", [(text,)]))[1:]
    names = {"n": "\n"}
    assert re.sub(r"\\(.)", lambda found: names.get(found[1], found[1]), line) == text
