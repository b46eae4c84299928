"""Opens the SQLite database: one writer connection, a few read-only ones, each on its own thread.

Everything that talks SQL is a synchronous function that takes a connection; `Database.read` and `Database.write` run
it on a connection's thread in one hop. Three awaits a transaction would cost half as much again.
"""

import asyncio
import errno
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import copy_context
from pathlib import Path
from typing import TypeVar

import aiosqlite

from storage.database_file import open_file
from storage.encryption.data_key import DataKey, mismatch
from storage.errors import Busy, Corrupt, DiskFull, ReadOnly, WrongKey
from storage.locks import OwnerLock
from storage.migrate import migrate
from storage.tracing import span

T = TypeVar("T")
Connection = sqlite3.Connection
Connect = Callable[[Path, bool], sqlite3.Connection]

READERS = 2  # measured best beside one writer on two cores
BUSY_TIMEOUT_MS = 10_000
RETRY_SECONDS = 0.01
FILE_NAME = "satchel.sqlite"
LOCK_NAME = "opening.lock"
"""Held while a process opens the database, and while one puts another file in its place: who opened the old file and
then waited for it would write where nobody reads."""


def connect(
    path: Path, read_only: bool, factory: type[sqlite3.Connection] = sqlite3.Connection, key: DataKey | None = None
) -> sqlite3.Connection:
    """A connection with our pragmas. Checkpoints are left to `checkpoint`, which one process at a time runs: SQLite
    before 3.51.3 can damage a database when a commit meets a checkpoint of another process. Raises WrongKey, and
    sqlite3.Error."""
    db = open_file(path, key, mode="ro" if read_only else "rwc", factory=factory)
    try:
        _set_up(db, read_only)
    except BaseException as error:
        db.close()
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB and (told := mismatch(path, key)):
            raise WrongKey(f"the data {told}") from error
        raise
    return db


def under(key: DataKey | None) -> Connect:
    """`connect` with the key."""
    return lambda path, read_only: connect(path, read_only, key=key)


