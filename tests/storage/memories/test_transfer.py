"""Memories out and in again: nothing is lost, nothing is doubled. Lines are read as `satchel import` reads them."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import transaction
from storage.memories import feedback, graph
from storage.memories import transfer as memory_transfer
from storage.memories import writes as memory_writes
from storage.memories.transfer import Taken
from storage.memories.writes import NewMemory, set_state
from storage.migrate import migrate
from storage.stored_json import as_json
from tools.fields import ContentType
from tools.memory.cleanup import clean, digest, speaker
from tools.memory.import_lines import incoming
from tools.memory.policy import MemoryPolicy
from tools.times import iso

NOW = 1_795_000_000_000
TENANT = "acme"


@contextmanager
def store() -> Iterator[sqlite3.Connection]:
    """An empty database in memory, with the real schema."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    migrate(db, Path("unused"))
    yield db
    db.close()


def lines(db: sqlite3.Connection, tenant: str = TENANT) -> list[bytes]:
    return [as_json(memory).encode() for memory in memory_transfer.exported(db, tenant)]


def take(db: sqlite3.Connection, given: list[bytes], tenant: str = TENANT) -> list[Taken]:
    with transaction(db):
        arrived = [incoming(line, MemoryPolicy(), NOW) for line in given]
        taken = [memory_transfer.take(db, tenant, each) for each in arrived]
        links = [(each.memory.memory_id, each.superseded_by) for each in arrived]
        assert memory_transfer.link(db, tenant, [(old, new) for old, new in links if old and new]) == []
    return taken


letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, min_size=1, max_size=60) | st.text(st.sampled_from("ab:. \t\n`~<&>"), min_size=1, max_size=30)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
moments = st.integers(-(10**12), 4 * 10**12)
numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(texts, values, max_size=3).filter(lambda value: depth(value) <= 5)
memories = st.fixed_dictionaries(
    {
        "content": texts.map(clean).filter(bool),
        "session_id": st.sampled_from(["default", "a-b", "Z_9"]),
        "content_type": st.sampled_from(get_args(ContentType)),
        "importance": st.floats(0, 1),
        "metadata": objects,
        "tags": st.lists(names, max_size=3, unique=True),
        "created_at": moments,
        "updated_at": moments,
        "occurred_at": moments,
        "expires_at": st.none() | moments,
        "access_count": st.integers(0, 2**40),
        "accessed_at": st.none() | moments,
        "state": st.sampled_from(["active", "archived", "deleted", "superseded"]),
        "state_at": moments,
        "entities": st.lists(st.tuples(names, names | st.just("")), max_size=3),
        "relations": st.lists(st.tuples(names, names, names), max_size=3),
        "feedback": st.lists(st.tuples(st.booleans(), st.lists(names, max_size=3), moments), max_size=3),
        "replaced_by": st.integers(0, 1_000),
    }
)
stores = st.lists(memories, max_size=6, unique_by=lambda memory: digest(memory["content"]))


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def fill(db: sqlite3.Connection, drawn: list[Mapping[str, Any]]) -> None:
    """Store them as the tools would, down to the columns only time would set."""
    with transaction(db):
        rows = [put(db, number, each) for number, each in enumerate(drawn)]
        for number, each in enumerate(drawn):
            by = each["replaced_by"] % len(drawn)
            superseded = each["state"] == "superseded" and by != number
            state = each["state"] if each["state"] != "superseded" or superseded else "active"
            set_state(
                db, TENANT, [rows[number]], state, each["state_at"], superseded_by=rows[by] if superseded else None
            )


def put(db: sqlite3.Connection, number: int, each: Mapping[str, Any]) -> int:
    own = ("session_id", "content", "content_type", "importance", "metadata", "tags", "created_at", "updated_at")
    more = ("occurred_at", "expires_at", "access_count", "accessed_at")
    new = NewMemory(
        memory_id=f"m{number}",
        provenance={"origin": "agent", "tool": "memory_store", "key": "stdio"},
        digest=digest(each["content"]),
        simhash=number,
        speaker=speaker(each["content"], each["metadata"]),
        **{name: each[name] for name in (*own, *more)},
    )
    row_id, _ = memory_writes.insert(db, TENANT, new)
    graph.link(db, TENANT, row_id, each["entities"], each["relations"])
    for useful, words, created_at in each["feedback"]:
        feedback.add(db, row_id, useful, words, "k", created_at)
    return row_id


@settings(max_examples=150, deadline=None)
@given(drawn=stores)
def test_what_is_taken_in_is_what_was_given_out(drawn: list[Mapping[str, Any]]) -> None:
    with store() as one, store() as other:
        fill(one, drawn)
        given_out = lines(one)
        assert [each.outcome for each in take(other, given_out)] == ["created"] * len(drawn)
        assert unsourced(other) == unsourced(one)


