"""Embeds what has no vector yet: rows stored while a model was off, failing or another one. One process at a time."""

import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio
import anyio.to_thread

from storage import memory_vectors
from storage.database import Database
from storage.embedding.identity import Embedder, EmbeddingFailed
from storage.errors import StorageError
from storage.locks import OwnerLock

logger = logging.getLogger("satchel.backfill")

BATCH = 64
TICK_SECONDS = 30.0
LOCK_NAME = "backfill.lock"
UNUSED_DAYS = 7


class Backfill:
    """Brings every live memory under every model this process has."""

    def __init__(self, db: Database, embedders: Callable[[], Sequence[Embedder]], folder: Path) -> None:
        self._db = db
        self._embedders = embedders
        self._lock = OwnerLock(folder / LOCK_NAME)
        self._registered: dict[str, int] = {}

    async def register(self) -> None:
        """Make this process's models known, so that new memories keep their vectors."""
        embedders = await anyio.to_thread.run_sync(self._embedders)
        now = int(time.time() * 1000)

        def register(db: sqlite3.Connection) -> dict[str, int]:
            return {
                embedder.identity.key: memory_vectors.register(
                    db, embedder.identity.key, embedder.identity.dimension, now
                )
                for embedder in embedders
            }

        if {embedder.identity.key for embedder in embedders} - self._registered.keys():
            self._registered = await self._db.write(register)

    async def run(self, woken: Callable[[float], Awaitable[object]]) -> None:
        """Work whenever ``woken`` returns, until cancelled; it waits for at most the seconds it is given."""
        while True:
            try:
                await self.register()
                await self.catch_up()
            except StorageError as error:  # the disk or another process; what is left waits for the next round
                logger.warning("backfill.postponed", extra={"reason": type(error).__name__})
            await woken(TICK_SECONDS)

    async def catch_up(self, progress: Callable[[int], None] = lambda done: None) -> int:
        """Embed everything that waits; how many that were. Nothing while another process is at it."""
        if not await anyio.to_thread.run_sync(self._lock.try_acquire):
            return 0
        try:
            embedders = await anyio.to_thread.run_sync(self._embedders)
            return sum([await self._under(embedder, progress) for embedder in embedders])
        finally:
            self._lock.release()

    async def _under(self, embedder: Embedder, progress: Callable[[int], None]) -> int:
        model_id = self._registered.get(embedder.identity.key)
        if model_id is None:
            return 0
        after = kept = 0
        while batch := await self._db.read(
            lambda db, after=after: memory_vectors.unembedded(db, model_id, after, BATCH)  # type: ignore[misc]
        ):
            texts = [text for _, text in batch]
            try:
                vectors = await anyio.to_thread.run_sync(embedder.embed_passages, texts)
            except EmbeddingFailed:
                logger.warning("backfill.failed", extra={"model": embedder.identity.name})
                return kept
            blobs = [
                (row_id, text, vector.astype("<f4").tobytes() if vector.any() else b"")
                for (row_id, text), vector in zip(batch, vectors, strict=True)
            ]
            kept += await self._db.write(lambda db, blobs=blobs: memory_vectors.fill(db, model_id, blobs))  # type: ignore[misc]
            after = batch[-1][0]
            progress(kept)
        await self._complete(model_id)
        if kept:
            logger.info("backfill.done", extra={"model": embedder.identity.name, "rows": kept})
        return kept

    async def _complete(self, model_id: int) -> None:
        done = "SELECT complete FROM models WHERE model_id = ?"
        if not (await self._db.read(lambda db: db.execute(done, (model_id,)).fetchone()))[0]:
            await self._db.write(lambda db: memory_vectors.set_complete(db, model_id))
