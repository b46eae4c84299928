"""Copies of the whole database: made while it is in use, and put back when nobody uses it.

A copy is one file with everything but the vector tables, which are derived; it is encrypted if the store is. It goes
back *into* the database file, in one SQLite transaction: a process that opens the store at that moment sees the old
state or the new one, and never goes on with a file that nobody else reads.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from storage import durable
from storage.database import FILE_NAME, translated
from storage.database_file import key_of, open_file, open_like
from storage.encryption.data_key import DataKey, mismatch
from storage.errors import Corrupt, Invalid, NewerData, WrongKey
from storage.exclusive import alone, sole
from storage.migrate import newest_schema, schema_version

PAGES = 1_000  # copied between two reports of progress
WAIT_SECONDS = 2.0
BESIDE = ("-wal", "-shm", "-journal")
DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)

Progress = Callable[[int, int], None]  # pages left, pages in all


def _silent(left: int, total: int) -> None: ...


def save(db: sqlite3.Connection, target: Path, progress: Progress = _silent) -> None:
    """Copy the database to ``target``: one snapshot of it, looked through before. ``db`` is inside a read transaction,
    which keeps the snapshot while others write. Raises Invalid, Corrupt, OSError, sqlite3.Error."""
    _refuse_itself(target, Path(db.execute("PRAGMA database_list").fetchone()[2]))
    schema_version(db)  # the first read takes the snapshot
    if damage := found_damage(db, "quick_check"):
        raise Corrupt(f"the database is damaged: {damage}")
    _copy(db, target, progress)


def found_damage(db: sqlite3.Connection, check: Literal["quick_check", "integrity_check"]) -> str:
    """The first thing that SQLite's check finds, empty when all is well."""
    first = str(db.execute(f"PRAGMA {check}(1)").fetchone()[0])
    return "" if first == "ok" else first


@contextmanager
def checked(file: Path, key: DataKey | None = None) -> Generator[sqlite3.Connection]:
    """The backup, open, read-only and unchanging; looked through before it is given out.

    Raises Invalid when it is no backup or damaged, NewerData when a newer version made it, WrongKey.
    """
    if not file.is_file():
        raise Invalid(f"{file}: no such file")
    with closing(open_file(file, key, mode="ro")) as db:
        try:
            db.execute("BEGIN")
            _check(db, file)
        except sqlite3.DatabaseError as error:
            if told := mismatch(file, key):
                raise WrongKey(f"{file}: {told}") from error
            raise Invalid(f"{file}: is not a database that can be read") from error
        yield db


def _check(db: sqlite3.Connection, file: Path) -> None:
    version, newest = schema_version(db), newest_schema()
    is_ours = db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'change_counter'").fetchone()
    if version < 1 or not is_ours:
        raise Invalid(f"{file}: is not a backup of this program")
    if version > newest:
        raise NewerData(f"{file}: its schema is number {version}, this version knows {newest}")
    if damage := found_damage(db, "integrity_check"):
        raise Invalid(f"{file}: is damaged ({damage})")


def restore(
    file: Path, folder: Path, now: int, progress: Progress = _silent, key: DataKey | None = None
) -> Path | None:
    """Put the backup in the place of what the data directory holds; where the previous database was kept, None when
    there was none. ``now`` in milliseconds names that file; ``key`` is that of both.

    Raises Invalid, NewerData, WrongKey, ReadOnly, DiskFull, and Busy when another process has the directory open; then
    nothing was changed.
    """
    path = folder / FILE_NAME
    _refuse_itself(file, path)
    with translated(), checked(file, key) as backup, alone(folder):
        aside = folder / "backups" / f"before-restore-{_stamp(now)}.sqlite"
        if not path.exists():
            _create(backup, path, progress)
            return None
        try:
            _replace_content(backup, path, aside, progress)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in DAMAGED:
                raise
            if told := mismatch(path, key):
                raise WrongKey(f"the data {told}") from error
            _replace_file(backup, path, aside, progress)
        return aside


def _replace_content(backup: sqlite3.Connection, path: Path, aside: Path, progress: Progress) -> None:
    with sole(open_file(path, key_of(backup), timeout=WAIT_SECONDS)) as db:
        db.execute("PRAGMA secure_delete = ON")
        aside.parent.mkdir(exist_ok=True, mode=0o700)
        _copy(db, aside)
        _drop_vectors(path.parent)
        backup.backup(db, pages=PAGES, progress=lambda _, left, total: progress(left, total))


def _replace_file(backup: sqlite3.Connection, path: Path, aside: Path, progress: Progress) -> None:
    """For a database that SQLite cannot read: nobody can have it open."""
    aside.parent.mkdir(exist_ok=True, mode=0o700)
    _drop_vectors(path.parent)
    for beside in BESIDE:
        if (left := path.with_name(path.name + beside)).exists():
            os.replace(left, aside.with_name(aside.name + beside))
    with durable.partial(aside) as partial:
        shutil.copyfile(path, partial)
    _create(backup, path, progress)


def _create(backup: sqlite3.Connection, path: Path, progress: Progress) -> None:
    _drop_vectors(path.parent)
    for beside in BESIDE:  # of a database that is gone; SQLite would take it for this one's
        path.with_name(path.name + beside).unlink(missing_ok=True)
    _copy(backup, path, progress)


def _copy(db: sqlite3.Connection, target: Path, progress: Progress = _silent) -> None:
    """A file with the database's content. By SQLite: reading the database's file and closing it again would, on
    POSIX, give up the locks that this process holds on it."""
    with durable.partial(target) as path, closing(open_like(db, path)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # it is synced as a whole
        db.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(left, total))
        copy.execute("PRAGMA journal_mode = DELETE")


def _refuse_itself(file: Path, database: Path) -> None:
    if file.absolute().parent.resolve() == database.parent.resolve() and file.name.startswith(FILE_NAME):
        raise Invalid(f"{file}: is where the database itself is; name another file")


def _drop_vectors(folder: Path) -> None:
    """Row numbers mean other memories from now on; the indexer makes the tables anew."""
    if (tables := folder / "vectors").exists():
        shutil.rmtree(tables)


def _stamp(now: int) -> str:
    return f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%S}{now % 1000:03d}"
