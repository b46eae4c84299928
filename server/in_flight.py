"""The calls that run now: counted, each with the time it has, and brought to an end when the server stops."""

import math
from collections.abc import Generator
from contextlib import contextmanager

import anyio

BEGIN_SECONDS = 0.02


class InFlight:
    """Knows the calls that run. ``timeout_seconds`` is the time that each has."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._running = 0
        self._limits: set[anyio.CancelScope] = set()
        self._is_stopping = False

    @contextmanager
    def counted(self) -> Generator[None]:
        """A call, which waits for its turn or runs, for the length of a block."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    @contextmanager
    def in_time(self) -> Generator[None]:
        """The time a call has. Raises TimeoutError when it is over."""
        with anyio.fail_after(0 if self._is_stopping else self._timeout_seconds) as limit:
            self._limits.add(limit)
            try:
                yield
            finally:
                self._limits.discard(limit)

    def late(self, name: str) -> str:
        """What the caller is told whose time was over."""
        if self._is_stopping:
            return f"{name} was ended because the server stops. Call again in a moment."
        return f"{name} took more than {self._timeout_seconds:g} s and was ended. Ask for less, or again."

    async def finish(self, seconds: float) -> None:
        """Return when no call runs any more, or after so many seconds. Calls just read have begun by then."""
        with anyio.move_on_after(seconds):
            await anyio.sleep(BEGIN_SECONDS)
            while self._running:  # noqa: ASYNC110 - the last moments of a process
                await anyio.sleep(BEGIN_SECONDS)

    async def give_up(self, seconds: float) -> None:
        """End the calls that still run, and those that would begin; they have so many seconds to tell their callers."""
        self._is_stopping = True
        for limit in list(self._limits):
            limit.deadline = -math.inf
        await self.finish(seconds)
