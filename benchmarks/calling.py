"""Calls as agents mix them, made over one line or shared out over many, and what they took."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from benchmarks.corpus import questions, sentences
from benchmarks.http_wire import Era, Line, Refused

SHARE_OF_STORES = 0.3


class Caller(Protocol):
    """Whatever calls tools."""

    async def call(self, tool: str, **arguments: Any) -> None: ...


Call = Callable[[Caller], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Taken:
    """What calls took, and how many failed."""

    milliseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    refused: int = 0

    async def time(self, line: Caller, call: Call) -> None:
        """Make one call; refused ones are counted and not timed."""
        started = time.perf_counter()
        try:
            await call(line)
        except Refused:
            self.refused += 1
        else:
            self.milliseconds.append((time.perf_counter() - started) * 1000)


def mixed(draw: random.Random, count: int) -> list[Call]:
    """Stores and retrievals as agents mix them."""
    texts, asked = iter(list(sentences(count, seed=draw.randrange(1_000)))), questions(500)
    return [
        partial(store, text=next(texts))
        if draw.random() < SHARE_OF_STORES
        else partial(retrieve, query=draw.choice(asked))
        for _ in range(count)
    ]


async def store(line: Caller, text: str) -> None:
    await line.call("memory_store", content=text)


async def retrieve(line: Caller, query: str) -> None:
    await line.call("memory_retrieve", query=query)


async def ping(line: Caller) -> None:
    await line.call("ping")


@asynccontextmanager
async def connected(port: int, era: Era, *, key: str = "", lines: int = 1) -> AsyncGenerator[list[Line]]:
    """So many open lines to the server, for the length of a block."""
    opened: list[Line] = []
    try:
        for _ in range(lines):
            line = Line(port, era, key)
            await line.open()
            opened.append(line)
        yield opened
    finally:
        for line in opened:
            line.close()


async def fill(lines: list[Line], count: int) -> None:
    """Memories to search in. The first opens the store, and anything that fails here ends the run."""
    filled = Taken()
    texts = list(sentences(count, seed=3))
    await store(lines[0], texts[0])
    await share_out(lines, [partial(store, text=text) for text in texts[1:]], filled)
    if filled.refused:
        raise RuntimeError(f"{filled.refused} memories were refused")


async def share_out(lines: Sequence[Line], work: Sequence[Call], taken: Taken) -> None:
    """Share the work out over the lines: each takes the next piece when it has its answer."""
    left = iter(work)

    async def client(line: Line) -> None:
        for call in left:
            await taken.time(line, call)

    started = time.perf_counter()
    await asyncio.gather(*map(client, lines))
    taken.rates.append(len(work) / (time.perf_counter() - started))
