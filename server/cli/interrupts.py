"""Ctrl-C as a wish to come to an end."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import anyio

INTERRUPTED = 130
"""The exit code that shells give Ctrl-C."""


@contextmanager
def stop_at_interrupt() -> Generator[anyio.Event]:
    """An event that the first Ctrl-C sets, within the block; the second one acts as it does elsewhere."""
    stop = anyio.Event()
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)

    def wish(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGINT, wish)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
