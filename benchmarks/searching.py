"""rag_search over collections of growing size, over stdio: time, recall beside exact search, filters, memory, disk."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Figure, percentile, timed_ms
from benchmarks.shelf import Topics, fill
from benchmarks.wire import SATCHEL, Peer, peer
from storage.analysis import query_words
from storage.database import FILE_NAME
from storage.embedding.static_table import static_table
from storage.fulltext import quoted
from storage.vectors import VectorStore

K = 10
FULL_TEXT_TIMES = 20
P95_LIMIT_MS = 60.0
RECALL_LIMIT = 0.95
FILTERS = (("1 %", {"rare": True}), ("50 %", {"half": True}))


def run(quick: bool, sizes: tuple[int, ...]) -> list[Figure]:
    """All figures of this module."""
    figures: list[Figure] = []
    for size in sizes or ((2_000,) if quick else (10_000, 100_000)):
        with tempfile.TemporaryDirectory() as folder:
            figures += _at(Path(folder), size, 20 if quick else 200)
    return figures


def _at(home: Path, size: int, times: int) -> list[Figure]:
    started = time.perf_counter()
    fill(home, size)
    filled = time.perf_counter() - started
    asked = Topics(seed=11).questions(times)
    what = f"rag_search, {size:,} chunks"
    with peer(SATCHEL, home) as server:
        first = timed_ms(partial(server.call, "rag_search", query=asked[0], k=K))
        cold = _searched(server, asked)
        plain = _searched(server, asked)
        narrow = [(name, _searched(server, asked, filter=wanted)) for name, wanted in FILTERS]
        resident = server.resident_mb()
    full_text = _full_text_ms(home, asked[:FULL_TEXT_TIMES])
    limit = P95_LIMIT_MS if size >= 1_000_000 else None
    figures = [
        Figure("search", f"{what}, p50", statistics.median(plain), "ms", "ms plain FTS5", full_text),
        Figure("search", f"{what}, p95", percentile(plain, 0.95), "ms", limit=limit),
        Figure("search", f"{what}, first after a start", first, "ms"),
        Figure("search", f"{what}, p95 of the next {times}", percentile(cold, 0.95), "ms"),
    ]
    for name, taken in narrow:
        figures.append(Figure("search", f"{what}, filter of {name}, p50", statistics.median(taken), "ms"))
        figures.append(Figure("search", f"{what}, filter of {name}, p95", percentile(taken, 0.95), "ms"))
    figures += _recall(home, asked, what)
    disk = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 2**20
    return [
        *figures,
        Figure("search", f"{what}, memory of the server", resident, "MB"),
        Figure("search", f"{what}, disk", disk, "MB", "MB of vectors", size * 256 * 4 / 2**20),
        Figure("search", f"{what}, made and indexed", size / filled, "chunks/s"),
    ]


def _searched(server: Peer, asked: list[str], **more: Any) -> list[float]:
    taken: list[float] = []
    for question in asked:
        started = time.perf_counter()
        found = server.call("rag_search", query=question, k=K, max_tokens=8_000, **more)
        taken.append((time.perf_counter() - started) * 1000)
        if found["count"] != K:
            raise RuntimeError(f"{found['count']} results of {K}")
    return taken


def _full_text_ms(home: Path, asked: list[str]) -> float:
    """The same words to FTS5 alone, over the same rows."""
    search = "SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ? ORDER BY bm25(chunks_fts) LIMIT 10"
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db:
        matches = [f"own : ({' OR '.join(map(quoted, query_words(question)))})" for question in asked]
        return statistics.median(timed_ms(lambda m=match: db.execute(search, (m,)).fetchall()) for match in matches)  # type: ignore[misc]


def _recall(home: Path, asked: list[str], what: str) -> list[Figure]:
    """How many of the exact ten nearest the vector index finds; 1 where collections are searched exactly."""
    table = static_table()
    store = VectorStore(home / "data" / "vectors")
    if ("chunks", table.identity.key) not in store.tables():
        return []
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db:
        row_ids, vectors = _vectors(db)
    shares: list[float] = []
    for question in asked:
        vector = table.embed_query(question)
        exact = set(row_ids[np.argpartition(vectors @ vector, -K)[-K:]].tolist())
        found = store.search("chunks", table.identity.key, "local", "default", vector, 5 * K)[:K]
        shares.append(len(exact & {row_id for row_id, _ in found}) / K)
    return [
        Figure("search", f"{what}, recall@10", statistics.mean(shares), "of exact", limit=RECALL_LIMIT, at_least=True)
    ]


def _vectors(db: sqlite3.Connection) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    size = int(db.execute("SELECT count(*) FROM chunk_vectors").fetchone()[0])
    row_ids = np.empty(size, np.int64)
    vectors = np.empty((size, static_table().identity.dimension), np.float32)
    for at, (row_id, blob) in enumerate(_rows(db)):
        row_ids[at] = row_id
        vectors[at] = np.frombuffer(blob, "<f4")
    return row_ids, vectors


def _rows(db: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    yield from db.execute("SELECT row_id, vector FROM chunk_vectors")
