"""MCP over stdin and stdout on event-loop pipes: half the latency of the SDK's threads, clean signals, and an answer
to lines that JSON cannot carry."""

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import stat
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, cast

import anyio
from mcp.server.stdio import stdio_server
from mcp.types import INVALID_PARAMS, PARSE_ERROR, jsonrpc_message_adapter

from server.calls import SatchelServer

logger = logging.getLogger("satchel.stdio")

ENDED = (anyio.BrokenResourceError, anyio.ClosedResourceError, asyncio.CancelledError)
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)  # linear
SCANNED = 2**20  # so much of a broken message is read for its id
LONGEST_LINE = 16 * 2**20  # 10 MiB of attachment in Base64 and its envelope
LAST_SECONDS = 1.5
Finish = Callable[[float], Awaitable[None]]  # waits for calls in flight, so many seconds at most
BROKEN = (
    "The message is not valid JSON (an unpaired surrogate, a huge number, too deep, or cut off)."
    " Send well-formed UTF-8 JSON."
)


async def serve(server: SatchelServer) -> None:
    """Serve until stdin ends or a signal asks to stop. At the end of stdin calls in flight get LAST_SECONDS to finish;
    then, or at a signal, they are cancelled and the store is closed."""
    if not _has_pipes():
        await server.run_stdio_async()
        return
    loop = asyncio.get_running_loop()
    task = cast("asyncio.Task[Any]", asyncio.current_task())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        async with (
            _wire(server.in_flight.finish) as wire,
            stdio_server(cast(Any, wire), cast(Any, wire)) as (incoming, outgoing),
        ):
            inner = server._lowlevel_server  # pyright: ignore[reportPrivateUsage]  # run_stdio_async takes no streams
            await inner.run(incoming, outgoing, inner.create_initialization_options())
    except asyncio.CancelledError:
        pass
    except BaseExceptionGroup as group:  # the SDK was handing a message over when the streams closed
        if group.split(ENDED)[1] is not None:
            raise


def _has_pipes() -> bool:
    """Whether the event loop can watch stdin and stdout: pipes, sockets and terminals on POSIX."""
    if sys.platform == "win32":
        return False
    modes = [os.fstat(number).st_mode for number in (0, 1)]
    return all(stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) for mode in modes)


class Wire:
    """The two streams as `stdio_server` uses them: lines to iterate, text to write."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, finish: Finish) -> None:
        self._reader = reader
        self._writer = writer
        self._finish = finish

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            line = await self._line()
            if line is None:
                await self._answer(None, PARSE_ERROR, f"A message may take {LONGEST_LINE:,} bytes at most.")
            elif not line:
                await self._finish(LAST_SECONDS)
                return
            elif await self._is_message(line):
                yield line.decode("utf-8", "replace")

    async def write(self, text: str) -> None:
        self._writer.write(text.encode())

    async def flush(self) -> None:
        with contextlib.suppress(ConnectionError):  # the host is gone; the end of stdin follows
            await self._writer.drain()

    async def _line(self) -> bytes | None:
        """The next line, empty at the end; None for one beyond the reader's limit, which is dropped up to its own end,
        so that no part of it is taken for a message."""
        is_whole = True
        while True:
            try:
                line = await self._reader.readuntil()
            except asyncio.IncompleteReadError as end:
                line = end.partial
            except asyncio.LimitOverrunError as overrun:
                await self._reader.readexactly(overrun.consumed)
                is_whole = False
                continue
            return line if is_whole else None

    async def _is_message(self, line: bytes) -> bool:
        """Whether the SDK will understand the line; if not it is answered here, because the SDK would stay silent and
        leave the caller waiting."""
        if not line.strip():
            return False
        try:
            jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            await self._refuse(line)
            return False
        return True

    async def _refuse(self, line: bytes) -> None:
        logger.warning("line.refused", extra={"bytes": len(line)})
        number = _value_of("id", line)
        if not isinstance(number, str | int) or isinstance(number, bool):
            await self._answer(None, PARSE_ERROR, BROKEN)
        elif _value_of("method", line) == "tools/call":
            result = {"content": [{"type": "text", "text": BROKEN}], "isError": True, "resultType": "complete"}
            await self._send({"jsonrpc": "2.0", "id": number, "result": result})
        else:
            await self._answer(number, INVALID_PARAMS, BROKEN)

    async def _answer(self, number: str | int | None, code: int, message: str) -> None:
        await self._send({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}})

    async def _send(self, message: dict[str, object]) -> None:
        await self.write(json.dumps(message) + "\n")
        await self.flush()


def _value_of(name: str, line: bytes) -> object:
    """A plain value of the message itself, where what is inside it keeps JSON from being parsed; None without one."""
    key = f'"{name}"'.encode()
    depth, before = 0, (b"", b"")
    for match in TOKEN.finditer(line[:SCANNED]):
        token = match[0]
        depth += (token in b"{[") - (token in b"}]")
        if depth == 1 and before == (key, b":"):
            with contextlib.suppress(ValueError):
                return cast(object, json.loads(token))
            return None
        if depth == 1:
            before = before[1], token
    return None


@contextlib.asynccontextmanager
async def _wire(finish: Finish) -> AsyncGenerator[Wire]:
    """Our own copies of the two descriptors; 0 becomes the null device and 1 stderr, so that a stray print or a child
    process cannot break the protocol."""
    loop = asyncio.get_running_loop()
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    incoming, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb", 0))
    outgoing, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(sink, "wb", 0))
    try:
        yield Wire(reader, asyncio.StreamWriter(outgoing, protocol, None, loop), finish)
    finally:
        incoming.close()
        outgoing.close()


def run(server: SatchelServer) -> None:
    """Serve on this process's stdin and stdout until the host is done."""
    anyio.run(serve, server)
