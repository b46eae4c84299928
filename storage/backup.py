"""Copies of the whole database: made while it is in use, and put back when nobody uses it.

A copy is one plain file with everything but the vector tables, which are derived. It goes back *into* the database
file, in one SQLite transaction: a process that opens the store at that moment sees the old state or the new one, and
never goes on with a file that nobody else reads.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from storage import durable
from storage.backfill import LOCK_NAME as BACKFILL_LOCK
from storage.database import FILE_NAME, translated
from storage.errors import Busy, Corrupt, Invalid, NewerData
from storage.indexer import LOCK_NAME as INDEXER_LOCK
from storage.locks import OwnerLock
from storage.migrate import migrations, schema_version

PAGES = 1_000  # copied between two reports of progress
WAIT_SECONDS = 2.0
BESIDE = ("-wal", "-shm", "-journal")
DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)

Progress = Callable[[int, int], None]  # pages left, pages in all


def _silent(left: int, total: int) -> None: ...


def save(db: sqlite3.Connection, target: Path, progress: Progress = _silent) -> None:
    """Copy the database to ``target``, one snapshot of it, checked. ``db`` is inside a read transaction, which keeps
    the snapshot while others write. Raises Corrupt, OSError, sqlite3.Error."""
    schema_version(db)  # the first read takes the snapshot
    with durable.partial(target) as path:
        with closing(sqlite3.connect(path, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # it is synced as a whole
            db.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(left, total))
            copy.execute("PRAGMA journal_mode = DELETE")
            if damage := found_damage(copy):
                raise Corrupt(f"the database is damaged ({damage})")


def found_damage(db: sqlite3.Connection) -> str:
    """The first thing that an integrity check finds, empty when all is well."""
    first = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    return "" if first == "ok" else first


@contextmanager
def checked(file: Path) -> Generator[sqlite3.Connection]:
    """The backup, open, read-only and unchanging; looked through before it is given out.

    Raises Invalid when it is no backup or damaged, NewerData when a newer version made it.
    """
    if not file.is_file():
        raise Invalid(f"{file}: no such file")
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
        try:
            db.execute("BEGIN")
            _check(db, file)
        except sqlite3.DatabaseError as error:
            raise Invalid(f"{file}: is not a database that can be read") from error
        yield db


def _check(db: sqlite3.Connection, file: Path) -> None:
    version, newest = schema_version(db), migrations()[-1][0]
    is_ours = db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'change_counter'").fetchone()
    if version < 1 or not is_ours:
        raise Invalid(f"{file}: is not a backup of this program")
    if version > newest:
        raise NewerData(f"{file}: its schema is number {version}, this version knows {newest}")
    if damage := found_damage(db):
        raise Invalid(f"{file}: is damaged ({damage})")


def restore(file: Path, folder: Path, now: int, progress: Progress = _silent) -> Path | None:
    """Put the backup in the place of what the data directory holds; where the previous database was kept, None when
    there was none. ``now`` in milliseconds names that file.

    Raises Invalid, NewerData, Busy when another process has the directory open; then nothing was changed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE_NAME
    if path.exists() and file.exists() and path.samefile(file):
        raise Invalid(f"{file}: is the database itself, not a backup of it")
    with checked(file) as backup, _alone(folder):
        aside = folder / "backups" / f"before-restore-{_stamp(now)}.sqlite"
        if not path.exists():
            _create(backup, path, progress)
            return None
        try:
            _replace_content(backup, path, aside, progress)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in DAMAGED:
                with translated():
                    raise
            _replace_file(backup, path, aside, progress)
        return aside


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Nobody indexes or embeds, and nobody starts to."""
    with ExitStack() as held:
        for name in (INDEXER_LOCK, BACKFILL_LOCK):
            lock = OwnerLock(folder / name)
            if not lock.try_acquire():
                raise Busy("another process serves this data directory")
            held.callback(lock.release)
        yield


def _replace_content(backup: sqlite3.Connection, path: Path, aside: Path, progress: Progress) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:  # leaving the write-ahead log is granted only to the one connection there is, in any process
            mode = db.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")  # the exclusive lock stays, as the locking mode says
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise Busy("another process has this data directory open") from error
            raise
        if mode != "delete":
            raise Busy("another process has this data directory open")
        db.execute("PRAGMA secure_delete = ON")
        _keep(path, aside)
        _drop_vectors(path.parent)
        backup.backup(db, pages=PAGES, progress=lambda _, left, total: progress(left, total))


def _replace_file(backup: sqlite3.Connection, path: Path, aside: Path, progress: Progress) -> None:
    """For a database that SQLite cannot read: nobody can have it open."""
    aside.parent.mkdir(exist_ok=True, mode=0o700)
    _drop_vectors(path.parent)
    for beside in BESIDE:
        if (left := path.with_name(path.name + beside)).exists():
            os.replace(left, aside.with_name(aside.name + beside))
    _keep(path, aside)
    _create(backup, path, progress)


def _create(backup: sqlite3.Connection, path: Path, progress: Progress) -> None:
    _drop_vectors(path.parent)
    with durable.partial(path) as partial, closing(sqlite3.connect(partial, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        backup.backup(db, pages=PAGES, progress=lambda _, left, total: progress(left, total))
        db.execute("PRAGMA journal_mode = DELETE")


def _keep(path: Path, aside: Path) -> None:
    """A copy of the database file, which nobody can write now."""
    aside.parent.mkdir(exist_ok=True, mode=0o700)
    with durable.partial(aside) as partial:
        shutil.copyfile(path, partial)


def _drop_vectors(folder: Path) -> None:
    """Row numbers mean other memories from now on; the indexer makes the tables anew."""
    shutil.rmtree(folder / "vectors", ignore_errors=True)


def _stamp(now: int) -> str:
    return f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%S}"
