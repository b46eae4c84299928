"""The outermost layer: a name for each request, which its log lines and its answer carry, and one line when it is
refused."""

import logging
import re
import secrets
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.headers import values, with_headers

logger = logging.getLogger("satchel.http")

GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
"""What a proxy may call a request."""
Answered = Callable[[str, int, float], None]
"""Is told of each request: its path, status and seconds until the answer began."""


class Requests:
    """Names every request and tells ``answered`` how it went."""

    def __init__(self, app: ASGIApp, answered: Answered) -> None:
        self._app = app
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        name = _given(scope) or secrets.token_hex(8).encode()
        scope.setdefault("state", {})["request_id"] = name.decode()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(scope, message["status"], time.perf_counter() - started)
            await send(with_headers(message, (b"x-request-id", name), (b"x-content-type-options", b"nosniff")))

        await self._app(scope, receive, named)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        self._answered(scope["path"], status, seconds)
        facts = {"method": scope["method"][:16], "path": scope["path"][:128], "status": status}
        is_refusal = status >= 400 and scope["path"] != "/ready"  # which is asked until it is
        level = logging.INFO if is_refusal else logging.DEBUG
        logger.log(level, "http.answered", extra={**facts, "request_id": scope["state"]["request_id"]})


def _given(scope: Scope) -> bytes | None:
    found = values(scope, b"x-request-id")
    return found[0] if len(found) == 1 and GIVEN.fullmatch(found[0]) else None
