"""Moves rows from the queues in SQLite to Lance, one process at a time, and keeps the tables in order.

Nothing waits for it: a search reads Lance plus the lines still queued.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import anyio

from storage.database import Database
from storage.errors import Busy, StorageError
from storage.index.keeper import Keeper
from storage.index.kinds import KINDS, Kind
from storage.index.upkeep import checkpoint_mode
from storage.index.vectors import VectorStore
from storage.locks import OwnerLock

logger = logging.getLogger("satchel.indexer")

T = TypeVar("T")

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
    first: Mapping[str, int | None] = field(default_factory=dict[str, int | None])
    """By kind, the rows from which on a model has a table; 0 for a kind not named, None for never. Below, lines wait:
    searches do without, and Lance takes 150 MB."""


class Indexer:
    """Runs in a task group of whoever serves. Several may run on one folder; the one with the lock works, the others
    look every tick whether it is still there."""

    def __init__(
        self,
        db: Database,
        vectors: VectorStore,
        folder: Path,
        *,
        pace: Pace | None = None,
    ) -> None:
        self._db = db
        self._vectors = vectors
        self._pace = pace or Pace()
        self._keepers = [self._keeper(kind) for kind in KINDS]
        self._lock = OwnerLock(folder / LOCK_NAME)
        self._leads = False
        self._has_compared = False
        self._turn = asyncio.Lock()
        self._nudged = asyncio.Event()
        self._hinted = 0
        self._loop: asyncio.AbstractEventLoop | None = None
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

    async def behind(self) -> int:
        """How many lines the tables lack, whichever process moves them."""
        return sum([await keeper.behind() for keeper in self._keepers])

    async def flush(self) -> int | None:
        """Move every line that is queued; how many there were, None when another process is at it."""
        async with self._leading() as leads:
            return await self._drain() if leads else None

    async def catch_up(self) -> int | None:
        """Flush, and maintain the tables that are due for it: what a process that writes much calls now and then."""
        async with self._leading() as leads:
            if not leads:
                return None
            moved = await self._drain()
            for keeper in self._keepers:
                await keeper.maintain()
            return moved

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
                for keeper in self._keepers:
                    await keeper.maintain(is_forced=True)
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
            for keeper in self._keepers:
                await keeper.mend()
            await self._drain()
            for keeper in self._keepers:
                await keeper.maintain()
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
        return sum([await keeper.drain() for keeper in self._keepers])

    async def _compare(self) -> int:
        await self._off_loop(self._vectors.tidy)
        return sum([await keeper.compare() for keeper in self._keepers])

    async def _checkpoint(self) -> None:
        with suppress(FileNotFoundError):
            size = self._db.path.with_name(self._db.path.name + "-wal").stat().st_size
            has_erased = any(keeper.has_erased for keeper in self._keepers)
            truncate = checkpoint_mode(size, self._wal_size, has_purged=has_erased)
            self._wal_size = size
            if truncate is not None and await self._db.checkpoint(truncate=truncate) and truncate:
                for keeper in self._keepers:
                    keeper.has_erased = False

    def _keeper(self, kind: Kind) -> Keeper:
        first = self._pace.first.get(kind.name, 0)
        return Keeper(kind, self._db, self._vectors, self._off_loop, batch=self._pace.batch, first=first)

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
