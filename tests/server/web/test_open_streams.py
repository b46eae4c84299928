"""Streams that are ended from outside: their clients see a clean end."""

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from server.web.streams import Streams

pytestmark = pytest.mark.anyio


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"data: 1", "more_body": True})
    await anyio.sleep_forever()


async def nothing() -> Message:
    raise AssertionError("nobody listens")


async def test_a_stream_ends_when_its_key_is_no_longer_in_force() -> None:
    streams, sent = Streams(recheck_seconds=0.01), list[Message]()
    in_force = {"acme": True, "globex": True}

    async def send(message: Message) -> None:
        sent.append(message)

    async def open_for(tenant: str) -> None:
        async def still() -> bool:
            return in_force[tenant]

        await streams.serve(endless, {"type": "http"}, nothing, send, still)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(streams.watch)
            tasks.start_soon(open_for, "globex")
            async with anyio.create_task_group() as revoked:
                revoked.start_soon(open_for, "acme")
                await anyio.sleep(0.05)
                in_force["acme"] = False
            assert (streams.count, sent[-1]) == (1, {"type": "http.response.body"})
            streams.end()
            tasks.cancel_scope.cancel()