def _set_up(db: sqlite3.Connection, read_only: bool) -> None:
    db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if read_only:
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA user_version").fetchone()  # finds out a wrong key, as the write-ahead log does below
    else:
        _use_log(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("PRAGMA cache_size = -16384")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")  # freed pages are zeroed, so that purged text is gone from the file


def _use_log(db: sqlite3.Connection) -> None:
    """Write ahead. The change to it, which only a new file needs, is refused at once while another process makes it,
    whatever the timeout: two windows of a host opened together are enough."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """BEGIN IMMEDIATE … COMMIT; rolled back on any exception. IMMEDIATE, because a read that upgrades to a write is
    refused at once whatever the timeout."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def translated() -> Generator[None]:
    """SQLite's errors as ours, by error code; and the system's, where a file beside the database is written."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _translate(error) from error


def _translate(error: sqlite3.Error | OSError) -> Exception:
    if isinstance(error, OSError):
        is_barred = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        return ReadOnly("the data directory cannot be written") if is_barred else DiskFull("the disk is full or failed")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("the database is in use by another process")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return DiskFull("no room left to write, or the disk failed")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return ReadOnly("the data directory cannot be written")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Corrupt("the database file is damaged")
    return error


class Database:
    """One data directory's SQLite file. Open with `await Database.open(folder)`, close with `await close()`."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, readers: list[aiosqlite.Connection]) -> None:
        self.path = path
        self._writer = writer
        self._readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._all_readers = readers
        for reader in readers:
            self._readers.put_nowait(reader)

    @classmethod
    async def open(cls, folder: Path, connect: Connect = connect) -> "Database":
        """Create the folder and file where missing and bring the schema up to date. `under` makes a ``connect`` that
        has a key.

        Raises NewerData, ReadOnly, Corrupt, Busy, WrongKey.
        """
        await asyncio.to_thread(_make, folder)
        opened: list[aiosqlite.Connection] = []
        try:
            with translated():
                async with _opening(folder):
                    await _open_all(folder, connect, opened)
        except BaseException:
            for connection in opened:
                await connection.close()
            raise
        return cls(folder / FILE_NAME, opened[0], opened[1:])

    async def read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``fn`` on a read-only connection; it sees one snapshot."""
        with span("store.read"):
            reader = await self._readers.get()
            try:
                with translated():
                    return await _run(reader, lambda db: _snapshot(db, fn))
            finally:
                self._readers.put_nowait(reader)

    async def write(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``fn`` in one transaction on the writer; durable when this returns. Raises Busy, DiskFull, ReadOnly.

        A cancelled caller stops waiting; the transaction still ends whole, one way or the other.
        """
        with span("store.write"), translated():
            return await _run(self._writer, lambda db: _transact(db, fn))

    async def checkpoint(self, *, truncate: bool = False) -> bool:
        """Move the write-ahead log into the database; with ``truncate`` leave it empty. False when a reader or writer
        kept some of it from being moved. One process at a time, by the indexer's lock; truncating holds SQLite's
        writer lock, so it may meet no commit and is safe from any process."""
        mode = "TRUNCATE" if truncate else "PASSIVE"
        with translated():
            busy, _, _ = await _run(self._writer, lambda db: db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone())
        return not busy

    async def maintain(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``fn`` on the writer outside a transaction (VACUUM, backup, integrity check)."""
        with translated():
            return await _run(self._writer, fn)

    async def close(self) -> None:
        """Finish what is running and close every connection."""
        for connection in [*self._all_readers, self._writer]:
            await connection.close()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ReadOnly(f"the data directory cannot be made: {error.strerror}") from error


def _keep_private(path: Path) -> None:
    """Nobody but the owner may read it; a file of somebody else's stays as its owner wants it."""
    with suppress(PermissionError):
        path.chmod(path.stat().st_mode & 0o600)


@asynccontextmanager
async def _opening(folder: Path) -> AsyncGenerator[None]:
    """Hold `LOCK_NAME`; waits for others who are opening, or raises Busy."""
    lock, until = OwnerLock(folder / LOCK_NAME), time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while not lock.try_acquire():
        if time.monotonic() > until:
            raise Busy("another process opens the data directory, or changes its encryption")
        await asyncio.sleep(RETRY_SECONDS)
    try:
        yield
    finally:
        lock.release()


async def _open_all(folder: Path, connect: Connect, opened: list[aiosqlite.Connection]) -> None:
    """Add the writer and the readers to ``opened``, each as soon as there is something to close."""
    path = folder / FILE_NAME
    for read_only in [False] + [True] * READERS:
        connection = aiosqlite.Connection(lambda ro=read_only: connect(path, ro), iter_chunk_size=64)  # type: ignore[misc]
        # A process that fails to close must still be able to end; what was acknowledged is committed.
        connection._thread.daemon = True  # pyright: ignore[reportPrivateUsage]
        opened.append(connection)
        try:
            await connection
        except Exception:  # aiosqlite does not wait for its thread then, which may meet a loop that has closed
            await asyncio.to_thread(connection._thread.join)  # pyright: ignore[reportPrivateUsage]
            raise
        if not read_only:
            await _run(connection, lambda db: migrate(db, folder / "backups"))
            await asyncio.to_thread(_keep_private, path)


async def _run(connection: aiosqlite.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    """One hop to the connection's thread, in the caller's context. `_execute` is aiosqlite's own way there; its public
    methods each take one statement, which would cost a hop apiece."""
    result: T = await connection._execute(copy_context().run, fn, connection._conn)  # type: ignore[no-untyped-call]  # pyright: ignore[reportPrivateUsage]
    return result


def _snapshot(db: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    db.execute("BEGIN")
    try:
        return fn(db)
    finally:
        if db.in_transaction:  # SQLite ends it by itself when the disk fails
            db.execute("ROLLBACK")


def _transact(db: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    with transaction(db):
        return fn(db)
