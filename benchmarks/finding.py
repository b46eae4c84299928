"""memory_retrieve over stdio, in one session and spread over many, beside plain full text and numpy."""

import sqlite3
import statistics
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.corpus import questions, sentences
from benchmarks.filled import fill, maintain
from benchmarks.models import TRANSFORMER, await_ready, embedding_ms
from benchmarks.report import Figure, Outcome, percentile, timed_ms
from benchmarks.wire import SATCHEL, Peer, peer
from storage.analysis import query_words
from storage.embedding.static_table import static_table
from storage.fulltext import quoted

SESSIONS = 100
TARGET_SIZE = 10_000
TARGET_MS = 6.0
OWN_WORK_MS = 5.0
"""What may come on top of embedding one query."""


def run(quick: bool) -> Iterator[Outcome]:
    """All figures of this module."""
    asked = questions(50 if quick else 200)
    for size in (1_000,) if quick else (1_000, TARGET_SIZE, 100_000):
        yield from _finding(size, asked)
        yield from _finding_spread(size, asked)
    yield from _finding_by_transformer(200 if quick else TARGET_SIZE, asked)


def _finding(size: int, asked: list[str]) -> Iterator[Figure]:
    texts = list(sentences(size))
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), texts)
        with peer(SATCHEL, Path(folder)) as server:
            taken = _asked_ms(server, asked)
    words, meaning = _plain_search_ms(texts, asked)
    what = f"memory_retrieve, {size:,} memories"
    limit = TARGET_MS if size == TARGET_SIZE else None
    yield Figure("retrieve", f"{what}, p50", statistics.median(taken), "ms", "ms plain FTS5", words, limit)
    yield Figure("retrieve", f"{what}, p95", percentile(taken, 0.95), "ms", "ms numpy scan", meaning)


def _finding_spread(size: int, asked: list[str]) -> Iterator[Figure]:
    """The same number of memories in a hundred sessions: one of them asked, then all together."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), list(sentences(size)), SESSIONS)
        with peer(SATCHEL, Path(folder)) as server:
            for scope, where in (("session", f"of {SESSIONS} sessions one"), ("tenant", f"{SESSIONS} sessions")):
                taken = _asked_ms(server, asked, session_id="s7", scope=scope)
                what = f"memory_retrieve, {size:,} memories, {where}"
                yield Figure("retrieve", f"{what}, p50", statistics.median(taken), "ms")
                yield Figure("retrieve", f"{what}, p95", percentile(taken, 0.95), "ms")


def _finding_by_transformer(size: int, asked: list[str]) -> Iterator[Outcome]:
    what = f"memory_retrieve, {size:,} memories, transformer"
    if gaps := TRANSFORMER.gaps("retrieve", f"{what}, p50", f"{what}, p95"):
        yield from gaps
        return
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), list(sentences(size)))
        maintain(Path(folder), **TRANSFORMER.settings)
        with peer(SATCHEL, Path(folder), **TRANSFORMER.settings) as server:
            await_ready(server, TRANSFORMER)
            taken = _asked_ms(server, asked)
    embedding = embedding_ms(TRANSFORMER, asked[0])
    name, limit = "ms embedding the query", embedding + OWN_WORK_MS
    yield Figure("retrieve", f"{what}, p50", statistics.median(taken), "ms", name, embedding, limit)
    yield Figure("retrieve", f"{what}, p95", percentile(taken, 0.95), "ms", name, embedding)


def _asked_ms(server: Peer, asked: list[str], **chosen: str) -> list[float]:
    """The milliseconds of each question, after one that warms."""
    server.call("memory_retrieve", query=asked[0], **chosen)
    return [timed_ms(partial(server.call, "memory_retrieve", query=query, **chosen)) for query in asked]


def _plain_search_ms(texts: list[str], asked: list[str]) -> tuple[float, float]:
    """The same questions to FTS5 alone and to numpy alone, in memory."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE plain USING fts5 (text, tokenize = 'porter unicode61')")
    db.executemany("INSERT INTO plain VALUES (?)", [(text,) for text in texts])
    search = "SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY bm25(plain) LIMIT 10"
    matches = [" OR ".join(map(quoted, query_words(question))) for question in asked]
    words = statistics.median([timed_ms(partial(_rows, db, search, match)) for match in matches])
    db.close()
    table = static_table()
    vectors = table.embed_passages(texts)

    def scan(question: str) -> object:
        return np.argpartition(vectors @ table.embed_query(question), -10)[-10:]

    return words, statistics.median(timed_ms(lambda question=question: scan(question)) for question in asked)  # type: ignore[misc]


def _rows(db: sqlite3.Connection, search: str, match: str) -> list[object]:
    return db.execute(search, (match,)).fetchall()
