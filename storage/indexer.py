"""Moves vectors from the queue in SQLite to Lance, one process at a time, and keeps the tables in order.

Nothing waits for it: a search reads Lance plus the lines still queued. Every step can be killed and run again: lines
are forgotten only after the table that holds their rows is on the disk itself.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import numpy as np
from numpy.typing import NDArray

from storage import index_queue as queue
from storage.database import Database
from storage.errors import Busy, IndexLost, StorageError
from storage.index_queue import Line, Model
from storage.locks import OwnerLock
from storage.upkeep import Upkeep, checkpoint_mode
from storage.vectors import VectorStore

logger = logging.getLogger("satchel.indexer")

T = TypeVar("T")

KIND = "memories"
LOCK_NAME = "indexer.lock"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen; the defaults suit a server, other values a test."""

    batch: int = 4_096
    """Lines moved in one step: one commit, and at 1,024 floats a vector some 17 MB."""
    enough: int = 256
    """Lines that are moved at once instead of at the next tick."""
    tick_seconds: float = 5.0
    """Longest that a line waits, or the lock of a process that died stays free."""
    settle_seconds: float = 2.0
    """Pause before the first look, so that importing Lance does not meet the start of a server."""
    patience_seconds: float = 60.0
    """Longest pause between attempts while the disk refuses."""
    first: int = 0
    """Rows from which on a model has a table. Below, lines wait: searches do without, and Lance takes 150 MB."""


