"""How memories were before calls changed them: kept for a while, never more than so many, gone with the memory."""

import sqlite3
from typing import Any

import pytest

from storage.memories import changes as memory_changes
from storage.memories import graph
from storage.memories import rows as memories
from storage.memories import writes as memory_writes
from storage.memories.changes import KEPT_PER_MEMORY, Author, Change
from tests.storage.keeping import NOW, keep

AUTHOR = Author("k1", "memory_update")


def change(db: sqlite3.Connection, row_id: int, author: Author = AUTHOR, at: int = NOW, **columns: Any) -> None:
    """Change a memory as a tool does."""
    memory_changes.note(db, "acme", [row_id], columns, author, at)
    memory_writes.change(db, "acme", fetched(db, row_id), columns, at)


def fetched(db: sqlite3.Connection, row_id: int) -> memories.MemoryRow:
    return memories.fetch_rows(db, "acme", [row_id])[row_id]


def newest(db: sqlite3.Connection, **given: Any) -> list[Change]:
    return memory_changes.newest(db, **{"tenant": "acme", "key": "k1", "since": 0, "limit": 100, **given})


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM memory_changes").fetchone()[0])


def test_every_column_comes_back_as_it_was(connection: sqlite3.Connection) -> None:
    row_id = keep(
        connection, "Grüner \"Tee\"\n'; DROP", metadata={"deep": [1, {"ä": 2.5}]}, tags=["a"], simhash=-(2**63),
        importance=0.1, expires_at=NOW + 1, speaker="anna",
    )  # fmt: skip
    graph.link(connection, "acme", row_id, [("Anna", "person")], [("Anna", "drinks", "tea")])
    columns = "content, content_type, importance, metadata, tags, digest, simhash, speaker, expires_at, state"
    sql = f"SELECT {columns} FROM memories WHERE row_id = ?"
    before, links = connection.execute(sql, (row_id,)).fetchone(), graph.links_of(connection, row_id)
    memory_changes.note(connection, "acme", [row_id], ["entities", "relations"], AUTHOR, NOW)
    graph.link(connection, "acme", row_id, [("Bob", "")], [("Bob", "is", "Anna")])
    new: dict[str, Any] = {
        "content": "x",
        "digest": b"x",
        "simhash": 1,
        "speaker": "",
        "metadata": {},
        "tags": [],
        "importance": 1.0,
    }
    change(connection, row_id, **new, content_type="rule", expires_at=None)
    memory_writes.set_state(connection, "acme", [row_id], "archived", NOW)
    for each in newest(connection):
        memory_changes.revert(connection, "acme", fetched(connection, row_id), each, NOW)
    assert connection.execute(sql, (row_id,)).fetchone() == before
    assert graph.links_of(connection, row_id) == links
    assert {row[0] for row in connection.execute("SELECT name FROM entities")} == {"Anna", "tea"}
    assert count(connection) == 0


def test_a_key_that_changes_a_memory_very_often_cannot_push_out_what_it_was(connection: sqlite3.Connection) -> None:
    often, once = keep(connection, "tea", tags=["a"], expires_at=NOW), keep(connection, "coffee")
    change(connection, once, importance=0.1)
    for number in range(KEPT_PER_MEMORY):
        change(connection, often, at=NOW + number, importance=number / 100)
    change(connection, often, at=NOW + 100, tags=[])
    change(connection, often, at=NOW + 101, expires_at=None)
    for number in range(KEPT_PER_MEMORY):
        change(connection, often, at=NOW + 102 + number, importance=number / 100)
    assert count(connection) == KEPT_PER_MEMORY + 1
    for each in newest(connection, since=NOW + 1):
        memory_changes.revert(connection, "acme", fetched(connection, often), each, NOW)
    row = fetched(connection, often)
    assert (row.importance, row.tags, row.expires_at) == (0.0, ["a"], NOW)  # as the first change left it


def test_of_keys_that_take_turns_the_oldest_change_is_dropped(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "tea")
    for number in range(KEPT_PER_MEMORY + 5):
        change(connection, row_id, Author(f"k{number % 2}", "memory_update"), importance=number / 100)
    assert count(connection) == KEPT_PER_MEMORY
    found = [each.before["importance"] for key in ("k0", "k1") for each in newest(connection, key=key)]
    assert min(found) == 0.04


def test_a_purge_takes_them_along(connection: sqlite3.Connection) -> None:
    old, new = keep(connection, "a secret"), keep(connection, "another")
    change(connection, old, content="no longer", digest=b"1")
    memory_writes.set_state(connection, "acme", [old], "superseded", NOW, superseded_by=new)
    memory_writes.purge(connection, "acme", [new])
    assert count(connection) == 0


def test_they_end_with_their_time(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "tea")
    change(connection, row_id, at=NOW, importance=0.1)
    change(connection, row_id, at=NOW + 1, importance=0.2)
    assert memory_changes.expire(connection, NOW) == 1
    assert [each.before["importance"] for each in newest(connection)] == [0.1]


def test_only_the_keys_changes_of_the_tenant_since_then_are_found(connection: sqlite3.Connection) -> None:
    row_id, foreign = keep(connection, "tea"), keep(connection, "tea", tenant="globex")
    change(connection, row_id, at=NOW, importance=0.1)
    change(connection, row_id, at=NOW + 1, importance=0.2)
    change(connection, row_id, Author("k2", "memory_update"), at=NOW + 2, importance=0.3)
    memory_changes.note(connection, "globex", [foreign], (), AUTHOR, NOW)
    memory_changes.note(connection, "acme", [foreign], (), AUTHOR, NOW)
    assert [each.before["importance"] for each in newest(connection)] == [0.1, 0.5]
    (later,) = newest(connection, since=NOW + 1)
    assert not memory_changes.is_last(connection, later)
    assert len(newest(connection, tenant="globex")) == 1
    assert [each.change_row for each in newest(connection, before=later.change_row)] == [later.change_row - 1]


@pytest.mark.parametrize("state", ["active", "archived", "deleted"])
def test_another_memory_that_says_the_same_by_now_is_named(connection: sqlite3.Connection, state: str) -> None:
    row_id = keep(connection, "tea", digest=b"tea")
    change(connection, row_id, content="milk", digest=b"milk")
    other = keep(connection, "tea", digest=b"tea", session_id="other")
    (found,) = newest(connection)
    assert memory_changes.holder(connection, found) is None
    twin = keep(connection, "tea", digest=b"tea", state=state)
    held = memory_changes.holder(connection, found)
    assert held is not None
    assert (held.row_id, other) == (twin, other)
