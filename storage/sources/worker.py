"""The parent's side of a worker process: a driver runs in it, and can be killed at any time.

One mechanism against what a driver may do: run too long, take too much memory, answer too much, crash. The source goes
over standard input, so that no password is in a list of processes.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from storage.child import ChildLimits, kill, reason_of, start
from storage.sources.engine import TOO_MUCH_MEMORY, EngineFailed
from storage.sources.frames import HEADER_BYTES, body_length, packed, source_record
from storage.sources.source import EngineName, Source

MODULE = "storage.sources.serving"
ANSWER_BYTES = 32 << 20
CPU_SECONDS = 3600
"""Over all its jobs: the wall clock limits each; this, a worker whose owner died."""
JOBS = 1_000
"""A worker that did so many is replaced: what a driver leaks goes with it."""
MEMORY_BYTES: dict[EngineName, int] = {"sqlite": 512 << 20, "duckdb": 4 << 30, "folder": 4 << 30}
SERVER_MEMORY_BYTES = 1 << 30
"""Address space, of which DuckDB reserves more than it uses: its own setting limits that."""
FILE_BYTES: dict[EngineName, int] = {"sqlite": 1 << 20}
"""SQLite writes the index of a write-ahead log, 32 KiB for each 16 MB of log; nobody else writes a file."""


class Gone(Exception):
    """The worker ended by itself before the job: nobody had needed it for long. Another one may do the job."""


class Worker:
    """A process that has one source open. Usable by one caller at a time, until it `is_over`."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = BufferedByteReceiveStream(process.stdout)
        self._jobs = 0
        self._is_lost = False

    @classmethod
    async def start(cls, source: Source) -> Self:
        """A worker with the source to open; a source that cannot be opened fails each job."""
        limits = ChildLimits(
            memory_bytes=MEMORY_BYTES.get(source.engine, SERVER_MEMORY_BYTES),
            cpu_seconds=CPU_SECONDS,
            file_bytes=FILE_BYTES.get(source.engine, 0),
        )
        worker = cls(await start(MODULE, limits))
        try:
            await worker._tell(source_record(source))
        except BaseException:
            await worker.end()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether it has to be replaced."""
        return self._is_lost or self._process.returncode is not None or self._jobs >= JOBS

    async def ask(self, job: Mapping[str, Any], seconds: float) -> Any:
        """The job's value. Raises EngineFailed, as the engine did, or because the worker was late, died or wrote too
        much; and Gone. A worker that is late, or whose caller is cancelled, is killed."""
        self._jobs += 1
        has_answered = False
        try:
            with anyio.fail_after(seconds):
                await self._tell(job)
                answer = await self._hear()
            has_answered = "is_last" not in answer
        except TimeoutError as error:
            raise EngineFailed("deadline", f"stopped after {seconds:g} seconds") from error
        finally:
            if not has_answered:
                await self.end()
        if "failure" in answer:
            raise EngineFailed(answer["failure"], answer["detail"], answer["name"])
        return answer["value"]

    async def end(self) -> None:
        """Kill the process and what it started. Safe to repeat."""
        self._is_lost = True
        with anyio.CancelScope(shield=True):
            if self._process.returncode is None:
                kill(self._process)
            await self._process.aclose()

    async def _tell(self, record: Mapping[str, Any]) -> None:
        with suppress(anyio.BrokenResourceError, OSError):  # one that ended early says why by its exit code
            await self._stdin.send(packed(record))

    async def _hear(self) -> dict[str, Any]:
        try:
            length = body_length(await self._stdout.receive_exactly(HEADER_BYTES))
            if length > ANSWER_BYTES:
                raise EngineFailed("memory", "the answer is too large")
            answer: dict[str, Any] = json.loads(await self._stdout.receive_exactly(length))
        except (anyio.IncompleteRead, anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise await self._loss() from error
        return answer

    async def _loss(self) -> EngineFailed | Gone:
        """Why there is no answer, by the exit code."""
        code = await self._process.wait()
        if code == 0:
            return Gone()
        match reason_of(code):
            case "timeout":
                return EngineFailed("deadline", "stopped: it took too much processor time")
            case "memory":
                return EngineFailed("memory", TOO_MUCH_MEMORY)
            case _:
                return EngineFailed("other", "the database's driver crashed")
