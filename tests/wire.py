"""A server process spoken to in raw lines, for what a well-behaved client never sends."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.client import environment

PATIENCE_SECONDS = 20
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "tests", "version": "1"},
}


class Wire:
    """Sends lines and reads answers. ``said`` is every line of stdout so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.said: list[bytes] = []
        self._number = 0

    def send(self, line: str | bytes) -> None:
        """One line as it is."""
        assert self.process.stdin
        self.process.stdin.write((line.encode() if isinstance(line, str) else line) + b"\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next line of stdout."""
        line = _stream(self.process.stdout).readline()
        assert line, "the server ended"
        self.said.append(line)
        message: dict[str, Any] = json.loads(line)
        return message

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """A request and its answer."""
        self._number += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters}))
        message = self.answer()
        assert message["id"] == self._number
        return message

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """A tool's result."""
        result: dict[str, Any] = self.ask("tools/call", name=tool, arguments=arguments)["result"]
        return result

    def greet(self) -> None:
        """The handshake of the older protocol."""
        assert "result" in self.ask("initialize", **HELLO)
        self.send('{"jsonrpc": "2.0", "method": "notifications/initialized"}')

    def end(self, by: signal.Signals | None = None) -> tuple[bytes, bytes]:
        """Close stdin, or send the signal, and wait: what else came on stdout, and all of stderr."""
        if by is not None:
            self.process.send_signal(by)
            self.process.wait(PATIENCE_SECONDS)
        rest, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return rest, errors


@contextmanager
def serving(home: Path, *, greeted: bool = True, **given: str) -> Iterator[Wire]:
    """A server process; killed if the test leaves it running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(home, **given),
        cwd=home,
    )
    wire = Wire(process)
    try:
        if greeted:
            wire.greet()
        yield wire
    finally:
        process.kill()
        process.communicate()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
