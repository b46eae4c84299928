"""Rows of memories: what is written is read back, per tenant, and changes keep everything in step."""

import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import Conflict, NotFound
from storage.memories import feedback, graph, rows
from storage.memories import writes as memory_writes
from storage.memories.rows import MemoryFilter
from tests.storage.keeping import NOW, keep, new

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def one(db: sqlite3.Connection, row_id: int, tenant: str = "acme") -> rows.MemoryRow:
    return rows.fetch_rows(db, tenant, [row_id])[row_id]


@SHARED
@given(
    content=TEXTS,
    metadata=st.dictionaries(TEXTS, JSON, max_size=3),
    tags=st.lists(TEXTS, max_size=4),
    speaker=TEXTS,
    importance=st.floats(0, 1),
    occurred_at=st.integers(-(2**45), 2**45),
    expires_at=st.none() | st.integers(0, 2**60),
)
def test_what_is_stored_comes_back(connection: sqlite3.Connection, **given: Any) -> None:
    connection.execute("BEGIN")
    row_id = keep(connection, given.pop("content"), session_id="x", **given)
    row = one(connection, row_id)
    assert {name: getattr(row, name) for name in given} == given
    assert rows.fetch(connection, "acme", row.memory_id) == row
    connection.execute("ROLLBACK")


def test_another_tenants_row_is_not_found(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "green tea")
    memory_id = one(connection, row_id).memory_id
    with pytest.raises(NotFound):
        rows.fetch(connection, "globex", memory_id)
    assert rows.fetch_many(connection, "globex", [memory_id]) == []
    assert rows.fetch_rows(connection, "globex", [row_id]) == {}
    assert rows.newest(connection, "globex", MemoryFilter(now=NOW), 9) == []
    assert rows.sessions(connection, "globex") == []
    memory_writes.set_state(connection, "globex", [row_id], "deleted", NOW)
    assert memory_writes.purge(connection, "globex", [row_id]) == []
    assert one(connection, row_id).state == "active"


@pytest.mark.parametrize("name", ["a'b", '"', "%", "_", "[1]", "\\", "ü", "x" * 300])
def test_any_tenant_and_id_is_a_plain_value(connection: sqlite3.Connection, name: str) -> None:
    keep(connection, "theirs")
    row_id = keep(connection, "mine", tenant=name, memory_id=name, session_id=name, tags=[name])
    assert rows.fetch(connection, name, name).row_id == row_id
    asked = MemoryFilter(now=NOW, session_id=name, tags=(name,))
    assert rows.matching(connection, name, asked) == [row_id]
    assert rows.sessions(connection, name, name[:1]) == [(name, 1)]


def test_one_text_of_a_type_and_session_is_one_row(connection: sqlite3.Connection) -> None:
    keep(connection, "green tea")
    with pytest.raises(Conflict):
        keep(connection, "green tea")
    keep(connection, "green tea", session_id="two")
    keep(connection, "green tea", content_type="rule")
    keep(connection, "green tea", tenant="globex")


def test_a_superseded_text_may_be_stored_again(connection: sqlite3.Connection) -> None:
    old = keep(connection, "green tea")
    later = keep(connection, "black tea")
    memory_writes.set_state(connection, "acme", [old], "superseded", NOW, superseded_by=later)
    again = keep(connection, "green tea")
    assert rows.twin(connection, "acme", "s", "fact", new("green tea").digest) == one(connection, again)
    assert [row.row_id for row in rows.history(connection, "acme", later)] == [old]


def test_a_change_to_anothers_text_names_the_holder(connection: sqlite3.Connection) -> None:
    first, second = keep(connection, "green tea"), keep(connection, "black tea")
    digest = new("green tea").digest
    with pytest.raises(Conflict) as refused:
        memory_writes.change(
            connection, "acme", one(connection, second), {"content": "green tea", "digest": digest}, NOW
        )
    assert refused.value.holder == one(connection, first).memory_id


def test_only_known_columns_change(connection: sqlite3.Connection) -> None:
    row = one(connection, keep(connection, "green tea"))
    for column in ("tenant", "row_id", "state", "x = 1; --"):
        with pytest.raises(ValueError, match="not columns"):
            memory_writes.change(connection, "acme", row, {column: 1}, NOW)


def test_every_change_a_searcher_can_see_raises_the_number(connection: sqlite3.Connection) -> None:
    def number() -> int:
        return int(connection.execute("SELECT seq FROM memories WHERE row_id = 1").fetchone()[0])

    row_id = keep(connection, "green tea")
    numbers = [number()]
    memory_writes.change(connection, "acme", one(connection, row_id), {"importance": 0.9}, NOW)
    numbers.append(number())
    memory_writes.set_state(connection, "acme", [row_id], "archived", NOW)
    numbers.append(number())
    assert numbers == sorted(set(numbers))
    memory_writes.add_accesses(connection, {row_id: 3}, NOW)
    assert number() == numbers[-1]
    assert one(connection, row_id).access_count == 3


def test_a_purge_leaves_nothing_but_a_number(connection: sqlite3.Connection) -> None:
    first, second = keep(connection, "green tea"), keep(connection, "black tea")
    memory_writes.set_state(connection, "acme", [first], "superseded", NOW, superseded_by=second)
    graph.link(connection, "acme", second, [("Anna", "")], [("Anna", "likes", "tea")])
    feedback.add(connection, second, True, ["tea"], "k", NOW)
    assert sorted(memory_writes.purge(connection, "acme", [second])) == [first, second]
    for table in ("memories", "memories_fts", "entities", "memory_entities", "relations", "feedback"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    assert [row[0] for row in connection.execute("SELECT row_id FROM purged ORDER BY row_id")] == [first, second]
    assert keep(connection, "green tea") > second


def test_the_most_valuable_come_first(connection: sqlite3.Connection) -> None:
    for number in range(4):
        keep(connection, f"fact {number}", importance=number / 10)
    keep(connection, "rule", content_type="rule", importance=0.05)
    asked = MemoryFilter(now=NOW, session_id="s")
    found = rows.most_valuable(connection, "acme", asked, lambda importance, _, __: importance, 3)
    assert [row.content for row in found] == ["fact 3", "fact 2", "fact 1"]


def test_sessions_are_listed_by_prefix(connection: sqlite3.Connection) -> None:
    for session in ("alpha", "alps", "beta", "al_"):
        keep(connection, "x", session_id=session)
    assert [name for name, _ in rows.sessions(connection, "acme", "al")] == ["al_", "alpha", "alps"]
    assert [name for name, _ in rows.sessions(connection, "acme", "al_")] == ["al_"]
    assert [name for name, _ in rows.sessions(connection, "acme", limit=2)] == ["al_", "alpha"]
