"""The indexer on a real database and real Lance."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import numpy as np
import pytest
from numpy.typing import NDArray

from storage.database import Database
from storage.errors import IndexLost
from storage.index import lance_tables
from storage.index.indexer import Indexer, Pace
from storage.index.upkeep import Upkeep, checkpoint_mode
from storage.index.vectors import VectorStore
from storage.locks import OwnerLock

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
MODEL = "model|dim=8"
DIMENSION = 8
AT_ONCE = Pace(settle_seconds=0, tick_seconds=0.01, enough=1)

MEMORY = """INSERT INTO memories (row_id, tenant, memory_id, session_id, content, content_type, importance, metadata,
    tags, provenance, digest, simhash, speaker, created_at, updated_at, occurred_at, state, state_at, seq)
    VALUES (?, ?, 'm' || ?, ?, '', 'fact', 0, '{}', '[]', '{}', CAST(? AS BLOB), 0, '', 0, 0, 0, ?, 0, ?)"""


def vector(row_id: int) -> NDArray[np.float32]:
    drawn = np.random.default_rng(row_id).normal(size=DIMENSION)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def queue(db: sqlite3.Connection, row_ids: Iterable[int], seq: int = 1) -> None:
    db.executemany("INSERT OR REPLACE INTO index_queue VALUES (1, ?, ?)", [(i, seq) for i in row_ids])


def store(
    db: sqlite3.Connection,
    row_ids: Iterable[int],
    tenant: str = "acme",
    state: str = "active",
    blob: bytes | None = None,
) -> None:
    """Memories with their vectors and queue lines, as storing them writes."""
    row_ids = list(row_ids)
    db.execute("INSERT OR IGNORE INTO models (model_id, name, dimension) VALUES (1, ?, ?)", (MODEL, DIMENSION))
    db.executemany(MEMORY, [(i, tenant, i, f"s{i % 3}", i, "active", 1) for i in row_ids])
    blobs = [(i, vector(i).tobytes() if blob is None else blob) for i in row_ids]
    db.executemany("INSERT INTO memory_vectors (model_id, row_id, vector) VALUES (1, ?, ?)", blobs)
    queue(db, row_ids)


def forget(db: sqlite3.Connection, row_id: int, seq: int = 2) -> None:
    db.execute("UPDATE memories SET state = 'deleted', seq = ? WHERE row_id = ?", (seq, row_id))
    queue(db, [row_id], seq)


def purge(db: sqlite3.Connection, row_ids: Iterable[int]) -> None:
    for row_id in row_ids:
        db.execute("DELETE FROM memories WHERE row_id = ?", (row_id,))
        queue(db, [row_id], 3)


def queued(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT row_id FROM index_queue ORDER BY row_id")]


@pytest.fixture
def vectors(tmp_path: Path) -> VectorStore:
    return VectorStore(tmp_path / "vectors")


@pytest.fixture
def indexer(db: Database, vectors: VectorStore, tmp_path: Path) -> Indexer:
    return Indexer(db, vectors, tmp_path, pace=AT_ONCE)


def moved(vectors: VectorStore) -> set[int]:
    return set(vectors.row_ids("memories", MODEL).tolist())


async def emptied(db: Database) -> None:
    """Wait until no line is queued."""
    while await db.read(queued):
        await anyio.lowlevel.checkpoint()


async def test_a_flush_moves_every_line(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    await db.write(lambda c: store(c, range(1, 21)))
    assert await indexer.flush() == 20
    assert await db.read(queued) == []
    assert moved(vectors) == set(range(1, 21))
    ((row_id, cosine),) = vectors.search("memories", MODEL, "acme", "s1", vector(4), 1)
    assert (row_id, round(cosine, 4)) == (4, 1.0)
    assert await indexer.flush() == 0


async def test_tenants_and_sessions_come_along(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    await db.write(lambda c: store(c, [1, 2, 3]))
    await db.write(lambda c: store(c, [4, 5], tenant="other"))
    await indexer.flush()
    found = {tenant: vectors.search("memories", MODEL, tenant, None, vector(1), 9) for tenant in ("acme", "other", "x")}
    assert {name: {row_id for row_id, _ in hits} for name, hits in found.items()} == {
        "acme": {1, 2, 3},
        "other": {4, 5},
        "x": set(),
    }


async def test_what_search_may_not_return_leaves_the_table(
    db: Database, vectors: VectorStore, indexer: Indexer
) -> None:
    await db.write(lambda c: store(c, range(1, 7)))
    await indexer.flush()

    def change(c: sqlite3.Connection) -> None:
        forget(c, 1)
        c.execute("UPDATE memories SET state = 'superseded' WHERE row_id = 2")
        c.execute("UPDATE memories SET state = 'archived' WHERE row_id = 3")
        c.execute("UPDATE memory_vectors SET vector = x'' WHERE row_id = 4")
        purge(c, [5])
        queue(c, range(1, 6), 2)

    await db.write(change)
    assert await indexer.flush() == 5
    assert moved(vectors) == {3, 6}
    assert await db.read(queued) == []


@pytest.mark.parametrize("blob", [b"", b"abc", vector(1).tobytes() * 2, b"\0" * 32, b"\xff" * 32])
async def test_a_row_without_a_usable_vector_holds_nothing_up(
    db: Database, vectors: VectorStore, indexer: Indexer, blob: bytes
) -> None:
    await db.write(lambda c: store(c, [1], blob=blob))
    await db.write(lambda c: store(c, [2]))
    assert await indexer.flush() == 2
    assert await db.read(queued) == []
    assert moved(vectors) == {2}


async def test_a_line_written_again_meanwhile_stays(
    db: Database, vectors: VectorStore, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.write(lambda c: store(c, [1, 2]))
    real = vectors.sync

    def change_meanwhile(kind: str, model: str) -> None:
        real(kind, model)
        with sqlite3.connect(db.path) as other:
            forget(other, 2)
        other.close()

    with monkeypatch.context() as patch:
        patch.setattr(vectors, "sync", change_meanwhile)
        await indexer.flush()
    assert (await db.read(queued), moved(vectors)) == ([2], {1, 2})
    await indexer.flush()
    assert (await db.read(queued), moved(vectors)) == ([], {1})


async def test_lines_are_forgotten_after_the_table_is_on_disk(
    db: Database, vectors: VectorStore, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.write(lambda c: store(c, [1, 2]))

    def refuse(_kind: str, _model: str) -> None:
        raise IndexLost("the disk failed")

    with monkeypatch.context() as patch:
        patch.setattr(vectors, "sync", refuse)
        with pytest.raises(IndexLost):
            await indexer.flush()
    assert await db.read(queued) == [1, 2]
    assert await indexer.flush() == 2


async def test_ten_thousand_lines_take_a_handful_of_commits(
    db: Database, vectors: VectorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    real = lance_tables.LanceTable.upsert

    def count(table: lance_tables.LanceTable, rows: list[object]) -> None:
        commits.append(len(rows))
        real(table, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(lance_tables.LanceTable, "upsert", count)
    await db.write(lambda c: store(c, range(1, 10_001)))
    assert await Indexer(db, vectors, tmp_path).flush() == 10_000
    assert len(commits) <= 4
    assert len(moved(vectors)) == 10_000


async def test_lines_are_read_with_their_rows_in_one_statement(
    db: Database, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    await db.write(lambda c: store(c, range(1, 101)))
    await db.read(lambda c: c.set_trace_callback(statements.append))  # the reader given back last is the next one used
    await indexer.flush()
    assert 1 <= len([text for text in statements if "memory_vectors" in text]) <= 2  # the second finds no more lines


async def test_an_idle_store_never_loads_lance(tmp_path: Path) -> None:
    """Its import takes more memory than everything else a small store needs."""
    script = f"""
