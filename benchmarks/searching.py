"""rag_search over collections of growing size, over stdio: time, recall beside exact search, filters, memory, disk."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
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
from storage.index.vectors import VectorStore

K = 10
FULL_TEXT_TIMES = 20
TARGET_SIZE = 1_000_000
P95_LIMIT_MS = 60.0
RECALL_LIMIT = 0.95
FILTERS = (("1 %", {"rare": True}), ("50 %", {"half": True}))


def run(quick: bool, sizes: Sequence[int]) -> Iterator[Figure]:
    """All figures of this module."""
    for size in sizes or ((2_000,) if quick else (10_000, 100_000, TARGET_SIZE)):
        with tempfile.TemporaryDirectory() as folder:
            yield from _at(Path(folder), size, 20 if quick else 200)


def _at(home: Path, size: int, times: int) -> Iterator[Figure]:
    what, asked = f"rag_search, {size:,} chunks", Topics(seed=11).questions(times)
    filled = timed_ms(partial(fill, home, size)) / 1000
    with peer(SATCHEL, home) as server:
        yield from _cold(server, asked, what)
        plain = _searched(server, asked)
        yield from _narrow(server, asked, what)
        resident = server.resident_mb()
    full_text = _full_text_ms(home, asked[:FULL_TEXT_TIMES])
    limit = P95_LIMIT_MS if size >= TARGET_SIZE else None
    yield Figure("search", f"{what}, p50", statistics.median(plain), "ms", "ms plain FTS5", full_text)
    yield Figure("search", f"{what}, p95", percentile(plain, 0.95), "ms", "ms plain FTS5, p50", full_text, limit)
    yield from _recall(home, asked, what)
    yield Figure("search", f"{what}, memory of the server", resident, "MB")
    disk = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 2**20
    yield Figure("search", f"{what}, disk", disk, "MB", "MB of vectors", size * 256 * 4 / 2**20)
    yield Figure("search", f"{what}, made and indexed", size / filled, "chunks/s")


def _cold(server: Peer, asked: list[str], what: str) -> Iterator[Figure]:
    """The first search after a start, and those right behind it."""
    first = timed_ms(partial(server.call, "rag_search", query=asked[0], k=K))
    yield Figure("search", f"{what}, first after a start", first, "ms")
    next_p95 = percentile(_searched(server, asked), 0.95)
    yield Figure("search", f"{what}, p95 of the next {len(asked)}", next_p95, "ms")


def _narrow(server: Peer, asked: list[str], what: str) -> Iterator[Figure]:
    """Searches behind filters that let a share of the chunks through."""
    for share, wanted in FILTERS:
        taken = _searched(server, asked, filter=wanted)
        yield Figure("search", f"{what}, filter of {share}, p50", statistics.median(taken), "ms")
        yield Figure("search", f"{what}, filter of {share}, p95", percentile(taken, 0.95), "ms")


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


def _recall(home: Path, asked: list[str], what: str) -> Iterator[Figure]:
    """How many of the exact ten nearest the vector index finds: all where collections are searched exactly."""
    table = static_table()
    store = VectorStore(home / "data" / "vectors")
    is_indexed = ("chunks", table.identity.key) in store.tables()
    share = statistics.mean(_found_shares(home, store, asked)) if is_indexed else 1.0
    yield Figure("search", f"{what}, recall@10", share, "of exact", limit=RECALL_LIMIT, at_least=True)


def _found_shares(home: Path, store: VectorStore, asked: list[str]) -> Iterator[float]:
    table = static_table()
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db:
        row_ids, vectors = _vectors(db)
    for question in asked:
        vector = table.embed_query(question)
        exact = set(row_ids[np.argpartition(vectors @ vector, -K)[-K:]].tolist())
        found = store.search("chunks", table.identity.key, "local", "default", vector, 5 * K)[:K]
        yield len(exact & {row_id for row_id, _ in found}) / K


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
