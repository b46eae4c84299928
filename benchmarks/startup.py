"""Process start to the first answer, the tool list, the overhead of a call, idle memory."""

import json
import statistics
import tempfile
import time
from pathlib import Path

import anyio

from benchmarks.report import Figure, median_ms
from benchmarks.wire import BARE, SATCHEL, Peer, peer
from server.config import Settings
from server.lifespan import open_house
from storage.embedding.static_table import FOLDER
from tools.memory.handlers import memory_graph
from tools.memory.models import GraphArguments
from tools.services import LOCAL

SHARED = Path(__file__).resolve().parents[2] / "shared" / "models" / "all-MiniLM-L6-v2-onnx"
SETTLED_SECONDS = 8.0


def run(quick: bool) -> list[Figure]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        return [*_start(home, 3 if quick else 11), *_listing(home), *_overhead(home, quick), *_memory(home, quick)]


def _start(home: Path, rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    for greeting in ("initialize", "server/discover"):
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(rounds + 1):  # in turn, so that the machine's moods meet both; the first warms the disk
            for arguments, taken in ((BARE, bare), (SATCHEL, ours)):
                with peer(arguments, home, greeting) as server:
                    taken.append(server.started_ms)
        value, baseline = (statistics.median(taken[1:]) for taken in (ours, bare))
        what = f"start → {greeting}"
        figures.append(Figure("startup", what, value, "ms", "ms bare SDK", baseline, 1.15, of_ratio=True))
    return figures


def _listing(home: Path) -> list[Figure]:
    from tokenizers import Tokenizer

    with peer(SATCHEL, home) as server:
        tools = server.request("tools/list", {})["result"]["tools"]
        for number in range(10):
            server.call("memory_store", content=f"Colleague {number} prefers the window seat {number}")
        found = server.request("tools/call", {"name": "memory_retrieve", "arguments": {"query": "window seat"}})
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    text = json.dumps(tools, separators=(",", ":"))
    read = json.dumps(
        [[tool["name"], tool["description"], tool["inputSchema"]] for tool in tools], separators=(",", ":")
    )
    shown = found["result"]["content"][0]["text"]
    pieces = len(tokenizer.encode(text, add_special_tokens=False).ids)
    return [
        Figure("listing", "tools/list as models read it, characters / 4", len(read) / 4, "tokens", limit=2_500),
        Figure("listing", "tools/list whole, characters / 4", len(text) / 4, "tokens", "word pieces", pieces),
        Figure("listing", "ten short memories, characters / 4", len(shown) / 4, "tokens", limit=450),
    ]


def _overhead(home: Path, quick: bool) -> list[Figure]:
    """A cheap call of ours, without the work of its own: that is measured in this process and taken off."""
    times = 100 if quick else 1_000
    own = anyio.run(_own_work_ms, home, times)
    ping = {"name": "ping", "arguments": {}}
    with peer(BARE, home) as bare, peer(SATCHEL, home) as ours:
        ours.call("memory_graph")
        value = median_ms(lambda: ours.call("memory_graph"), times, time.perf_counter)
        baseline = median_ms(lambda: bare.request("tools/call", ping), times, time.perf_counter)
    what = f"memory_graph on an empty graph, less its own {own:.2f} ms"
    return [Figure("calls", what, value - own, "ms", "ms bare SDK ping", baseline, 1.3, of_ratio=True)]


async def _own_work_ms(home: Path, times: int) -> float:
    """The median milliseconds of the handler alone."""
    taken: list[float] = []
    async with open_house(Settings(home=home, embedding_model="static"), background=False) as house:
        for _ in range(times):
            started = time.perf_counter()
            await memory_graph(house.services, LOCAL, GraphArguments())
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _memory(home: Path, quick: bool) -> list[Figure]:
    with peer(BARE, home) as bare:
        bare.request("tools/call", {"name": "ping", "arguments": {}})
        baseline = bare.resident_mb()
    figures = [Figure("memory", "idle, built-in table", _idle_mb(home), "MB", "bare SDK", baseline, 250)]
    if SHARED.is_dir() and not quick:
        value = _idle_mb(home, satchel_embedding_model="auto", satchel_embedding_path=str(SHARED))
        figures.append(Figure("memory", "idle, transformer", value, "MB", "bare SDK", baseline, 450))
    return figures


def _idle_mb(home: Path, **settings: str) -> float:
    """Resident memory after some use and some seconds of rest."""
    server = Peer(SATCHEL, home, **settings)
    try:
        for number in range(50):
            server.call("memory_store", content=f"Note {number} for the idle server")
        server.call("memory_retrieve", query="idle note")
        time.sleep(SETTLED_SECONDS)
        server.call("memory_retrieve", query="server")
        return server.resident_mb()
    finally:
        server.close()
