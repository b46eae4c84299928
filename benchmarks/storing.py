"""memory_store over stdio, each after the other and pipelined, beside plain SQLite; two processes on one directory."""

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.corpus import sentences
from benchmarks.models import BUILT_IN, TRANSFORMER, Model, await_ready, embedding_ms
from benchmarks.report import Figure, Outcome, percentile, timed_ms
from benchmarks.wire import SATCHEL, Peer, peer

OWN_WORK_MS = 5.0
"""What may come on top of embedding one text."""
LEAST_A_SECOND = 150


def run(quick: bool) -> Iterator[Outcome]:
    """All figures of this module."""
    yield from _storing(200 if quick else 1_000, BUILT_IN)
    yield from _storing(20 if quick else 1_000, TRANSFORMER)
    yield from _two_processes(100 if quick else 500)


def _storing(times: int, model: Model) -> Iterator[Outcome]:
    names = p50, p95, pipelined = [
        f"memory_store, {model.name}, {what}" for what in ("p50", "p95", "one client pipelining")
    ]
    if gaps := model.gaps("store", *names):
        yield from gaps
        return
    texts = list(sentences(2 * times))
    with tempfile.TemporaryDirectory() as folder:
        with peer(SATCHEL, Path(folder), **model.settings) as server:
            await_ready(server, model)
            limit = embedding_ms(model, texts[0]) + OWN_WORK_MS
            waiting = [timed_ms(lambda text=text: server.call("memory_store", content=text)) for text in texts[:times]]  # type: ignore[misc]
            rate = _pipelined(server, texts[times:])
        baseline = _plain_insert_ms(Path(folder) / "plain.sqlite", texts[:times])
    yield Figure("store", p50, statistics.median(waiting), "ms", "ms SQLite insert", baseline, limit)
    yield Figure("store", p95, percentile(waiting, 0.95), "ms")
    yield Figure(
        "store", pipelined, rate, "/s", "/s SQLite inserts", 1000 / baseline, limit=LEAST_A_SECOND, at_least=True
    )


def _pipelined(server: Peer, texts: Sequence[str]) -> float:
    """Stores a second when none waits for the one before. Raises RuntimeError when one is refused."""
    started = time.perf_counter()
    for text in texts:
        _send(server, text)
    refused = sum(_is_refused(server) for _ in texts)
    rate = len(texts) / (time.perf_counter() - started)
    if refused:
        raise RuntimeError(f"{refused} stores were refused")
    return rate


def _plain_insert_ms(path: Path, texts: list[str]) -> float:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE plain (text TEXT)")
    taken = [timed_ms(lambda text=text: db.execute("INSERT INTO plain VALUES (?)", (text,))) for text in texts]  # type: ignore[misc]
    db.close()
    return statistics.median(taken)


def _two_processes(times: int) -> Iterator[Figure]:
    """Two servers on one directory write in turn as fast as they can; the baseline is one alone."""
    texts = list(sentences(3 * times, seed=3))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with peer(SATCHEL, home) as one, peer(SATCHEL, home) as two:
            started = time.perf_counter()
            for text in texts[:times]:
                one.call("memory_store", content=text)
            alone = times / (time.perf_counter() - started)
            started = time.perf_counter()
            refused = sum(
                _refused_of_two(one, two, *pair)
                for pair in zip(texts[times : 2 * times], texts[2 * times :], strict=True)
            )
            together = 2 * times / (time.perf_counter() - started)
            kept = _active(two)
    acknowledged = 3 * times - refused
    yield Figure("processes", "two on one directory, writes", together, "/s", "/s one alone", alone)
    yield Figure("processes", "acknowledged writes kept", kept / acknowledged, "share", limit=1, at_least=True)
    yield Figure("processes", "writes refused", refused, f"of {3 * times:,}", limit=0)


def _refused_of_two(one: Peer, two: Peer, first: str, second: str) -> int:
    """How many of two writes at the same time were refused."""
    _send(one, first)
    _send(two, second)
    return _is_refused(one) + _is_refused(two)


def _send(server: Peer, text: str) -> None:
    server.send("tools/call", {"name": "memory_store", "arguments": {"content": text}})


def _is_refused(server: Peer) -> bool:
    return bool(server.receive()["result"].get("isError"))


def _active(server: Peer) -> int:
    """How many memories there are."""
    text = server.request("resources/read", {"uri": "satchel://stats"})["result"]["contents"][0]["text"]
    return int(json.loads(text)["memories"]["active"])
