"""Connections: how many, and how long each may take over its headers, over nothing, and over reading our answers.

uvicorn waits for ever for headers and for clients that do not read, and knows no limit. Used as
``uvicorn.Config(app, http=connections(Patience()), ws="none", server_header=False, …)``.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.web.answers import CLOSE, HEADERS, error_body, retry_after
from server.web.headers import Header

logger = logging.getLogger("satchel.http")

SLICE = 16 * 1024  # bytes that are looked at before the size of the headers is
LINGER_SECONDS = 2.0
RETRY_SECONDS = 1.0
SPARE_CONNECTIONS = 64  # so many more are told that there are too many; the rest is cut off
FREE_CHUNKS = 1000
SMALLEST_CHUNK = 64  # bytes on average, of those of a body that has more than FREE_CHUNKS
TAKEN_AT_LEAST = 32 * 1024  # bytes that a client has to read within `send_seconds`
ERRORS = {
    400: ("invalid_request", "This is no HTTP request that can be understood."),
    408: ("request_timeout", "The headers of the request did not come in time."),
    431: ("headers_too_large", "The headers of the request are too large."),
    501: ("not_implemented", "Of the transfer codings, only chunked is understood."),
    503: ("temporarily_unavailable", "There are too many connections. Try again in a moment."),
}


@dataclass(frozen=True, slots=True)
class Patience:
    """What a connection may take: seconds for a request's headers, seconds between requests, seconds without reading
    what is sent, bytes of headers; and how many connections there may be."""

    header_seconds: float = 10.0
    idle_seconds: float = 30.0
    send_seconds: float = 30.0
    header_bytes: int = 16 * 1024
    most_connections: int = 512


def connections(patience: Patience) -> type[asyncio.Protocol]:
    """What uvicorn takes as the class of its connections."""
    return cast("type[asyncio.Protocol]", partial(Connection, patience))


class Reading(h11.Connection):
    """Takes a request apart, and no body that comes in crumbs: each costs as much as a kilobyte, before anybody has
    looked at the request."""

    _chunks = 0
    _bytes = 0

    def next_event(self) -> Any:
        event: object = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._bytes += len(event.data)
            if self._chunks > FREE_CHUNKS and self._bytes < self._chunks * SMALLEST_CHUNK:
                raise h11.RemoteProtocolError("chunks are too small")
        return event


class Connection(H11Protocol):
    """One client. Three timers: for what is on its way from it (`_coming`), for what it has not read (`_going`), and
    uvicorn's own between requests."""

    def __init__(
        self,
        patience: Patience,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience = patience
        self._awaited = ""  # what `_coming` is the timer of
        self._coming: asyncio.TimerHandle | None = None
        self._going: asyncio.TimerHandle | None = None
        self._is_over = False  # the last word is said; what still comes is not heard
        self.conn = Reading(h11.SERVER, patience.header_bytes)
        self.timeout_keep_alive = patience.idle_seconds  # type: ignore[assignment]  # call_later takes a float
        self.ws_protocol_class = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # whatever the client has not taken starts the clock
        others = len(self.connections) - 1
        if others >= self._patience.most_connections + SPARE_CONNECTIONS:
            transport.abort()
        elif others >= self._patience.most_connections:
            self._hang_up(503, [retry_after(RETRY_SECONDS)])
        else:
            self._await("headers", self._patience.header_seconds, self._headers_are_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._await("")
        self.resume_writing()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE):
            if self._is_over or self.transport.is_closing():
                return
            super().data_received(data[start : start + SLICE])
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._going is None:
            self._wait_for_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._going is not None:
            self._going.cancel()
            self._going = None

    def shutdown(self) -> None:
        if self._is_over:
            self.transport.close()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn while it handles what h11 has against the request."""
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._refuse(hint if hint in ERRORS else 400)

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade that is not offered is ignored, as HTTP has it; no line in the log for each."""

    def _watch(self) -> None:
        """Start or stop the clock for what the client is in the middle of."""
        is_answered = self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        if self._is_over or self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._await("headers", self._patience.header_seconds, self._headers_are_late)
        elif self.conn.their_state is h11.SEND_BODY and is_answered:
            self._await("rest of a body", LINGER_SECONDS, self.transport.close)
        else:
            self._await("")

    def _await(self, awaited: str, seconds: float = 0.0, late: Callable[[], None] = lambda: None) -> None:
        """Have ``late`` called unless something else is awaited by then. What is awaited already gets no more time."""
        if awaited == self._awaited:
            return
        if self._coming is not None:
            self._coming.cancel()
        self._awaited = awaited
        self._coming = self.loop.call_later(seconds, late) if awaited else None

    def _headers_are_late(self) -> None:
        if self.conn.trailing_data[0]:
            self._refuse(408)
        else:
            self.transport.close()  # it has not begun

    def _wait_for_reader(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._going = self.loop.call_later(self._patience.send_seconds, self._reading_is_slow, waiting)

    def _reading_is_slow(self, waited: int) -> None:
        """Cut off a client that takes too little of what waits for it: it would hold that memory for as long as it
        likes."""
        waiting = self.transport.get_write_buffer_size()
        if waiting <= waited - TAKEN_AT_LEAST:
            self._wait_for_reader()
            return
        logger.info("connection.cut", extra={"reason": "does not read", "bytes": waiting})
        self.transport.abort()

    def _refuse(self, status: int) -> None:
        """Answer a request that does not reach the application, or the application no longer."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            self._hang_up(status)
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.close()
        else:
            self._hang_up(status)

    def _hang_up(self, status: int, headers: Sequence[Header] = ()) -> None:
        """Say why, and hear the client out for a moment: closed at once, what it is still sending would make its
        system throw the answer away unread."""
        self._is_over = True
        self._unset_keepalive_if_required()
        logger.info("connection.refused", extra={"status": status})
        self.transport.write(_answer(status, headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._await("end", LINGER_SECONDS, self.transport.close)


def _answer(status: int, headers: Sequence[Header]) -> bytes:
    """A refusal as it goes over the wire."""
    body = error_body(*ERRORS[status])
    length = (b"content-length", str(len(body)).encode())
    lines = [*HEADERS, (b"x-content-type-options", b"nosniff"), length, CLOSE, *headers]
    start = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
    return start + b"".join(b"%b: %b\r\n" % line for line in lines) + b"\r\n" + body
