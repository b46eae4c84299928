"""A model hub on loopback: just enough of its protocol to download one repository from.

Clients read where the hub is when they are imported, so whoever talks to it runs in a process of its own.
"""

import hashlib
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

REVISION = "89abcdef0123456789abcdef0123456789abcdef"


class Hub(ThreadingHTTPServer):
    """Serves the files of ``folder`` as the repository ``name``.

    ``halting`` sends half of the model's file, sets ``halted`` and goes on a byte at a time until it is closed.
    """

    daemon_threads = True

    def __init__(self, name: str, folder: Path, *, halting: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.folder = folder
        self.halting = halting
        self.halted = threading.Event()
        self.closed = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Hub  # pyright: ignore[reportIncompatibleVariableOverride]  # the way the standard library means it
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: stderr is what some tests read."""

    def _answer(self, *, with_body: bool) -> None:
        path = urlsplit(self.path).path
        if path.startswith(f"/api/models/{self.server.name}/tree/"):
            self._send(json.dumps([_entry(each) for each in self._files()]).encode(), with_body)
        elif path.startswith(f"/api/models/{self.server.name}"):
            names = [{"rfilename": each.name} for each in self._files()]
            about = {"id": self.server.name, "sha": REVISION, "siblings": names}
            self._send(json.dumps(about).encode(), with_body)
        elif (file := self.server.folder / path.rpartition("/")[2]).is_file() and "/resolve/" in path:
            self._send(file.read_bytes(), with_body, slow=self.server.halting and file.suffix == ".onnx")
        else:
            self.send_error(404)

    def _files(self) -> list[Path]:
        return sorted(self.server.folder.iterdir())

    def _send(self, body: bytes, with_body: bool, *, slow: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if with_body:
            self._trickle(body) if slow else self.wfile.write(body)

    def _trickle(self, body: bytes) -> None:
        half = len(body) // 2
        self.wfile.write(body[:half])
        self.server.halted.set()
        for at in range(half, len(body)):
            if self.server.closed.wait(0.01):
                return
            self.wfile.write(body[at : at + 1])


def _entry(file: Path) -> dict[str, object]:
    content = file.read_bytes()
    return {"type": "file", "path": file.name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}


@contextmanager
def hub_of(name: str, folder: Path, *, halting: bool = False) -> Generator[Hub]:
    hub = Hub(name, folder, halting=halting)
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.closed.set()
        hub.shutdown()
        hub.server_close()
        thread.join(5)
