"""Keeps the tables of one kind of row in line with SQLite, for the indexer, which says when.

Every step can be killed and run again: lines are forgotten only after the table that holds their rows is on the disk
itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.database import Database
from storage.errors import IndexLost
from storage.index import row_queue as queue
from storage.index.kinds import Kind, Model
from storage.index.row_queue import Line
from storage.index.upkeep import Upkeep
from storage.index.vectors import VectorStore

logger = logging.getLogger("satchel.indexer")

T = TypeVar("T")

QUEUE_AT_ONCE = 50_000
MOST_COUNTED = 1_000_000


class OffLoop(Protocol):
    """Runs work in a thread that holds the indexer's lock."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class Keeper:
    """One kind's tables. ``batch`` lines are moved at once; a model has a table from ``first`` rows on, None: never.
    Below, lines wait, for searches do without."""

    def __init__(
        self, kind: Kind, db: Database, vectors: VectorStore, off_loop: OffLoop, *, batch: int, first: int | None
    ) -> None:
        self.has_erased = False
        """Whether content was erased since somebody set this to False."""
        self._kind = kind
        self._db = db
        self._vectors = vectors
        self._off_loop = off_loop
        self._batch = batch
        self._first = first
        self._upkeep: dict[str, Upkeep] = {}
        self._begun: set[str] = set()

    async def drain(self) -> int:
        """Move every line; how many there were."""
        models = await self._models()
        await self._off_loop(partial(self._drop_strangers, {model.name for model in models}))
        return sum([await self._move_all(model) for model in models])

    async def behind(self) -> int:
        """How many lines the tables lack: not those of models that have too few rows for one. Asks for no lock."""
        if self._first is None:
            return 0
        begun = await asyncio.to_thread(self._vectors.tables)
        lacking = 0
        for model in await self._models():
            waiting = partial(queue.waiting, kind=self._kind, model=model, most=MOST_COUNTED)
            count = await self._db.read(waiting)
            if count >= self._first or (self._kind.name, model.name) in begun:
                lacking += count
        return lacking

    async def compare(self) -> int:
        """Compare the tables with the truth and queue what differs; how many rows."""
        await self._db.write(partial(queue.forget_orphans, kind=self._kind))
        return sum([await self._compare_table(model) for model in await self._models()])

    async def mend(self) -> None:
        """Repair what a search, here or in another process, could not read, and begin again what is not there."""
        suspected = await self._named(self._vectors.suspects)
        begun = await self._named(self._vectors.tables)
        for model in await self._models() if suspected or self._begun - begun else []:
            if model.name in suspected:
                await self._on_table(model, self._vectors.repair)
            elif model.name in self._begun - begun:  # there at the last look: somebody deleted the folder
                await self._requeue(model)
        self._begun = begun

    async def maintain(self, *, is_forced: bool = False) -> None:
        """Compact the tables that are due, or all, and index what is new in them."""
        for model in await self._models():
            if is_forced or await self._is_due(model):
                await self._on_table(model, self._vectors.maintain)
                self._kept(model).done(self._now())
                logger.info("index.maintained", extra=self._about(model))

    async def _is_due(self, model: Model) -> bool:
        upkeep = self._kept(model)
        held = await self._off_loop(partial(self._vectors.count, self._kind.name, model.name)) if upkeep.commits else 0
        return upkeep.is_due(self._now(), held)

    async def _models(self) -> list[Model]:
        return await self._db.read(partial(queue.models, kind=self._kind))

    async def _named(self, listing: Callable[[], Sequence[tuple[str, str]]]) -> set[str]:
        return {name for kind, name in await self._off_loop(listing) if kind == self._kind.name}

    def _drop_strangers(self, models: set[str]) -> None:
        """The table of a model the database has dropped: no purge would reach it."""
        for kind, model in self._vectors.tables():
            if kind == self._kind.name and model not in models:
                self._vectors.drop(kind, model)

    async def _move_all(self, model: Model) -> int:
        """Every line of a model; a table lost on the way is rebuilt once, then the next tick tries."""
        if not await self._is_worth_a_table(model):
            if gone := await self._db.read(partial(queue.gone, kind=self._kind, model=model)):
                await self._forget(model, gone)
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
        if self._first is None:
            return False
        if not self._first or model.name in await self._named(self._vectors.tables):
            return True
        waiting = partial(queue.waiting, kind=self._kind, model=model, most=self._first)
        return await self._db.read(waiting) >= self._first

    async def _move(self, model: Model) -> int:
        moved = after = 0
        is_last = False
        read = partial(queue.lines, kind=self._kind, model=model, limit=self._batch)
        while not is_last and (lines := await self._db.read(partial(read, after=after))):
            erases = await self._db.read(partial(queue.must_erase, kind=self._kind))
            await self._off_loop(partial(self._apply, model, lines, erases=erases))
            await self._forget(model, lines)
            self._kept(model).moved(len(lines), self._now())
            moved, after = moved + len(lines), lines[-1].row_id
            is_last = len(lines) < self._batch  # who writes all the time does not keep us here
        if moved:
            logger.info("index.flushed", extra=self._about(model) | {"lines": moved})
        return moved

    async def _forget(self, model: Model, lines: Sequence[Line]) -> None:
        await self._db.write(partial(queue.forget, kind=self._kind, model=model, done=lines))

    def _apply(self, model: Model, lines: Sequence[Line], *, erases: bool) -> None:
        """Bring the table in line with these lines, down to the disk. Nothing here depends on what it held before."""
        kind, name = self._kind.name, model.name
        found = [row for line in lines if (row := line.row(model.dimension)) is not None]
        kept = {row.row_id for row in found}
        self._vectors.upsert(kind, name, found)
        self._vectors.delete(kind, name, [line.row_id for line in lines if line.row_id not in kept])
        gone = [line.row_id for line in lines if line.is_gone]
        if erases and gone:
            self._vectors.erase(kind, name, gone)
            self.has_erased = True
        self._vectors.sync(kind, name)

    async def _compare_table(self, model: Model) -> int:
        held = await self._off_loop(partial(self._held, model))
        truth = await self._db.read(partial(queue.expected, kind=self._kind, model=model))
        differing: list[int] = np.setxor1d(truth, held).tolist()
        await self._queue(model, differing)
        if not await self._is_worth_a_table(model):
            return 0
        if differing:
            logger.info("index.reconciled", extra=self._about(model) | {"rows": len(differing)})
        return len(differing)

    def _held(self, model: Model) -> NDArray[np.int64]:
        """What the table holds: nothing when it had to be dropped."""
        with suppress(IndexLost):
            return self._vectors.row_ids(self._kind.name, model.name)
        with suppress(IndexLost):
            self._vectors.repair(self._kind.name, model.name)
        return self._vectors.row_ids(self._kind.name, model.name)

    async def _on_table(self, model: Model, work: Callable[[str, str], None]) -> None:
        try:
            await self._off_loop(partial(work, self._kind.name, model.name))
        except IndexLost:
            await self._requeue(model)

    async def _requeue(self, model: Model) -> None:
        truth = await self._db.read(partial(queue.expected, kind=self._kind, model=model))
        await self._queue(model, truth.tolist())
        logger.warning("index.rebuilding", extra=self._about(model))

    async def _queue(self, model: Model, row_ids: Sequence[int]) -> None:
        """Part by part: a million in one transaction would keep others from writing for seconds."""
        for start in range(0, len(row_ids), QUEUE_AT_ONCE):
            part = row_ids[start : start + QUEUE_AT_ONCE]
            await self._db.write(partial(queue.add, kind=self._kind, model=model, row_ids=part))

    def _kept(self, model: Model) -> Upkeep:
        return self._upkeep.setdefault(model.name, Upkeep(since=self._now()))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _about(self, model: Model) -> dict[str, object]:
        return {"kind": self._kind.name, "model": model.name}
