"""Values as JSON can hold them: nothing is lost without a word, and nothing is a Python repr."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.sources.cells import Collected, cell, collect, fetched, role, unique_names
from storage.sources.engine import Limits
from storage.sources.fetched import Cell, Role

MOMENT = datetime(2024, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**63 - 1, 2**63 - 1),
        (2**63, "9223372036854775808"),
        (-(2**63) - 1, "-9223372036854775809"),
        (1.5, 1.5),
        (float("nan"), None),
        (float("-inf"), "-Infinity"),
        (Decimal("9.50"), 9.5),
        (Decimal("12"), 12),
        (Decimal("0.1"), 0.1),
        (Decimal("3.3333333333333333"), 3.3333333333333335),
        (Decimal("1234567890123456.5"), "1234567890123456.5"),
        (Decimal("1E+30"), "1000000000000000000000000000000"),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Decimal("Infinity"), "Infinity"),
        (date(2024, 1, 2), "2024-01-02"),
        (MOMENT, "2024-01-02T03:04:05"),
        (MOMENT.replace(tzinfo=timezone(timedelta(hours=2))), "2024-01-02T03:04:05+02:00"),
        (time(10, 30), "10:30:00"),
        (timedelta(days=1, hours=2, microseconds=5), "26:00:00.000005"),
        (-timedelta(minutes=90), "-01:30:00"),
        (b"\x00\x01", "<2 bytes>"),
        (memoryview(b"abc"), "<3 bytes>"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, None, date(2024, 1, 2)], '[1, null, "2024-01-02"]'),
        ({"a": Decimal("1.5"), "b": [float("nan")]}, '{"a": 1.5, "b": [null]}'),
        ("  kept\tas it is \x00", "  kept\tas it is \x00"),
        ("half \ud800 a pair", "half ? a pair"),
    ],
)
def test_a_value_becomes_a_cell(value: object, expected: Cell) -> None:
    found, was_cut = cell(value, 1000)
    assert (found, type(found), was_cut) == (expected, type(expected), False)


def test_a_long_text_is_cut_and_says_so() -> None:
    assert cell("abcdef", 3) == ("abc…", True)
    assert cell("abc", 3) == ("abc", False)
    assert cell([1, 2, 3], 4) == ("[1, …", True)


@given(st.one_of(st.integers(), st.floats(), st.decimals(), st.text(), st.binary(), st.lists(st.floats())))
def test_every_cell_is_json(value: object) -> None:
    json.dumps(cell(value, 50)[0], allow_nan=False).encode()


@pytest.mark.parametrize(
    ("values", "declared", "expected"),
    [
        ([1, 2.5, Decimal("1.1"), None], "", "number"),
        ([True, False], "", "boolean"),
        ([True, 2], "", "number"),
        ([date(2024, 1, 2)], "", "date"),
        ([MOMENT, date(2024, 1, 2)], "", "time"),
        (["2024-01-02", "2024-01"], "", "date"),
        (["2024-01-02 03:04", "2024-01-02T03:04:05.5Z"], "", "time"),
        (["2024-01-02", "soon"], "", "text"),
        (["2024"], "", "text"),
        ([1, "one"], "", "other"),
        ([b"x"], "", "other"),
        ([None], "", "other"),
        ([], "DECIMAL(10,2)", "number"),
        ([], "TIMESTAMP WITH TIME ZONE", "time"),
        ([], "DATE", "date"),
        ([], "BOOLEAN", "boolean"),
        ([], "VARCHAR", "text"),
        ([], "ENUM('map', 'number')", "text"),
        ([], "STRUCT(a INTEGER)", "other"),
        ([], "DECIMAL(10,2)[]", "other"),
        ([], "INTEGER[]", "other"),
        ([], "INTERVAL", "other"),
        ([1], "VARCHAR", "number"),
    ],
)
def test_a_column_has_a_role(values: list[object], declared: str, expected: Role) -> None:
    assert role(values, declared) == expected


def test_names_are_made_unique() -> None:
    assert unique_names(["id", "id", "id_2", "", "id"]) == ("id", "id_3", "id_2", "column_4", "id_4")


@given(st.lists(st.sampled_from(["a", "a_2", "a_2_2", "", "column_1", "b"])))
def test_unique_names_are_unique(names: list[str]) -> None:
    assert len(set(unique_names(names))) == len(names)


def endless() -> Iterator[tuple[int, str]]:
    number = 0
    while True:
        number += 1
        yield number, "x" * 100


def test_rows_stop_at_their_number() -> None:
    collected = collect(endless(), Limits(max_rows=2))
    assert collected == Collected(((1, "x" * 100), (2, "x" * 100)), ("number", "text"), True, 0)


def test_as_many_rows_as_allowed_are_not_truncated() -> None:
    assert not collect([(1,), (2,)], Limits(max_rows=2)).is_truncated


def test_rows_stop_at_their_bytes() -> None:
    collected = collect(endless(), Limits(max_bytes=1000))
    assert (len(collected.rows), collected.is_truncated) == (9, True)


def test_cut_cells_are_counted() -> None:
    collected = collect([("long", "x"), ("longer", "y")], Limits(max_cell=3))
    assert collected.rows == (("lon…", "x"), ("lon…", "y"))
    assert collected.cut_cells == 2


def test_an_empty_result_has_the_roles_of_its_types() -> None:
    answer = fetched(["n", "n"], collect([], Limits()), 1.23456, ["BIGINT", "DATE"])
    assert (answer.columns, answer.roles, answer.elapsed_ms) == (("n", "n_2"), ("number", "date"), 1.235)
    assert fetched(["n"], collect([], Limits()), 0).roles == ("other",)
