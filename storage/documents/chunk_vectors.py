"""The vectors of chunks as blobs beside them: the truth that vector tables are built from.

A chunk row never changes its text, so a vector, once kept, holds for as long as its row.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from storage.change_counter import next_change
from storage.embedding_models import numbers

TAG = re.compile(r"</?[A-Za-z!][^<>]{0,400}>")

# chunks_fts_docsize lists every row in order in a few bytes each; the chunks themselves are read only where needed
MISSING = """FROM chunks_fts_docsize d WHERE d.id > :after AND NOT EXISTS (
    SELECT 1 FROM chunk_vectors v WHERE v.row_id = d.id AND v.model_id = :model)"""
UNEMBEDDED = f"""SELECT c.row_id, c.section, c.text FROM (SELECT d.id {MISSING} ORDER BY d.id LIMIT :limit) missing
    CROSS JOIN chunks c ON c.row_id = missing.id ORDER BY c.row_id"""
PENDING = f"SELECT count(*) {MISSING}"
PUT = "INSERT OR REPLACE INTO chunk_vectors (row_id, model_id, vector) VALUES (?, ?, ?)"
FILL = """INSERT OR IGNORE INTO chunk_vectors (row_id, model_id, vector)
    SELECT row_id, ?, ? FROM chunks WHERE row_id = ?"""
QUEUE = "INSERT OR REPLACE INTO chunk_queue (model_id, row_id, seq) VALUES (?, ?, ?)"
DROP = """DELETE FROM chunk_vectors WHERE rowid IN (
    SELECT rowid FROM chunk_vectors WHERE model_id = ? LIMIT ?)"""


def embedded_text(section: Sequence[str], text: str) -> str:
    """The text that is embedded for a chunk: with the headings above it in front, and without the tags of HTML."""
    said = TAG.sub(" ", text) if "</" in text else text
    return f"{' › '.join(section)}\n{said}" if section else said


def put_many(db: sqlite3.Connection, vectors: Sequence[tuple[int, Mapping[str, bytes]]], seq: int) -> None:
    """Keep the vectors of chunks, blobs by model name, and queue them for the vector tables under change ``seq``.

    Models that nobody registered are passed over: their vectors come with the next backfill.
    """
    known = numbers(db)
    kept = [(row_id, known[name], blob) for row_id, blobs in vectors for name, blob in blobs.items() if name in known]
    db.executemany(PUT, kept)
    db.executemany(QUEUE, [(model_id, row_id, seq) for row_id, model_id, _ in kept])


def fill(db: sqlite3.Connection, model_id: int, blobs: Iterable[tuple[int, bytes]]) -> int:
    """Add vectors made after the fact, by row number. How many were kept: a chunk that went away in the meantime is
    passed over, and so is one that has a vector by now."""
    seq = next_change(db)
    kept = [row_id for row_id, blob in blobs if db.execute(FILL, (model_id, blob, row_id)).rowcount]
    db.executemany(QUEUE, [(model_id, row_id, seq) for row_id in kept])
    db.executemany("UPDATE chunks SET seq = ? WHERE row_id = ?", [(seq, row_id) for row_id in kept])
    return len(kept)


def unembedded(db: sqlite3.Connection, model_id: int, after: int, limit: int) -> list[tuple[int, str]]:
    """Chunks behind row ``after`` that the model has not seen: (row number, text to embed)."""
    found = db.execute(UNEMBEDDED, {"model": model_id, "after": after, "limit": limit})
    return [(row[0], embedded_text(json.loads(row[1]), row[2])) for row in found]


def newest(db: sqlite3.Connection) -> int:
    """The highest row number of a chunk; 0 without any."""
    return int(db.execute("SELECT coalesce(max(row_id), 0) FROM chunks").fetchone()[0])


def pending(db: sqlite3.Connection, model_id: int) -> int:
    """How many chunks wait for this model's vector."""
    return int(db.execute(PENDING, {"model": model_id, "after": 0}).fetchone()[0])


def drop_some(db: sqlite3.Connection, model_id: int, limit: int) -> int:
    """Forget so many of a model's vectors, which is not complete any more; how many there were. A million in one
    transaction would lock others out for too long."""
    db.execute("UPDATE models SET chunks_complete = 0 WHERE model_id = ?", (model_id,))
    return db.execute(DROP, (model_id, limit)).rowcount
