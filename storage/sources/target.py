"""A database that may be questioned: what tools use. Each call is done by a worker process of a small, warm pool."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import anyio
import anyio.to_thread

from storage.sources.engine import EngineFailed, Limits
from storage.sources.fetched import Fetched
from storage.sources.schema import Schema, from_record
from storage.sources.source import Source
from storage.sources.worker import Gone, Worker
from storage.tracing import span

GRACE_SECONDS = 0.5
"""From an engine's own deadline until its process is killed."""
DESCRIBE_SECONDS = 10.0
ATTEMPTS = 3
"""A worker may end for want of work at the moment it gets some."""


class Target:
    """One source. Calls run side by side, each in a worker of its own; those over ``workers`` wait their turn.

    Every call ends: after its seconds and half a second of grace its worker is killed and the call fails by
    ``deadline``; it waits no longer than that for a worker either, and fails by ``busy``. All raise EngineFailed.
    """

    def __init__(self, source: Source, workers: int = 2) -> None:
        self.source = source
        self._turns = anyio.Semaphore(workers)
        self._idle: list[Worker] = []
        self._is_closed = False

    async def schema(self) -> Schema:
        """The shared tables, read anew."""
        record = await self._ask(DESCRIBE_SECONDS, {"call": "describe"})
        return await anyio.to_thread.run_sync(from_record, record)  # thousands of columns take a while

    async def version(self) -> str:
        """A cheap token that changes when the schema may have; empty where the engine has none."""
        version: str = await self._ask(DESCRIBE_SECONDS, {"call": "version"})
        return version

    async def values(self, table: str, columns: Sequence[str], most: int, seconds: float) -> dict[str, list[str]]:
        """Distinct values of columns of a shared table, as `Engine.values` tells. ``table`` is a `Table.key`."""
        job = {"call": "values", "table": table, "columns": list(columns), "most": most, "seconds": seconds}
        values: dict[str, list[str]] = await self._ask(seconds, job)
        return values

    async def plan(self, sql: str, limits: Limits) -> float | None:
        """Dry run: the cost the engine expects, in rows, or None where it cannot say."""
        job = {"call": "plan", "sql": sql, "limits": asdict(limits)}
        cost: float | None = await self._ask(limits.seconds, job)
        return cost

    async def run(self, sql: str, limits: Limits, *, reads_masked: bool = False) -> Fetched:
        """The rows of an approved statement. ``reads_masked``: it counts or joins on a masked column."""
        job = {"call": "run", "sql": sql, "limits": asdict(limits), "reads_masked": reads_masked}
        answer = await self._ask(limits.seconds, job)
        rows = tuple(tuple(row) for row in answer.pop("rows"))
        return Fetched(tuple(answer.pop("columns")), tuple(answer.pop("roles")), rows, **answer)

    async def rights(self) -> list[str]:
        """What the account could do beyond reading, in words."""
        rights: list[str] = await self._ask(DESCRIBE_SECONDS, {"call": "rights"})
        return rights

    async def close(self) -> None:
        """End the workers; one that is at work ends with its job."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().end()

    async def _ask(self, seconds: float, job: Mapping[str, Any]) -> Any:
        with span(f"source.{job['call']}", engine=self.source.engine):
            return await self._in_turn(seconds + GRACE_SECONDS, job)

    async def _in_turn(self, limit: float, job: Mapping[str, Any]) -> Any:
        """What a worker answers, the first that is free or a new one."""
        try:
            with anyio.fail_after(limit):
                await self._turns.acquire()
        except TimeoutError as error:
            detail = f"waited {limit:g} seconds while other queries kept the data source busy"
            raise EngineFailed("busy", detail) from error
        try:
            return await self._done(job, limit)
        finally:
            self._turns.release()

    async def _done(self, job: Mapping[str, Any], seconds: float) -> Any:
        for _ in range(ATTEMPTS):
            worker = await self._worker()
            try:
                return await worker.ask(job, seconds)
            except Gone:
                continue
            finally:
                if worker.is_over or self._is_closed:
                    await worker.end()
                else:
                    self._idle.append(worker)
        raise EngineFailed("other", "the database's driver ended by itself")

    async def _worker(self) -> Worker:
        """The one used last, so that others can be idle long enough to end."""
        while self._idle:
            worker = self._idle.pop()
            if not worker.is_over:
                return worker
            await worker.end()
        return await Worker.start(self.source)
