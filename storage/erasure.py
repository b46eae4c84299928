"""Makes purged text vanish from the files, not only from the tables.

SQLite zeroes freed pages (secure_delete), but full text keeps deleted words until its segments merge, the write-ahead
log keeps old pages until it is emptied, vector tables keep old versions, and a copy made before a migration keeps all.
"""

import logging
import sqlite3
from pathlib import Path

import anyio
import anyio.to_thread

from storage.database import Database
from storage.errors import Busy
from storage.indexer import Indexer
from storage.memory_writes import ERASURE_OWED

logger = logging.getLogger("satchel.erasure")

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05
WAITING = "SELECT 1 FROM index_queue q WHERE NOT EXISTS (SELECT 1 FROM memories m WHERE m.row_id = q.row_id) LIMIT 1"
OWED = "SELECT ran_at FROM maintenance WHERE task = ?"
PAID = "DELETE FROM maintenance WHERE task = ? AND ran_at <= ?"


class Erasure:
    """Erases what a purge has removed. Another process may hold the indexer's lock: then it does the vectors' part."""

    def __init__(self, db: Database, indexer: Indexer, folder: Path) -> None:
        self._db = db
        self._indexer = indexer
        self._folder = folder

    async def erase(self) -> None:
        """Return once no file of the data directory holds what was purged; at once when nothing is owed. Raises Busy
        when readers or the indexer of another process keep an old copy for longer than PATIENCE_SECONDS. Whatever
        ends this early, a kill included, it stays owed for the next call."""
        if (purge := await self._db.read(_owed)) is None:
            return
        await self._db.write(_merge_full_text)
        await anyio.to_thread.run_sync(self._drop_backups)
        with anyio.move_on_after(PATIENCE_SECONDS) as waited:
            await self._erase_vectors()
            await self._empty_log()
        if waited.cancelled_caught:
            raise Busy("an old copy is still in use")
        await self._db.write(lambda db: db.execute(PAID, (ERASURE_OWED, purge)))

    async def _erase_vectors(self) -> None:
        while await self._db.read(lambda db: db.execute(WAITING).fetchone()):
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


def _owed(db: sqlite3.Connection) -> int | None:
    """The number of the last purge whose text may still be in some file."""
    found = db.execute(OWED, (ERASURE_OWED,)).fetchone()
    return None if found is None else int(found[0])


def _merge_full_text(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO memories_fts (memories_fts) VALUES ('optimize')")
