"""An application behind our connections, served by uvicorn on loopback, and clients that speak HTTP byte by byte."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from server.web.answers import send_json
from server.web.connections import Patience, connections

SOON = 0.2  # the deadline that a test waits for
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Says what reached it."""
    message = await receive()
    told = {"path": scope["path"], "root_path": scope["root_path"], "bytes": len(message.get("body", b""))}
    await send_json(send, 200, told)


@dataclass(frozen=True)
class Answer:
    """What a client read."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connected(set[Any]):
    """uvicorn's connections, and whether there is any."""

    def __init__(self) -> None:
        super().__init__()
        self.none_left = anyio.Event()

    def add(self, connection: Any) -> None:
        super().add(connection)
        self.none_left = anyio.Event()

    def discard(self, connection: Any) -> None:
        super().discard(connection)
        if not self:
            self.none_left.set()


@dataclass(frozen=True)
class Place:
    """Where the application is served."""

    port: int
    connected: Connected

    async def are_gone(self) -> None:
        """Wait until the server has no connection left; there was one."""
        with anyio.fail_after(10):
            await self.connected.none_left.wait()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, request: bytes) -> Answer:
        """One answer to what is sent on a connection of its own."""
        reader, writer = await self.connect()
        try:
            writer.write(request)
            return await heard(reader)
        finally:
            writer.close()

    async def ask(self, method: str = "GET", path: str = "/", body: bytes = b"", **headers: str) -> Answer:
        """One request; an underscore in a header's name stands for a hyphen."""
        given = {"Host": f"127.0.0.1:{self.port}"} | {key.replace("_", "-"): value for key, value in headers.items()}
        if body:
            given["Content-Length"] = str(len(body))
        lines = "".join(f"{key}: {value}\r\n" for key, value in given.items())
        return await self.say(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)


async def heard(reader: asyncio.StreamReader) -> Answer:
    """The next answer."""
    with anyio.fail_after(10):
        start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip("\r\n").split("\r\n")
        pairs = [(key.lower(), value) for key, _, value in (line.partition(": ") for line in lines)]
        length = int(dict(pairs).get("content-length", "0"))
        return Answer(int(start.split()[1]), pairs, await reader.readexactly(length))


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What comes before the server closes the connection, or cuts it off."""
    with anyio.fail_after(10):
        said = b""
        try:
            while part := await reader.read(65_536):
                said += part
        except ConnectionError:
            pass
        return said


@asynccontextmanager
async def listening(app: ASGIApp, patience: Patience | None = None) -> AsyncGenerator[Place]:
    """Serve the application as long as the block lasts."""
    config = uvicorn.Config(
        app, http=connections(patience or Patience()), ws="none", lifespan="off", log_config=None, server_header=False
    )
    config.load()
    server = uvicorn.Server(config)
    connected = server.server_state.connections = Connected()
    server.lifespan = config.lifespan_class(config)
    sockets = [socket.create_server(("127.0.0.1", 0))]
    await server.startup(sockets)
    try:
        yield Place(sockets[0].getsockname()[1], connected)
    finally:
        for each in server.servers:
            each.close()
        for connection in list(connected):
            connection.transport.abort()
        with anyio.fail_after(10):
            while tasks := list(server.server_state.tasks):  # they hear that their client is gone
                await asyncio.wait(tasks)
