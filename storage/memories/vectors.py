"""The vectors of memories as blobs beside them: the truth that vector tables are built from."""

import sqlite3
from collections.abc import Iterable, Mapping

from storage.change_counter import next_change
from storage.embedding_models import numbers
from storage.memories.rows import LIVE
from storage.memories.writes import spoken

VectorBlobs = Mapping[str, bytes]
"""Blobs of one text by model name: float32, little endian; empty where the model has no vector for it."""

UNEMBEDDED = f"""SELECT m.row_id, m.content, m.speaker FROM memories m
    WHERE m.row_id > ? AND m.state IN {LIVE} AND NOT EXISTS (
        SELECT 1 FROM memory_vectors v WHERE v.row_id = m.row_id AND v.model_id = ?)
    ORDER BY m.row_id LIMIT ?"""
PENDING = f"""SELECT count(*) FROM memories m WHERE m.state IN {LIVE} AND NOT EXISTS (
    SELECT 1 FROM memory_vectors v WHERE v.row_id = m.row_id AND v.model_id = ?)"""


def put(db: sqlite3.Connection, row_id: int, vectors: VectorBlobs) -> None:
    """Keep the vectors of a memory, replacing what was there, and queue them for the vector tables.

    Models that nobody registered are passed over: their vectors come with the next backfill.
    """
    if not vectors:
        return
    known = numbers(db)
    seq = next_change(db)
    for name, blob in vectors.items():
        if (model_id := known.get(name)) is not None:
            db.execute("INSERT OR REPLACE INTO memory_vectors VALUES (?, ?, ?)", (row_id, model_id, blob))
            db.execute("INSERT OR REPLACE INTO index_queue VALUES (?, ?, ?)", (model_id, row_id, seq))


def fill(db: sqlite3.Connection, model_id: int, blobs: Iterable[tuple[int, str, bytes]]) -> int:
    """Add vectors made after the fact: (row number, the text they were made of, blob). How many were kept.

    A memory that changed or went away in the meantime is passed over, and so is one that has a vector by now.
    """
    seq = next_change(db)
    kept = 0
    for row_id, text, blob in blobs:
        row = db.execute("SELECT content, speaker FROM memories WHERE row_id = ?", (row_id,)).fetchone()
        if row is None or spoken(*row) != text:
            continue
        added = db.execute("INSERT OR IGNORE INTO memory_vectors VALUES (?, ?, ?)", (row_id, model_id, blob))
        if added.rowcount:
            db.execute("INSERT OR REPLACE INTO index_queue VALUES (?, ?, ?)", (model_id, row_id, seq))
            db.execute("UPDATE memories SET seq = ? WHERE row_id = ?", (seq, row_id))
            kept += 1
    return kept


def unembedded(db: sqlite3.Connection, model_id: int, after: int, limit: int) -> list[tuple[int, str]]:
    """Live memories behind row ``after`` that the model has not seen: (row number, text to embed)."""
    return [(row[0], spoken(row[1], row[2])) for row in db.execute(UNEMBEDDED, (after, model_id, limit))]


def pending(db: sqlite3.Connection, model_id: int) -> int:
    """How many live memories wait for this model's vector."""
    return int(db.execute(PENDING, (model_id,)).fetchone()[0])
