"""The audit trail: nothing noted is lost while the store can take it, and what had to be dropped is said."""

import logging
import sqlite3
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storage import audit, audit_trail
from storage.audit import AuditFilter, AuditRow
from storage.audit_trail import AuditTrail, Pace
from storage.database import Database, connect

NOW = 1_790_000_000_000
AT_ONCE = Pace(settle_seconds=0, retry_seconds=0)


def row(number: int = 0, tenant: str = "acme", **given: object) -> AuditRow:
    values: dict[str, object] = {"key": "k_1", "action": "memory_store", "outcome": "ok", **given}
    return AuditRow(NOW + number, tenant, **values)  # type: ignore[arg-type]


def times(rows: list[AuditRow]) -> list[int]:
    return [each.at - NOW for each in rows]


def test_what_is_written_comes_back(connection: sqlite3.Connection) -> None:
    whole = row(session_id="s", ids=("m1", "m2"), ms=1.5, request_id="r1")
    audit.append(connection, [whole])
    (found,) = audit.select(connection, "acme", AuditFilter(), 10)
    assert found == AuditRow(NOW, "acme", "k_1", "memory_store", "ok", "s", ("m1", "m2"), 1.5, "r1", 1)


def test_ids_are_cut_and_any_text_is_kept_as_data(connection: sqlite3.Connection) -> None:
    strange = row(
        ids=["x" * 200, "\x00\x1b[2J\ud800", *map(str, range(30))], session_id="a\x00b\n\ud800'", request_id="r" * 300
    )
    audit.append(connection, [strange])
    (found,) = audit.select(connection, None, AuditFilter(), 10)
    assert found.ids == ("x" * 128, "\x00\x1b[2J\ud800", *map(str, range(18)))
    assert found.session_id == "a\x00b\n\\ud800'"
    assert found.request_id == "r" * 255


@pytest.mark.parametrize(
    ("tenant", "wanted", "found"),
    [
        (None, AuditFilter(), [5, 4, 3, 2, 1]),
        ("acme", AuditFilter(), [4, 3, 2, 1]),
        ("acme' OR 1=1 --", AuditFilter(), []),
        (None, AuditFilter(key="k_2"), [2]),
        (None, AuditFilter(action="rag_search"), [3]),
        (None, AuditFilter(outcome="denied"), [4]),
        (None, AuditFilter(session_id="s"), [5]),
        (None, AuditFilter(since=NOW + 2, until=NOW + 4), [3, 2]),
        ("acme", AuditFilter(key="k_1", outcome="ok"), [3, 1]),
    ],
)
def test_rows_are_chosen_by_every_field(
    connection: sqlite3.Connection, tenant: str | None, wanted: AuditFilter, found: list[int]
) -> None:
    rows = [row(1), row(2, key="k_2"), row(3, action="rag_search"), row(4, outcome="denied")]
    audit.append(connection, [*rows, row(5, "other", session_id="s")])
    assert times(audit.select(connection, tenant, wanted, 10)) == found
    assert times(audit.written_after(connection, tenant, wanted, 0, 10)) == found[::-1]


def test_pages_follow_each_other_without_gap_or_repetition(connection: sqlite3.Connection) -> None:
    """Also where many rows are of one millisecond, and some were written late."""
    audit.append(connection, [row(each) for each in (1, 1, 3, 3, 3, 2, 1)])
    pages: list[AuditRow] = []
    while page := audit.select(connection, "acme", AuditFilter(), 2, pages[-1] if pages else None):
        pages += page
    assert times(pages) == [3, 3, 3, 2, 1, 1, 1]
    assert len({each.audit_row for each in pages}) == 7


def test_what_is_written_later_is_found_by_number(connection: sqlite3.Connection) -> None:
    assert audit.newest(connection) == 0
    audit.append(connection, [row(9), row(1)])
    last = audit.newest(connection)
    audit.append(connection, [row(5), row(6, "other"), row(7)])
    assert times(audit.written_after(connection, "acme", AuditFilter(), last, 10)) == [5, 7]
    assert times(audit.written_after(connection, "acme", AuditFilter(), last, 1)) == [5]


