"""Many clients at once over HTTP beside the SDK's own server, and a quiet tenant beside one that floods."""

import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import anyio
from mcp import Client

from benchmarks.corpus import questions, sentences
from benchmarks.http_wire import ERAS, Era, Line, Refused, bare, satchel
from benchmarks.report import Figure, percentile

CLIENTS = 32
SHARE_OF_STORES = 0.3
KEPT_BEFORE = 1_000

LIMIT_A_MINUTE = 600
FLOODS = 10
"""So many times its limit is what the flooding tenant sends, on as many connections as a host might open."""
FLOODING_CLIENTS = 16
PAUSE_SECONDS = 0.05


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


def run(quick: bool) -> list[Figure]:
    """All figures of this module."""
    figures: list[Figure] = []
    for era in ERAS:
        figures += asyncio.run(_hosts(quick, era))
        figures += asyncio.run(_crowd(quick, era))
    return figures + asyncio.run(_neighbours(quick))


async def _hosts(quick: bool, era: Era) -> list[Figure]:
    """As hosts call: through the SDK's client, whose own work is part of what either server's callers wait for."""
    rounds, calls = (1, 3) if quick else (4, 30)
    work = _work(random.Random(7), rounds * CLIENTS * calls)
    ours, theirs = Taken(), Taken()
    with (
        tempfile.TemporaryDirectory() as folder,
        satchel(Path(folder), "--allow-anonymous", satchel_rate_limit="0") as port,
        bare() as bare_port,
    ):
        lines = await _opened(port, era)
        await _fill(lines, 100 if quick else KEPT_BEFORE)
        for line in lines:
            line.close()
        for at in range(rounds):
            await _hosts_round(bare_port, era, [_ping] * CLIENTS * calls, theirs)
            await _hosts_round(port, era, work[at * CLIENTS * calls :][: CLIENTS * calls], ours)
    what = f"{CLIENTS} clients of the SDK, {era} era"
    rate, baseline = statistics.median(ours.rates), statistics.median(theirs.rates)
    slow, bare_slow = percentile(ours.milliseconds, 0.99), percentile(theirs.milliseconds, 0.99)
    return [
        Figure("load", f"{what}, calls", rate, "/s", "/s bare SDK ping", baseline, 0.5, of_ratio=True, at_least=True),
        Figure("load", f"{what}, p99", slow, "ms", "ms bare SDK ping", bare_slow, 500),
        Figure("load", f"{what}, failed", ours.refused + theirs.refused, "calls", limit=0),
    ]


async def _hosts_round(port: int, era: Era, work: Sequence[Call], taken: Taken) -> None:
    """Connect every client, then let each take the next piece of work when it has its answer."""
    left, connected, begin = iter(work), 0, anyio.Event()
    all_connected, ended = anyio.Event(), time.perf_counter()

    async def host() -> None:
        nonlocal connected, ended
        async with Client(f"http://127.0.0.1:{port}/mcp", mode="legacy" if era == "handshake" else "auto") as client:
            await client.list_tools()
            connected += 1
            if connected == CLIENTS:
                all_connected.set()
            await begin.wait()
            for call in left:
                await taken.time(HostLine(client), call)
            ended = time.perf_counter()

    async with anyio.create_task_group() as tasks:
        for _ in range(CLIENTS):
            tasks.start_soon(host)
        await all_connected.wait()
        started = time.perf_counter()
        begin.set()
    taken.rates.append(len(work) / (ended - started))


