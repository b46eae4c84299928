"""Runs blocking calls that keep to no deadline of ours in threads that no end of the process waits for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises. Who is cancelled leaves it running; its outcome is then dropped.

    The threads of anyio and of the event loop are waited for at the end: a resolver that hangs would hang the server.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            settle = partial(_succeed, outcome, work())
        except Exception as error:  # raised again where it is awaited
            settle = partial(_fail, outcome, error)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle)

    threading.Thread(target=run, name="satchel-outgoing", daemon=True).start()
    return await outcome


def _succeed(outcome: "asyncio.Future[T]", result: T) -> None:
    if not outcome.done():
        outcome.set_result(result)


def _fail(outcome: "asyncio.Future[T]", error: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(error)
