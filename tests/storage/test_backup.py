"""Copies of the store, made under it and put back: what comes back is what was there, or nothing was changed."""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storage import backup, durable
from storage.database import FILE_NAME, Connection, Database, connect
from storage.errors import Busy, Invalid, NewerData, StorageError
from storage.locks import OwnerLock

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_795_000_000_123
ASIDE = "before-restore-20261118T110640123.sqlite"

MEMORY = """INSERT INTO memories (tenant, memory_id, session_id, content, content_type, importance, metadata,
    tags, provenance, digest, simhash, speaker, created_at, updated_at, occurred_at, state_at, seq)
    VALUES ('local', ?, 'default', ?, 'fact', 0, '{}', '[]', '{}', CAST(? AS BLOB), 0, '', 0, 0, 0, 0, 0)"""


def store(db: Connection, *contents: str) -> None:
    db.executemany(MEMORY, [(content, content, content) for content in contents])


def contents(path: Path) -> list[str]:
    with closing(connect(path, True)) as db:
        return [row[0] for row in db.execute("SELECT content FROM memories ORDER BY row_id")]


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def made(folder: Path, *words: str) -> Path:
    """A closed data directory with these memories; its database."""
    db = await Database.open(folder)
    await db.write(lambda c: store(c, *words))
    await db.close()
    return db.path


async def saved(folder: Path, target: Path) -> Path:
    db = await Database.open(folder)
    await db.read(lambda c: backup.save(c, target))
    await db.close()
    return target


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A data directory that holds "new"."""
    return anyio.run(made, tmp_path / "live", "new").parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A backup that holds "old"."""
    folder = anyio.run(made, tmp_path / "other", "old").parent
    return anyio.run(saved, folder, tmp_path / "copy.sqlite")


@pytest.mark.anyio
async def test_a_backup_is_of_one_moment_though_others_write(tmp_path: Path) -> None:
    """The pages are copied in steps; another process writes between two of them."""
    path = await made(tmp_path / "live", *(f"{number} {'x' * 9_000}" for number in range(1_000)))
    other = connect(path, False)
    written: list[int] = []

    def write(left: int, total: int) -> None:
        if left and not written:
            store(other, "meanwhile")
            written.append(total)

    db = await Database.open(path.parent)
    await db.read(lambda c: backup.save(c, tmp_path / "copy.sqlite", write))
    await db.close()
    other.close()
    assert written
    assert len(contents(path)) == 1_001
    assert len(contents(tmp_path / "copy.sqlite")) == 1_000


@pytest.mark.anyio
async def test_a_backup_is_one_private_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = await made(tmp_path / "live", "one")
    (tmp_path / "copies").mkdir()
    await saved(path.parent, tmp_path / "copies" / "copy.sqlite")
    assert names_in(tmp_path / "copies") == ["copy.sqlite"]
    assert (tmp_path / "copies" / "copy.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.anyio
async def test_a_backup_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = await made(tmp_path / "live", "one")
    (tmp_path / "copy.sqlite").write_text("the previous one")

    def fail(left: int, total: int) -> None:
        raise KeyError

    db = await Database.open(path.parent)
    with pytest.raises(KeyError):
        await db.read(lambda c: backup.save(c, tmp_path / "copy.sqlite", fail))
    await db.close()
    assert (tmp_path / "copy.sqlite").read_text() == "the previous one"
    assert names_in(tmp_path) == ["copy.sqlite", "live"]


@pytest.mark.anyio
async def test_a_backup_never_goes_where_the_database_is(live: Path) -> None:
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        with pytest.raises(Invalid, match="is where the database itself is"):
            await saved(live, live / name)
    assert contents(live / FILE_NAME) == ["new"]


def test_restoring_brings_back_the_backup_and_keeps_what_was_there(live: Path, copy: Path) -> None:
    kept = backup.restore(copy, live, NOW)
    assert kept == live / "backups" / ASIDE
    assert contents(live / FILE_NAME) == ["old"]
    assert contents(kept) == ["new"]
    assert contents(copy) == ["old"]


def test_what_was_kept_can_be_restored_in_turn(live: Path, copy: Path) -> None:
    kept = backup.restore(copy, live, NOW)
    assert kept is not None
    backup.restore(kept, live, NOW + 1)
    assert contents(live / FILE_NAME) == ["new"]


def test_restoring_into_an_empty_directory_makes_it(tmp_path: Path, copy: Path) -> None:
    assert backup.restore(copy, tmp_path / "fresh", NOW) is None
    assert contents(tmp_path / "fresh" / FILE_NAME) == ["old"]
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "fresh" / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_vector_tables_of_other_memories_do_not_stay(live: Path, copy: Path) -> None:
    """Row 1 is another memory now."""
    (live / "vectors" / "memories-x.lance").mkdir(parents=True)
    backup.restore(copy, live, NOW)
    assert not (live / "vectors").exists()


def test_what_was_not_yet_checkpointed_is_kept_too(live: Path, copy: Path) -> None:
    """As after a kill: the write-ahead log holds what the database file does not."""
    path = live / FILE_NAME
    writer, reader = connect(path, False), connect(path, True)
    store(writer, "newer")
    log = path.with_name(f"{FILE_NAME}-wal").read_bytes()
    writer.close()
    reader.close()
    path.with_name(f"{FILE_NAME}-wal").write_bytes(log)
    kept = backup.restore(copy, live, NOW)
    assert kept is not None
    assert contents(kept) == ["new", "newer"]
    assert contents(path) == ["old"]


@pytest.mark.parametrize("damage", [lambda _: b"garbage" * 1_000, lambda old: old[:100] + b"\xff" * (len(old) - 100)])
def test_a_damaged_database_is_put_aside_whole(live: Path, copy: Path, damage: Callable[[bytes], bytes]) -> None:
    path = live / FILE_NAME
    path.write_bytes(damaged := damage(path.read_bytes()))
    kept = backup.restore(copy, live, NOW)
    assert kept is not None
    assert kept.read_bytes() == damaged
    assert contents(path) == ["old"]


def test_a_write_ahead_log_without_its_database_is_not_taken_for_ours(tmp_path: Path, copy: Path) -> None:
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / f"{FILE_NAME}-wal").write_bytes(b"of a database that is gone")
    backup.restore(copy, tmp_path / "fresh", NOW)
    assert contents(tmp_path / "fresh" / FILE_NAME) == ["old"]


