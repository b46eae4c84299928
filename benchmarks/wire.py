"""A server process spoken to in JSON-RPC lines over pipes, without the SDK's client, whose own time must not count."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SATCHEL = ["-P", "-m", "server", "serve"]
BARE = [str(Path(__file__).with_name("bare_server.py"))]
"""The SDK's server with one trivial tool: the baseline."""

INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


MODERN = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": INITIALIZE["clientInfo"],
        "io.modelcontextprotocol/clientCapabilities": {},
    }
}


class Peer:
    """One server process; ``started_ms`` is from its start to its answer to `initialize`, or to ``greeting``."""

    def __init__(self, arguments: list[str], home: Path, greeting: str = "initialize", **settings: str) -> None:
        environment = os.environ | {"SATCHEL_HOME": str(home), "SATCHEL_LOG_LEVEL": "error"}
        environment |= {"SATCHEL_EMBEDDING_MODEL": "static"} | {name.upper(): value for name, value in settings.items()}
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        is_legacy = greeting == "initialize"
        answer = self.request(greeting, INITIALIZE if is_legacy else MODERN)
        self.started_ms = (time.perf_counter() - begun) * 1000
        if "result" not in answer:
            raise RuntimeError(f"{greeting}: {answer}")
        if is_legacy:
            self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        number = self.send(method, params)
        while (answer := self.receive()).get("id") != number:
            pass
        return answer

    def send(self, method: str, params: dict[str, Any]) -> int:
        """Send one request without waiting; its number."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def receive(self) -> dict[str, Any]:
        """The next message from the server."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the server ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; its structured content. Raises RuntimeError when it fails."""
        content: dict[str, Any] = self.answer(tool, **arguments).get("structuredContent", {})
        return content

    def answer(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; its whole result. Raises RuntimeError when it fails."""
        answer = self.request("tools/call", {"name": tool, "arguments": arguments})
        if "result" not in answer:
            raise RuntimeError(answer["error"]["message"])
        result: dict[str, Any] = answer["result"]
        if result.get("isError"):
            raise RuntimeError(result["content"][0]["text"])
        return result

    def resident_mb(self) -> float:
        """The process's resident memory."""
        import psutil

        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()


@contextmanager
def peer(arguments: list[str], home: Path, greeting: str = "initialize", **settings: str) -> Generator[Peer]:
    """A server for the length of a block."""
    running = Peer(arguments, home, greeting, **settings)
    try:
        yield running
    finally:
        running.close()
