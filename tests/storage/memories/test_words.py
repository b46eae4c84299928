"""The full-text index on disk: what it finds, and for whom."""

import sqlite3
from typing import Any

import pytest

from storage import fulltext
from storage.analysis import query_words
from storage.memories import words as memory_words
from storage.memories import writes as memory_writes
from storage.memories.rows import MemoryFilter, fetch_rows
from tests.storage.keeping import HOUR, NOW, keep

SESSION = MemoryFilter(now=NOW, session_id="s")
HOSTILE = ['tea" OR "1', "tea*", "NEAR(tea)", "own:tea", "{own}", "^tea", "-tea", "a AND", "(", "x'00'", "%", "tea\0b"]


def found(db: sqlite3.Connection, query: str, asked: MemoryFilter = SESSION, tenant: str = "acme") -> list[int]:
    return [row_id for row_id, _ in memory_words.search(db, tenant, asked, query_words(query), 10)]


def test_the_best_match_comes_first(connection: sqlite3.Connection) -> None:
    keep(connection, "coffee and cake")
    tea = keep(connection, "green tea and more green tea")
    some = keep(connection, "tea once in a long while when nothing else is there")
    assert found(connection, "green tea") == [tea, some]
    assert found(connection, "nothing of it holds zebra") == [some]
    assert found(connection, "") == []


def test_tenants_and_sessions_are_apart(connection: sqlite3.Connection) -> None:
    one = keep(connection, "green tea")
    two = keep(connection, "green tea", session_id="two")
    keep(connection, "green tea", tenant="globex")
    assert found(connection, "tea") == [one]
    assert sorted(found(connection, "tea", MemoryFilter(now=NOW))) == [one, two]
    assert memory_words.document_frequency(connection, "acme", None, "tea") == 2
    assert memory_words.document_frequency(connection, "globex", "s", "tea") == 1


@pytest.mark.parametrize("word", ["acme", "globex", fulltext.scope_word("acme"), fulltext.scope_word("acme", "s")])
def test_the_words_of_scopes_cannot_be_searched(connection: sqlite3.Connection, word: str) -> None:
    keep(connection, "green tea")
    assert found(connection, word) == []


@pytest.mark.parametrize("query", HOSTILE)
def test_operators_are_letters(connection: sqlite3.Connection, query: str) -> None:
    keep(connection, "coffee")
    tea = keep(connection, "tea")
    assert found(connection, query) == ([tea] if "tea" in query_words(query) else [])


@pytest.mark.parametrize("word", ["tea OR coffee", 'tea" OR "coffee', "NEAR(tea coffee)", "own : tea"])
def test_a_word_is_one_string_to_the_index(connection: sqlite3.Connection, word: str) -> None:
    keep(connection, "tea")
    keep(connection, "coffee")
    assert memory_words.search(connection, "acme", SESSION, [word], 10) == []


def test_the_date_is_found_in_words(connection: sqlite3.Connection) -> None:
    row = keep(connection, "met Bob", occurred_at=1_683_500_000_000)
    assert found(connection, "8 May 2023") == [row]


@pytest.mark.parametrize(
    ("given", "asked", "is_found"),
    [
        ({"state": "archived"}, {}, False), ({"state": "archived"}, {"include_archived": True}, True),
        ({"expires_at": NOW}, {}, False), ({"expires_at": NOW + 1}, {}, True),
        ({"importance": 0.4}, {"min_importance": 0.5}, False), ({"importance": 0.5}, {"min_importance": 0.5}, True),
        ({"occurred_at": NOW - HOUR}, {"since": NOW}, False), ({"occurred_at": NOW}, {"since": NOW}, True),
        ({"occurred_at": NOW}, {"until": NOW - 1}, False), ({"occurred_at": NOW}, {"until": NOW}, True),
        ({"tags": ["a", "b"]}, {"tags": ("a", "b")}, True), ({"tags": ["ab"]}, {"tags": ("a",)}, False),
        ({}, {"content_type": "rule"}, False), ({}, {"content_type": "fact"}, True),
    ],
)  # fmt: skip
def test_the_filter_holds(
    connection: sqlite3.Connection, given: dict[str, Any], asked: dict[str, Any], is_found: bool
) -> None:
    row = keep(connection, "green tea", **given)
    wanted = MemoryFilter(now=NOW, session_id="s", **asked)
    assert found(connection, "tea", wanted) == ([row] if is_found else [])


def test_what_leaves_is_not_found_and_comes_back(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "green tea")
    for state in ("deleted", "active", "superseded"):
        memory_writes.set_state(connection, "acme", [row_id], state, NOW)
        assert found(connection, "tea") == ([row_id] if state == "active" else [])
        count = connection.execute("SELECT count(*) FROM memories_fts").fetchone()[0]
        assert count == (state == "active")


def test_new_wording_replaces_the_old(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "green tea")
    row = fetch_rows(connection, "acme", [row_id])[row_id]
    memory_writes.change(connection, "acme", row, {"content": "black coffee"}, NOW)
    assert (found(connection, "tea"), found(connection, "coffee")) == ([], [row_id])