def spoilt_by(statement: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(statement)

    return spoil


def with_a_broken_page(path: Path) -> None:
    """One that opening the database does not read."""
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'feedback'").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4_096 : page * 4_096] = b"\xff" * 4_096
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (lambda path: path.unlink(), Invalid, "no such file"),
        (lambda path: path.write_text("a letter"), Invalid, "is not a database that can be read"),
        (lambda path: path.write_bytes(b""), Invalid, "is not a backup of this program"),
        (spoilt_by("DROP TABLE change_counter"), Invalid, "is not a backup of this program"),
        (spoilt_by("PRAGMA user_version = 0"), Invalid, "is not a backup of this program"),
        (spoilt_by("PRAGMA user_version = 9999"), NewerData, "its schema is number 9999"),
        (with_a_broken_page, Invalid, "is damaged"),
    ],
)
def test_a_file_that_is_no_sound_backup_changes_nothing(
    live: Path, copy: Path, spoil: Callable[[Path], None], error: type[StorageError], says: str
) -> None:
    spoil(copy)
    with pytest.raises(error, match=says):
        backup.restore(copy, live, NOW)
    assert contents(live / FILE_NAME) == ["new"]
    assert not (live / "backups").exists()


def test_the_database_itself_is_no_backup(live: Path) -> None:
    with pytest.raises(Invalid, match="is where the database itself is"):
        backup.restore(live / FILE_NAME, live, NOW)


@pytest.mark.parametrize("read_only", [False, True])
def test_nothing_is_restored_under_another_connection(live: Path, copy: Path, read_only: bool) -> None:
    """Whoever has the store open holds working sets of it in memory; it need not even have read anything."""
    with closing(connect(live / FILE_NAME, read_only)) as other:
        with pytest.raises(Busy, match="has this data directory open"):
            backup.restore(copy, live, NOW)
        assert other.execute("SELECT content FROM memories").fetchall() == [("new",)]
    assert not (live / "backups").exists()
    assert backup.restore(copy, live, NOW) is not None


@pytest.mark.parametrize("name", ["indexer.lock", "backfill.lock"])
def test_nothing_is_restored_under_a_process_that_holds_a_lock(live: Path, copy: Path, name: str) -> None:
    lock = OwnerLock(live / name)
    assert lock.try_acquire()
    with pytest.raises(Busy, match="serves this data directory"):
        backup.restore(copy, live, NOW)
    lock.release()
    assert contents(live / FILE_NAME) == ["new"]


KILLED_HALFWAY = """
import os, signal, sys
from pathlib import Path
from storage import backup
backup.PAGES = 1
def die(left, total):
    if left < total // 2:
        os.kill(os.getpid(), signal.SIGKILL)
backup.restore(Path(sys.argv[1]), Path(sys.argv[2]), 0, die)
"""


@pytest.mark.crash
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.anyio
async def test_a_restore_that_is_killed_halfway_leaves_the_old_state(live: Path, copy: Path) -> None:
    command = [sys.executable, "-c", KILLED_HALFWAY, str(copy), str(live)]
    done = await anyio.run_process(command, cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    db = await Database.open(live)
    assert await db.read(lambda c: c.execute("SELECT content FROM memories").fetchall()) == [("new",)]
    await db.close()


@pytest.mark.anyio
async def test_the_store_opens_after_a_restore(live: Path, copy: Path) -> None:
    backup.restore(copy, live, NOW)
    db = await Database.open(live)
    await db.write(lambda c: store(c, "and on"))
    await db.close()
    assert contents(live / FILE_NAME) == ["old", "and on"]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with durable.partial(tmp_path / "file") as path:
        path.write_text("first")
        assert not (tmp_path / "file").exists()
    with pytest.raises(UnicodeEncodeError), durable.partial(tmp_path / "file") as path:
        path.write_text("half of it \ud800", "utf-8")
    assert (tmp_path / "file").read_text() == "first"
    assert names_in(tmp_path) == ["file"]
