"""The embedding models that vectors are kept of: number, when a process last had it, and whether it has seen all."""

import sqlite3
from typing import Literal

Content = Literal["memories", "chunks"]

IS_COMPLETE = {
    "memories": "SELECT complete FROM models WHERE model_id = ?",
    "chunks": "SELECT chunks_complete FROM models WHERE model_id = ?",
}
SET_COMPLETE = {
    "memories": "UPDATE models SET complete = 1 WHERE model_id = ?",
    "chunks": "UPDATE models SET chunks_complete = 1 WHERE model_id = ?",
}


def register(db: sqlite3.Connection, name: str, dimension: int, now: int) -> int:
    """The number of the model, given one when it is new; noted as in use."""
    db.execute("INSERT OR IGNORE INTO models (name, dimension) VALUES (?, ?)", (name, dimension))
    db.execute("UPDATE models SET used_at = ? WHERE name = ?", (now, name))
    return number_of(db, name)


def numbers(db: sqlite3.Connection) -> dict[str, int]:
    """Every model with its number, by name (`ModelIdentity.key`)."""
    return dict(db.execute("SELECT name, model_id FROM models"))


def number_of(db: sqlite3.Connection, name: str) -> int:
    """The model's number; where nobody registered it -1, which no row has."""
    found = db.execute("SELECT model_id FROM models WHERE name = ?", (name,)).fetchone()
    return int(found[0]) if found else -1


def is_complete(db: sqlite3.Connection, model_id: int, content: Content) -> bool:
    """Whether the model has seen every memory, or every chunk."""
    found = db.execute(IS_COMPLETE[content], (model_id,)).fetchone()
    return bool(found and found[0])


def set_complete(db: sqlite3.Connection, model_id: int, content: Content) -> None:
    """Note that the model has seen every memory, or every chunk."""
    db.execute(SET_COMPLETE[content], (model_id,))


def unused(db: sqlite3.Connection, before: int) -> dict[str, int]:
    """Models that no process has had since ``before``."""
    return dict(db.execute("SELECT name, model_id FROM models WHERE used_at < ?", (before,)))


def drop(db: sqlite3.Connection, model_id: int) -> None:
    """Forget a model and its vectors, of memories and of chunks."""
    for table in ("memory_vectors", "index_queue", "chunk_vectors", "chunk_queue", "models"):
        db.execute(f"DELETE FROM {table} WHERE model_id = ?", (model_id,))
