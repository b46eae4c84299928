"""What a data directory holds, read behind the servers' back, and whether its parts agree."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from storage import analysis
from storage.database import FILE_NAME, Database
from storage.embedding.embedder import Embedder
from storage.embedding.static_table import static_table
from storage.index.indexer import Indexer
from storage.index.kinds import MEMORIES
from storage.index.lance_tables import LanceFolder
from storage.index.table_files import read_entry
from storage.index.vectors import VectorStore
from storage.memories.writes import spoken

LIVE = ("active", "archived")


@contextmanager
def opened(data: Path) -> Iterator[sqlite3.Connection]:
    """The database as any program opens it; recovers what a killed process left in the log."""
    db = sqlite3.connect(data / FILE_NAME)
    try:
        yield db
    finally:
        db.close()


def kept(data: Path) -> dict[str, tuple[str, str]]:
    """(content, state) of every memory by its id."""
    with opened(data) as db:
        return {row[0]: (row[1], row[2]) for row in db.execute("SELECT memory_id, content, state FROM memories")}


def dump(db: sqlite3.Connection) -> list[str]:
    """Everything in the database, to compare before with after."""
    return list(db.iterdump())


async def assert_agrees(data: Path, embedder: Embedder | None = None) -> None:
    """The file is whole, and full text and vectors hold exactly what the memories say: in the database, and after a
    flush in the vector table too."""
    embedder = embedder or static_table()
    with opened(data) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        db.execute("INSERT INTO memories_fts (memories_fts) VALUES ('integrity-check')")
        live = _live(db)
        _assert_full_text(db, live)
        vectors = _vectors(db, embedder)
    texts = dict(live)
    assert vectors.keys() == texts.keys()
    if texts:
        wanted = embedder.embed_passages(list(texts.values()))
        found = np.array([vectors[row_id] for row_id in texts])
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    await _assert_table(data, embedder, vectors)


async def _assert_table(data: Path, embedder: Embedder, vectors: dict[int, Any]) -> None:
    database = await Database.open(data)
    try:
        indexer = Indexer(database, VectorStore(data / "vectors"), data)
        assert await indexer.flush() is not None
        assert await indexer.reconcile() == 0
    finally:
        await database.close()
    entry = read_entry(data / "vectors", MEMORIES.name, embedder.identity.key)
    if entry is None:
        assert not vectors
        return
    rows = LanceFolder(data / "vectors").open(entry.table).batches()
    held = {row["row_id"]: row["vector"] for batch in rows for row in batch.to_pylist()}
    vectors = {row_id: vector for row_id, vector in vectors.items() if vector.any()}
    assert held.keys() == vectors.keys()
    for row_id, vector in vectors.items():
        np.testing.assert_array_equal(np.float32(held[row_id]), vector)


def _live(db: sqlite3.Connection) -> list[tuple[int, str]]:
    rows = db.execute("SELECT row_id, content, speaker FROM memories WHERE state IN (?, ?) ORDER BY row_id", LIVE)
    return [(row_id, spoken(content, speaker)) for row_id, content, speaker in rows]


def _assert_full_text(db: sqlite3.Connection, live: list[tuple[int, str]]) -> None:
    indexed = db.execute("SELECT rowid, own FROM memories_fts ORDER BY rowid").fetchall()
    assert indexed == [(row_id, " ".join(analysis.words(text))) for row_id, text in live]


def _vectors(db: sqlite3.Connection, embedder: Embedder) -> dict[int, Any]:
    rows = db.execute(
        """SELECT v.row_id, v.vector FROM memory_vectors v JOIN models USING (model_id) JOIN memories m USING (row_id)
           WHERE name = ? AND m.state IN (?, ?)""",
        (embedder.identity.key, *LIVE),
    )
    dimension = embedder.identity.dimension
    return {row_id: np.frombuffer(blob, "<f4") if blob else np.zeros(dimension, "<f4") for row_id, blob in rows}
