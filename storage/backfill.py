"""Embeds what has no vector yet: rows stored while a model was off, failing or another one. One process at a time."""

import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from storage import embedding_models
from storage.database import Database
from storage.documents import chunk_vectors
from storage.embedding.embedder import Embedder, EmbeddingFailed
from storage.embedding_models import Content
from storage.errors import StorageError
from storage.locks import OwnerLock
from storage.memories import vectors as memory_vectors

logger = logging.getLogger("satchel.backfill")

BATCH = 64
ROUND = 64  # batches of chunks between two looks at the memories
DROP_AT_ONCE = 20_000  # vectors in one transaction
TICK_SECONDS = 30.0
LOCK_NAME = "backfill.lock"
UNUSED_DAYS = 7
DAY_MS = 86_400_000
PROBE = "ready"  # what any model can embed


class Tally:
    """How many rows were embedded, told to ``progress`` as it grows."""

    def __init__(self, progress: Callable[[int], None]) -> None:
        self.kept = 0
        self._progress = progress

    def add(self, rows: int) -> None:
        self.kept += rows
        self._progress(self.kept)


class Backfill:
    """Brings every live memory and every chunk under every model this process has."""

    def __init__(self, db: Database, embedders: Callable[[], Sequence[Embedder]], folder: Path) -> None:
        self._db = db
        self._embedders = embedders
        self._lock = OwnerLock(folder / LOCK_NAME)
        self._registered: dict[str, int] = {}
        self._registered_at = 0
        self._seen: dict[int, int] = {}  # by model, the chunk up to which none waits; newer ones have higher numbers

    async def register(self) -> None:
        """Make this process's models known, so that what is stored from now on keeps its vectors."""
        embedders = await anyio.to_thread.run_sync(self._embedders)
        now = int(time.time() * 1000)

        def register(db: sqlite3.Connection) -> dict[str, int]:
            return {
                embedder.identity.key: embedding_models.register(
                    db, embedder.identity.key, embedder.identity.dimension, now
                )
                for embedder in embedders
            }

        unknown = {embedder.identity.key for embedder in embedders} - self._registered.keys()
        if unknown or now - self._registered_at > DAY_MS:
            self._registered = await self._db.write(register)
            self._seen.clear()  # a model that was forgotten meanwhile starts anew, maybe under its old number
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
        """Embed everything that waits, memories before chunks; how many that were. Nothing while another process is at
        it."""
        if not await anyio.to_thread.run_sync(self._lock.try_acquire):
            return 0
        try:
            embedders = await anyio.to_thread.run_sync(self._embedders)
            known = self._registered
            work = [(one, known[one.identity.key]) for one in embedders if one.identity.key in known]
            tally = Tally(progress)
            await self._embed(work, tally)
            await self._drop_unused()
            return tally.kept
        finally:
            self._lock.release()

    async def _embed(self, work: Sequence[tuple[Embedder, int]], tally: Tally) -> None:
        """Memories, then a round of chunks, until a round has kept none: a million chunks hold no memory up."""
        is_done = False
        while not is_done:
            for embedder, model_id in work:
                await self._memories(embedder, model_id, tally)
            before = tally.kept
            for embedder, model_id in work:
                await self._chunks(embedder, model_id, tally)
            is_done = tally.kept == before

    async def _memories(self, embedder: Embedder, model_id: int, tally: Tally) -> None:
        after, before = 0, tally.kept
        while batch := await self._db.read(
            partial(memory_vectors.unembedded, model_id=model_id, after=after, limit=BATCH)
        ):
            if (blobs := await _embedded(embedder, batch)) is None:
                return
            made = [(*row, blob) for row, blob in zip(batch, blobs, strict=True)]
            tally.add(await self._db.write(partial(memory_vectors.fill, model_id=model_id, blobs=made)))
            after = batch[-1][0]
        await self._complete(model_id, "memories")
        _report(embedder, "memories", tally.kept - before)

    async def _chunks(self, embedder: Embedder, model_id: int, tally: Tally) -> None:
        before = tally.kept
        for _ in range(ROUND):
            after = self._seen.get(model_id, 0)
            batch, newest = await self._db.read(partial(_waiting_chunks, model_id=model_id, after=after))
            if not batch:
                self._seen[model_id] = newest
                await self._complete(model_id, "chunks")
                break
            if (blobs := await _embedded(embedder, batch)) is None:
                return
            made = [(row_id, blob) for (row_id, _), blob in zip(batch, blobs, strict=True)]
            tally.add(await self._db.write(partial(chunk_vectors.fill, model_id=model_id, blobs=made)))
            self._seen[model_id] = batch[-1][0]
        _report(embedder, "chunks", tally.kept - before)

    async def _drop_unused(self) -> None:
        """Forget the vectors of models that no process has had for a while."""
        before = int(time.time() * 1000) - UNUSED_DAYS * DAY_MS
        for name in await self._db.read(lambda db: embedding_models.unused(db, before)):
            while await self._db.write(partial(_drop_some, name=name, before=before)):
                pass

    async def _complete(self, model_id: int, content: Content) -> None:
        if not await self._db.read(lambda db: embedding_models.is_complete(db, model_id, content)):
            await self._db.write(lambda db: embedding_models.set_complete(db, model_id, content))


def _drop_some(db: sqlite3.Connection, name: str, before: int) -> bool:
    """Forget some of a model's vectors, in the end the model; whether more is to be done. A process may have begun to
    use it again since the last step: then what is left stays, and the rest is embedded anew."""
    if (model_id := embedding_models.unused(db, before).get(name)) is None:
        return False
    if chunk_vectors.drop_some(db, model_id, DROP_AT_ONCE):
        return True
    embedding_models.drop(db, model_id)
    logger.info("backfill.model_dropped", extra={"model": name})
    return False


def _waiting_chunks(db: sqlite3.Connection, model_id: int, after: int) -> tuple[list[tuple[int, str]], int]:
    """The next chunks to embed, and the newest there is in the same view."""
    return chunk_vectors.unembedded(db, model_id, after, BATCH), chunk_vectors.newest(db)


def _report(embedder: Embedder, kind: str, rows: int) -> None:
    if rows:
        logger.info("backfill.done", extra={"model": embedder.identity.name, "kind": kind, "rows": rows})


async def _embedded(embedder: Embedder, batch: Sequence[tuple[int, str]]) -> list[bytes] | None:
    blobs = await anyio.to_thread.run_sync(_blobs, embedder, [text for _, text in batch])
    if blobs is None:
        logger.warning("backfill.failed", extra={"model": embedder.identity.name})
    return blobs


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
