"""A working set is always what the database says, whoever wrote it and in whatever order."""

import sqlite3
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import embedding_models
from storage.database import connect
from storage.errors import Conflict
from storage.memories import vectors as memory_vectors
from storage.memories import writes as memory_writes
from storage.memories.rows import fetch_rows
from storage.working_sets.held import WorkingSets
from storage.working_sets.index import ScopeIndex
from storage.working_sets.memories import memory_contents
from tests.storage.keeping import HOUR, NOW, Letters, keep

LETTERS = Letters()
QUERY = {"tea": 1.0, "anna": 1.0, "rome": 0.35}
Found = list[tuple[int, float, float | None]]


def held(sets: WorkingSets, db: sqlite3.Connection, session: str | None = "s", tenant: str = "acme") -> ScopeIndex:
    chosen = sets.best(db, tenant, session, [LETTERS])
    assert chosen is not None
    return chosen[0]


def found(index: ScopeIndex, *, archived: bool = False, now: int = NOW) -> Found:
    hits = index.search(
        QUERY, LETTERS.embed_query("anna tea"), now=now, include_archived=archived, allowed=None, limit=50
    )
    return sorted((row_id, round(bm25, 4), cosine and round(cosine, 4)) for row_id, bm25, cosine in hits)


ACTIONS = st.one_of(
    st.tuples(st.just("keep"), st.sampled_from(["Anna likes tea", "tea in Rome", "Bob lives in Rome", "Anna", "42"])),
    st.tuples(st.sampled_from(["deleted", "archived", "active", "superseded", "purge", "reword"]), st.integers(0, 9)),
    st.tuples(st.just("look"), st.none()),
)


def act(db: sqlite3.Connection, action: str, value: object, alive: list[int]) -> None:
    if action == "keep":
        with suppress(Conflict):
            alive.append(keep(db, str(value), embedder=LETTERS))
        return
    if not alive or not isinstance(value, int):
        return
    row_id = alive[value % len(alive)]
    if action == "purge":
        memory_writes.purge(db, "acme", [row_id])
        alive.remove(row_id)
    elif action == "reword":
        row = fetch_rows(db, "acme", [row_id])[row_id]
        memory_writes.change(db, "acme", row, {"content": f"{row.content} tea {row_id}"}, NOW)
        memory_vectors.put(db, row_id, {LETTERS.identity.key: LETTERS.embed_query("tea").astype("<f4").tobytes()})
    elif action != "look":
        memory_writes.set_state(db, "acme", [row_id], action, NOW)
        if action == "superseded":  # stays so
            alive.remove(row_id)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, max_size=30))
def test_a_set_that_caught_up_equals_a_new_one(
    connection: sqlite3.Connection, actions: list[tuple[str, object]]
) -> None:
    sets, alive = WorkingSets(memory_contents()), list[int]()
    connection.execute("BEGIN")
    try:
        for action, value in actions:
            act(connection, action, value, alive)
            if action == "look":
                held(sets, connection)
        current, fresh = held(sets, connection), held(WorkingSets(memory_contents()), connection)
        for archived in (False, True):
            assert found(current, archived=archived) == found(fresh, archived=archived)
    finally:
        connection.execute("ROLLBACK")


def test_what_another_connection_wrote_is_seen(connection: sqlite3.Connection, tmp_path: Path) -> None:
    sets = WorkingSets(memory_contents())
    assert found(held(sets, connection)) == []
    other = connect(tmp_path / "direct.sqlite", False)
    row_id = keep(other, "Anna likes tea", embedder=LETTERS)
    assert [hit[0] for hit in found(held(sets, connection))] == [row_id]
    memory_writes.purge(other, "acme", [row_id])
    assert found(held(sets, connection)) == []
    other.close()


