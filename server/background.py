"""What tasks in the background have in common: they are woken, and begin again when they break."""

import logging
from collections.abc import Awaitable, Callable

import anyio
import anyio.from_thread
import anyio.lowlevel

logger = logging.getLogger("satchel.background")

PAUSE_SECONDS = 30.0


class Bell:
    """Wakes a waiting task, from its own loop or from a thread."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._token = anyio.lowlevel.current_token()

    def ring(self) -> None:
        """Wake the task, from its own loop."""
        self._event.set()

    def ring_from_thread(self) -> None:
        """Wake the task; callable from any thread."""
        anyio.from_thread.run_sync(self.ring, token=self._token)

    async def wait(self, seconds: float) -> None:
        """Return when rung, or after so many seconds."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        self._event = anyio.Event()


async def supervised(work: Callable[[], Awaitable[None]]) -> None:
    """Run background work; should it break, the operator is told and it begins again, and the server goes on."""
    while True:
        try:
            await work()
        except Exception:  # the outermost loop of everything in the background
            logger.exception("background.failed")
        await anyio.sleep(PAUSE_SECONDS)
