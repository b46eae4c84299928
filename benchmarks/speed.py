"""Storing and finding, over stdio, beside plain SQLite, plain full text and numpy."""

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import numpy as np

from benchmarks.corpus import questions, sentences
from benchmarks.report import Figure, median_ms, percentile, timed_ms
from benchmarks.startup import SHARED
from benchmarks.wire import SATCHEL, Peer, peer
from server.config import Settings
from server.lifespan import open_house
from storage import memory_vectors, memory_writes
from storage.analysis import query_words
from storage.database import Connection
from storage.embedding.static_table import static_table
from storage.fulltext import quoted
from storage.memory_writes import NewMemory
from tools.memory.cleanup import digest
from tools.memory.duplicates import simhash

TRANSFORMER = {"satchel_embedding_model": "auto", "satchel_embedding_path": str(SHARED)}
SESSIONS = 100
OWN_WORK_MS = 5.0  # what may come on top of embedding one text


def run(quick: bool) -> list[Figure]:
    """All figures of this module."""
    figures = _storing(quick, "built-in", {})
    for size in (1_000,) if quick else (1_000, 10_000, 100_000):
        figures += _finding(size, quick)
        figures += _finding_spread(size, quick)
    if SHARED.is_dir() and not quick:
        figures += _storing(quick, "transformer", TRANSFORMER)
    figures += _two_processes(quick)
    return figures


def _storing(quick: bool, model: str, settings: dict[str, str]) -> list[Figure]:
    times = 200 if quick else 1_000
    texts = list(sentences(2 * times))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with peer(SATCHEL, home, **settings) as server:
            await_model(server, model)
            embedding_ms = _embedding_ms(model)
            waiting = [timed_ms(lambda text=text: server.call("memory_store", content=text)) for text in texts[:times]]  # type: ignore[misc]
            started = time.perf_counter()
            for text in texts[times:]:
                server.send("tools/call", {"name": "memory_store", "arguments": {"content": text}})
            answers = [server.receive() for _ in texts[times:]]
            rate = times / (time.perf_counter() - started)
            if any(answer["result"].get("isError") for answer in answers):
                raise RuntimeError("a store was refused")
        baseline = _plain_insert_ms(home / "plain.sqlite", texts[:times])
    limit = embedding_ms + OWN_WORK_MS
    what = f"memory_store, {model}"
    return [
        Figure("store", f"{what}, p50", statistics.median(waiting), "ms", "ms SQLite insert", baseline, limit),
        Figure("store", f"{what}, p95", percentile(waiting, 0.95), "ms"),
        Figure("store", f"{what}, one client pipelining", rate, "/s", limit=150, at_least=True),
    ]


def await_model(server: Peer, model: str) -> None:
    """Return once the store is open and, if that is what is measured, the transformer serves."""
    server.call("memory_store", content="The first memory opens the store")
    while model == "transformer":
        text = server.request("resources/read", {"uri": "satchel://health"})["result"]["contents"][0]["text"]
        if json.loads(text)["embedding_model"]["state"] == "ready":
            return
        time.sleep(0.2)


def _embedding_ms(model: str) -> float:
    embed: Callable[[str], object] = static_table().embed_query
    if model == "transformer":
        from fastembed import TextEmbedding

        opened = TextEmbedding(
            "sentence-transformers/all-MiniLM-L6-v2", specific_model_path=str(SHARED), threads=1, local_files_only=True
        )

        def embed_one(text: str) -> object:
            return next(iter(opened.embed([text])))

        embed = embed_one
    text = next(sentences(1))
    embed(text)
    return median_ms(lambda: embed(text), 50, time.perf_counter)


def _plain_insert_ms(path: Path, texts: list[str]) -> float:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE plain (text TEXT)")
    taken = [timed_ms(lambda text=text: db.execute("INSERT INTO plain VALUES (?)", (text,))) for text in texts]  # type: ignore[misc]
    db.close()
    return statistics.median(taken)


