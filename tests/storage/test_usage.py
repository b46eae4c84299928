"""What a tenant keeps is counted by triggers; whatever is done, the counters are what counting finds."""

import sqlite3
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import attachments, usage
from storage.attachments import AttachmentRow
from storage.database import transaction
from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.errors import QuotaExceeded
from storage.memories import rows as memories
from storage.memories import writes as memory_writes
from storage.quota import Quota
from storage.usage import Usage
from tests.storage.documenting import put
from tests.storage.keeping import NOW, keep

TENANTS = ("acme", "globex")
TEXTS = ("tea", "grüner Tee ☕", "coffee with milk")
Step = tuple[str, str, int, str]
STEPS = st.tuples(
    st.sampled_from(["store", "store", "update", "forget", "purge", "add", "replace", "delete", "attach", "detach"]),
    st.sampled_from(TENANTS),
    st.integers(0, 3),
    st.sampled_from(TEXTS),
)


def act(db: sqlite3.Connection, step: Step, at: int) -> None:
    action, tenant, number, text = step
    ids = [row[0] for row in db.execute("SELECT row_id FROM memories WHERE tenant = ? ORDER BY row_id", (tenant,))]
    row_ids = ids[number : number + 2]
    document = documents.fetch(db, tenant, "default", str(number))
    match action:
        case "store":
            keep(db, f"{text} {at}", tenant=tenant, metadata={"n": text})
        case "update":
            for row in memories.fetch_rows(db, tenant, row_ids).values():
                changes = {"content": f"{text}!", "digest": bytes([at, row.row_id % 256]), "metadata": {}}
                memory_writes.change(db, tenant, row, changes, NOW)
        case "forget":
            memory_writes.set_state(db, tenant, row_ids, "superseded", NOW, superseded_by=ids[0] if ids else None)
        case "purge":
            memory_writes.purge(db, tenant, row_ids)
        case "add" | "replace":
            put(db, str(number), *[f"{text}\n", f"{text} again\n"][: 1 + at % 2], tenant=tenant)
        case "delete" if document is not None:
            document_writes.delete(db, tenant, "default", [document])
        case "attach":
            attachments.put(db, tenant, AttachmentRow(f"att-{number}", text, 10 * number, b"", NOW, NOW + at), "k")
        case _:
            attachments.delete_unused(db, tenant, NOW + number)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_the_counters_are_what_counting_finds(connection: sqlite3.Connection, steps: list[Step]) -> None:
    connection.execute("BEGIN")
    try:
        for at, step in enumerate(steps):
            act(connection, step, at)
        assert usage.drift(connection) == []
    finally:
        connection.execute("ROLLBACK")


def test_bytes_are_those_of_texts_metadata_and_files(connection: sqlite3.Connection) -> None:
    keep(connection, "Tee für Anna", metadata={"ä": 1})
    put(connection, "d", "grüner ", "Tee")
    attachments.put(connection, "acme", AttachmentRow("a", "a.txt", 1_000, b"", NOW, NOW), "k")
    assert usage.usage(connection, "acme") == Usage(1, 2, 13 + len('{"ä":1}'.encode()) + 8 + 3 + 1_000)
    assert usage.usage(connection, "globex") == Usage()


def test_wrong_counters_are_found_and_counted_anew(connection: sqlite3.Connection) -> None:
    keep(connection, "tea")
    keep(connection, "tea", tenant="globex")
    right = usage.usage(connection, "acme")
    connection.execute("UPDATE tenant_usage SET memories = 7 WHERE tenant = 'acme'")
    connection.execute("DELETE FROM tenant_usage WHERE tenant = 'globex'")
    connection.execute("INSERT INTO tenant_usage VALUES ('initech', 1, 0, 0)")
    assert usage.drift(connection) == ["acme", "globex", "initech"]
    assert usage.recount(connection) == 3
    assert usage.drift(connection) == []
    assert usage.usage(connection, "acme") == usage.usage(connection, "globex") == right
    assert usage.recount(connection) == 0


def add_chunk(db: sqlite3.Connection) -> None:
    put(db, "new", "milk\n")


def add_memory(db: sqlite3.Connection) -> None:
    keep(db, "milk")


@pytest.mark.parametrize(
    ("quota", "write", "what"),
    [
        (Quota(memories=1), add_memory, "memories"),
        (Quota(chunks=2), add_chunk, "chunks"),
        (Quota(bytes=19), add_memory, "bytes"),
        (Quota(bytes=19), add_chunk, "bytes"),
    ],
)
def test_a_write_beyond_the_quota_is_rolled_back(
    connection: sqlite3.Connection, quota: Quota, write: Callable[[sqlite3.Connection], None], what: str
) -> None:
    keep(connection, "tea")
    put(connection, "d", "black ", "tea\n")
    before = usage.usage(connection, "acme")
    with pytest.raises(QuotaExceeded) as told, transaction(connection), usage.within(connection, "acme", quota):
        write(connection)
    assert (told.value.what, told.value.limit) == (what, max(quota.memories, quota.chunks, quota.bytes))
    assert usage.usage(connection, "acme") == before
    with transaction(connection), usage.within(connection, "globex", quota):
        keep(connection, "milk", tenant="globex")


def test_who_has_too_much_may_write_what_adds_nothing(connection: sqlite3.Connection) -> None:
    row_id = keep(connection, "black tea with milk")
    put(connection, "d", "black ", "tea\n")
    quota = Quota(memories=1, chunks=1, bytes=1)
    with transaction(connection), usage.within(connection, "acme", quota):
        row = memories.fetch_rows(connection, "acme", [row_id])[row_id]
        memory_writes.change(connection, "acme", row, {"content": "tea", "digest": b"tea"}, NOW)
        put(connection, "d", "tea\n")
        memory_writes.set_state(connection, "acme", [row_id], "deleted", NOW)
    assert usage.usage(connection, "acme") == Usage(1, 1, 3 + 2 + 4)
