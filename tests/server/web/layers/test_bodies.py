"""Request bodies: their size, their deadline, and what is told to who sends no message."""

import asyncio
import json
from typing import Any

import anyio
import httpx2
import pytest
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from server.web.answers import send_json
from server.web.layers.bodies import LARGEST_AT_ONCE, PEEK, Bodies
from server.web.layers.messages import Peek
from tests.server.web.listening import SOON, Place, echo, ended, heard, listening

pytestmark = pytest.mark.anyio

LIMIT = 100_000
PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}


def guarded(app: ASGIApp = echo, *, limit: int = LIMIT, seconds: float = 5.0) -> Bodies:
    return Bodies(app, limit_bytes=limit, seconds=seconds, json_paths=("/mcp", "/messages"))


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)


def post(place: Place, *lines: str, path: str = "/") -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{place.port}", *lines, "", ""]).encode()


@pytest.mark.parametrize("size", [0, 1, LIMIT])
async def test_a_body_within_the_limit_comes_in_one_piece(size: int) -> None:
    async with listening(guarded()) as place:
        declared = await place.ask("POST", body=b"x" * size)
        streamed = await place.say(
            post(place, "Transfer-Encoding: chunked")
            + chunked(*[b"x" * 999] * (size // 999), b"x" * (size % 999))
            + (chunked(b"") if size % 999 else b"")
        )
    assert (declared.status, declared.json["bytes"]) == (200, size)
    assert (streamed.status, streamed.json["bytes"]) == (200, size)


async def test_a_declared_size_beyond_the_limit_is_refused_before_it_is_sent() -> None:
    async with listening(guarded()) as place:
        reader, writer = await place.connect()
        writer.write(post(place, f"Content-Length: {LIMIT + 1}"))
        answer = await heard(reader)
        writer.close()
    assert (answer.status, answer.all("connection")) == (413, ["close"])
    assert answer.json == {
        "error": "content_too_large",
        "error_description": "A request body may take 100,000 bytes at most.",
    }
    assert answer.all("cache-control") == ["no-store"]
    assert answer.all("server") == []


async def test_a_client_that_waits_for_leave_to_send_is_told_no() -> None:
    async with listening(guarded()) as place:
        reader, writer = await place.connect()
        writer.write(post(place, f"Content-Length: {LIMIT + 1}", "Expect: 100-continue"))
        assert (await heard(reader)).status == 413
        writer.close()


async def test_a_streamed_size_beyond_the_limit_is_refused() -> None:
    async with listening(guarded()) as place:
        answer = await place.say(post(place, "Transfer-Encoding: chunked") + chunked(*[b"x" * 50_000] * 3))
    assert (answer.status, answer.all("connection")) == (413, ["close"])


async def test_who_sends_far_too_much_can_still_read_why() -> None:
    """A connection that is closed while the client sends would take the answer with it."""

    async def endless() -> Any:
        for _ in range(200):
            yield b"x" * 50_000

    async with listening(guarded()) as place, httpx2.AsyncClient() as http:
        url = f"http://127.0.0.1:{place.port}/"
        declared = await http.post(url, content=b"x" * 10_000_000)
        streamed = await http.post(url, content=endless())
    assert (declared.status_code, streamed.status_code) == (413, 413)


@pytest.mark.parametrize("start", [b"", b"x" * 10])
async def test_a_body_that_does_not_come_in_time_is_given_up(start: bytes) -> None:
    async with listening(guarded(seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write(post(place, "Content-Length: 1000") + start)
        answer = await heard(reader)
        assert await ended(reader) == b""
        writer.close()
    assert (answer.status, answer.all("connection")) == (408, ["close"])
    assert answer.json["error_description"] == "The request body did not come within 0.2 seconds."


async def test_a_body_that_trickles_in_gets_no_more_time() -> None:
    async with listening(guarded(seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write(post(place, "Content-Length: 1000"))
        answered = asyncio.create_task(heard(reader))
        while not answered.done():
            writer.write(b"x")
            await asyncio.wait([answered], timeout=SOON / 10)
        writer.close()
    assert (await answered).status == 408


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Content-Length: -1"], 400),
        (["Content-Length: +1"], 400),
        (["Content-Length: 1_0"], 400),
        (["Content-Length: 0x1"], 400),
        (["Content-Length: "], 400),
        (["Content-Length: " + "9" * 30], 400),
        (["Content-Length: 1", "Content-Length: 2"], 400),
        (["Content-Length: 1, 2"], 400),
        (["Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 501),
        (["Transfer-Encoding: gzip, chunked"], 501),
        (["Transfer-Encoding: identity"], 501),
        (["Transfer-Encoding : chunked"], 400),
    ],
)
async def test_an_unclear_end_of_the_body_is_refused(lines: list[str], status: int) -> None:
    """A proxy that sees another end than we do would take the rest for the next request, or the next for the rest."""
    async with listening(guarded()) as place:
        reader, writer = await place.connect()
        writer.write(post(place, *lines) + b"1\r\nx\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = await heard(reader)
        assert b"smuggled" not in await ended(reader)
        writer.close()
    assert answer.status == status


@pytest.mark.parametrize("chunk", [b"-1\r\nx\r\n", b"zz\r\n", b"1\r\nxx\r\n", b"fffffffffffffffffffffff\r\n"])
async def test_a_broken_chunk_is_refused(chunk: bytes) -> None:
    async with listening(guarded()) as place:
        assert (await place.say(post(place, "Transfer-Encoding: chunked") + chunk)).status == 400


async def test_a_body_in_crumbs_is_refused_and_small_chunks_are_not() -> None:
    """A chunk of one byte costs as much work as one of a kilobyte, from whoever sends it."""
    async with listening(guarded()) as place:
        crumbs = await place.say(post(place, "Transfer-Encoding: chunked") + chunked(*[b"x"] * 2_000, b""))
        few = await place.say(post(place, "Transfer-Encoding: chunked") + chunked(*[b"x"] * 900, b""))
        small = await place.say(post(place, "Transfer-Encoding: chunked") + chunked(*[b"x" * 64] * 1_500, b""))
    assert [crumbs.status, few.status, small.status] == [400, 200, 200]


async def test_a_client_that_goes_in_the_middle_of_its_body_is_forgotten() -> None:
    reached: list[str] = []
    began, over = anyio.Event(), anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])

    async def outside(scope: Scope, receive: Receive, send: Send) -> None:
        began.set()
        await guarded(app)(scope, receive, send)
        over.set()

    async with listening(outside) as place:
        _, writer = await place.connect()
        writer.write(post(place, "Content-Length: 1000") + b"x")
        with anyio.fail_after(5):
            await began.wait()
            writer.close()
            await over.wait()
    assert reached == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_who_is_below_hears_that_the_client_has_gone(method: str) -> None:
    """A call that runs is cancelled by it."""
    began, heard_of_it = anyio.Event(), anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        assert (message["type"], message["body"]) == ("http.request", body)
        began.set()
        assert await receive() == {"type": "http.disconnect"}
        heard_of_it.set()

    body = b"abc" if method == "POST" else b""
    async with listening(guarded(app)) as place:
        _, writer = await place.connect()
        length = [f"Content-Length: {len(body)}"] if body else []
        writer.write(post(place, *length).replace(b"POST", method.encode()) + body)
        with anyio.fail_after(5):
            await began.wait()
            writer.close()
            await heard_of_it.wait()


def call_of(tool: str) -> bytes:
    """The body of a modern call."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": {}, "_meta": meta}
    return json.dumps(PING | {"method": "tools/call", "params": params}).encode()


def calling(place: Place, tool: str) -> bytes:
    """A modern call, with its headers."""
    body = call_of(tool)
    lines = (
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: tools/call",
        f"Mcp-Name: {tool}",
        f"Content-Length: {len(body)}",
    )
    return post(place, *lines, path="/mcp") + body


async def test_a_tool_that_runs_is_cancelled_when_a_modern_client_hangs_up() -> None:
    began, cancelled = anyio.Event(), anyio.Event()
    server = MCPServer("slow", version="0", log_level="ERROR")

    @server.tool()
    async def wait() -> str:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()
        return ""

    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    app = server.streamable_http_app(transport_security=security)
    async with server.session_manager.run(), listening(guarded(app)) as place:
        _, writer = await place.connect()
        writer.write(calling(place, "wait"))
        with anyio.fail_after(5):
            await began.wait()
            writer.close()
            await cancelled.wait()


async def test_a_stream_that_is_asked_for_passes() -> None:
    async with listening(guarded(seconds=SOON, limit=1)) as place:
        answer = await place.ask("GET", "/sse", body=b"four")
    assert answer.json["bytes"] == 4  # what a GET brings is nobody's, and bounded by the connection


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        (b"{", -32700, None),
        (b"", -32700, None),
        (b"[]", -32600, None),
        (json.dumps(PING | {"method": 5}).encode(), -32600, 7),
        (json.dumps(PING | {"params": {"n": 2**70}}).encode(), -32700, 7),
        (b'{"a":"' + b"x" * LARGEST_AT_ONCE, -32700, None),
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/messages/"])
async def test_what_is_no_message_is_answered_as_json_rpc_has_it(
    path: str, body: bytes, code: int, number: int | None
) -> None:
    async with listening(guarded(limit=2**20)) as place:
        answer = await place.ask("POST", path, body)
    assert answer.status == 400
    assert answer.all("content-type") == ["application/json"]
    assert answer.all("cache-control") == ["no-store"]
    assert answer.json == {
        "jsonrpc": "2.0",
        "id": number,
        "error": {"code": code, "message": answer.json["error"]["message"]},
    }


async def test_other_paths_take_other_bodies() -> None:
    async with listening(guarded()) as place:
        assert [(await place.ask("POST", path, b"{")).status for path in ("/mcpx", "/", "/x/mcp")] == [200] * 3


@pytest.mark.parametrize("root_path", ["", "/satchel"])
@pytest.mark.parametrize("padding", [0, LARGEST_AT_ONCE])
async def test_rights_are_judged_by_what_was_read(padding: int, root_path: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found: Peek = scope[PEEK]
        await send_json(send, 200, {"found": [found.method, found.name, found.is_request]})

    async def rooted(scope: Scope, receive: Receive, send: Send) -> None:
        await guarded(app, limit=2**20)({**scope, "root_path": root_path}, receive, send)

    message = PING | {"method": "tools/call", "params": {"name": "memory_store", "text": "x" * padding}}
    async with listening(rooted) as place:
        answer = await place.ask("POST", f"{root_path}/mcp", json.dumps(message).encode())
    assert answer.json == {"found": ["tools/call", "memory_store", True]}