def test_pruning_takes_the_oldest_first_a_batch_at_a_time(connection: sqlite3.Connection) -> None:
    audit.append(connection, [row(each, f"t{each}") for each in (4, 1, 3, 2)])
    assert audit.prune(connection, NOW + 4, 2) == 2
    assert times(audit.select(connection, None, AuditFilter(), 10)) == [4, 3]
    assert audit.prune(connection, NOW + 4, 2) == 1
    assert audit.prune(connection, NOW + 4, 2) == 0


def impatient(path: Path, read_only: bool) -> sqlite3.Connection:
    """A connection that waits for nobody."""
    db = connect(path, read_only)
    db.execute("PRAGMA busy_timeout = 0")
    return db


@pytest.fixture
async def db(tmp_path: Path) -> AsyncGenerator[Database]:
    opened = await Database.open(tmp_path, impatient)
    yield opened
    await opened.close()


async def kept(db: Database) -> list[AuditRow]:
    """All there is, in the order of writing."""
    return await db.read(lambda c: audit.written_after(c, None, AuditFilter(), 0, 100_000))


async def until_kept(db: Database, number: int) -> list[AuditRow]:
    with anyio.fail_after(10):
        while len(found := await kept(db)) < number:
            await anyio.lowlevel.checkpoint()
    return found


@pytest.mark.anyio
async def test_all_of_it_is_pruned_in_batches(db: Database) -> None:
    number = audit.PRUNE_BATCH + 2
    await db.write(lambda c: audit.append(c, [row(each) for each in range(number)]))
    assert await audit.prune_all(db, NOW + number - 1) == number - 1
    assert times(await kept(db)) == [number - 1]


@pytest.mark.anyio
async def test_notes_are_written_in_the_background_in_one_transaction(db: Database) -> None:
    begun: list[str] = []
    await db.maintain(lambda c: c.set_trace_callback(lambda sql: begun.append(sql) if "BEGIN" in sql else None))
    trail = AuditTrail(db, pace=AT_ONCE)
    for number in range(100):
        trail.note(row(number))
    assert trail.waiting == 100
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(trail.run)
        assert times(await until_kept(db, 100)) == list(range(100))
        await trail.flush()
        assert begun == ["BEGIN IMMEDIATE"]
        trail.note(row(100))
        await until_kept(db, 101)
        assert len(begun) == 2
        tasks.cancel_scope.cancel()
    assert trail.waiting == 0


@pytest.mark.anyio
async def test_nothing_is_written_while_nothing_is_noted(db: Database) -> None:
    trail = AuditTrail(db, pace=AT_ONCE)
    with closing(connect(db.path, True)) as other:
        before = other.execute("PRAGMA data_version").fetchone()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(trail.run)
            await anyio.wait_all_tasks_blocked()
            assert await trail.flush()
            tasks.cancel_scope.cancel()
        assert other.execute("PRAGMA data_version").fetchone() == before
        trail.note(row())
        assert await trail.flush()
        assert other.execute("PRAGMA data_version").fetchone() != before


@pytest.mark.anyio
@pytest.mark.parametrize("refusal", ["busy", "full", "read-only"])
async def test_a_store_that_refuses_is_tried_again_and_told_of_once(
    db: Database, refusal: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "satchel.audit")
    trail = AuditTrail(db)
    with closing(impatient(db.path, False)) as other:
        if refusal == "busy":
            other.execute("BEGIN IMMEDIATE")
        elif refusal == "full":
            await db.maintain(lambda c: c.execute("PRAGMA max_page_count = 1").fetchone())  # as many as there are
        else:
            await db.maintain(lambda c: c.execute("PRAGMA query_only = ON"))
        number = audit_trail.BATCH + 1
        for each in range(number):
            trail.note(row(each, ids=["x" * 100] * 5))
        assert not await trail.flush()
        trail.note(row(number))
        assert not await trail.flush()
        assert trail.waiting == number + 1
    await db.maintain(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchone())
    await db.maintain(lambda c: c.execute("PRAGMA query_only = OFF"))
    assert await trail.flush()
    assert times(await kept(db)) == list(range(number + 1))
    assert [record.message for record in caplog.records] == ["audit.postponed", "audit.resumed"]


