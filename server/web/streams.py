"""The streams that stay open: ended together when the server stops, so that it can."""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Streams:
    """What is open now."""

    def __init__(self) -> None:
        self._open: set[anyio.CancelScope] = set()
        self.are_ending = False
        """Whether the server is about to stop."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a stream, until it ends by itself or all are ended: its client then sees a clean end. The SDK
        answers once more when a stream of the older transport has ended; that goes nowhere."""
        has_begun = is_unfinished = False

        async def watched(message: Message) -> None:
            nonlocal has_begun, is_unfinished
            if has_begun and not is_unfinished:
                return
            has_begun = True
            is_unfinished = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        with anyio.CancelScope() as cancel:
            self._open.add(cancel)
            if self.are_ending:
                cancel.cancel()
            try:
                await app(scope, receive, watched)
            finally:
                self._open.discard(cancel)
        if is_unfinished:
            await send({"type": "http.response.body"})

    def end(self) -> None:
        """End them all, and those that come later."""
        self.are_ending = True
        for cancel in list(self._open):
            cancel.cancel()