def test_scopes_hold_their_own_rows(connection: sqlite3.Connection) -> None:
    one = keep(connection, "Anna likes tea", embedder=LETTERS)
    two = keep(connection, "Anna likes tea", session_id="two", embedder=LETTERS)
    other = keep(connection, "Anna likes tea", tenant="globex", embedder=LETTERS)
    sets = WorkingSets(memory_contents())
    for tenant, session, expected in [
        ("acme", "s", [one]), ("acme", "two", [two]), ("acme", None, [one, two]), ("globex", None, [other]),
        ("globex", "two", []), ("nobody", None, []),
    ]:  # fmt: skip
        assert [hit[0] for hit in found(held(sets, connection, session, tenant))] == expected


def test_what_expired_is_not_found_from_that_moment(connection: sqlite3.Connection) -> None:
    keep(connection, "Anna likes tea", expires_at=NOW + HOUR, embedder=LETTERS)
    index = held(WorkingSets(memory_contents()), connection)
    assert len(found(index, now=NOW + HOUR - 1)) == 1
    assert found(index, now=NOW + HOUR) == []


def test_the_model_that_has_seen_most_is_asked(connection: sqlite3.Connection) -> None:
    other = Letters("later")
    sets = WorkingSets(memory_contents())
    for number in range(3):
        keep(connection, f"Anna {number}", embedder=LETTERS)
    embedding_models.register(connection, other.identity.key, 32, NOW)
    chosen = sets.best(connection, "acme", "s", [LETTERS, other])
    assert chosen is not None
    assert chosen[1] is LETTERS
    waiting = memory_vectors.unembedded(connection, 2, 0, 10)
    blobs = [(row_id, text, other.embed_query(text).astype("<f4").tobytes()) for row_id, text in waiting]
    assert memory_vectors.fill(connection, 2, blobs) == 3
    chosen = sets.best(connection, "acme", "s", [LETTERS, other])
    assert chosen is not None
    assert chosen[1] is other


def test_too_large_a_scope_is_not_held(connection: sqlite3.Connection) -> None:
    for number in range(3):
        keep(connection, f"Anna {number}", session_id=f"s{number // 2}", embedder=LETTERS)
    sets = WorkingSets(memory_contents(limit=2))
    assert sets.best(connection, "acme", None, [LETTERS]) is None
    assert sets.best(connection, "acme", "s0", [LETTERS]) is not None


def test_what_was_not_asked_for_long_is_dropped(connection: sqlite3.Connection) -> None:
    for number in range(6):
        keep(connection, f"Anna {number}", session_id=f"s{number}", embedder=LETTERS)
    sets = WorkingSets(memory_contents(most=3))
    for number in range(6):
        held(sets, connection, f"s{number}")
    assert [key[1] for key in sets._held] == ["s3", "s4", "s5"]


def test_turns_of_a_sitting_help_their_neighbours(connection: sqlite3.Connection) -> None:
    answer = keep(connection, "Since last summer", speaker="Bob", occurred_at=NOW, embedder=LETTERS)
    keep(connection, "How long have you known Anna?", speaker="Ann", occurred_at=NOW + 1, embedder=LETTERS)
    keep(connection, "Next week", speaker="Bob", occurred_at=NOW + 3 * HOUR, embedder=LETTERS)
    for number in range(8):
        keep(connection, f"Other {number}", embedder=LETTERS)
    hits = {row_id: bm25 for row_id, bm25, _ in found(held(WorkingSets(memory_contents()), connection))}
    assert hits[answer] > 0
    assert [bm25 for row_id, bm25 in hits.items() if row_id == 3] in ([], [0.0])


def test_a_scope_of_too_many_words_is_not_held(connection: sqlite3.Connection) -> None:
    """Tables of numbers are all different words: held, ten thousand chunks of them would take gigabytes."""
    keep(connection, "one two three", embedder=LETTERS)
    sets = WorkingSets(replace(memory_contents(), most_words=8))
    assert sets.best(connection, "acme", "s", [LETTERS]) is not None
    keep(connection, "four five six", embedder=LETTERS)
    for _ in range(2):
        assert sets.best(connection, "acme", "s", [LETTERS]) is None
    assert sets.best(connection, "acme", "other", [LETTERS]) is not None