def unsourced(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """All but where memories came from: that is another place now."""
    return [{**memory, "provenance": None} for memory in memory_transfer.exported(db, TENANT)]


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ({}, None),
        (
            {"origin": "agent", "tool": "memory_store", "key": "k1"},
            {"origin": "agent", "tool": "memory_store", "key": "k1"},
        ),
        ({"origin": "import", "key": "cli", "imported": {"key": "k1"}}, {"key": "k1"}),
        ({"imported": "k1"}, {"imported": "k1"}),
        ({"deep": {"er": [1]}, "source": "crm"}, {"source": "crm"}),
        ({"long": "x" * 9_000, "source": "crm"}, {"source": "crm"}),
    ],
)
def test_what_a_file_claims_of_a_memorys_origin_is_kept_as_a_claim(claimed: object, kept: object) -> None:
    with store() as db:
        take(db, [line(provenance=claimed)])
        (memory,) = memory_transfer.exported(db, TENANT)
        own = {"origin": "import", "tool": "satchel import", "key": "cli", "imported_at": iso(NOW)}
        assert memory["provenance"] == own | ({"imported": kept} if kept else {})
        again = line(memory_id="m2", session_id="again", provenance=own | {"imported": kept or {"source": "crm"}})
        take(db, [again])
        assert next(memory_transfer.exported(db, TENANT, "m2"))["provenance"]["imported"] == (kept or {"source": "crm"})


@settings(max_examples=50, deadline=None)
@given(drawn=stores)
def test_taking_in_again_changes_nothing(drawn: list[Mapping[str, Any]]) -> None:
    with store() as db:
        fill(db, drawn)
        before, changes = lines(db), db.total_changes
        assert [each.outcome for each in take(db, before)] == ["unchanged"] * len(drawn)
        assert (lines(db), db.total_changes) == (before, changes)


def line(**fields: object) -> bytes:
    return as_json({"content": "Prefers oat flat white", **fields}).encode()


def test_a_tenant_gives_out_its_own_memories_only() -> None:
    with store() as db:
        take(db, [line(content="of acme")])
        take(db, [line(content="of globex")], "globex")
        assert [b"of acme" in each for each in lines(db)] == [True]
        assert [b"of globex" in each for each in lines(db, "globex")] == [True]
        assert lines(db, "nobody") == []


def test_the_same_file_can_be_given_to_two_tenants() -> None:
    with store() as db:
        given_out = [line(memory_id="m1"), line(memory_id="m2", content="Lives in Berlin")]
        for tenant in (TENANT, "globex"):
            assert [each.outcome for each in take(db, given_out, tenant)] == ["created", "created"]
        assert lines(db) == lines(db, "globex")


@pytest.mark.parametrize(
    ("arriving", "taken"),
    [
        (line(memory_id="m1"), Taken("unchanged")),
        (line(), Taken("unchanged")),
        (line(content="PREFERS oat  flat white!"), Taken("unchanged")),
        (line(memory_id="m1", content="Something else"), Taken("skipped", "'m1' is another memory here")),
        (line(memory_id="m1", session_id="other"), Taken("skipped", "'m1' is another memory here")),
        (line(memory_id="m2"), Taken("skipped", "the same text is here as 'm1'")),
        (line(memory_id="m2", session_id="other"), Taken("created")),
        (line(memory_id="m2", state="superseded"), Taken("created")),
    ],
)
def test_what_is_here_stays_as_it_is(arriving: bytes, taken: Taken) -> None:
    with store() as db:
        take(db, [line(memory_id="m1", importance=0.9)])
        before = lines(db)
        assert take(db, [arriving]) == [taken]
        assert lines(db)[:1] == before


def test_a_replacement_may_come_before_or_after_what_it_replaced() -> None:
    new, newest = line(memory_id="m2", content="In Paris"), line(memory_id="m3", content="In Rome")
    old = line(memory_id="m1", state="superseded", superseded_by="m2")
    new = line(memory_id="m2", content="In Paris", state="superseded", superseded_by="m3")
    for order in ([old, new, newest], [newest, new, old], [new, old, newest]):
        with store() as db:
            take(db, order)
            found = {each["memory_id"]: each["superseded_by"] for each in memory_transfer.exported(db, TENANT)}
            assert found == {"m1": "m2", "m2": "m3", "m3": None}


def test_a_link_that_had_to_wait_is_made_by_the_next_run() -> None:
    """As after a kill between two batches: the replaced memory came in, its replacement did not."""
    with store() as db:
        old = incoming(line(memory_id="m1", state="superseded", superseded_by="m2"), MemoryPolicy(), NOW)
        with transaction(db):
            memory_transfer.take(db, TENANT, old)
            assert memory_transfer.link(db, TENANT, [("m1", "m2")]) == [("m1", "m2")]
        take(db, [line(memory_id="m1", state="superseded", superseded_by="m2"), line(memory_id="m2", content="New")])
        assert next(memory_transfer.exported(db, TENANT, "m1"))["superseded_by"] == "m2"
