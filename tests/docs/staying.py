"""Runs a command of ours that stays until it is ended: waits until it answers, ends it, and takes over its exit code.

`python staying.py SATCHEL serve --http …`: over HTTP it is asked whether it is ready, on stdin and stdout it is
greeted, and what follows or watches has to say something first.
"""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import IO

PATIENCE_SECONDS = 60.0
GREETING = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "example", "version": "1"},
    },
}  # fmt: skip


def main() -> int:
    command = sys.argv[1:]
    if "--http" in command:
        return _over_http(command)
    return _greeted(command) if "serve" in command else _interrupted(command)


def _over_http(command: list[str]) -> int:
    """The port is one that is free, so that examples can run where a server runs already."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*command, "--port", str(port)])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and not _is_ready(port):
        if time.monotonic() > deadline:
            process.kill()
            raise SystemExit("the server does not get ready")
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE_SECONDS)


def _is_ready(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greeted(command: list[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stdin, stdout = _pipe(process.stdin), _pipe(process.stdout)
    stdin.write(json.dumps(GREETING) + "\n")
    stdin.flush()
    if json.loads(stdout.readline())["result"]["serverInfo"]["name"] != "satchel":
        raise SystemExit("the server does not introduce itself")
    stdin.close()
    return process.wait(PATIENCE_SECONDS)


def _interrupted(command: list[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if not _pipe(process.stdout).readline():
        raise SystemExit(f"{' '.join(command[1:])} ends without a word")
    process.send_signal(signal.SIGINT)
    return process.wait(PATIENCE_SECONDS)


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


if __name__ == "__main__":
    sys.exit(main())