import anyio, sys
from pathlib import Path
from storage.database import Database
from storage.index.indexer import Indexer, Pace
from storage.index.vectors import VectorStore
async def main():
    folder = Path({str(tmp_path)!r})
    db = await Database.open(folder)
    await db.write(lambda c: c.execute("INSERT INTO models (name, dimension) VALUES ('m', 8)"))
    indexer = Indexer(db, VectorStore(folder / "vectors"), folder, pace=Pace(settle_seconds=0, tick_seconds=0.001))
    with anyio.move_on_after(0.2):
        await indexer.run()
    assert await indexer.maintain()
    await db.close()
anyio.run(main)
print([name for name in ("lancedb", "pyarrow") if name in sys.modules])
"""
    done = await anyio.run_process([sys.executable, "-c", script], cwd=ROOT)
    assert done.stdout.decode().strip() == "[]"


async def test_a_run_moves_what_is_queued_and_lets_go(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(indexer.run)
            await db.write(lambda c: store(c, range(1, 6)))
            indexer.wake()
            await emptied(db)
            assert indexer.is_owner
            tasks.cancel_scope.cancel()
        while indexer.is_owner:  # a thread that was at work ends first
            await anyio.lowlevel.checkpoint()
    assert moved(vectors) == set(range(1, 6))


async def test_waking_from_a_thread_moves_many_lines_before_the_tick(
    db: Database, vectors: VectorStore, tmp_path: Path
) -> None:
    indexer = Indexer(db, vectors, tmp_path, pace=Pace(settle_seconds=0, tick_seconds=3_600, enough=3))
    indexer.wake()  # nobody runs yet: nothing to wake
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(indexer.run)
            while not indexer.is_owner:
                await anyio.lowlevel.checkpoint()
            await db.write(lambda c: store(c, range(1, 6)))
            for _ in range(3):
                await anyio.to_thread.run_sync(indexer.wake)
            await emptied(db)
            tasks.cancel_scope.cancel()


async def test_a_cancelled_run_ends_at_once_and_its_work_keeps_the_lock(
    db: Database, vectors: VectorStore, indexer: Indexer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index takes minutes to build: neither may a shutdown wait, nor another process write beside it."""
    started, let_go = threading.Event(), threading.Event()

    def sync(_kind: str, _model: str) -> None:
        started.set()
        let_go.wait()

    monkeypatch.setattr(vectors, "sync", sync)
    await db.write(lambda c: store(c, [1]))
    other = OwnerLock(tmp_path / "indexer.lock")
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(indexer.run)
            await anyio.to_thread.run_sync(started.wait)
            tasks.cancel_scope.cancel()
        assert not other.try_acquire()
        let_go.set()
        while not other.try_acquire():
            await anyio.lowlevel.checkpoint()
    other.release()
    assert await db.read(queued) == [1]


