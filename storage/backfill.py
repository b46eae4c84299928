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
DAY_MS = 86_400_000
PROBE = "ready"  # what any model can embed


class Backfill:
    """Brings every live memory under every model this process has."""

    def __init__(self, db: Database, embedders: Callable[[], Sequence[Embedder]], folder: Path) -> None:
        self._db = db
        self._embedders = embedders
        self._lock = OwnerLock(folder / LOCK_NAME)
        self._registered: dict[str, int] = {}
        self._registered_at = 0

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

        unknown = {embedder.identity.key for embedder in embedders} - self._registered.keys()
        if unknown or now - self._registered_at > DAY_MS:
            self._registered = await self._db.write(register)
            self._registered_at = now

    async def run(self, woken: Callable[[float], Awaitable[object]]) -> None:
        """Work whenever ``woken`` returns, until cancelled; it waits for at most the seconds it is given."""
        while True:
            try:
                await self.register()
                await self.catch_up()
            except (StorageError, OSError) as error:  # what is left waits for the next round
                logger.warning("backfill.postponed", extra={"reason": type(error).__name__})
            await woken(TICK_SECONDS)

    async def catch_up(self, progress: Callable[[int], None] = lambda done: None) -> int:
        """Embed everything that waits; how many that were. Nothing while another process is at it."""
        if not await anyio.to_thread.run_sync(self._lock.try_acquire):
            return 0
        try:
            embedders = await anyio.to_thread.run_sync(self._embedders)
            kept = sum([await self._under(embedder, progress) for embedder in embedders])
            await self._drop_unused()
            return kept
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
            vectors = await anyio.to_thread.run_sync(_blobs, embedder, [text for _, text in batch])
            if vectors is None:
                logger.warning("backfill.failed", extra={"model": embedder.identity.name})
                return kept
            blobs = [(row_id, text, blob) for (row_id, text), blob in zip(batch, vectors, strict=True)]
            kept += await self._db.write(lambda db, blobs=blobs: memory_vectors.fill(db, model_id, blobs))  # type: ignore[misc]
            after = batch[-1][0]
            progress(kept)
        await self._complete(model_id)
        if kept:
            logger.info("backfill.done", extra={"model": embedder.identity.name, "rows": kept})
        return kept

    async def _drop_unused(self) -> None:
        """Forget the vectors of models that no process has had for a while."""
        before = int(time.time() * 1000) - UNUSED_DAYS * DAY_MS
        for name, model_id in (await self._db.read(lambda db: memory_vectors.unused(db, before))).items():
            await self._db.write(lambda db, model_id=model_id: memory_vectors.drop(db, model_id))  # type: ignore[misc]
            logger.info("backfill.model_dropped", extra={"model": name})

    async def _complete(self, model_id: int) -> None:
        done = "SELECT complete FROM models WHERE model_id = ?"
        if not (await self._db.read(lambda db: db.execute(done, (model_id,)).fetchone()))[0]:
            await self._db.write(lambda db: memory_vectors.set_complete(db, model_id))


def _blobs(embedder: Embedder, texts: list[str]) -> list[bytes] | None:
    """A vector a text as it is kept: empty where the model has none, or works but fails on this text, which must not
    hold up the others. None when the model does not work at all."""
    try:
        return [vector.astype("<f4").tobytes() if vector.any() else b"" for vector in embedder.embed_passages(texts)]
    except EmbeddingFailed:
        if len(texts) > 1:
            return _singly(embedder, texts)
    try:
        embedder.embed_query(PROBE)
    except EmbeddingFailed:
        return None
    logger.warning("backfill.unembeddable", extra={"model": embedder.identity.name})
    return [b""]


def _singly(embedder: Embedder, texts: list[str]) -> list[bytes] | None:
    blobs: list[bytes] = []
    for text in texts:
        if (blob := _blobs(embedder, [text])) is None:
            return None
        blobs += blob
    return blobs
