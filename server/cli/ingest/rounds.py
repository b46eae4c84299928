"""The rounds of `satchel ingest`: one, or with `--watch` one after each change."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectSendStream

from server.cli.ingest.views import files_bar, print_details, print_errors, summary
from server.cli.ingest.watching import listen
from server.cli.interrupts import INTERRUPTED, stop_at_interrupt
from server.cli.model_loading import load_model
from server.cli.printing import note, out
from storage.embedding.transformer import usable_cores
from storage.errors import StorageError
from storage.files import named_paths
from storage.files.file_tree import Skipped
from storage.index.upkeep import WAL_TRUNCATE
from tools.rag.ingest_plan import Asked, Plan, planned
from tools.rag.ingesting import Outcome, Workshop, ingest

if TYPE_CHECKING:
    from server.house import House

CHUNKS_BETWEEN_FLUSHES = 20_000


async def rounds(house: "House", asked: Asked, *, watch: bool) -> int:
    """Ingest what was asked for; the exit code. Raises StorageError, with what was done so far printed."""
    await load_model(house)
    await house.backfill.register()
    with stop_at_interrupt() as stop:
        rounds = Rounds(Upkeep(house), asked, stop)
        plan, outcome = await rounds.run()
        if outcome.is_stopped:
            return INTERRUPTED
        if watch:
            note("Watching. Ctrl-C ends it.")
            await _watch(rounds, asked, stop)
    return 1 if plan.errors or _is_fruitless(outcome) else 0


class Upkeep:
    """Keeps the vector tables near what was written, and the write-ahead log small; where a server does the first, it
    is left to it."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self._chunks = 0
        self._log = house.db.path.with_name(house.db.path.name + "-wal")
        self._log_bytes = 0

    async def __call__(self, chunks: int) -> None:
        """Note that so many chunks came, and do what is due."""
        self._chunks += chunks
        if self._chunks >= CHUNKS_BETWEEN_FLUSHES:
            await self.flush()
        with suppress(FileNotFoundError):
            size = self._log.stat().st_size
            if size < self._log_bytes:
                self._log_bytes = 0
            if size - self._log_bytes >= WAL_TRUNCATE:
                self._log_bytes = size  # who reads for long keeps it from being emptied: try when it has grown again
                await self.house.db.checkpoint(truncate=True)

    async def flush(self) -> None:
        """Bring the vector tables in line with what was written."""
        self._chunks = 0
        await self.house.indexer.catch_up()


class Rounds:
    """Ingests the same again and again. The first round tells everything, a later one what is new."""

    def __init__(self, upkeep: Upkeep, asked: Asked, stop: anyio.Event) -> None:
        self._upkeep = upkeep
        self._asked = asked
        self._stop = stop
        self._told: set[Skipped] | None = None

    async def run(self) -> tuple[Plan, Outcome]:
        """One round, with what came of it printed, however it ends. Raises StorageError."""
        started = time.monotonic()
        plan, outcome = await planned(self._upkeep.house.db, self._asked), Outcome()
        try:
            with files_bar(len(plan.jobs)) as advance:
                documents = self._upkeep.house.services.documents
                workshop = Workshop(documents, usable_cores() + 1, self._upkeep, self._stop.is_set, advance)
                await ingest(workshop, self._asked, plan, outcome)
                if outcome.has_changes:
                    await self._upkeep.flush()
        finally:
            self._print(plan, outcome, time.monotonic() - started)
        return plan, outcome

    def _print(self, plan: Plan, outcome: Outcome, seconds: float) -> None:
        known, self._told = self._told, {*outcome.skipped, *plan.errors}
        if known is None:
            out(summary(outcome, seconds))
            print_details(outcome, plan.formats)
            print_errors(plan.errors)
        elif outcome.has_changes or self._told - known:
            out(f"{time.strftime('%H:%M:%S')} {summary(outcome, seconds)}")
            print_details(replace(outcome, skipped=[each for each in outcome.skipped if each not in known]), {})
            print_errors([each for each in plan.errors if each not in known])


def _is_fruitless(outcome: Outcome) -> bool:
    """Whether there was something to read, and all of it failed."""
    return bool(outcome.skipped) and not (outcome.has_changes or outcome.unchanged)


async def _watch(rounds: Rounds, asked: Asked, stop: anyio.Event) -> None:
    """A round after each change, until stopped. An error is carried out by hand: the task group would wrap it."""
    failure: Exception | None = None
    bell, rings = anyio.create_memory_object_stream[None](1)
    deep, flat = await anyio.to_thread.run_sync(named_paths.watched, asked.named)

    async def watch(folders: Sequence[Path], bell: MemoryObjectSendStream[None], is_deep: bool) -> None:
        nonlocal failure
        with bell:
            try:
                await listen(folders, lambda: _ring(bell), stop, asked.barred, is_deep=is_deep)
            except OSError as error:
                failure = error
                stop.set()

    async with anyio.create_task_group() as tasks:
        with bell:
            for folders, is_deep in ((deep, True), (flat, False)):
                if folders:
                    tasks.start_soon(watch, folders, bell.clone(), is_deep)
        try:
            async for _ in rings:
                await rounds.run()
        except StorageError as error:
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


def _ring(bell: MemoryObjectSendStream[None]) -> None:
    with suppress(anyio.WouldBlock):  # one round sees several changes
        bell.send_nowait(None)
