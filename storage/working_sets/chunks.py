"""What a working set of chunks holds: those of a collection."""

import sqlite3
from collections.abc import Iterable, Iterator

from storage.working_sets.columns import ScopeEntry
from storage.working_sets.held import Contents
from storage.working_sets.index import ScopeIndex

LIMIT = 10_000  # of 500 words each: some 40 MB of words and vectors, read in about two seconds the first time
MAX_ROWS = 20_000

SIZE = "SELECT chunks FROM collections WHERE tenant = ? AND collection = ?"
CHANGED = """SELECT c.row_id, f.own, f.headings, v.vector FROM chunks c CROSS JOIN chunks_fts f ON f.rowid = c.row_id
    LEFT JOIN chunk_vectors v ON v.row_id = c.row_id AND v.model_id = ?
    WHERE c.tenant = ? AND c.collection = ? AND c.seq > ? ORDER BY c.row_id"""
CHANGES = """SELECT count(*) FROM (
    SELECT 1 FROM chunks WHERE tenant = ? AND collection = ? AND seq > ? LIMIT ?)"""
KEPT = "SELECT 1 FROM collections WHERE tenant = ? AND collection = ? AND removed_seq <= ?"  # none: it was erased
PRESENT = "SELECT row_id FROM chunks WHERE tenant = ? AND collection = ?"


def chunk_contents(limit: int = LIMIT, most: int = MAX_ROWS) -> Contents:
    """Working sets of chunks: collections of up to ``limit`` of them, ``most`` rows in all."""

    def fits(db: sqlite3.Connection, tenant: str, collection: str | None) -> bool:
        found = db.execute(SIZE, (tenant, collection)).fetchone()
        return found is None or int(found[0]) <= limit

    return Contents(limit=limit, most=most, fits=fits, changes=_changes, changed=_changed, gone=_gone)


def _changes(db: sqlite3.Connection, tenant: str, collection: str | None, after: int, most: int) -> int:
    return int(db.execute(CHANGES, (tenant, collection, after, most)).fetchone()[0])


def _changed(
    db: sqlite3.Connection, tenant: str, collection: str | None, model_id: int, after: int
) -> Iterator[ScopeEntry]:
    for row_id, own, headings, vector in db.execute(CHANGED, (model_id, tenant, collection, after)):
        yield ScopeEntry(row_id, "", own.split(), headings.split(), False, 0, None, "active", 0, vector)


def _gone(db: sqlite3.Connection, tenant: str, collection: str | None, after: int, index: ScopeIndex) -> Iterable[int]:
    if db.execute(KEPT, (tenant, collection, after)).fetchone():
        return []
    return index.row_ids() - {row[0] for row in db.execute(PRESENT, (tenant, collection))}
