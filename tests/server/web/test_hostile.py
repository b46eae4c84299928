"""Clients that mean no good, or behave as if: a real server, byte by byte."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack

import anyio
import pytest

from tests.server.web.running import Served, headers_of, message, modern_headers, new_key, served
from tests.server.web.talking import Line, Modern, lined, modern, number_of

pytestmark = pytest.mark.anyio

HALF_OPEN = 200
CALLS = 40
TRICKS = """
    //mcp /mcp/ /mcp// /%6dcp /%6Dcp /mcp%00 /mcp%2f /mcp;/health /MCP /./mcp /mcp/. /health/../mcp /health/..%2fmcp
    /mcp/../metrics //metrics /metrics/ /%6detrics /health/../metrics /health%2f..%2fmetrics /health%2f../metrics
    /ready/../metrics /health/%2e%2e/metrics /health;/../metrics /health\\..\\metrics /health%5c..%5cmetrics
    /health/metrics /health/ //health //sse /sse/ /%73se /health/../sse /messages /messages// /%6dessages/ * mcp
    http://127.0.0.1/mcp http://127.0.0.1/metrics http://127.0.0.1/health/../metrics http://x@127.0.0.1/sse
""".split()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hostile")) as running:
        yield running


@pytest.fixture(scope="module")
def acme(server: Served) -> str:
    return new_key(server.home, "acme", "read,write,admin")


@pytest.fixture(scope="module")
def globex(server: Served) -> str:
    return new_key(server.home, "globex")


@pytest.fixture(scope="module")
def reading(server: Served) -> str:
    return new_key(server.home, "acme", "read")


def call(tool: str, number: int = 1, **arguments: object) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a modern tool call."""
    body = json.dumps(message("tools/call", number, name=tool, arguments=arguments)).encode()
    return modern_headers("tools/call", tool), body


async def says_nothing(line: Line) -> None:
    """Connects, and that is all."""


async def stops_in_the_headers(line: Line) -> None:
    line.writer.write(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More: ")


async def stops_in_the_body(line: Line, key: str) -> None:
    headers, body = call("memory_store", content="never said to its end")
    line.send("POST", "/mcp", {**headers_of(key), **headers, "Content-Length": "100"}, b"")
    line.writer.write(body[:50])


async def reads_nothing(line: Line, key: str) -> None:
    """Asks for more than the systems in between hold, again and again."""
    for number in range(8):
        headers, body = call("memory_retrieve", number, limit=100, max_tokens=100_000)
        line.send("POST", "/mcp", {**headers_of(key), **headers}, body)


async def stalled(port: int) -> Line:
    """A connection that takes in next to nothing."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
    return Line(port, reader, writer)


async def test_a_client_goes_on_unharmed_beside_two_hundred_half_open_ones(
    server: Served, acme: str, globex: str
) -> None:
    """They hold connections and the answers they do not read; none of them holds a call of another tenant."""
    async with modern(server.port, globex) as way:
        for number in range(60):
            content = f"{number} " + "harbour lamp " * 700
            await way.ask("tools/call", name="memory_store", arguments={"content": content})
    async with modern(server.port, acme) as way, AsyncExitStack() as stack:
        for number in range(HALF_OPEN):
            line = await stalled(server.port)
            stack.callback(line.hang_up)
            match number % 4:
                case 0:
                    await says_nothing(line)
                case 1:
                    await stops_in_the_headers(line)
                case 2:
                    await stops_in_the_body(line, globex)
                case _:
                    await reads_nothing(line, globex)
        with anyio.fail_after(60):
            for number in range(CALLS):
                stored = await way.ask("tools/call", name="memory_store", arguments={"content": f"Lamp {number}"})
                assert not stored.answer["result"]["isError"]
        assert await number_of(server.port, "satchel_http_connections", acme) > HALF_OPEN / 2
        found = await way.ask("tools/call", name="memory_retrieve", arguments={"limit": 100})
        assert found.answer["result"]["structuredContent"]["count"] >= CALLS


async def test_pipelined_requests_are_judged_one_by_one(server: Served, acme: str, globex: str) -> None:
    """Each is who its own key says, whoever came before it on the connection, and is answered in turn."""
    async with lined(server.port) as line:
        for number, key in enumerate([acme, "", globex, "satchel_wrong", acme]):
            headers, body = call("memory_store", number, content=f"Pipelined {number}", session_id="pipe")
            line.send("POST", "/mcp", {**headers_of(key), **headers}, body)
        replies = [await line.reply() for _ in range(5)]
        assert [reply.status for reply in replies] == [200, 401, 200, 401, 200]
        assert [replies[at].answer["id"] for at in (0, 2, 4)] == [0, 2, 4]
        for key, contents in (acme, {"Pipelined 0", "Pipelined 4"}), (globex, {"Pipelined 2"}):
            found = await Modern(line, key).ask("tools/call", name="memory_retrieve", arguments={"session_id": "pipe"})
            memories = found.answer["result"]["structuredContent"]["memories"]
            assert {each["content"] for each in memories} == contents


@pytest.mark.parametrize(("has_key", "has_host", "status"), [(True, True, 200), (False, True, 401), (True, False, 421)])
async def test_the_oldest_http_is_answered_by_the_same_rules_and_hung_up_on(
    server: Served, acme: str, has_key: bool, has_host: bool, status: int
) -> None:
    headers, body = call("memory_retrieve")
    given = {**headers, **headers_of(acme if has_key else ""), "Content-Length": str(len(body))}
    given |= {"Content-Type": "application/json"} | ({"Host": "127.0.0.1"} if has_host else {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    async with lined(server.port) as line:
        line.writer.write(f"POST /mcp HTTP/1.0\r\n{lines}\r\n".encode() + body)
        with anyio.fail_after(20):
            said = await line.reader.read()
    assert said.split(b" ", 2)[1] == str(status).encode()


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "post", "GET\tPOST"])
async def test_no_spelling_of_a_path_gets_a_stranger_past_the_gate(server: Served, method: str) -> None:
    for target in TRICKS:
        assert await asked(server, method, target, "") in (400, 401), f"{method} {target}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "post", "Post"])
async def test_no_spelling_of_a_path_or_method_lets_a_reader_write(server: Served, reading: str, method: str) -> None:
    headers, body = call("memory_store", content="Written by a reader", session_id="sneaked")
    legacy = body.replace(b'"_meta"', b'"_none"')
    for target in ["/mcp", "/messages/?session_id=" + "0" * 32, *TRICKS]:
        await asked(server, method, target, reading, headers, body)
        await asked(server, method, target, reading, {"Accept": headers["Accept"]}, legacy)
    async with modern(server.port, reading) as way:
        found = await way.ask("tools/call", name="memory_retrieve", arguments={"session_id": "sneaked"})
        assert found.answer["result"]["structuredContent"]["count"] == 0


async def asked(
    server: Served, method: str, target: str, key: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> int:
    """The status of the answer. Streams are left after their headers."""
    async with lined(server.port) as line:
        line.send(method, target, {**headers_of(key), **(headers or {}), "Connection": "close"}, body)
        with anyio.fail_after(20):
            return (await line.head())[0]


async def test_the_server_has_come_through_all_of_it(server: Served, acme: str) -> None:
    """Nothing crashed, and nothing is left running."""
    async with modern(server.port, acme) as way:
        assert (await way.ask("tools/list")).status == 200
    assert not [line for line in server.log if "Traceback" in line or '"level": "error"' in line]
