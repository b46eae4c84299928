"""Makes erased text vanish from the files, not only from the tables.

SQLite zeroes freed pages (secure_delete), but full text keeps deleted words until its segments merge, the write-ahead
log keeps old pages until it is emptied, vector tables keep old versions, and a copy made before a migration keeps all.
What SQLite does not zero is the room that a page gets by giving rows to another one: a few copies of keys stay in it, 3
of 952 ids in a test, until the file is written anew.
"""

import logging
import sqlite3
from collections.abc import Awaitable, Mapping
from pathlib import Path

import anyio
import anyio.to_thread

from storage.database import Database
from storage.errors import Busy
from storage.index.indexer import Indexer
from storage.maintenance import CHUNKS_ERASURE_OWED, MEMORIES_ERASURE_OWED

logger = logging.getLogger("satchel.erasure")

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05
FULL_TEXT = {MEMORIES_ERASURE_OWED: "memories_fts", CHUNKS_ERASURE_OWED: "chunks_fts"}
WAITING = {
    MEMORIES_ERASURE_OWED: """SELECT 1 FROM index_queue q
        WHERE NOT EXISTS (SELECT 1 FROM memories m WHERE m.row_id = q.row_id) LIMIT 1""",
    CHUNKS_ERASURE_OWED: """SELECT 1 FROM chunk_queue q
        WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.row_id = q.row_id) LIMIT 1""",
}
OWED = "SELECT task, ran_at FROM maintenance WHERE task IN (?, ?)"
PAID = "DELETE FROM maintenance WHERE task = ? AND ran_at <= ?"


class Erasure:
    """Erases what a purge has removed, or an erasure of documents. Another process may hold the indexer's lock: then it
    does the vectors' part."""

    def __init__(self, db: Database, indexer: Indexer, folder: Path) -> None:
        self._db = db
        self._indexer = indexer
        self._folder = folder

    async def erase(self, patience_seconds: float | None = None, *, is_thorough: bool = False) -> None:
        """Return once no file of the data directory holds what was purged; at once when nothing is owed.
        ``is_thorough``: have the database's file written anew, during which nobody else writes.

        Raises Busy when readers or the indexer of another process keep an old copy for longer than the patience,
        PATIENCE_SECONDS where none is given. Whatever ends this early, a kill included, stays owed for the next call.
        """
        if not (owed := await self._db.read(_owed)):
            return
        await self._db.write(lambda db: _merge_full_text(db, owed))
        await anyio.to_thread.run_sync(self._drop_backups)
        seconds = PATIENCE_SECONDS if patience_seconds is None else patience_seconds
        await _patiently(seconds, self._erase_vectors(owed))
        if is_thorough:
            await self._db.maintain(lambda db: db.execute("VACUUM"))
        await _patiently(seconds, self._empty_log())
        await self._db.write(lambda db: db.executemany(PAID, owed.items()))

    async def _erase_vectors(self, owed: Mapping[str, int]) -> None:
        while await self._db.read(lambda db: _is_waiting(db, owed)):
            if await self._indexer.flush():
                continue
            await anyio.sleep(POLL_SECONDS)

    async def _empty_log(self) -> None:
        while not await self._db.checkpoint(truncate=True):  # noqa: ASYNC110 - another process holds what we wait for
            await anyio.sleep(POLL_SECONDS)

    def _drop_backups(self) -> None:
        for copy in (self._folder / "backups").glob("*before-*"):  # begun ones too: .before-….partial
            copy.unlink(missing_ok=True)
            logger.info("backup.dropped", extra={"file": copy.name})


async def _patiently(seconds: float, work: Awaitable[None]) -> None:
    with anyio.move_on_after(seconds) as waited:
        await work
    if waited.cancelled_caught:
        raise Busy("an old copy is still in use")


def _owed(db: sqlite3.Connection) -> dict[str, int]:
    """By task, the number of the last change whose text may still be in some file."""
    return {str(task): int(change) for task, change in db.execute(OWED, tuple(FULL_TEXT))}


def _is_waiting(db: sqlite3.Connection, owed: Mapping[str, int]) -> bool:
    return any(db.execute(WAITING[task]).fetchone() for task in owed)


def _merge_full_text(db: sqlite3.Connection, owed: Mapping[str, int]) -> None:
    for task in owed:
        db.execute(f"INSERT INTO {FULL_TEXT[task]} ({FULL_TEXT[task]}) VALUES ('optimize')")
