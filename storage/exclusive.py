"""Has a data directory for itself, to put something else in the place of what it holds."""

import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from storage.backfill import LOCK_NAME as BACKFILL_LOCK
from storage.database import LOCK_NAME as OPENING_LOCK
from storage.errors import Busy
from storage.index.indexer import LOCK_NAME as INDEXER_LOCK
from storage.locks import OwnerLock


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Nobody opens the database, indexes or embeds, and nobody starts to. Raises Busy, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as held:
        for name in (INDEXER_LOCK, BACKFILL_LOCK, OPENING_LOCK):
            lock = OwnerLock(folder / name)
            if not lock.try_acquire():
                raise Busy("another process serves this data directory")
            held.callback(lock.release)
        yield


@contextmanager
def sole(db: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    """The connection, closed at the end, as the only one there is in any process, without a write-ahead log. Raises
    Busy, sqlite3.Error."""
    with closing(db):
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:  # leaving the write-ahead log is granted only to the one connection there is
            mode = db.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")  # the exclusive lock stays, as the locking mode says
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise Busy("another process has this data directory open") from error
            raise
        if mode != "delete":
            raise Busy("another process has this data directory open")
        yield db