def _finding(size: int, quick: bool) -> list[Figure]:
    asked = questions(50 if quick else 200)
    texts = list(sentences(size))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        anyio.run(_fill, home, texts)
        with peer(SATCHEL, home) as server:
            server.call("memory_retrieve", query=asked[0])
            taken = [timed_ms(lambda text=text: server.call("memory_retrieve", query=text)) for text in asked]  # type: ignore[misc]
    words, meaning = _plain_search_ms(texts, asked)
    what = f"memory_retrieve, {size:,} memories"
    limit = 6.0 if size == 10_000 else None
    return [
        Figure("retrieve", f"{what}, p50", statistics.median(taken), "ms", "ms plain FTS5", words, limit),
        Figure("retrieve", f"{what}, p95", percentile(taken, 0.95), "ms", "ms numpy scan", meaning),
    ]


def _finding_spread(size: int, quick: bool) -> list[Figure]:
    """The same number of memories in a hundred sessions: one of them asked, then all together."""
    asked = questions(50 if quick else 200)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        anyio.run(_fill, home, list(sentences(size)), SESSIONS)
        with peer(SATCHEL, home) as server:
            for scope, where in (("session", f"of {SESSIONS} sessions one"), ("tenant", f"{SESSIONS} sessions")):
                chosen = {"session_id": "s7", "scope": scope}
                server.call("memory_retrieve", query=asked[0], **chosen)
                taken = [timed_ms(partial(server.call, "memory_retrieve", query=query, **chosen)) for query in asked]
                what = f"memory_retrieve, {size:,} memories, {where}"
                figures.append(Figure("retrieve", f"{what}, p50", statistics.median(taken), "ms"))
                figures.append(Figure("retrieve", f"{what}, p95", percentile(taken, 0.95), "ms"))
    return figures


async def _fill(home: Path, texts: list[str], sessions: int = 1) -> None:
    """A store with these memories, written in bulk and indexed."""
    async with open_house(Settings(home=home, embedding_model="static"), background=False) as house:
        table = static_table()

        def write(db: Connection, at: int) -> None:
            batch = texts[at : at + 2_000]
            vectors = table.embed_passages(batch)
            for number, (text, vector) in enumerate(zip(batch, vectors, strict=True)):
                session_id = "default" if sessions == 1 else f"s{number % sessions}"
                row_id, _ = memory_writes.insert(db, "local", _row(text, session_id))
                memory_vectors.put(db, row_id, {table.identity.key: vector.astype("<f4").tobytes()})

        for at in range(0, len(texts), 2_000):
            await house.db.write(lambda db, at=at: write(db, at))  # type: ignore[misc]
        await house.backfill.catch_up()
        await house.indexer.maintain()


def _row(text: str, session_id: str) -> NewMemory:
    return NewMemory(
        session_id=session_id,
        content=text,
        content_type="context",
        importance=0.5,
        metadata={},
        tags=[],
        provenance={"origin": "import"},
        digest=digest(text),
        simhash=simhash(query_words(text)),
        speaker="",
        created_at=1_760_000_000_000,
        occurred_at=1_760_000_000_000,
        expires_at=None,
    )


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


def _two_processes(quick: bool) -> list[Figure]:
    """Two servers on one directory write in turn as fast as they can; the baseline is one alone."""
    times = 100 if quick else 500
    texts = list(sentences(3 * times, seed=3))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with peer(SATCHEL, home) as one, peer(SATCHEL, home) as two:
            started = time.perf_counter()
            for text in texts[:times]:
                one.call("memory_store", content=text)
            alone = times / (time.perf_counter() - started)
            started = time.perf_counter()
            for first, second in zip(texts[times : 2 * times], texts[2 * times :], strict=True):
                one.send("tools/call", {"name": "memory_store", "arguments": {"content": first}})
                two.send("tools/call", {"name": "memory_store", "arguments": {"content": second}})
                for answer in (one.receive(), two.receive()):
                    if answer["result"].get("isError"):
                        raise RuntimeError(answer["result"]["content"][0]["text"])
            together = 2 * times / (time.perf_counter() - started)
            text = two.request("resources/read", {"uri": "satchel://stats"})["result"]["contents"][0]["text"]
    kept = json.loads(text)["memories"]["active"]
    return [
        Figure("processes", "two on one directory, writes", together, "/s", "/s one alone", alone),
        Figure("processes", "acknowledged writes kept", kept / (3 * times), "share", limit=1, at_least=True),
    ]