@dataclass(frozen=True, slots=True)
class HostLine:
    """The SDK's client as the calls of this module use one."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> None:
        """Call a tool. Raises Refused unless it answers with a result that is no error."""
        result = await self.client.call_tool(tool, arguments)
        if result.is_error:
            raise Refused(str(result.content[0]))


async def _crowd(quick: bool, era: Era) -> list[Figure]:
    """All clients call as fast as they are answered, our server and the bare one in turn, from a driver that costs next
    to nothing: what the servers alone can do."""
    rounds, calls = (2, 5) if quick else (5, 30)
    draw = random.Random(5)
    work = _work(draw, (rounds + 1) * CLIENTS * calls)
    ours, theirs = Taken(), Taken()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with satchel(home, "--allow-anonymous", satchel_rate_limit="0") as port, bare() as bare_port:
            lines, bare_lines = await _opened(port, era), await _opened(bare_port, era)
            await _fill(lines, 100 if quick else KEPT_BEFORE)
            for at in range(rounds):
                await _round(bare_lines, [_ping] * CLIENTS * calls, theirs)
                await _round(lines, work[at * CLIENTS * calls :][: CLIENTS * calls], ours)
            for line in (*lines, *bare_lines):
                line.close()
    what = f"{CLIENTS} bare connections, {era} era"
    rate, baseline = statistics.median(ours.rates), statistics.median(theirs.rates)
    slow, bare_slow = percentile(ours.milliseconds, 0.99), percentile(theirs.milliseconds, 0.99)
    failed, name = ours.refused + theirs.refused, "/s bare SDK ping"
    return [
        Figure("load", f"{what}, calls", rate, "/s", name, baseline),
        Figure("load", f"{what}, p99", slow, "ms", "ms bare SDK ping", bare_slow, 500),
        Figure("load", f"{what}, failed", failed, "calls", limit=0),
    ]


def _work(draw: random.Random, count: int) -> list[Call]:
    """Stores and retrievals as agents mix them."""
    texts, asked = iter(list(sentences(count, seed=draw.randrange(1_000)))), questions(500)
    return [
        partial(_store, text=next(texts))
        if draw.random() < SHARE_OF_STORES
        else partial(_retrieve, query=draw.choice(asked))
        for _ in range(count)
    ]


async def _store(line: Caller, text: str) -> None:
    await line.call("memory_store", content=text)


async def _retrieve(line: Caller, query: str) -> None:
    await line.call("memory_retrieve", query=query)


async def _ping(line: Caller) -> None:
    await line.call("ping")


async def _opened(port: int, era: Era, key: str = "", clients: int = CLIENTS) -> list[Line]:
    lines = [Line(port, era, key) for _ in range(clients)]
    for line in lines:
        await line.open()
    return lines


async def _fill(lines: list[Line], count: int) -> None:
    """Memories to search in. The first opens the store, and anything that fails here ends the run."""
    filled = Taken()
    texts = list(sentences(count, seed=3))
    await _store(lines[0], texts[0])
    await _round(lines, [partial(_store, text=text) for text in texts[1:]], filled)
    if filled.refused:
        raise RuntimeError(f"{filled.refused} memories were refused")


async def _round(lines: Sequence[Line], work: Sequence[Call], taken: Taken) -> None:
    """Share the work out over the lines: each takes the next piece when it has its answer."""
    left = iter(work)

    async def client(line: Line) -> None:
        for call in left:
            await taken.time(line, call)

    started = time.perf_counter()
    await asyncio.gather(*map(client, lines))
    taken.rates.append(len(work) / (time.perf_counter() - started))


async def _neighbours(quick: bool) -> list[Figure]:
    """A quiet tenant that calls now and then, alone and beside another at ten times its limit, in turn."""
    rounds, calls = (1, 20) if quick else (4, 60)
    alone, beside, flood = Taken(), Taken(), Taken()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        quiet_key, loud_key = (_key(home, tenant) for tenant in ("quiet", "loud"))
        with satchel(home, satchel_rate_limit=str(LIMIT_A_MINUTE)) as port:
            (quiet,) = await _opened(port, "handshake", quiet_key, 1)
            loud = await _opened(port, "handshake", loud_key, FLOODING_CLIENTS)
            for line in (quiet, loud[0]):
                await _fill([line], 100)
            work = _work(random.Random(9), 2 * rounds * calls)
            for at in range(rounds):
                await _now_and_then(quiet, work[2 * at * calls :][:calls], alone)
                enough = asyncio.Event()
                flooding = asyncio.create_task(_flood(loud, flood, enough))
                while not flood.refused:  # noqa: ASYNC110 - until then it spends what it had saved up
                    await asyncio.sleep(PAUSE_SECONDS)
                await _now_and_then(quiet, work[(2 * at + 1) * calls :][:calls], beside)
                enough.set()
                await flooding
            for line in (quiet, *loud):
                line.close()
    p95, baseline = percentile(beside.milliseconds, 0.95), percentile(alone.milliseconds, 0.95)
    what = f"a quiet tenant beside one at {FLOODS} times its limit"
    return [
        Figure("load", f"{what}, p95", p95, "ms", "ms alone", baseline, 2, of_ratio=True),
        Figure("load", f"{what}, failed", alone.refused + beside.refused, "calls", limit=0),
        Figure(
            "load", f"of the other's {len(flood.milliseconds) + flood.refused} calls, refused", flood.refused, "calls"
        ),
    ]


def _key(home: Path, tenant: str) -> str:
    """A fresh key of this tenant."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "server", "keys", "add", "--tenant", tenant, "--scopes", "read,write"],
        env=os.environ | {"SATCHEL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


async def _now_and_then(line: Line, work: Sequence[Call], taken: Taken) -> None:
    for call in work:
        await asyncio.sleep(PAUSE_SECONDS)
        await taken.time(line, call)


async def _flood(lines: list[Line], taken: Taken, enough: asyncio.Event) -> None:
    """So many times the limit, evenly, answered or not, until it is enough."""
    work = itertools.cycle(_work(random.Random(13), LIMIT_A_MINUTE))
    apart = len(lines) * 60 / (FLOODS * LIMIT_A_MINUTE)

    async def client(line: Line, due: float) -> None:
        while not enough.is_set():
            await taken.time(line, next(work))
            due += apart
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    now = time.perf_counter()
    await asyncio.gather(*(client(line, now + apart * at / len(lines)) for at, line in enumerate(lines)))
