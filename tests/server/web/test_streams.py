"""Answers as one piece and as streams, what survives a lost connection, and calls that are given up: real connections,
cut off for real, in each of the ways a server is reached."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, closing
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError

from tests.client import Mode
from tests.server.web.running import Served, served
from tests.server.web.talking import Way, legacy, lined, modern, number_of, running, sse

pytestmark = pytest.mark.anyio

Reached = Callable[[int], AbstractAsyncContextManager[Way]]
WAYS: list[Reached] = [modern, legacy, sse]
SLOW = "SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d WHERE a.n + b.n + c.n + d.n = 7"
"""Takes days."""
SLOW_CALL: dict[str, Any] = {"name": "text2sql", "arguments": {"question": "How often?", "sql": SLOW}}
DOCUMENTS = [f"# Part {number}\n\nThe harbour has {number} lamps." for number in range(5)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("streams")
    with closing(sqlite3.connect(home / "big.sqlite")) as db, db:
        db.execute("CREATE TABLE numbers (n INTEGER)")
        db.executemany("INSERT INTO numbers VALUES (?)", [(number,) for number in range(1_000)])
    (home / "satchel.toml").write_text('[data_sources.big]\nurl = "sqlite:///big.sqlite"\ntimeout_seconds = 60\n')
    with served(home, "--allow-anonymous", SATCHEL_TOOL_TIMEOUT_SECONDS="60") as running:
        yield running


async def cancelled(server: Served, times: int) -> None:
    """Wait until the log says so often that a call was cancelled; the query's own deadline is a minute away."""
    with anyio.fail_after(20):
        while cancellations(server) < times:  # noqa: ASYNC110 - another process
            await anyio.sleep(0.02)


def cancellations(server: Served) -> int:
    return sum('"outcome": "cancelled"' in line for line in server.log)


async def stored(way: Way, content: str) -> str:
    reply = await way.ask("tools/call", name="memory_store", arguments={"content": content})
    return str(reply.answer["result"]["structuredContent"]["memory_id"])


def progress_of(events: list[dict[str, Any]]) -> list[float]:
    """What was told of the progress ``p``, and that it came before the answer, which is the last."""
    *told, answer = [each for each in events if "result" in each or each.get("params", {}).get("progressToken") == "p"]
    assert "result" in answer
    assert all(each["method"] == "notifications/progress" for each in told)
    return [each["params"]["progress"] for each in told]


async def test_a_modern_call_is_answered_in_one_piece_or_streamed_when_progress_is_asked_for(server: Served) -> None:
    async with modern(server.port) as way:
        plain = await way.ask("tools/call", name="rag_add_documents", arguments={"documents": DOCUMENTS})
        asked = {"documents": [f"{text} Once more." for text in DOCUMENTS]}
        streamed = await way.ask("tools/call", "p", name="rag_add_documents", arguments=asked)
    assert plain.headers["content-type"] == "application/json"
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert plain.answer["result"].keys() == streamed.answer["result"].keys()


@pytest.mark.parametrize("reached", WAYS)
async def test_progress_is_told_before_the_result(server: Served, reached: Reached) -> None:
    documents = [f"{text} {reached.__name__}" for text in DOCUMENTS]
    async with reached(server.port) as way:
        told = progress_of(
            (await way.ask("tools/call", "p", name="rag_add_documents", arguments={"documents": documents})).events
        )
        silent = (await way.ask("tools/call", name="rag_add_documents", arguments={"documents": documents})).text
    assert len(told) >= 2
    assert told == sorted(set(told))
    assert "notifications/progress" not in silent


async def test_a_session_survives_the_connection_it_was_opened_on(server: Served) -> None:
    async with legacy(server.port) as way, lined(server.port) as another:
        way.line.hang_up()
        way.line = another
        assert await stored(way, "Said on another connection")


async def test_in_a_session_a_lost_connection_is_no_cancellation_but_its_end_is(server: Served) -> None:
    async with legacy(server.port) as way, lined(server.port) as another:
        before = cancellations(server)
        way.send("tools/call", **SLOW_CALL)
        await running(server.port, 1)
        way.line.hang_up()
        way.line = another
        assert await stored(way, "And on")
        assert await number_of(server.port, "satchel_calls_running") == 1
        assert cancellations(server) == before
        await way.line.exchange("DELETE", "/mcp", way.headers)
        await cancelled(server, before + 1)
    await running(server.port, 0)


