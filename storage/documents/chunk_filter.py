"""Which chunks a search may return, and the chunks that pass a filter: all of them, or those among some."""

import sqlite3
from dataclasses import dataclass

from storage.documents.metadata_filter import Filter, checking, listing

MATCHING = """SELECT c.row_id FROM documents d CROSS JOIN chunks c ON c.document_row = d.document_row
    WHERE d.tenant = ? AND d.collection = ? AND {0} LIMIT ?"""
PASSING = """SELECT c.row_id FROM json_each(?) j CROSS JOIN chunks c ON c.row_id = j.value
    CROSS JOIN documents d ON d.document_row = c.document_row WHERE c.tenant = ? AND c.collection = ? AND {0}"""


@dataclass(frozen=True, slots=True)
class ChunkFilter:
    """Which chunks a search may return."""

    collection: str
    where: Filter | None = None


def matching(db: sqlite3.Connection, tenant: str, asked: ChunkFilter, limit: int = -1) -> list[int]:
    """The chunks of documents that pass the filter; at most ``limit`` of them."""
    condition, values = listing(tenant, asked.collection, asked.where) if asked.where else ("1", [])
    found = db.execute(MATCHING.format(condition), (tenant, asked.collection, *values, limit))
    return [row[0] for row in found]


def passing(db: sqlite3.Connection, tenant: str, asked: ChunkFilter, row_ids: list[int]) -> set[int]:
    """Those of these rows that are there and pass the filter."""
    condition, values = checking(tenant, asked.collection, asked.where) if asked.where else ("1", [])
    found = db.execute(PASSING.format(condition), (str(row_ids), tenant, asked.collection, *values))
    return {row[0] for row in found}
