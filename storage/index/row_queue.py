"""The queue between the truth and the tables beside it, as queries.

A line says: bring this row of this model's table in line with what is here. It is forgotten only with the number it was
read with, so that a row changed meanwhile keeps its line.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage import maintenance
from storage.index.kinds import WORDS, Kind, Model
from storage.index.table_rows import VectorRow, WordsRow

FLOAT = 4  # bytes of one


@dataclass(frozen=True, slots=True)
class Line:
    """A queue line beside the truth it points to: ``tenant`` None when the row is gone, ``content`` None or empty when
    it has none for this table."""

    row_id: int
    seq: int
    tenant: str | None
    scope: str | None
    content: bytes | str | None

    @property
    def is_gone(self) -> bool:
        return self.tenant is None

    def row(self, dimension: int) -> VectorRow | WordsRow | None:
        """What a table of vectors of so many floats, or of words, should hold of it; None for nothing."""
        if self.tenant is None or self.scope is None or not self.content:
            return None
        if isinstance(self.content, str):
            return WordsRow(self.row_id, self.tenant, self.scope, self.content)
        if len(self.content) != dimension * FLOAT:
            return None
        vector = np.frombuffer(self.content, "<f4").astype(np.float32, copy=False)
        is_usable = bool(np.isfinite(vector).all() and vector.any())
        return VectorRow(self.row_id, self.tenant, self.scope, vector) if is_usable else None


MODELS = "SELECT model_id, name, dimension FROM models ORDER BY model_id"


def models(db: sqlite3.Connection, kind: Kind) -> list[Model]:
    """Every model the kind may have a table of: words first, then the oldest."""
    embedding = [Model(*row) for row in db.execute(MODELS)]
    return [WORDS, *embedding] if kind.words else embedding


def lines(db: sqlite3.Connection, kind: Kind, model: Model, after: int, limit: int) -> list[Line]:
    """The next lines of a model past row ``after``, in order of row."""
    bound = {"model": model.model_id, "after": after, "limit": limit}
    return [Line(*row) for row in db.execute(kind.part(model).lines, bound)]


def waiting(db: sqlite3.Connection, kind: Kind, model: Model, most: int) -> int:
    """How many lines of a model wait, counted up to ``most``."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {kind.queue} WHERE model_id = ? LIMIT ?)"
    return int(db.execute(sql, (model.model_id, most)).fetchone()[0])


def gone(db: sqlite3.Connection, kind: Kind, model: Model) -> list[Line]:
    """The lines of a model whose row is gone for good."""
    sql = f"""SELECT q.row_id, q.seq, NULL, NULL, NULL FROM {kind.queue} q
        WHERE q.model_id = ? AND NOT EXISTS (SELECT 1 FROM {kind.rows} r WHERE r.row_id = q.row_id)"""
    return [Line(*row) for row in db.execute(sql, (model.model_id,))]


def must_erase(db: sqlite3.Connection, kind: Kind) -> bool:
    """Whether rows that are gone must leave the files at once. Ask after reading their lines: those come later."""
    return kind.erasure_task is None or maintenance.is_noted(db, kind.erasure_task)


def forget(db: sqlite3.Connection, kind: Kind, model: Model, done: Iterable[Line]) -> None:
    """Drop the lines that nobody has written again since they were read."""
    sql = f"DELETE FROM {kind.queue} WHERE model_id = ? AND row_id = ? AND seq = ?"
    db.executemany(sql, [(model.model_id, line.row_id, line.seq) for line in done])


def forget_orphans(db: sqlite3.Connection, kind: Kind) -> None:
    """Drop the lines of models that are gone."""
    known = json.dumps([model.model_id for model in models(db, kind)])
    db.execute(f"DELETE FROM {kind.queue} WHERE model_id NOT IN (SELECT value FROM json_each(?))", (known,))


def expected(db: sqlite3.Connection, kind: Kind, model: Model) -> NDArray[np.int64]:
    """The ids of the rows that belong in a model's table."""
    bound = {"model": model.model_id, "bytes": model.dimension * FLOAT}
    return np.fromiter((row[0] for row in db.execute(kind.part(model).belongs, bound)), np.int64)


def queued(db: sqlite3.Connection, kind: Kind, model: Model) -> list[int]:
    """The rows that have a line."""
    sql = f"SELECT row_id FROM {kind.queue} WHERE model_id = ?"
    return [row[0] for row in db.execute(sql, (model.model_id,))]


def add(db: sqlite3.Connection, kind: Kind, model: Model, row_ids: Sequence[int]) -> None:
    """Queue these rows, whether or not they exist."""
    sql = f"""INSERT INTO {kind.queue} (model_id, row_id, seq)
        SELECT ?, value, 0 FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"""
    db.execute(sql, (model.model_id, json.dumps(row_ids)))
