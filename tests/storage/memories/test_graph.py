"""Entities, relations, and what they lead to."""

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.analysis import fold
from storage.memories import graph
from storage.memories import writes as memory_writes
from tests.storage.keeping import NOW, keep

NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12)


def names(db: sqlite3.Connection, entity: str | None = None, depth: int = 1, tenant: str = "acme") -> set[str] | None:
    found = graph.neighbourhood(db, tenant, entity, depth, 50, NOW)
    return None if found is None else {node.name for node in found[0]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=5))
def test_what_was_linked_is_read_back(connection: sqlite3.Connection, relations: list[tuple[str, str, str]]) -> None:
    connection.execute("BEGIN")
    row_id = keep(connection, "x")
    graph.link(connection, "acme", row_id, [], relations)
    entities, kept = graph.links_of(connection, row_id)
    first = {name: name for name, _ in entities}
    by_key = {fold(name): name for name in first}
    assert set(kept) == {(by_key[fold(s)], relation, by_key[fold(t)]) for s, relation, t in relations}
    connection.execute("ROLLBACK")


def test_tenants_have_graphs_of_their_own(connection: sqlite3.Connection) -> None:
    for tenant in ("acme", "globex"):
        row_id = keep(connection, "x", tenant=tenant)
        graph.link(connection, tenant, row_id, [("Anna", tenant)], [("Anna", "works for", tenant)])
    assert names(connection) == {"Anna", "acme"}
    assert names(connection, "Anna", 3, "globex") == {"Anna", "globex"}
    assert names(connection, "acme", 1, "globex") is None


def test_a_later_type_completes_an_earlier_name(connection: sqlite3.Connection) -> None:
    for number, kind in enumerate(["", "person", ""]):
        graph.link(connection, "acme", keep(connection, str(number)), [("Anna", kind)], [])
    found = graph.neighbourhood(connection, "acme", None, 1, 50, NOW)
    assert found is not None
    assert [(node.name, node.type, len(node.memory_ids)) for node in found[0]] == [("Anna", "person", 3)]


@pytest.mark.parametrize("state", ["archived", "deleted", "superseded"])
def test_only_active_memories_link(connection: sqlite3.Connection, state: str) -> None:
    one, two = keep(connection, "one"), keep(connection, "two")
    for row_id in (one, two):
        graph.link(connection, "acme", row_id, [("Anna", "")], [])
    assert graph.linked(connection, "acme", "s", [one], NOW, 9) == [(two, "Anna")]
    memory_writes.set_state(connection, "acme", [two], state, NOW)
    assert graph.linked(connection, "acme", "s", [one], NOW, 9) == []


def test_links_stay_inside_the_session_asked_for_and_the_tenant(connection: sqlite3.Connection) -> None:
    one = keep(connection, "one")
    two = keep(connection, "two", session_id="two")
    other = keep(connection, "three", tenant="globex")
    for tenant, row_id in (("acme", one), ("acme", two), ("globex", other)):
        graph.link(connection, tenant, row_id, [("Anna", "")], [])
    assert graph.linked(connection, "acme", "s", [one], NOW, 9) == []
    assert graph.linked(connection, "acme", None, [one], NOW, 9) == [(two, "Anna")]
    assert graph.linked(connection, "globex", None, [one], NOW, 9) == []


def test_circles_end(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "x")
    graph.link(connection, "acme", row_id, [], [("a", "to", "b"), ("b", "to", "c"), ("c", "to", "a"), ("a", "to", "a")])
    assert names(connection, "a", 3) == {"a", "b", "c"}
