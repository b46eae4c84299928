"""A server process spoken to over HTTP on kept connections, without the SDK's client, whose own time must not count."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from benchmarks.wire import BARE, INITIALIZE, MODERN, SATCHEL

Era = Literal["handshake", "modern"]
ERAS: tuple[Era, ...] = ("handshake", "modern")

UP_SECONDS = 30.0
STOP_SECONDS = 15.0


class Refused(Exception):
    """The server answered, but not with a result; the text says how."""


@contextmanager
def satchel(home: Path, *arguments: str, **settings: str) -> Generator[int]:
    """Satchel over HTTP for the length of a block; its port."""
    port = _free_port()
    environment = {"SATCHEL_HOME": str(home), "SATCHEL_LOG_LEVEL": "error", "SATCHEL_EMBEDDING_MODEL": "static"}
    environment |= {name.upper(): value for name, value in settings.items()}
    with _running([*SATCHEL, "--http", "--port", str(port), *arguments], port, environment):
        yield port


@contextmanager
def bare() -> Generator[int]:
    """The SDK's server with one trivial tool, over HTTP; its port."""
    port = _free_port()
    with _running([*BARE, str(port)], port, {}):
        yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Generator[None]:
    process = subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(process, port)
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server does not listen")


class Line:
    """One client on one kept connection."""

    def __init__(self, port: int, era: Era, key: str = "") -> None:
        self._port = port
        self._era: Era = era
        self._number = 0
        self._headers = {
            "Host": f"127.0.0.1:{port}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": INITIALIZE["protocolVersion"] if era == "handshake" else _MODERN_VERSION,
        }
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    async def open(self) -> None:
        """Connect; in the era that has one, shake hands."""
        await self._connect()
        if self._era == "handshake":
            await self.request("initialize", INITIALIZE)
            await self._post({"method": "notifications/initialized"})

    async def call(self, tool: str, **arguments: Any) -> None:
        """Call a tool. Raises Refused unless it answers with a result that is no error."""
        params = {"name": tool, "arguments": arguments}
        if self._era == "handshake":
            result = await self.request("tools/call", params)
        else:
            named = {"Mcp-Method": "tools/call", "Mcp-Name": tool}
            result = await self.request("tools/call", params | MODERN, named)
        if result.get("isError"):
            raise Refused(result["content"][0]["text"])

    async def request(
        self, method: str, params: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Send one request and wait for its result. Raises Refused."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        answer = await self._post(message, headers)
        if "result" not in answer:
            raise Refused(str(answer.get("error", answer)))
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        self._writer.close()

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def _post(self, message: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        told = self._headers | (headers or {}) | {"Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        request = f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body
        try:
            self._writer.write(request)
            status, received = await self._answer()
        except (asyncio.IncompleteReadError, ConnectionError):  # servers close connections that rest
            self.close()
            await self._connect()
            self._writer.write(request)
            status, received = await self._answer()
        if status >= 400:
            raise Refused(f"HTTP {status}")
        return _message(received, message.get("id"))

    async def _answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer; a session's name is kept for what follows."""
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "mcp-session-id" in headers:
            self._headers["Mcp-Session-Id"] = headers["mcp-session-id"]
        if headers.get("transfer-encoding") == "chunked":
            body = await self._chunks()
        else:
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return int(first.split()[1]), body

    async def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(await self._reader.readline(), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return b"".join(parts)


_MODERN_VERSION: str = MODERN["_meta"]["io.modelcontextprotocol/protocolVersion"]  # type: ignore[assignment]


def _message(body: bytes, number: object) -> dict[str, Any]:
    """The answer to a request, in a body of JSON or of events; nothing for a notification."""
    if number is None:
        return {}
    texts = [body] if body.startswith(b"{") else [line[5:] for line in body.splitlines() if line.startswith(b"data:")]
    for text in texts:
        if text.strip() and (answer := json.loads(text)).get("id") == number:
            found: dict[str, Any] = answer
            return found
    raise Refused("no answer")