class Indexer:
    """Runs in a task group of whoever serves. Several may run on one folder; the one with the lock works, the others
    look every tick whether it is still there."""

    def __init__(self, db: Database, vectors: VectorStore, folder: Path, *, pace: Pace | None = None) -> None:
        self._db = db
        self._vectors = vectors
        self._pace = pace or Pace()
        self._lock = OwnerLock(folder / LOCK_NAME)
        self._leads = False
        self._has_compared = False
        self._turn = asyncio.Lock()
        self._nudged = asyncio.Event()
        self._hinted = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._upkeep: dict[str, Upkeep] = {}
        self._has_purged = False
        self._begun: set[str] = set()
        self._wal_size = 0

    @property
    def is_owner(self) -> bool:
        """Whether this process holds the lock."""
        return self._lock.is_held

    def wake(self, lines: int = 1) -> None:
        """Say that lines were queued, from any thread. A few wait for the next tick, many are moved at once."""
        if (loop := self._loop) is not None:
            with suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(self._note, lines)

    async def run(self) -> None:
        """Work until cancelled. A refusing disk is waited for, a lost table rebuilt; neither ends this."""
        self._loop = asyncio.get_running_loop()
        failures = 0
        try:
            await self._wait(self._pace.settle_seconds)
            while True:
                try:
                    await self._tick()
                    failures = 0
                except (StorageError, OSError, sqlite3.Error) as error:
                    failures += 1
                    logger.warning("index.failed", extra={"error": type(error).__name__, "failures": failures})
                await self._wait(min(self._pace.tick_seconds * 2**failures, self._pace.patience_seconds))
        finally:
            self._loop = None
            self._resign()

    async def flush(self) -> int | None:
        """Move every line that is queued; how many there were, None when another process is at it."""
        async with self._leading() as leads:
            return await self._drain() if leads else None

    async def reconcile(self) -> int | None:
        """Compare the tables with the truth and queue what differs; how many rows, None as `flush`."""
        async with self._leading() as leads:
            return await self._compare() if leads else None

    async def maintain(self) -> bool:
        """Reconcile, flush, compact every table and empty the write-ahead log, due or not; False when another process
        is at it."""
        async with self._leading() as leads:
            if leads:
                await self._compare()
                await self._drain()
                for model in await self._db.read(queue.models):
                    await self._maintain(model)
                await self._db.checkpoint(truncate=True)
            return leads

    async def _tick(self) -> None:
        self._leads = self._leads or self._lock.try_acquire()
        if not self._leads:
            return
        async with self._turn:
            if not self._has_compared:
                await self._compare()
                self._has_compared = True
            await self._mend()
            await self._notice_lost_tables()
            await self._drain()
            for model in await self._db.read(queue.models):
                if self._kept(model).is_due(asyncio.get_running_loop().time()):
                    await self._maintain(model)
            await self._checkpoint()

    def _resign(self) -> None:
        if self._leads:
            self._leads = self._has_compared = False
            self._lock.release()

    @asynccontextmanager
    async def _leading(self) -> AsyncGenerator[bool]:
        leads = self._lock.try_acquire()
        try:
            async with self._turn:
                yield leads
        finally:
            if leads:
                self._lock.release()

    async def _drain(self) -> int:
        models = await self._db.read(queue.models)
        await self._off_loop(partial(self._drop_strangers, {model.name for model in models}))
        return sum([await self._move_all(model) for model in models])

    async def _move_all(self, model: Model) -> int:
        """Every line of a model; a table lost on the way is rebuilt once, then the next tick tries."""
        if not await self._is_worth_a_table(model):
            if gone := await self._db.read(partial(queue.purged, model=model)):
                await self._db.write(partial(queue.forget, model=model, done=gone))
            return 0
        for is_last in (False, True):
            try:
                return await self._move(model)
            except IndexLost:
                await self._requeue(model)
                if is_last:
                    raise
        return 0

    async def _is_worth_a_table(self, model: Model) -> bool:
        if not self._pace.first or (KIND, model.name) in await self._off_loop(self._vectors.tables):
            return True
        return await self._db.read(partial(queue.waiting, model=model, most=self._pace.first)) >= self._pace.first

    async def _move(self, model: Model) -> int:
        moved = after = 0
        while lines := await self._db.read(partial(queue.lines, model=model, after=after, limit=self._pace.batch)):
            await self._off_loop(partial(self._apply, model, lines))
            await self._db.write(partial(queue.forget, model=model, done=lines))
            self._kept(model).moved(len(lines))
            self._has_purged = self._has_purged or any(line.is_purged for line in lines)
            moved, after = moved + len(lines), lines[-1].row_id
        if moved:
            logger.info("index.flushed", extra={"model": model.name, "lines": moved})
        return moved

    def _apply(self, model: Model, lines: Sequence[Line]) -> None:
        """Bring the table in line with these lines, down to the disk. Nothing here depends on what it held before."""
        rows = [row for line in lines if (row := line.row(model.dimension)) is not None]
        kept = {row.row_id for row in rows}
        self._vectors.upsert(KIND, model.name, rows)
        self._vectors.delete(KIND, model.name, [line.row_id for line in lines if line.row_id not in kept])
        self._vectors.erase(KIND, model.name, [line.row_id for line in lines if line.is_purged])
        self._vectors.sync(KIND, model.name)

    async def _compare(self) -> int:
        models = await self._db.read(queue.models)
        await self._off_loop(self._vectors.tidy)
        await self._db.write(queue.forget_orphans)
        return sum([await self._compare_table(model) for model in models])

    def _drop_strangers(self, models: set[str]) -> None:
        """The table of a model the database has dropped: no purge would reach it."""
        for kind, model in self._vectors.tables():
            if kind == KIND and model not in models:
                self._vectors.drop(kind, model)

    async def _compare_table(self, model: Model) -> int:
        held = await self._off_loop(partial(self._held, model))
        truth = await self._db.read(partial(queue.expected, model=model))
        differing: list[int] = np.setxor1d(truth, held).tolist()
        if differing:
            await self._db.write(partial(queue.add, model=model, row_ids=differing))
        if not await self._is_worth_a_table(model):
            return 0
        if differing:
            logger.info("index.reconciled", extra={"model": model.name, "rows": len(differing)})
        return len(differing)

    def _held(self, model: Model) -> NDArray[np.int64]:
        """What the table holds: nothing when it had to be dropped."""
        with suppress(IndexLost):
            return self._vectors.row_id_array(KIND, model.name)
        with suppress(IndexLost):
            self._vectors.repair(KIND, model.name)
        return self._vectors.row_id_array(KIND, model.name)

    async def _mend(self) -> None:
        """Repair what a search, here or in another process, could not read."""
        suspected = {name for kind, name in await self._off_loop(self._vectors.suspects) if kind == KIND}
        for model in await self._db.read(queue.models) if suspected else []:
            if model.name in suspected:
                await self._on_table(model, self._vectors.repair)

    async def _notice_lost_tables(self) -> None:
        """A table that was there at the last tick and is not now, as when somebody deletes the folder."""
        begun = {name for kind, name in await self._off_loop(self._vectors.tables) if kind == KIND}
        for model in await self._db.read(queue.models) if self._begun - begun else []:
            if model.name in self._begun - begun:
                await self._requeue(model)
        self._begun = begun

    async def _maintain(self, model: Model) -> None:
        await self._on_table(model, self._vectors.maintain)
        self._kept(model).done(asyncio.get_running_loop().time())
        logger.info("index.maintained", extra={"model": model.name})

    async def _on_table(self, model: Model, work: Callable[[str, str], None]) -> None:
        try:
            await self._off_loop(partial(work, KIND, model.name))
        except IndexLost:
            await self._requeue(model)

    async def _requeue(self, model: Model) -> None:
        await self._db.write(partial(queue.add_all, model=model))
        logger.warning("index.rebuilding", extra={"model": model.name})

    async def _checkpoint(self) -> None:
        with suppress(FileNotFoundError):
            size = self._db.path.with_name(self._db.path.name + "-wal").stat().st_size
            truncate = checkpoint_mode(size, self._wal_size, has_purged=self._has_purged)
            self._wal_size = size
            if truncate is not None:
                is_whole = await self._db.checkpoint(truncate=truncate)
                self._has_purged = self._has_purged and not (truncate and is_whole)

    def _kept(self, model: Model) -> Upkeep:
        return self._upkeep.setdefault(model.name, Upkeep(since=asyncio.get_running_loop().time()))

    async def _off_loop(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread that holds the lock itself until it is done. A cancelled caller does not wait for it
        (an index may take minutes), nor does the end of the process, which is why the thread is not one of anyio's."""
        done: Future[T] = Future()
        threading.Thread(target=self._hold, args=(work, done), name="satchel-indexer", daemon=True).start()
        return await asyncio.wrap_future(done)

    def _hold(self, work: Callable[[], T], done: "Future[T]") -> None:
        if not done.set_running_or_notify_cancel():
            return
        try:
            if not self._lock.try_acquire():
                raise Busy("another process is indexing")
            try:
                done.set_result(work())
            finally:
                self._lock.release()
        except BaseException as error:
            done.set_exception(error)

    def _note(self, lines: int) -> None:
        self._hinted += lines
        if self._hinted >= self._pace.enough:
            self._nudged.set()

    async def _wait(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._nudged.wait()
        self._nudged.clear()
        self._hinted = 0
