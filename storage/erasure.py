"""Makes purged text vanish from the files, not only from the tables.

SQLite zeroes freed pages (secure_delete), but full text keeps deleted words until its segments merge, the write-ahead
log keeps old pages until it is emptied, vector tables keep old versions, and a copy made before a migration keeps all.
"""

import json
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.to_thread

from storage.database import Database
from storage.errors import Busy
from storage.indexer import Indexer

logger = logging.getLogger("satchel.erasure")

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05
WAITING = "SELECT 1 FROM index_queue WHERE row_id IN (SELECT value FROM json_each(?)) LIMIT 1"


class Erasure:
    """Erases what a purge has removed. Another process may hold the indexer's lock: then it does the vectors' part."""

    def __init__(self, db: Database, indexer: Indexer, folder: Path) -> None:
        self._db = db
        self._indexer = indexer
        self._folder = folder

    async def erase(self, row_ids: Sequence[int]) -> None:
        """Return once no file of the data directory holds these rows. Raises Busy when readers or the indexer of
        another process keep an old copy for longer than PATIENCE_SECONDS; it goes when they are done."""
        await self._db.write(_merge_full_text)
        await anyio.to_thread.run_sync(self._drop_backups)
        with anyio.move_on_after(PATIENCE_SECONDS) as waited:
            await self._erase_vectors(row_ids)
            await self._empty_log()
        if waited.cancelled_caught:
            raise Busy("an old copy is still in use")

    async def _erase_vectors(self, row_ids: Sequence[int]) -> None:
        asked = json.dumps(list(row_ids))
        while await self._db.read(lambda db: db.execute(WAITING, (asked,)).fetchone()):
            if await self._indexer.flush():
                continue
            await anyio.sleep(POLL_SECONDS)

    async def _empty_log(self) -> None:
        while not await self._db.checkpoint(truncate=True):  # noqa: ASYNC110 - another process holds what we wait for
            await anyio.sleep(POLL_SECONDS)

    def _drop_backups(self) -> None:
        for copy in (self._folder / "backups").glob("before-*"):
            copy.unlink(missing_ok=True)
            logger.info("backup.dropped", extra={"file": copy.name})


def _merge_full_text(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO memories_fts (memories_fts) VALUES ('optimize')")