@pytest.mark.anyio
async def test_the_background_goes_on_once_the_store_takes_rows_again(db: Database) -> None:
    trail = AuditTrail(db, pace=AT_ONCE)
    with closing(impatient(db.path, False)) as other:
        other.execute("BEGIN IMMEDIATE")
        trail.note(row())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(trail.run)
            assert await kept(db) == []
            assert not await trail.flush()
            other.execute("ROLLBACK")
            assert times(await until_kept(db, 1)) == [0]
            tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_beyond_its_capacity_the_oldest_go_and_a_row_says_how_many(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    trail = AuditTrail(db, capacity=3)
    for number in range(5):
        trail.note(row(number))
    assert trail.waiting == 3
    assert await trail.flush()
    gap, *rest = await kept(db)
    assert (gap.at, gap.tenant, gap.action, gap.ids) == (NOW + 1, "", "audit.dropped", ("2",))
    assert times(rest) == [2, 3, 4]
    assert [(record.message, vars(record)["rows"]) for record in caplog.records] == [("audit.dropped", 2)]


@pytest.mark.anyio
async def test_the_number_dropped_outlives_a_refusal(db: Database) -> None:
    trail = AuditTrail(db, capacity=3)
    with closing(impatient(db.path, False)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(4):
            trail.note(row(number))
        assert not await trail.flush()
        trail.note(row(4))
        other.execute("ROLLBACK")
    assert await trail.flush()
    gap, *rest = await kept(db)
    assert (gap.at, gap.ids, times(rest)) == (NOW + 1, ("2",), [2, 3, 4])


@pytest.mark.anyio
async def test_what_is_left_at_the_end_is_written_once_although_the_background_was_at_it(db: Database) -> None:
    """Cancelled while a batch is on its way, that batch is neither lost nor written twice."""
    trail = AuditTrail(db, pace=AT_ONCE)
    for number in range(audit_trail.BATCH + 1):
        trail.note(row(number))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(trail.run)
        await anyio.wait_all_tasks_blocked()  # the first batch is with the writer
        tasks.cancel_scope.cancel()
    await trail.close()
    assert times(await kept(db)) == list(range(audit_trail.BATCH + 1))


@pytest.mark.anyio
async def test_a_batch_that_is_refused_after_the_background_was_cancelled_is_not_lost(db: Database) -> None:
    gate = threading.Event()

    def refuse_behind_the_gate(connection: sqlite3.Connection) -> None:
        gate.wait(10)
        connection.execute("PRAGMA query_only = ON")

    trail = AuditTrail(db, pace=AT_ONCE)
    trail.note(row())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(db.maintain, refuse_behind_the_gate)
        await anyio.wait_all_tasks_blocked()
        async with anyio.create_task_group() as background:
            background.start_soon(trail.run)
            await anyio.wait_all_tasks_blocked()  # the batch waits for the writer
            background.cancel_scope.cancel()
            gate.set()
    await db.maintain(lambda c: c.execute("PRAGMA query_only = OFF"))
    await trail.close()
    assert times(await kept(db)) == [0]


@pytest.mark.anyio
async def test_what_cannot_be_written_at_the_end_is_told(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    trail = AuditTrail(db)
    trail.note(row())
    await db.maintain(lambda c: c.execute("PRAGMA query_only = ON"))
    await trail.close()
    assert [record.message for record in caplog.records] == ["audit.postponed", "audit.lost"]