async def test_only_one_of_two_indexes(db: Database, vectors: VectorStore, indexer: Indexer, tmp_path: Path) -> None:
    other = OwnerLock(tmp_path / "indexer.lock")
    assert other.try_acquire()
    await db.write(lambda c: store(c, [1]))
    assert (await indexer.flush(), await indexer.reconcile(), await indexer.maintain()) == (None, None, False)
    assert await db.read(queued) == [1]
    other.release()
    assert await indexer.flush() == 1


@pytest.mark.parametrize("how", ["garbled manifest", "truncated data", "garbled entry", "folder gone"])
async def test_a_damaged_table_is_rebuilt(db: Database, tmp_path: Path, how: str) -> None:
    await db.write(lambda c: store(c, range(1, 51)))
    await Indexer(db, VectorStore(tmp_path / "vectors"), tmp_path).flush()
    damage(tmp_path / "vectors", how)
    vectors = VectorStore(tmp_path / "vectors")
    assert vectors.search("memories", MODEL, "acme", None, vector(1), 5) == []
    await db.write(lambda c: store(c, [99]))
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Indexer(db, vectors, tmp_path, pace=AT_ONCE).run)
            while len(vectors.search("memories", MODEL, "acme", None, vector(1), 99)) < 51:
                await anyio.lowlevel.checkpoint()
            await emptied(db)
            tasks.cancel_scope.cancel()
    assert vectors.suspects() == []


