"""`satchel serve --http`: a real process, real connections."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx2
import pytest
from click.testing import CliRunner
from mcp import Client

from server.cli.commands import group
from server.outgoing.addresses import is_loopback

pytestmark = pytest.mark.anyio


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def serve(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"SATCHEL_HOME": str(home), "SATCHEL_EMBEDDING_MODEL": "static"}
    command = [sys.executable, "-m", "server", "serve", "--http", *arguments]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The URL of a server that is up; stopped by SIGTERM, which it must obey."""
    port = free_port()
    server = serve(tmp_path, "--allow-anonymous", "--port", str(port))
    assert server.stderr is not None
    while b"http.listening" not in (line := server.stderr.readline()):
        assert line, "the server ended"
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield f"http://127.0.0.1:{port}/mcp"
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=10)
    assert server.returncode == 0


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_both_eras_store_and_find(address: str, mode: str) -> None:
    with anyio.fail_after(30):
        async with Client(address, mode=mode) as client:
            assert not (await client.call_tool("memory_store", {"content": "Prefers oat flat white"})).is_error
            found = await client.call_tool("memory_retrieve", {"query": "what does she like to drink?"})
    assert found.structured_content is not None
    assert [each["content"] for each in found.structured_content["memories"]] == ["Prefers oat flat white"]


async def test_a_page_of_another_site_is_refused(address: str) -> None:
    """DNS rebinding: a browser sends the page's own Host or Origin."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"Accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient() as http:
        foreign_host = await http.post(address, json=body, headers={**accept, "Host": "evil.example"})
        foreign_origin = await http.post(address, json=body, headers={**accept, "Origin": "https://evil.example"})
    assert (foreign_host.status_code, foreign_origin.status_code) == (421, 403)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--allow-anonymous", "--host", "0.0.0.0"], "loopback"),
        (["--allow-anonymous", "--port", "0"], "--port"),
    ],
)
def test_what_would_open_the_store_to_others_is_refused(arguments: list[str], told: str, tmp_path: Path) -> None:
    server = serve(tmp_path, *arguments)
    _, errors = server.communicate(timeout=30)
    assert server.returncode != 0
    assert told in errors.decode()


@pytest.mark.parametrize(
    "arguments",
    [["--port", "8765"], ["--host", "127.0.0.1"], ["--allow-anonymous"], ["--public-url", "https://mcp.example.org"]],
)
def test_an_option_of_http_without_http_is_refused(arguments: list[str]) -> None:
    """Else the server would wait on stdin, and nobody call there."""
    done = CliRunner().invoke(group, ["serve", *arguments])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"satchel: {arguments[0]}: goes with --http only; add --http.\n"


def test_an_address_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = serve(tmp_path, "--allow-anonymous", "--port", str(other.getsockname()[1]))
        _, errors = server.communicate(timeout=30)
    assert server.returncode == 1
    assert errors.decode().splitlines()[-1].startswith("satchel: --port: ")
    assert "serves http" not in errors.decode()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("x.org", False),
    ],
)
def test_loopback_is_told_from_the_rest(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected
