"""Short JSON answers of our own, for what is refused before a handler sees it."""

import json
import math
from collections.abc import Mapping, Sequence

from starlette.types import Send

from server.web.headers import Header

HEADERS: tuple[Header, ...] = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
CLOSE: Header = (b"connection", b"close")


def retry_after(seconds: float) -> Header:
    """When it may be tried again: whole seconds, one at least."""
    return b"retry-after", str(max(1, math.ceil(seconds))).encode()


def error_body(error: str, description: str) -> bytes:
    """What a refusal says: a word for programs and a sentence for people."""
    return json.dumps({"error": error, "error_description": description}).encode()


async def refuse(send: Send, status: int, error: str, description: str, headers: Sequence[Header] = ()) -> None:
    """Answer with an error."""
    await _send(send, status, error_body(error, description), headers)


async def refuse_excess(send: Send, description: str, seconds: float = 1.0) -> None:
    """Answer that there is too much of something: 429, and in how many seconds there may be less."""
    await refuse(send, 429, "too_many_requests", description, [retry_after(seconds)])


async def send_json(send: Send, status: int, content: Mapping[str, object], headers: Sequence[Header] = ()) -> None:
    """Answer with an object."""
    await _send(send, status, json.dumps(content).encode(), headers)


async def _send(send: Send, status: int, body: bytes, headers: Sequence[Header]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, length, *headers]})
    await send({"type": "http.response.body", "body": body})


def challenge(*parts: str) -> Header:
    """What a caller without the right key is asked for; empty parts are left out."""
    return b"www-authenticate", f"Bearer {', '.join(filter(None, parts))}".strip().encode()
