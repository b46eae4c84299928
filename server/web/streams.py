"""The streams that stay open: ended together when the server stops, so that it can, and one by one when their key is no
longer in force."""

from collections.abc import Awaitable, Callable

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RECHECK_SECONDS = 30.0
Still = Callable[[], Awaitable[bool]]
"""Whether who opened a stream may still have it."""


class Streams:
    """What is open now."""

    def __init__(self, recheck_seconds: float = RECHECK_SECONDS) -> None:
        self._recheck_seconds = recheck_seconds
        self._open: dict[anyio.CancelScope, Still] = {}
        self.are_ending = False
        """Whether the server is about to stop."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, still: Still) -> None:
        """Answer with a stream, until it ends by itself or is ended: its client then sees a clean end. The SDK answers
        once more when a stream of the older transport has ended; that goes nowhere."""
        has_begun = is_unfinished = False

        async def watched(message: Message) -> None:
            nonlocal has_begun, is_unfinished
            if has_begun and not is_unfinished:
                return
            has_begun = True
            is_unfinished = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        with anyio.CancelScope() as cancel:
            self._open[cancel] = still
            if self.are_ending:
                cancel.cancel()
            try:
                await app(scope, receive, watched)
            finally:
                del self._open[cancel]
        if is_unfinished:
            await send({"type": "http.response.body"})

    async def watch(self) -> None:
        """End streams whose key has been revoked or has expired since; until cancelled."""
        while True:
            await anyio.sleep(self._recheck_seconds)
            for cancel, still in list(self._open.items()):
                if not await still():
                    cancel.cancel()

    def end(self) -> None:
        """End them all, and those that come later."""
        self.are_ending = True
        for cancel in list(self._open):
            cancel.cancel()
