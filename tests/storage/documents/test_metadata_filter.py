"""Filters over metadata: what each operator means, and that keys and values are never syntax."""

import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.documents.metadata_filter import All, Condition, Either, Filter, Not, checking, listing
from tests.storage.documenting import put

SHELF: dict[str, dict[str, Any]] = {
    "en": {"lang": "en", "year": 2020, "draft": False, "tags": ["red", "green"], "rating": 4.5},
    "de": {"lang": "de", "year": 2024, "draft": True, "tags": [], "note": None},
    "odd": {"lang": "x' OR '1'='1", "a\"b'c": "%_", "year": "2022", "tags": ["red", 7, True], "deep": {"k": 1}},
    "bare": {},
}


@pytest.fixture
def shelf(connection: sqlite3.Connection) -> sqlite3.Connection:
    for name, metadata in SHELF.items():
        put(connection, name, f"text of {name}", metadata=metadata)
    put(connection, "foreign", "text", tenant="globex", metadata=SHELF["en"])
    put(connection, "elsewhere", "text", collection="other", metadata=SHELF["en"])
    return connection


def matched(db: sqlite3.Connection, wanted: Filter) -> set[str]:
    """The documents both forms let through; they must agree."""
    both: list[set[str]] = []
    for form in (listing, checking):
        condition, values = form("acme", "default", wanted)
        sql = f"SELECT document_id FROM documents d WHERE tenant = 'acme' AND collection = 'default' AND {condition}"
        both.append({row[0] for row in db.execute(sql, values)})
    assert both[0] == both[1]
    return both[0]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("lang", "eq", "en"), {"en"}),
        (Condition("lang", "ne", "en"), {"de", "odd", "bare"}),
        (Condition("lang", "in", ("en", "de")), {"en", "de"}),
        (Condition("lang", "in", ()), set()),
        (Condition("note", "in", (None, "x")), {"en", "de", "odd", "bare"}),
        (Condition("year", "gt", 2020), {"de"}),
        (Condition("year", "gte", 2020), {"en", "de"}),
        (Condition("year", "lt", 2024.0), {"en"}),
        (Condition("year", "lte", "2022"), {"odd"}),
        (Condition("year", "eq", 2020.0), {"en"}),
        (Condition("draft", "eq", True), {"de"}),
        (Condition("draft", "eq", 1), set()),
        (Condition("rating", "eq", 4.5), {"en"}),
        (Condition("tags", "contains", "red"), {"en", "odd"}),
        (Condition("tags", "eq", "green"), {"en"}),
        (Condition("tags", "contains", 7), {"odd"}),
        (Condition("tags", "contains", True), {"odd"}),
        (Condition("tags", "contains", 1), set()),
        (Condition("lang", "contains", "' OR '"), {"odd"}),
        (Condition("lang", "contains", "n"), {"en"}),
        (Condition("a\"b'c", "contains", "%"), {"odd"}),
        (Condition("a\"b'c", "eq", "%_"), {"odd"}),
        (Condition("note", "exists", True), set()),
        (Condition("tags", "exists", True), {"en", "de", "odd"}),
        (Condition("lang", "exists", False), {"bare"}),
        (Condition("note", "eq", None), {"en", "de", "odd", "bare"}),
        (Condition("note", "ne", None), set()),
        (Condition("deep", "exists", True), {"odd"}),
        (Condition("document_id", "eq", "bare"), {"bare"}),
        (All(()), {"en", "de", "odd", "bare"}),
        (Either(()), set()),
        (Not(Condition("lang", "eq", "en")), {"de", "odd", "bare"}),
        (All((Condition("lang", "eq", "en"), Condition("year", "eq", 2020))), {"en"}),
        (Either((Condition("lang", "eq", "de"), Condition("year", "eq", 2020))), {"en", "de"}),
    ],
)
def test_what_conditions_mean(shelf: sqlite3.Connection, condition: Filter, expected: set[str]) -> None:
    assert matched(shelf, condition) == expected


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=TEXTS, value=SCALARS)
def test_any_key_and_value_finds_what_holds_it_and_only_that(
    connection: sqlite3.Connection, key: str, value: Any
) -> None:
    connection.execute("BEGIN")
    try:
        put(connection, "holds", "text", metadata={key: value})
        put(connection, "lacks", "text", metadata={})
        found = matched(connection, Condition(key, "eq", value))
        own = key in ("document_id", "title", "source", "format")
        assert own or found == ({"holds", "lacks"} if value is None else {"holds"})
    finally:
        connection.execute("ROLLBACK")
