"""Process start to the first answer, the tool list, the overhead of a call, idle memory."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import anyio

from benchmarks.context.tool_list import as_read
from benchmarks.models import TRANSFORMER
from benchmarks.report import Figure, Outcome, median_ms
from benchmarks.wire import BARE, SATCHEL, Peer, peer
from server.config import Settings
from server.lifespan import open_house
from tools.memory.handlers import memory_graph
from tools.memory.models import GraphArguments
from tools.services import LOCAL

SETTLED_SECONDS = 8.0


def run(quick: bool) -> Iterator[Outcome]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        yield from _start(home, 1 if quick else 11)
        yield from _listing(home)
        yield from _overhead(home, quick)
        yield from _memory(home, 0 if quick else SETTLED_SECONDS)


def _start(home: Path, rounds: int) -> Iterator[Figure]:
    for greeting in ("initialize", "server/discover"):
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(rounds + 1):  # in turn, so that the machine's moods meet both; the first warms the disk
            for arguments, taken in ((BARE, bare), (SATCHEL, ours)):
                with peer(arguments, home, greeting) as server:
                    taken.append(server.started_ms)
        value, baseline = (statistics.median(taken[1:]) for taken in (ours, bare))
        what = f"start → {greeting}"
        yield Figure("startup", what, value, "ms", "ms bare SDK", baseline, 1.15, of_ratio=True)


def _listing(home: Path) -> list[Figure]:
    with peer(SATCHEL, home) as server:
        tools = server.request("tools/list", {})["result"]["tools"]
        for number in range(10):
            server.call("memory_store", content=f"Colleague {number} prefers the window seat {number}")
        found = server.answer("memory_retrieve", query="window seat")
    shown = found["content"][0]["text"]
    return [
        Figure("listing", "tools/list as models read it", len(as_read(tools)) / 4, "characters / 4", limit=2_500),
        Figure("listing", "ten short memories", len(shown) / 4, "characters / 4", limit=450),
    ]


def _overhead(home: Path, quick: bool) -> Iterator[Figure]:
    """A cheap call of ours, without the work of its own: that is measured in this process and taken off."""
    times = 100 if quick else 1_000
    own = anyio.run(_own_work_ms, home, times)
    ping = {"name": "ping", "arguments": {}}
    with peer(BARE, home) as bare, peer(SATCHEL, home) as ours:
        ours.call("memory_graph")
        value = median_ms(lambda: ours.call("memory_graph"), times, time.perf_counter)
        baseline = median_ms(lambda: bare.request("tools/call", ping), times, time.perf_counter)
    what = "memory_graph on an empty graph"
    yield Figure("calls", f"{what}, the work of its own", own, "ms")
    yield Figure("calls", f"{what}, without it", value - own, "ms", "ms bare SDK ping", baseline, 1.3, of_ratio=True)


async def _own_work_ms(home: Path, times: int) -> float:
    """The median milliseconds of the handler alone."""
    taken: list[float] = []
    async with open_house(Settings(home=home, embedding_model="static"), background=False) as house:
        for _ in range(times):
            started = time.perf_counter()
            await memory_graph(house.services, LOCAL, GraphArguments())
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _memory(home: Path, seconds: float) -> Iterator[Outcome]:
    with peer(BARE, home) as bare:
        bare.request("tools/call", {"name": "ping", "arguments": {}})
        baseline = bare.resident_mb()
    yield Figure("memory", "idle, built-in table", _idle_mb(home, seconds), "MB", "MB bare SDK", baseline, 250)
    what = "idle, transformer"
    if gaps := TRANSFORMER.gaps("memory", what):
        yield from gaps
    else:
        value = _idle_mb(home, seconds, **TRANSFORMER.settings)
        yield Figure("memory", what, value, "MB", "MB bare SDK", baseline, 450)


def _idle_mb(home: Path, seconds: float, **settings: str) -> float:
    """Resident memory after some use and some seconds of rest."""
    server = Peer(SATCHEL, home, **settings)
    try:
        for number in range(50):
            server.call("memory_store", content=f"Note {number} for the idle server")
        server.call("memory_retrieve", query="idle note")
        time.sleep(seconds)
        server.call("memory_retrieve", query="server")
        return server.resident_mb()
    finally:
        server.close()
