"""MCP spoken byte by byte on connections that stay open, in each of the ways a server is reached: it shows what comes
over the wire, and costs little where thousands of requests are sent."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import anyio

from tests.server.web.running import ACCEPT, headers_of, message, modern_headers

HANDSHAKE = "2025-06-18"
PATIENCE_SECONDS = 60
LONGEST_LINE = 2**24


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: ``text`` is all of it, ``events`` its messages where it was a stream."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line[6:]) for line in self.text.splitlines() if line.startswith("data: {")]

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON-RPC answer, which is the last message."""
        is_stream = "event-stream" in self.headers["content-type"]
        found: dict[str, Any] = self.events[-1] if is_stream else json.loads(self.text)
        return found


@dataclass
class Line:
    """One connection."""

    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        """Write a request."""
        given = {"Host": f"127.0.0.1:{self.port}", **headers}
        if body:
            given |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next answer."""
        with anyio.fail_after(PATIENCE_SECONDS):
            start, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n").split("\r\n")
        pairs = (each.partition(": ") for each in lines)
        return int(start.split()[1]), {name.lower(): value for name, _, value in pairs}

    async def part(self) -> bytes:
        """The next chunk of an answer that comes in chunks; empty at its end."""
        with anyio.fail_after(PATIENCE_SECONDS):
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def reply(self) -> Reply:
        """The next answer, whole."""
        with anyio.fail_after(PATIENCE_SECONDS):
            status, headers = await self.head()
            if headers.get("transfer-encoding") == "chunked":
                body = b""
                while more := await self.part():
                    body += more
            else:
                body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Reply(status, headers, body.decode())

    async def exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """A request and its answer."""
        self.send(method, path, headers, body)
        return await self.reply()

    def hang_up(self) -> None:
        """Cut it off, as a machine does that loses its network."""
        self.writer.transport.abort()


@asynccontextmanager
async def lined(port: int) -> AsyncGenerator[Line]:
    """A connection for the length of a block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_LINE)
    try:
        yield Line(port, reader, writer)
    finally:
        writer.close()


class Way(Protocol):
    """A way to reach a server; one request at a time."""

    async def ask(self, method: str, token: str = "", **params: Any) -> Reply:
        """A request and its answer; with ``token``, progress is asked for."""
        ...


def subject(method: str, params: Mapping[str, Any]) -> str:
    """What the header Mcp-Name says of a message."""
    return str(params.get("uri" if method == "resources/read" else "name", ""))


@dataclass
class Modern:
    """Each request stands for itself."""

    line: Line
    key: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def body(self, method: str, token: str = "", **params: Any) -> bytes:
        """A request, which has its number; with ``token``, progress is asked for."""
        asked = message(method, next(self.numbers), **params)
        if token:
            asked["params"]["_meta"]["progressToken"] = token
        return json.dumps(asked).encode()

    def send(self, method: str, token: str = "", **params: Any) -> None:
        """Without waiting for the answer."""
        headers = {**headers_of(self.key), **modern_headers(method, subject(method, params))}
        self.line.send("POST", "/mcp", headers, self.body(method, token, **params))

    async def ask(self, method: str, token: str = "", **params: Any) -> Reply:
        self.send(method, token, **params)
        return await self.line.reply()


def handshake(method: str, number: int | None, params: Mapping[str, Any], token: str = "") -> bytes:
    """A message of the era of handshakes; without a number, a notification."""
    numbered = {} if number is None else {"id": number}
    told = {**params, "_meta": {"progressToken": token}} if token else params
    return json.dumps({"jsonrpc": "2.0", **numbered, "method": method, "params": told}).encode()


ME: dict[str, Any] = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


@dataclass
class Legacy:
    """A session that was opened with a handshake. ``line`` may be replaced by another one."""

    line: Line
    key: str
    session: str = ""
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def headers(self) -> dict[str, str]:
        session = {"Mcp-Session-Id": self.session, "MCP-Protocol-Version": HANDSHAKE} if self.session else {}
        return {**ACCEPT, **headers_of(self.key), **session}

    async def greet(self) -> None:
        opened = await self.ask("initialize", **ME)
        self.session = opened.headers["mcp-session-id"]
        assert (await self.notify("notifications/initialized")).status == 202

    async def notify(self, method: str, **params: Any) -> Reply:
        return await self.line.exchange("POST", "/mcp", self.headers, handshake(method, None, params))

    def send(self, method: str, token: str = "", **params: Any) -> int:
        """Without waiting for the answer; the request's number."""
        number = next(self.numbers)
        self.line.send("POST", "/mcp", self.headers, handshake(method, number, params, token))
        return number

    async def ask(self, method: str, token: str = "", **params: Any) -> Reply:
        self.send(method, token, **params)
        return await self.line.reply()


@dataclass
class Sse:
    """The oldest way: requests are posted, and answered on a stream."""

    line: Line
    stream: Line
    key: str
    place: str = ""
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _unread: str = ""

    async def greet(self) -> None:
        self.stream.send("GET", "/sse", headers_of(self.key))
        assert (await self.stream.head())[0] == 200
        self.place = (await self.event()).partition("data: ")[2].strip()
        await self.ask("initialize", **ME)
        await self.post("notifications/initialized", None)

    async def event(self) -> str:
        """The next event on the stream that is not a sign of life; empty when the stream has ended."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while "\r\n\r\n" not in self._unread:
                if not (more := await self.stream.part()):
                    return ""
                self._unread += more.decode()
        found, _, self._unread = self._unread.partition("\r\n\r\n")
        return await self.event() if found.startswith(":") else found

    async def post(self, method: str, number: int | None, token: str = "", **params: Any) -> None:
        body = handshake(method, number, params, token)
        posted = await self.line.exchange("POST", self.place, headers_of(self.key), body)
        assert posted.status == 202, posted.text

    async def ask(self, method: str, token: str = "", **params: Any) -> Reply:
        number = next(self.numbers)
        await self.post(method, number, token, **params)
        return await self.answer(number)

    async def answer(self, number: int) -> Reply:
        """What the stream says until the answer to the request of that number, and it."""
        text = ""
        while f'"id":{number},' not in (event := await self.event()):
            assert event, "the stream has ended"
            text += event + "\n"
        return Reply(200, {"content-type": "text/event-stream"}, text + event)


@asynccontextmanager
async def modern(port: int, key: str = "") -> AsyncGenerator[Modern]:
    """Requests of the modern era."""
    async with lined(port) as line:
        yield Modern(line, key)


@asynccontextmanager
async def legacy(port: int, key: str = "") -> AsyncGenerator[Legacy]:
    """A session of the era of handshakes."""
    async with lined(port) as line:
        way = Legacy(line, key)
        await way.greet()
        yield way


@asynccontextmanager
async def sse(port: int, key: str = "") -> AsyncGenerator[Sse]:
    """A session of the oldest hosts."""
    async with lined(port) as line, lined(port) as stream:
        way = Sse(line, stream, key)
        await way.greet()
        yield way


async def number_of(port: int, metric: str, key: str = "") -> float:
    """One of the server's numbers, which are for admins."""
    async with lined(port) as line:
        lines = (await line.exchange("GET", "/metrics", headers_of(key))).text.splitlines()
    return next(float(each.split()[-1]) for each in lines if each.startswith(f"{metric} "))


async def running(port: int, calls: int) -> None:
    """Wait until so many calls run."""
    with anyio.fail_after(20):
        while await number_of(port, "satchel_calls_running") != calls:  # noqa: ASYNC110 - another process
            await anyio.sleep(0.02)