def damage(folder: Path, how: str) -> None:
    pattern = {"garbled manifest": "*.manifest", "truncated data": "*.lance", "garbled entry": "*.json"}.get(how, "*")
    for path in [path for path in folder.rglob(pattern) if path.is_file()]:
        if how == "truncated data":
            os.truncate(path, path.stat().st_size // 2)
        elif how == "folder gone":
            path.unlink()
        else:
            path.write_bytes(b"\x07" * path.stat().st_size)


async def test_a_flush_rebuilds_a_table_it_loses(db: Database, tmp_path: Path) -> None:
    """Rows moved long ago come back with the few that were queued."""
    await db.write(lambda c: store(c, range(1, 51)))
    await Indexer(db, VectorStore(tmp_path / "vectors"), tmp_path).flush()
    damage(tmp_path / "vectors", "truncated data")
    await db.write(lambda c: store(c, [99]))
    vectors = VectorStore(tmp_path / "vectors")
    await Indexer(db, vectors, tmp_path).flush()
    assert moved(vectors) == {*range(1, 51), 99}
    assert await db.read(queued) == []


async def test_what_a_reader_could_not_read_is_mended(db: Database, vectors: VectorStore, tmp_path: Path) -> None:
    """The reader is another process: all it can do is leave word."""
    await db.write(lambda c: store(c, range(1, 51)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Indexer(db, vectors, tmp_path, pace=AT_ONCE).run)
        with anyio.fail_after(20):
            await emptied(db)
            damage(tmp_path / "vectors", "truncated data")
            reader = VectorStore(tmp_path / "vectors")
            reader.search("memories", MODEL, "acme", None, vector(1), 5)
            while len(reader.search("memories", MODEL, "acme", None, vector(1), 99)) < 50:
                await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()


async def test_reconciling_queues_what_differs(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    await db.write(lambda c: store(c, range(1, 11)))
    await indexer.flush()
    vectors.delete("memories", MODEL, [3, 4])
    await db.write(lambda c: c.execute("UPDATE memories SET state = 'deleted' WHERE row_id = 7"))
    await db.write(lambda c: c.execute("DELETE FROM memories WHERE row_id = 8"))
    await db.write(lambda c: c.execute("INSERT INTO index_queue VALUES (77, 1, 1)"))
    assert await indexer.reconcile() == 4
    assert await db.read(queued) == [3, 4, 7, 8]
    await indexer.flush()
    assert moved(vectors) == set(range(1, 11)) - {7, 8}
    assert await indexer.reconcile() == 0


async def test_the_table_of_a_dropped_model_goes(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    """No purge would reach it: purging queues lines for the models there are."""
    await db.write(lambda c: store(c, [1]))
    await indexer.flush()
    await db.write(lambda c: c.execute("DELETE FROM models"))
    await indexer.flush()
    assert vectors.tables() == []


async def test_a_purged_memory_is_in_no_vector_file(
    db: Database, vectors: VectorStore, indexer: Indexer, tmp_path: Path
) -> None:
    pattern = b"SATCHEL-PATTERN!SATCHEL-PATTERN!"

    def holding() -> list[str]:
        files = (path for path in (tmp_path / "vectors").rglob("*") if path.is_file())
        return [path.name for path in files if pattern[:16] in path.read_bytes()]

    await db.write(lambda c: store(c, range(1, 501)))
    await db.write(lambda c: store(c, [999], blob=pattern))
    await indexer.flush()
    assert holding()
    await db.write(lambda c: forget(c, 999))
    await indexer.flush()
    await db.write(lambda c: purge(c, [999]))
    await indexer.flush()
    assert holding() == []
    assert moved(vectors) == set(range(1, 501))


async def test_a_quiet_log_is_emptied_by_the_owner(db: Database, indexer: Indexer) -> None:
    log = db.path.with_name(db.path.name + "-wal")
    await db.write(lambda c: store(c, range(1, 101)))
    assert log.stat().st_size > 0
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(indexer.run)
            while log.stat().st_size:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()


async def test_maintaining_leaves_nothing_to_do(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    await db.write(lambda c: store(c, range(1, 101)))
    assert await indexer.maintain()
    assert await db.read(queued) == []
    assert moved(vectors) == set(range(1, 101))
    assert db.path.with_name(db.path.name + "-wal").stat().st_size == 0


async def test_a_refusing_disk_is_waited_for(
    db: Database, vectors: VectorStore, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = vectors.upsert

    def refuse(kind: str, model: str, rows: object) -> None:
        monkeypatch.setattr(vectors, "upsert", real)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(vectors, "upsert", refuse)
    await db.write(lambda c: store(c, [1]))
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(indexer.run)
            await emptied(db)
            tasks.cancel_scope.cancel()
    assert moved(vectors) == {1}


def test_upkeep_comes_soon_after_many_changes_and_never_after_none() -> None:
    upkeep = Upkeep(since=0, owes_pruning=False)
    assert not upkeep.is_due(1e9, 0)
    upkeep.moved(10, 0)
    assert (upkeep.is_due(599, 0), upkeep.is_due(600, 0)) == (False, True)
    for _ in range(31):
        upkeep.moved(1, 0)
    assert upkeep.is_due(1, 0)
    upkeep.done(1)
    assert (upkeep.is_due(2, 0), upkeep.is_due(601, 0)) == (False, True)  # the versions of the last minute
    upkeep.done(601)
    assert not upkeep.is_due(1e9, 0)
    upkeep.moved(20_000, 602)
    assert upkeep.is_due(602, 0)


def test_a_large_table_is_kept_up_less_often() -> None:
    """It takes time in proportion to its size."""
    upkeep = Upkeep(since=0, owes_pruning=False)
    upkeep.moved(30_000, 0)
    assert (upkeep.is_due(1, 900_000), upkeep.is_due(1, 1_000_000)) == (True, False)
    assert (upkeep.is_due(59, 1_000_000), upkeep.is_due(60, 1_000_000)) == (False, True)  # nothing came for a minute
    few = Upkeep(since=0, owes_pruning=False)
    few.moved(10, 0)
    assert (few.is_due(5_999, 1_000_000), few.is_due(6_000, 1_000_000)) == (False, True)


@pytest.mark.parametrize(
    ("size", "last", "has_purged", "mode"),
    [
        (0, 0, False, None),
        (100, 50, False, None),
        (100, 100, False, True),
        (5 << 20, 100, False, False),
        (65 << 20, 100, False, True),
        (0, 0, True, True),
    ],
)
def test_the_log_is_truncated_when_quiet_large_or_after_a_purge(
    size: int, last: int, has_purged: bool, mode: bool | None
) -> None:
    assert checkpoint_mode(size, last, has_purged=has_purged) is mode


FLUSHER = """
import anyio, sys
from pathlib import Path
from storage.database import Database
from storage.index.indexer import Indexer, Pace
from storage.index.vectors import VectorStore
async def main():
    folder = Path(sys.argv[1])
    db = await Database.open(folder)
    indexer = Indexer(db, VectorStore(folder / "vectors"), folder, pace=Pace(batch=50, settle_seconds=0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(indexer.run)
        while not indexer.is_owner:
            await anyio.sleep(0.01)
        print("owner", flush=True)
anyio.run(main)
"""


def running(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", FLUSHER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("left", [1_900, 1_500, 900, 150])
async def test_a_killed_flush_is_finished_by_the_next(db: Database, tmp_path: Path, left: int) -> None:
    await db.write(lambda c: store(c, range(1, 2_001)))
    await db.write(lambda c: purge(c, range(1, 2_001, 100)))
    with running(tmp_path) as process, anyio.fail_after(60):
        while len(await db.read(queued)) > left:
            await anyio.lowlevel.checkpoint()
        process.send_signal(signal.SIGKILL)
        process.wait()
    vectors = VectorStore(tmp_path / "vectors")
    indexer = Indexer(db, vectors, tmp_path)
    await indexer.flush()
    expected = set(range(1, 2_001)) - set(range(1, 2_001, 100))
    assert moved(vectors) == expected
    assert len(vectors.row_ids("memories", MODEL)) == len(expected)
    assert await indexer.reconcile() == 0


@pytest.mark.processes
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
async def test_another_process_takes_over_from_a_killed_owner(
    db: Database, vectors: VectorStore, tmp_path: Path
) -> None:
    with running(tmp_path) as process, anyio.fail_after(60):
        assert process.stdout is not None
        assert await anyio.to_thread.run_sync(process.stdout.readline) == "owner\n"
        async with anyio.create_task_group() as tasks:
            indexer = Indexer(db, vectors, tmp_path, pace=AT_ONCE)
            tasks.start_soon(indexer.run)
            await db.write(lambda c: store(c, [1]))
            await emptied(db)
            assert not indexer.is_owner
            process.send_signal(signal.SIGKILL)
            process.wait()
            await db.write(lambda c: store(c, [2]))
            await emptied(db)
            assert indexer.is_owner
            tasks.cancel_scope.cancel()
    assert moved(vectors) == {1, 2}


async def test_few_rows_have_no_table_and_wait_in_the_queue(db: Database, tmp_path: Path) -> None:
    """A store that is searched in memory needs no Lance; a purged row must not wait all the same."""
    vectors = VectorStore(tmp_path / "vectors")
    indexer = Indexer(db, vectors, tmp_path, pace=Pace(first={"memories": 5}))
    await db.write(lambda c: store(c, range(1, 5)))
    await db.write(lambda c: purge(c, [2]))
    assert await indexer.flush() == 0
    assert (await indexer.reconcile(), vectors.tables()) == (0, [])
    assert await db.read(queued) == [1, 3, 4]
    await db.write(lambda c: store(c, range(5, 8)))
    assert await indexer.flush() == 6
    assert set(vectors.row_ids("memories", MODEL).tolist()) == {1, 3, 4, 5, 6, 7}
