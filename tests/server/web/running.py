"""A server process on loopback, keys for it, and clients that use them."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from tests.client import Agent, Mode, environment

ACCEPT = {"Accept": "application/json, text/event-stream"}
MODERN = "2026-07-28"
READY_SECONDS = 60.0


@dataclass
class Served:
    """A server that is up. ``log`` grows while it runs."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    log: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after the signal."""
        self.process.send_signal(number)
        return self.process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(home: Path, *arguments: str, **given: str) -> str:
    """The output of a command that succeeds."""
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments], env=environment(home, **given), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def new_key(home: Path, tenant: str = "acme", scopes: str = "read,write", *more: str) -> str:
    """A key, made as an operator makes one."""
    return command(home, "keys", "add", "--tenant", tenant, "--scopes", scopes, *more)


def headers_of(key: str) -> dict[str, str]:
    """What a caller with this key sends; nothing without one."""
    return {"Authorization": f"Bearer {key}"} if key else {}


@contextmanager
def served(home: Path, *arguments: str, **given: str) -> Generator[Served]:
    """A server process, ready; ended by SIGTERM, which it must obey."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--http", "--port", str(port), *arguments],
        env=environment(home, **given),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    server = Served(home, port, process)
    assert process.stderr is not None
    stderr = process.stderr
    reader = threading.Thread(target=lambda: server.log.extend(line.decode() for line in stderr), daemon=True)
    reader.start()
    try:
        _await_ready(server)
        yield server
        if process.poll() is None:
            assert server.stop() == 0, "".join(server.log[-20:])
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        stderr.close()


def _await_ready(server: Served) -> None:
    deadline = time.monotonic() + READY_SECONDS
    with httpx2.Client(trust_env=False) as http:
        while server.process.poll() is None and time.monotonic() < deadline:
            try:
                if http.get(f"{server.url}/ready").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.05)
    raise AssertionError("".join(server.log))


@asynccontextmanager
async def over_http(url: str, key: str = "", mode: Mode = "auto") -> AsyncGenerator[Agent]:
    """An agent connected over Streamable HTTP."""
    timeout = httpx2.Timeout(30, read=300)
    async with (
        httpx2.AsyncClient(headers=headers_of(key), timeout=timeout, trust_env=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield Agent(client)


@asynccontextmanager
async def over_sse(url: str, key: str = "", mode: Mode = "auto") -> AsyncGenerator[Agent]:
    """An agent connected the way older hosts are."""
    async with Client(sse_client(f"{url}/sse", headers=headers_of(key)), mode=mode) as client:
        yield Agent(client)


def message(method: str, number: int = 1, **parameters: Any) -> dict[str, Any]:
    """A request of the modern era, which needs no handshake."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**parameters, "_meta": meta}}


def modern_headers(method: str, name: str = "") -> dict[str, str]:
    """The headers that go with it."""
    named = {"Mcp-Name": name} if name else {}
    return {**ACCEPT, "MCP-Protocol-Version": MODERN, "Mcp-Method": method, **named}


async def post(http: httpx2.AsyncClient, url: str, key: str, method: str, **parameters: Any) -> httpx2.Response:
    """One modern request."""
    headers = {**headers_of(key), **modern_headers(method, str(parameters.get("name", "")))}
    return await http.post(f"{url}/mcp", json=message(method, **parameters), headers=headers)
