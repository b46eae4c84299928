"""Connections: how long each may take, and how many there may be."""

import asyncio
import socket

import anyio
import pytest
from starlette.types import Receive, Scope, Send

from server.web import connections as module
from server.web.connections import SPARE_CONNECTIONS, Patience
from tests.server.web.listening import SOON, echo, ended, heard, listening

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
LONG = 30.0


@pytest.mark.parametrize("said", [b"G", b"GET / HTTP/1.1\r\n", GET, GET + b"X-Long: "])
async def test_headers_that_do_not_end_in_time_are_given_up(said: bytes) -> None:
    async with listening(echo, Patience(header_seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write(said)
        answer = await heard(reader)
        assert await ended(reader) == b""
        writer.close()
    assert (answer.status, answer.json["error"]) == (408, "request_timeout")
    assert (answer.all("connection"), answer.all("x-content-type-options")) == (["close"], ["nosniff"])
    assert answer.all("server") == []


async def test_headers_that_trickle_in_get_no_more_time() -> None:
    async with listening(echo, Patience(header_seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write(GET)
        answered = asyncio.create_task(heard(reader))
        while not answered.done():
            writer.write(b"X-Another: header\r\n")
            await asyncio.wait([answered], timeout=SOON / 10)
        writer.close()
    assert (await answered).status == 408


async def test_who_says_nothing_is_hung_up_on() -> None:
    async with listening(echo, Patience(header_seconds=SOON)) as place:
        reader, writer = await place.connect()
        assert await ended(reader) == b""
        writer.close()
        await place.are_gone()


async def test_a_second_request_has_its_own_time_for_headers() -> None:
    async with listening(echo, Patience(header_seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write(GET + b"\r\n")
        assert (await heard(reader)).status == 200
        writer.write(GET)
        assert (await heard(reader)).status == 408
        writer.close()


async def test_requests_sent_in_one_go_are_answered_in_turn_and_the_unfinished_last_is_given_up() -> None:
    async with listening(echo, Patience(header_seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write((GET + b"\r\n") * 3 + GET)
        assert [(await heard(reader)).status for _ in range(4)] == [200, 200, 200, 408]
        writer.close()


async def test_an_answer_may_take_longer_than_headers() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep(SOON * 2)
        await echo(scope, receive, send)

    async with listening(slow, Patience(header_seconds=SOON, idle_seconds=SOON, send_seconds=SOON)) as place:
        assert (await place.ask()).status == 200


async def test_an_idle_connection_is_closed() -> None:
    async with listening(echo, Patience(idle_seconds=SOON)) as place:
        reader, writer = await place.connect()
        writer.write(GET + b"\r\n")
        assert (await heard(reader)).status == 200
        assert await ended(reader) == b""
        writer.close()


@pytest.mark.parametrize("bulk", [b"X-Big: " + b"x" * 20_000, b"X: y\r\n" * 40_000, b"x" * 300_000])
async def test_headers_beyond_their_size_are_refused(bulk: bytes) -> None:
    async with listening(echo, Patience(header_bytes=16 * 1024)) as place:
        answer = await place.say(GET + bulk)
        whole = await place.say(GET + b"X-Big: " + b"x" * 100_000 + b"\r\n\r\n")
    assert (answer.status, answer.json["error"]) == (431, "headers_too_large")
    assert whole.status == 431


async def test_headers_within_their_size_are_taken() -> None:
    async with listening(echo, Patience(header_bytes=16 * 1024)) as place:
        assert (await place.ask(X_Big="x" * 15_000)).status == 200


@pytest.mark.parametrize("said", [b"\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n"])
async def test_what_is_no_http_is_told_so(said: bytes) -> None:
    async with listening(echo) as place:
        answer = await place.say(said)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


async def test_one_connection_too_many_is_told_when_to_try_again() -> None:
    async with listening(echo, Patience(most_connections=2)) as place:
        held = [await place.connect() for _ in range(2)]
        for _, writer in held:
            writer.write(GET)  # begun, so that they are there for certain
        answer = await place.ask()
        assert (answer.status, answer.all("retry-after"), answer.all("connection")) == (503, ["1"], ["close"])
        for reader, writer in held:
            writer.write(b"\r\n")
            assert (await heard(reader)).status == 200
            writer.close()
        await place.are_gone()
        assert (await place.ask()).status == 200


async def test_a_flood_beyond_that_is_cut_off() -> None:
    async with listening(echo, Patience(most_connections=0)) as place:
        flood = [await place.connect() for _ in range(SPARE_CONNECTIONS + 20)]
        told = [await ended(reader) for reader, _ in flood]
        for _, writer in flood:
            writer.close()
    assert sum(each.startswith(b"HTTP/1.1 503 ") for each in told) == SPARE_CONNECTIONS
    assert told[SPARE_CONNECTIONS:] == [b""] * 20


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    """Half open: nothing comes from it, not even an end."""
    outcome: list[str] = []
    over = anyio.Event()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not outcome:
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            with anyio.move_on_after(0):
                await receive()
                if (await receive())["type"] == "http.disconnect":
                    outcome.append("cut off")
        over.set()

    async with listening(stream, Patience(send_seconds=SOON)) as place:
        with socket.create_connection(("127.0.0.1", place.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(GET + b"\r\n")
            with anyio.fail_after(10):
                await over.wait()
            await place.are_gone()


async def test_a_whole_answer_that_nobody_reads_is_not_kept() -> None:
    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": b"x" * 20_000_000})

        written.set()

    written = anyio.Event()
    async with listening(large, Patience(send_seconds=SOON)) as place:
        with socket.create_connection(("127.0.0.1", place.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(GET + b"\r\n")
            with anyio.fail_after(10):
                await written.wait()
            await place.are_gone()


async def test_a_little_that_nobody_reads_is_not_kept_either() -> None:
    """Too little to make uvicorn wait, and enough to keep the connection from closing."""

    async def filling(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        (connection,) = place.connected
        while not connection.transport.get_write_buffer_size():
            await send({"type": "http.response.body", "body": b"x" * 16_384, "more_body": True})
        await send({"type": "http.response.body"})

    async with listening(filling, Patience(send_seconds=SOON)) as place:
        with socket.create_connection(("127.0.0.1", place.port)) as client:
            client.sendall(GET + b"\r\n")
            await asyncio.wait_for(asyncio.to_thread(client.recv, 1), 10)
            await place.are_gone()


async def test_a_client_that_reads_slowly_gets_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than the deadline in all, and never longer without reading."""
    monkeypatch.setattr(module, "TAKEN_AT_LEAST", 1)
    size = 20_000_000

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": b"x" * size})

    async with listening(large, Patience(send_seconds=SOON)) as place:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port, limit=65_536)
        writer.write(GET + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        taken = 0
        with anyio.fail_after(20):
            while taken < size:
                taken += len(await reader.readexactly(min(2_000_000, size - taken)))
                await anyio.sleep(SOON / 3)
        writer.close()
    assert taken == size


async def test_who_goes_on_sending_after_the_answer_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", SOON)

    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async with listening(deaf) as place:
        reader, writer = await place.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
        assert (await heard(reader)).status == 200
        over = asyncio.create_task(ended(reader))
        while not over.done():
            writer.write(b"x")
            await asyncio.wait([over], timeout=SOON / 10)
        writer.close()
        await place.are_gone()


async def test_a_body_that_ends_after_the_answer_leaves_the_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", SOON)

    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async with listening(deaf) as place:
        reader, writer = await place.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
        assert (await heard(reader)).status == 200
        writer.write(b"12345")
        await anyio.sleep(SOON * 2)  # the deadline it no longer has
        writer.write(GET + b"\r\n")
        assert (await heard(reader)).status == 200
        writer.close()


async def test_a_request_to_upgrade_is_answered_as_any_other() -> None:
    async with listening(echo) as place:
        answer = await place.ask(Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13")
    assert answer.status == 200


async def test_a_body_that_breaks_while_it_is_answered_ends_the_connection() -> None:
    """What is said cannot be taken back, and nothing may be said in its middle."""

    async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    async with listening(streaming) as place:
        reader, writer = await place.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        await reader.readuntil(b"begun")
        writer.write(b"no chunk\r\n")
        assert b"HTTP/1.1" not in await ended(reader)
        writer.close()
        await place.are_gone()
