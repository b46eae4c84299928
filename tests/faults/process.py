"""A real `satchel serve` under a client that may send many calls at once, and kill it under them.

The client is our own few lines, not the SDK's: it keeps the process at hand, sends without waiting, and takes what
comes back after a kill.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

ROOT = Path(__file__).resolve().parents[2]
LONGEST_LINE = 64 << 20
PATIENCE_SECONDS = 180
SERVE = (sys.executable, "-m", "server", "serve")
PROTOCOL = "2025-06-18"


class Died(Exception):
    """The process ended before it answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool call came to."""

    is_error: bool
    text: str
    data: dict[str, Any]


@dataclass(slots=True)
class Process:
    """One server. Requests may be sent side by side; each waits for its own answer."""

    process: asyncio.subprocess.Process
    log: Path
    strays: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    """Messages that answer nothing that was asked by number."""
    _waiting: dict[int, "asyncio.Future[dict[str, Any]]"] = field(default_factory=dict)
    _last: int = 0

    async def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The whole answer, result or error. Raises Died."""
        self._last += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number := self._last] = answer
        if self.process.returncode is not None:
            raise Died
        await self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        with anyio.fail_after(PATIENCE_SECONDS):
            return await answer

    async def call(self, tool: str, **arguments: Any) -> Answer:
        """Call a tool. Raises Died."""
        result = (await self.request("tools/call", {"name": tool, "arguments": arguments}))["result"]
        return Answer(result.get("isError", False), result["content"][0]["text"], result.get("structuredContent", {}))

    async def health(self) -> dict[str, Any]:
        """What the server says of itself."""
        answer = await self.request("resources/read", {"uri": "satchel://health"})
        health: dict[str, Any] = json.loads(answer["result"]["contents"][0]["text"])
        return health

    async def send(self, message: dict[str, Any]) -> None:
        """Send without waiting for an answer."""
        await self.write(json.dumps(message).encode() + b"\n")

    async def write(self, line: bytes) -> None:
        """Send bytes as they are. Raises Died."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line)
            await self.process.stdin.drain()
        except ConnectionError as error:
            raise Died from error

    async def stray(self) -> dict[str, Any]:
        """The next message that answers nothing that was asked by number."""
        with anyio.fail_after(PATIENCE_SECONDS):
            return await self.strays.get()

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def events(self) -> list[str]:
        """The events the server has logged so far."""
        lines = self.log.read_text("utf-8").splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith("{")]

    async def read(self) -> None:
        """Hand out answers until the process closes its end."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            answer = self._waiting.pop(message.get("id"), None)
            if answer is None:
                self.strays.put_nowait(message)
            elif not answer.done():
                answer.set_result(message)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Died())
                answer.exception()  # looked at, should nobody wait for it any more

    async def close(self) -> None:
        """End it as a host does: close its stdin and wait."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(ConnectionError):
            await self.process.stdin.wait_closed()
        with anyio.fail_after(PATIENCE_SECONDS):
            await self.process.wait()


@asynccontextmanager
async def serving(home: Path, command: Sequence[str] = SERVE, **settings: str) -> AsyncGenerator[Process]:
    """A server with its data in ``home/data``, greeted; ended however the block ends.

    The built-in table embeds, unless ``settings`` say otherwise: SATCHEL_ variables in lower case.
    """
    settings = {"embedding_model": "static", "offline": "1", **settings}
    environment = {f"SATCHEL_{name.upper()}": value for name, value in settings.items()}
    environment |= {"SATCHEL_HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    log = home.with_name(f"{home.name}-{os.urandom(4).hex()}.log")
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=home.parent,
            limit=LONGEST_LINE,
        )
    server = Process(process, log)
    reading = asyncio.create_task(server.read())
    try:
        await _greet(server)
        yield server
        await server.close()
    finally:
        server.kill()
        await server.close()
        await reading


async def _greet(server: Process) -> None:
    me = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "faults", "version": "1"}}
    await server.request("initialize", me)
    await server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