async def test_a_dropped_stream_of_a_session_can_be_opened_again(server: Served) -> None:
    async with legacy(server.port) as way:
        for _ in range(3):
            with anyio.fail_after(20):
                while True:
                    async with lined(server.port) as stream:
                        stream.send("GET", "/mcp", way.headers)
                        status, headers = await stream.head()
                        if status == 200:
                            break
                    assert status == 409  # it has not noticed yet that the other one is gone
            assert headers["content-type"].startswith("text/event-stream")
            assert await stored(way, "The stream was dropped")


async def test_a_session_that_was_ended_is_unknown(server: Served) -> None:
    async with legacy(server.port) as way:
        ended = await way.line.exchange("DELETE", "/mcp", way.headers)
        assert ended.status == 200
        assert (await way.ask("tools/list")).status == 404


@pytest.mark.parametrize("token", ["", "p"])
async def test_a_modern_call_ends_when_its_client_hangs_up(server: Served, token: str) -> None:
    before = cancellations(server)
    async with modern(server.port) as way:
        way.send("tools/call", token, **SLOW_CALL)
        await running(server.port, 1)
        way.line.hang_up()
        await cancelled(server, before + 1)
    await running(server.port, 0)


async def test_a_call_of_a_session_ends_when_its_client_cancels_it(server: Served) -> None:
    before = cancellations(server)
    async with legacy(server.port) as way, lined(server.port) as called:
        way.line, other = called, way.line
        number = way.send("tools/call", **SLOW_CALL)
        await running(server.port, 1)
        way.line = other
        assert (await way.notify("notifications/cancelled", requestId=number, reason="too slow")).status == 202
        await cancelled(server, before + 1)
        assert await stored(way, "The session goes on")
    await running(server.port, 0)


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_call_over_sse_ends_when_its_client_cancels_it_or_hangs_up(server: Served, is_told: bool) -> None:
    before = cancellations(server)
    async with sse(server.port) as way:
        await way.post("tools/call", 99, **SLOW_CALL)
        await running(server.port, 1)
        if is_told:
            await way.post("notifications/cancelled", None, requestId=99)
        else:
            way.stream.hang_up()
        await cancelled(server, before + 1)
        if is_told:
            assert await stored(way, "The session goes on")
    await running(server.port, 0)


async def test_only_the_call_that_is_named_is_cancelled(server: Served) -> None:
    before = cancellations(server)
    async with sse(server.port) as way:
        for number in (97, 98):
            await way.post("tools/call", number, **SLOW_CALL)
        await running(server.port, 2)
        await way.post("notifications/cancelled", None, requestId=97)
        await cancelled(server, before + 1)
        await running(server.port, 1)
    await cancelled(server, before + 2)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_call_ends_when_its_caller_waits_no_longer(server: Served, mode: Mode) -> None:
    before = cancellations(server)
    with anyio.fail_after(60):
        async with Client(f"{server.url}/mcp", mode=mode) as client:
            with pytest.raises(MCPError, match=r"[Tt]imed out"):
                await client.call_tool(**SLOW_CALL, read_timeout_seconds=1)
            await cancelled(server, before + 1)
            assert not (await client.call_tool("memory_store", {"content": "Still there"})).is_error


async def test_queries_that_were_cancelled_leave_the_database_to_others(server: Served) -> None:
    """More of them than there are workers for it, each with a minute to go."""
    before = cancellations(server)
    for number in range(1, 9):
        async with modern(server.port) as way:
            way.send("tools/call", **SLOW_CALL)
            await running(server.port, 1)
            way.line.hang_up()
            await cancelled(server, before + number)
    async with modern(server.port) as way:
        quick = {"question": "How many?", "sql": "SELECT count(*) FROM numbers"}
        with anyio.fail_after(20):
            answer = (await way.ask("tools/call", name="text2sql", arguments=quick)).answer
    assert answer["result"]["structuredContent"]["rows"] == [[1000]]
