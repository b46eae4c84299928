"""One writer, a few readers, whole transactions."""

import sqlite3
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storage import database
from storage.database import Database, connect
from storage.errors import Busy, Corrupt, ReadOnly, StorageError
from storage.migrate import migrate
from tests.storage.keeping import keep

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path: Path) -> AsyncGenerator[Database]:
    opened = await Database.open(tmp_path / "data")
    yield opened
    await opened.close()


def texts(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT content FROM memories ORDER BY row_id")]


async def test_a_failing_write_changes_nothing(db: Database) -> None:
    def write(connection: sqlite3.Connection) -> None:
        keep(connection, "half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await db.write(write)
    assert await db.read(texts) == []
    await db.write(lambda c: keep(c, "whole"))
    assert await db.read(texts) == ["whole"]


async def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(StorageError):
        await db.read(lambda c: keep(c, "x"))
    assert await db.read(texts) == []


async def test_every_commit_is_on_the_disk_itself(db: Database) -> None:
    pragmas = await db.maintain(
        lambda c: [
            c.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    )
    assert pragmas == ["wal", 2, 1]


async def test_only_its_owner_may_read_the_file(db: Database) -> None:
    assert db.path.stat().st_mode & 0o077 == 0
    assert db.path.parent.stat().st_mode & 0o077 == 0


async def test_a_read_sees_one_moment(db: Database) -> None:
    await db.write(lambda c: keep(c, "one"))
    other = database.connect(db.path, False)

    def read(connection: sqlite3.Connection) -> list[list[str]]:
        before = texts(connection)
        keep(other, "two")
        return [before, texts(connection)]

    assert await db.read(read) == [["one"], ["one"]]
    assert await db.read(texts) == ["one", "two"]
    other.close()


async def test_more_reads_than_readers_wait_their_turn(db: Database) -> None:
    done: list[int] = []

    async def read(number: int) -> None:
        await db.read(texts)
        done.append(number)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(read, number)
    assert sorted(done) == list(range(20))


async def test_a_writer_elsewhere_makes_it_busy_and_it_recovers(db: Database) -> None:
    await db.maintain(lambda c: c.execute("PRAGMA busy_timeout = 1"))
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        await db.write(lambda c: keep(c, "x"))
    other.execute("ROLLBACK")
    other.close()
    await db.write(lambda c: keep(c, "x"))
    assert await db.read(texts) == ["x"]


async def test_a_given_up_write_is_whole_or_not_at_all(db: Database) -> None:
    for number in range(10):
        with anyio.move_on_after(0):
            await db.write(lambda c, n=number: [keep(c, f"{n} {part}") for part in range(3)])  # type: ignore[misc]
    kept = await db.read(texts)
    assert len(kept) % 3 == 0
    await db.write(lambda c: keep(c, "after"))
    assert (await db.read(texts))[-1] == "after"


async def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x", encoding="utf-8")
    with pytest.raises(ReadOnly):
        await Database.open(tmp_path / "data")


async def test_what_is_no_database_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / database.FILE_NAME).write_bytes(b"no database" * 500)
    with pytest.raises(Corrupt):
        await Database.open(tmp_path)
    assert (tmp_path / database.FILE_NAME).read_bytes() == b"no database" * 500


async def test_an_emptied_log_leaves_everything_in_the_file(db: Database) -> None:
    await db.write(lambda c: keep(c, "one"))
    assert await db.checkpoint(truncate=True)
    assert db.path.with_name(db.path.name + "-wal").stat().st_size == 0
    assert await db.read(texts) == ["one"]


def test_many_may_open_a_new_directory_at_once(tmp_path: Path) -> None:
    """The first of them changes the file to write-ahead logging, which SQLite refuses the others without waiting."""
    for attempt in range(10):
        path, together = tmp_path / f"{attempt}.sqlite", threading.Barrier(6)

        def opened(path: Path = path, together: threading.Barrier = together) -> None:
            together.wait()
            with closing(connect(path, False)) as db:
                migrate(db, tmp_path / "backups")

        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(opened) for _ in range(6)]:
                done.result()
