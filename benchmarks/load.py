"""Many clients at once over HTTP beside the SDK's own server: as hosts call, and as fast as anyone can."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

from benchmarks import neighbours
from benchmarks.calling import Call, Taken, connected, fill, mixed, ping, share_out
from benchmarks.http_wire import ERAS, Era, Refused, bare, satchel
from benchmarks.report import Figure, percentile

CLIENTS = 32
KEPT_BEFORE = 1_000
LEAST_SHARE = 0.5
P99_LIMIT_MS = 500


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this module."""
    size = Size(1, 3, 100) if quick else Size(4, 30, KEPT_BEFORE)
    for era in ERAS:
        hosts = asyncio.run(_hosts(size, era))
        yield from hosts.figures(f"{CLIENTS} clients of the SDK, {era} era", LEAST_SHARE)
        crowd = asyncio.run(_crowd(size, era))
        yield from crowd.figures(f"{CLIENTS} bare connections, {era} era", None)
    yield from neighbours.run(quick)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked: rounds, calls of each client in one, and memories there are before."""

    rounds: int
    calls: int
    kept: int

    @property
    def at_once(self) -> int:
        """Calls in a round."""
        return CLIENTS * self.calls

    def pieces(self, work: Sequence[Call]) -> Iterator[Sequence[Call]]:
        """The work round by round."""
        for at in range(self.rounds):
            yield work[at * self.at_once :][: self.at_once]


@dataclass(slots=True)
class Compared:
    """What calls took of our server, and pings of the bare one."""

    ours: Taken = field(default_factory=Taken)
    theirs: Taken = field(default_factory=Taken)

    def figures(self, what: str, least_share: float | None) -> Iterator[Figure]:
        name = "bare SDK ping"
        rate, baseline = statistics.median(self.ours.rates), statistics.median(self.theirs.rates)
        yield Figure("load", f"{what}, calls", rate, "/s", f"/s {name}", baseline, least_share, True, True)
        slow, bare_slow = percentile(self.ours.milliseconds, 0.99), percentile(self.theirs.milliseconds, 0.99)
        yield Figure("load", f"{what}, p99", slow, "ms", f"ms {name}", bare_slow, P99_LIMIT_MS)
        yield Figure("load", f"{what}, failed", self.ours.refused + self.theirs.refused, "calls", limit=0)


@contextmanager
def _servers() -> Generator[tuple[int, int]]:
    """Our server without keys and limits, and the bare one; their ports."""
    with (
        tempfile.TemporaryDirectory() as folder,
        satchel(Path(folder), "--allow-anonymous", satchel_rate_limit="0") as port,
        bare() as bare_port,
    ):
        yield port, bare_port


async def _hosts(size: Size, era: Era) -> Compared:
    """As hosts call: through the SDK's client, whose own work is part of what either server's callers wait for."""
    taken, work = Compared(), mixed(random.Random(7), size.rounds * size.at_once)
    with _servers() as (port, bare_port):
        async with connected(port, era, lines=CLIENTS) as lines:
            await fill(lines, size.kept)
        for piece in size.pieces(work):
            await _hosts_round(bare_port, era, [ping] * size.at_once, taken.theirs)
            await _hosts_round(port, era, piece, taken.ours)
    return taken


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
    """The SDK's client as calls use one."""

    client: Client

    async def call(self, tool: str, **arguments: Any) -> None:
        """Call a tool. Raises Refused unless it answers with a result that is no error."""
        result = await self.client.call_tool(tool, arguments)
        if result.is_error:
            raise Refused(str(result.content[0]))


async def _crowd(size: Size, era: Era) -> Compared:
    """All clients call as fast as they are answered, our server and the bare one in turn, from a driver that costs next
    to nothing: what the servers alone can do."""
    taken, work = Compared(), mixed(random.Random(5), size.rounds * size.at_once)
    with _servers() as (port, bare_port):
        async with (
            connected(port, era, lines=CLIENTS) as lines,
            connected(bare_port, era, lines=CLIENTS) as bare_lines,
        ):
            await fill(lines, size.kept)
            for piece in size.pieces(work):
                await share_out(bare_lines, [ping] * size.at_once, taken.theirs)
                await share_out(lines, piece, taken.ours)
    return taken
