"""How the server ends, asked or not: what is in flight is answered, streams end as they should, and what was
acknowledged is there when it starts again."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.to_thread
import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

from server.calls import Offer, SatchelServer
from server.identity import LOCAL
from server.web.serving import FINISH_SECONDS
from tests.client import text_of
from tests.server.web.running import Served, modern_headers, served
from tests.server.web.talking import Legacy, Line, Modern, Reply, Sse, legacy, lined, modern, running, sse
from tools.services import Caller, Services
from tools.spec import Arguments, Result, ToolSpec

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CLIENTS = 16
ENOUGH = 200
BROKEN = (ConnectionError, asyncio.IncompleteReadError)
LARGE = {"documents": [f"## Part {number}\n\n" + f"harbour{number} lamp " * 2_000 for number in range(30)]}
"""Takes a second or so to be stored, and tells of each."""
LISTEN: dict[str, Any] = {"notifications": {"toolsListChanged": True}}


async def begun(line: Line) -> None:
    """Wait until a call is answered with progress."""
    assert (await line.head())[0] == 200
    while b"notifications/progress" not in await line.part():
        pass


def streamed(text: bytes) -> Reply:
    return Reply(200, {"content-type": "text/event-stream"}, text.decode())


async def whole(line: Line) -> bytes:
    """The rest of a stream, to its proper end: one that is cut off raises IncompleteReadError."""
    said = b""
    while more := await line.part():
        said += more
    assert await line.reader.read() == b""
    return said


def kept(home: Path) -> set[str]:
    """The memories in the store."""
    with closing(sqlite3.connect(home / "data" / "satchel.sqlite")) as db:
        return {content for (content,) in db.execute("SELECT content FROM memories")}


async def listened(line: Line, way: Modern) -> None:
    """Open a stream that listens for changes."""
    line.send("POST", "/mcp", modern_headers("subscriptions/listen"), way.body("subscriptions/listen", **LISTEN))
    assert (await line.head())[0] == 200


async def streaming(line: Line, way: Legacy) -> None:
    """Open the stream of a session."""
    line.send("GET", "/mcp", way.headers)
    assert (await line.head())[0] == 200


async def adding(new: Modern, old: Legacy, oldest: Sse) -> None:
    """Begin a call that takes a while, in each of the three ways."""
    new.send("tools/call", "p", name="rag_add_documents", arguments={**LARGE, "collection": "new"})
    old.send("tools/call", "p", name="rag_add_documents", arguments={**LARGE, "collection": "old"})
    arguments = {**LARGE, "collection": "oldest"}
    await oldest.post("tools/call", 99, "p", name="rag_add_documents", arguments=arguments)
    await begun(new.line)
    await begun(old.line)
    assert "notifications/progress" in await oldest.event()


async def documents(server: Served, collection: str) -> int:
    """How many documents a collection holds, as the server says."""
    asked = {"collection": collection, "limit": 100}
    async with modern(server.port) as way:
        listed = await way.ask("tools/call", name="rag_list_documents", arguments=asked)
    return int(listed.answer["result"]["structuredContent"]["count"])


async def test_calls_in_flight_are_answered_and_open_streams_end_cleanly(tmp_path: Path) -> None:
    """In all three ways at once; and the store has what was answered."""
    with served(tmp_path, "--allow-anonymous") as server:
        port = server.port
        async with (
            modern(port) as new,
            legacy(port) as old,
            sse(port) as oldest,
            lined(port) as one,
            lined(port) as two,
        ):
            await streaming(one, old)
            await listened(two, new)
            await adding(new, old, oldest)
            server.process.send_signal(signal.SIGTERM)
            answers = [streamed(await whole(new.line)), streamed(await whole(old.line)), await oldest.answer(99)]
            await whole(one)
            await whole(two)
            assert await oldest.event() == ""
        assert await anyio.to_thread.run_sync(server.process.wait) == 0
    assert [len(each.answer["result"]["structuredContent"]["documents"]) for each in answers] == [30] * 3
    with served(tmp_path, "--allow-anonymous") as server:
        assert [await documents(server, name) for name in ("new", "old", "oldest")] == [30] * 3


@dataclass
class Load:
    """Clients that store one memory after the other. ``acknowledged`` holds what the server said it has."""

    server: Served
    acknowledged: set[str] = field(default_factory=set)
    refused: list[Reply] = field(default_factory=list)
    enough: anyio.Event = field(default_factory=anyio.Event)

    async def go_on(self, client: int) -> None:
        """Until the server is gone."""
        number = 0
        while True:
            try:
                async with modern(self.server.port) as way:
                    while True:
                        number += 1
                        await self.store(way, f"Client {client} said {number}")
            except BROKEN:
                if self.server.process.poll() is not None:
                    return
                await anyio.sleep(0.01)

    async def store(self, way: Modern, content: str) -> None:
        reply = await way.ask("tools/call", name="memory_store", arguments={"content": content})
        if reply.status != 200 or reply.answer["result"]["isError"]:
            self.refused.append(reply)
            return
        self.acknowledged.add(content)
        if len(self.acknowledged) >= ENOUGH:
            self.enough.set()


@pytest.mark.crash
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
async def test_what_was_acknowledged_under_load_is_there_afterwards(
    tmp_path: Path, number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    with served(tmp_path, "--allow-anonymous") as server:
        load = Load(server)
        async with anyio.create_task_group() as tasks:
            for client in range(CLIENTS):
                tasks.start_soon(load.go_on, client)
            await load.enough.wait()
            server.process.send_signal(number)
            code = await anyio.to_thread.run_sync(server.process.wait)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    record_property("kills", int(number == signal.SIGKILL))
    record_property("acknowledged", len(load.acknowledged))
    assert load.refused == []
    assert load.acknowledged <= kept(tmp_path)
    record_property("found again", len(load.acknowledged))
    with served(tmp_path, "--allow-anonymous") as server:
        async with modern(server.port) as way:
            found = await way.ask("tools/call", name="memory_retrieve", arguments={"limit": 100})
            assert found.answer["result"]["structuredContent"]["count"] > 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_second_signal_ends_it_at_once(tmp_path: Path, second: signal.Signals) -> None:
    """It does not wait for the call in flight, which would have the rest of a minute."""
    with closing(sqlite3.connect(tmp_path / "big.sqlite")) as db, db:
        db.execute("CREATE TABLE numbers (n INTEGER)")
        db.executemany("INSERT INTO numbers VALUES (?)", [(number,) for number in range(1_000)])
    (tmp_path / "satchel.toml").write_text('[data_sources.big]\nurl = "sqlite:///big.sqlite"\ntimeout_seconds = 60\n')
    slow = "SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d WHERE a.n + b.n + c.n + d.n = 7"
    with served(tmp_path, "--allow-anonymous", SATCHEL_TOOL_TIMEOUT_SECONDS="60") as server:
        async with modern(server.port) as way:
            content = "Acknowledged before"
            assert (await way.ask("tools/call", name="memory_store", arguments={"content": content})).status == 200
            way.send("tools/call", name="text2sql", arguments={"question": "x", "sql": slow})
            await running(server.port, 1)
            async with lined(server.port) as idle:
                assert (await idle.exchange("GET", "/health", {})).status == 200  # it is taken in, and rests
                server.process.send_signal(signal.SIGTERM)
                with anyio.fail_after(FINISH_SECONDS / 2):  # who could ask on would have it wait for more and more
                    assert await idle.reader.read() == b""
                assert server.process.poll() is None
            server.process.send_signal(second)
            assert await anyio.to_thread.run_sync(server.process.wait) == -second
    assert content in kept(tmp_path)


def waiting(began: anyio.Event) -> SatchelServer:
    """A server with one tool, which never ends by itself."""

    async def wait(services: Services, caller: Caller, asked: Arguments) -> Result:
        """Wait for ever."""
        began.set()
        await anyio.sleep_forever()
        raise AssertionError

    async def services() -> Services:
        return cast(Services, None)

    @asynccontextmanager
    async def nothing(server: MCPServer[None]) -> AsyncGenerator[None]:
        yield

    spec = ToolSpec(title="Wait", handler=wait, arguments=Arguments, result=Result, scope="read")
    offer = Offer(version="1", instructions="", specs=(spec,), services=services, timeout_seconds=60)
    return SatchelServer(offer, lifespan=nothing, local=LOCAL)


async def test_a_call_that_does_not_end_is_ended_and_its_caller_told() -> None:
    """When calls in flight have had their time; and what would begin then is told so at once."""
    began, told = anyio.Event(), list[str]()
    server = waiting(began)

    async def call(client: Client) -> None:
        told.append(text_of(await client.call_tool("wait", {})))

    with anyio.fail_after(20):
        async with Client(server) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(call, client)
            await began.wait()
            await server.in_flight.finish(0.01)
            assert told == []
            await server.in_flight.give_up(10)
            await call(client)
    assert told == ["wait was ended because the server stops. Call again in a moment."] * 2
