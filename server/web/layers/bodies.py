"""Request bodies: how large they may be, how long they may take, and that a message is one, before anybody below reads
them. What is below gets the body in one piece and hears, as before, when the client hangs up."""

import re
from collections.abc import Sequence

import anyio
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.answers import CLOSE, refuse, send_json
from server.web.headers import values
from server.web.layers.messages import Malformed, Peek, peek

PEEK = "satchel.peek"
"""Where the scope of a request holds the Peek at its message."""
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LENGTH = re.compile(rb"[0-9]{1,18}")
LARGEST_AT_ONCE = 64 * 1024  # bytes, about 10 ms at worst; above, a message is read in a thread
READERS = 2
LINGER_SECONDS = 2.0


class TooLarge(Exception):
    """The body is beyond the limit."""


class HungUp(Exception):
    """The client went before its body had come."""


class Bodies:
    """Takes in bodies of at most ``limit_bytes`` that come within ``seconds``; what is posted to ``json_paths`` and
    below must be a JSON-RPC message, at which the scope then holds a Peek."""

    def __init__(self, app: ASGIApp, limit_bytes: int, seconds: float, json_paths: Sequence[str]) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._seconds = seconds
        self._json_paths = tuple(json_paths)
        self._readers = anyio.CapacityLimiter(READERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif unclear := _framing_fault(scope):
            await refuse(send, 400, "invalid_request", unclear, [CLOSE])
        elif scope["method"] in METHODS:
            await self._take_in(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._body(scope, receive)
            if self._holds_message(scope):
                scope[PEEK] = await self._peek(body)
        except HungUp:
            return
        except TooLarge:
            told = f"A request body may take {self._limit_bytes:,} bytes at most."
            await refuse(_lingering(receive, send), 413, "content_too_large", told, [CLOSE])
        except TimeoutError:
            told = f"The request body did not come within {self._seconds:g} seconds."
            await refuse(send, 408, "request_timeout", told, [CLOSE])
        except Malformed as error:
            fault = {"code": error.code, "message": error.text}
            await send_json(send, 400, {"jsonrpc": "2.0", "id": error.number, "error": fault})
        else:
            await self._app(scope, _replaying(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """All of it. Raises TooLarge, HungUp, TimeoutError."""
        if any(int(declared) > self._limit_bytes for declared in values(scope, b"content-length")):
            raise TooLarge
        body, is_whole = bytearray(), False
        with anyio.fail_after(self._seconds):
            while not is_whole:
                message = await receive()
                if message["type"] != "http.request":
                    raise HungUp
                body += message.get("body", b"")
                is_whole = not message.get("more_body", False)
                if len(body) > self._limit_bytes:
                    raise TooLarge
        return bytes(body)

    def _holds_message(self, scope: Scope) -> bool:
        path = get_route_path(scope)
        return scope["method"] == "POST" and any(f"{path}/".startswith(f"{each}/") for each in self._json_paths)

    async def _peek(self, body: bytes) -> Peek:
        if len(body) <= LARGEST_AT_ONCE:
            return peek(body)
        return await anyio.to_thread.run_sync(peek, body, limiter=self._readers)


def _framing_fault(scope: Scope) -> str:
    """What makes it unclear where the body ends; a proxy in front may have seen another end."""
    lengths = values(scope, b"content-length")
    if lengths and values(scope, b"transfer-encoding"):
        return "A request has a Content-Length or a Transfer-Encoding, not both."
    if len(lengths) > 1 or not all(map(LENGTH.fullmatch, lengths)):
        return "Content-Length must be one number."
    return ""


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, then what comes: that the client has hung up."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _lingering(receive: Receive, send: Send) -> Send:
    """A `send` that, once all is said, hears the client out for a moment before the connection closes: closed at
    once, what is still on its way would make the client's system throw the answer away unread."""

    async def sent(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        with anyio.move_on_after(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
        await send({"type": "http.response.body"})

    return sent
