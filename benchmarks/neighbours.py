"""A quiet tenant that calls now and then, alone and beside another that sends ten times its limit."""

import asyncio
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.calling import Call, Taken, connected, fill, mixed
from benchmarks.http_wire import Line, satchel
from benchmarks.report import Figure, percentile

LIMIT_A_MINUTE = 600
FLOODS = 10
"""So many times its limit is what the flooding tenant sends, on as many connections as a host might open."""
FLOODING_CLIENTS = 16
PAUSE_SECONDS = 0.05
KEPT_BEFORE = 100


@dataclass(slots=True)
class Felt:
    """What the quiet tenant's calls took, alone and beside the flood, and what became of the flood's."""

    alone: Taken = field(default_factory=Taken)
    beside: Taken = field(default_factory=Taken)
    flood: Taken = field(default_factory=Taken)


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this module."""
    felt = asyncio.run(_measured(*((1, 20) if quick else (4, 60))))
    what = f"a quiet tenant beside one at {FLOODS} times its limit"
    p95, baseline = (percentile(taken.milliseconds, 0.95) for taken in (felt.beside, felt.alone))
    yield Figure("load", f"{what}, p95", p95, "ms", "ms alone", baseline, 2, of_ratio=True)
    yield Figure("load", f"{what}, failed", felt.alone.refused + felt.beside.refused, "calls", limit=0)
    sent, refused = len(felt.flood.milliseconds) + felt.flood.refused, felt.flood.refused
    yield Figure("load", f"the other's calls, of {sent:,} refused", refused, "calls")


async def _measured(rounds: int, calls: int) -> Felt:
    """Rounds of so many calls alone, and as many beside the flood, in turn."""
    felt, work = Felt(), iter(mixed(random.Random(9), 2 * rounds * calls))
    async with _tenants() as (quiet, loud):
        for _ in range(rounds):
            await _now_and_then(quiet, list(itertools.islice(work, calls)), felt.alone)
            async with _flooded(loud, felt.flood):
                await _now_and_then(quiet, list(itertools.islice(work, calls)), felt.beside)
    return felt


@asynccontextmanager
async def _tenants() -> AsyncGenerator[tuple[Line, list[Line]]]:
    """The quiet tenant's line and the loud one's, to a server that limits both and keeps memories of both."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        quiet_key, loud_key = (_key(home, tenant) for tenant in ("quiet", "loud"))
        with satchel(home, satchel_rate_limit=str(LIMIT_A_MINUTE)) as port:
            async with (
                connected(port, "handshake", key=quiet_key) as (quiet,),
                connected(port, "handshake", key=loud_key, lines=FLOODING_CLIENTS) as loud,
            ):
                for line in (quiet, loud[0]):
                    await fill([line], KEPT_BEFORE)
                yield quiet, loud


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


@asynccontextmanager
async def _flooded(lines: list[Line], taken: Taken) -> AsyncGenerator[None]:
    """The flood for the length of a block, which begins when what the tenant had saved up is spent."""
    enough = asyncio.Event()
    flooding = asyncio.create_task(_flood(lines, taken, enough))
    try:
        while not taken.refused and not flooding.done():  # noqa: ASYNC110 - a count has no event
            await asyncio.sleep(PAUSE_SECONDS)
        yield
    finally:
        enough.set()
        await flooding


async def _flood(lines: list[Line], taken: Taken, enough: asyncio.Event) -> None:
    """So many times the limit, evenly, answered or not, until it is enough."""
    work = itertools.cycle(mixed(random.Random(13), LIMIT_A_MINUTE))
    apart = len(lines) * 60 / (FLOODS * LIMIT_A_MINUTE)

    async def client(line: Line, due: float) -> None:
        while not enough.is_set():
            await taken.time(line, next(work))
            due += apart
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    now = time.perf_counter()
    await asyncio.gather(*(client(line, now + apart * at / len(lines)) for at, line in enumerate(lines)))
