"""The queue between the truth and the vector tables, as queries.

A line says: bring this row of this model's table in line with what is here. It is forgotten only with the number it was
read with, so that a row changed meanwhile keeps its line.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.vector_row import VectorRow

FLOAT = 4  # bytes of one
SHOWN = ("active", "archived")  # what a search may return, archived rows when asked for


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model that has rows here."""

    model_id: int
    name: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Line:
    """A queue line beside the truth it points to: ``tenant`` None when the memory is purged, ``vector`` None when it
    has none by this model."""

    row_id: int
    seq: int
    tenant: str | None
    session_id: str | None
    state: str | None
    vector: bytes | None

    @property
    def is_purged(self) -> bool:
        return self.tenant is None

    def row(self, dimension: int) -> VectorRow | None:
        """What the table should hold of it, None for nothing."""
        if self.tenant is None or self.session_id is None or self.vector is None or self.state not in SHOWN:
            return None
        if len(self.vector) != dimension * FLOAT:
            return None
        vector = np.frombuffer(self.vector, "<f4").astype(np.float32, copy=False)
        is_usable = bool(np.isfinite(vector).all() and vector.any())
        return VectorRow(self.row_id, self.tenant, self.session_id, vector) if is_usable else None


MODELS = "SELECT model_id, name, dimension FROM models ORDER BY model_id"


def models(db: sqlite3.Connection) -> list[Model]:
    """Every model, oldest first."""
    return [Model(*row) for row in db.execute(MODELS)]


LINES = """
SELECT q.row_id, q.seq, m.tenant, m.session_id, m.state, v.vector
FROM index_queue q
LEFT JOIN memories m ON m.row_id = q.row_id
LEFT JOIN memory_vectors v ON v.row_id = q.row_id AND v.model_id = q.model_id
WHERE q.model_id = ? AND q.row_id > ? ORDER BY q.row_id LIMIT ?
"""


def lines(db: sqlite3.Connection, model: Model, after: int, limit: int) -> list[Line]:
    """The next lines of a model past row ``after``, in order of row."""
    return [Line(*row) for row in db.execute(LINES, (model.model_id, after, limit))]


WAITING = "SELECT count(*) FROM (SELECT 1 FROM index_queue WHERE model_id = ? LIMIT ?)"


def waiting(db: sqlite3.Connection, model: Model, most: int) -> int:
    """How many lines of a model wait, counted up to ``most``."""
    return int(db.execute(WAITING, (model.model_id, most)).fetchone()[0])


PURGED = """
SELECT q.row_id, q.seq, NULL, NULL, NULL, NULL FROM index_queue q
WHERE q.model_id = ? AND NOT EXISTS (SELECT 1 FROM memories m WHERE m.row_id = q.row_id)
"""


def purged(db: sqlite3.Connection, model: Model) -> list[Line]:
    """The lines of a model whose memory is gone for good."""
    return [Line(*row) for row in db.execute(PURGED, (model.model_id,))]


FORGET = "DELETE FROM index_queue WHERE model_id = ? AND row_id = ? AND seq = ?"


def forget(db: sqlite3.Connection, model: Model, done: Iterable[Line]) -> None:
    """Drop the lines that nobody has written again since they were read."""
    db.executemany(FORGET, [(model.model_id, line.row_id, line.seq) for line in done])


FORGET_ORPHANS = "DELETE FROM index_queue WHERE model_id NOT IN (SELECT model_id FROM models)"


def forget_orphans(db: sqlite3.Connection) -> None:
    """Drop the lines of models that are gone."""
    db.execute(FORGET_ORPHANS)


BELONGS = """
FROM memory_vectors v JOIN memories m ON m.row_id = v.row_id
WHERE v.model_id = ? AND length(v.vector) = ? AND m.state IN (?, ?)
"""
EXPECTED = f"SELECT v.row_id {BELONGS}"
ADD_ALL = f"""
INSERT INTO index_queue (model_id, row_id, seq) SELECT v.model_id, v.row_id, m.seq {BELONGS} ON CONFLICT DO NOTHING
"""


def add_all(db: sqlite3.Connection, model: Model) -> None:
    """Queue every row that belongs in a model's table."""
    db.execute(ADD_ALL, (model.model_id, model.dimension * FLOAT, *SHOWN))


def expected(db: sqlite3.Connection, model: Model) -> NDArray[np.int64]:
    """The ids of the rows that belong in a model's table."""
    rows = db.execute(EXPECTED, (model.model_id, model.dimension * FLOAT, *SHOWN))
    return np.fromiter((row[0] for row in rows), np.int64)


ADD = """
INSERT INTO index_queue (model_id, row_id, seq) SELECT ?, value, 0 FROM json_each(?) WHERE true ON CONFLICT DO NOTHING
"""


def add(db: sqlite3.Connection, model: Model, row_ids: Sequence[int]) -> None:
    """Queue these rows, whether or not they exist."""
    db.execute(ADD, (model.model_id, json.dumps(row_ids)))
