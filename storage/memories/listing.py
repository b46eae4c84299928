"""Memories for a person to look through: any state, not only what a search may return."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from storage.memories.rows import COLUMNS, MemoryRow, memory_row

STATES = ("active", "archived", "deleted", "superseded")


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Which memories to list. None and no tags: all of them."""

    states: Sequence[str] = ("active",)
    session_id: str | None = None
    content_type: str | None = None
    tags: Sequence[str] = ()


def listed(db: sqlite3.Connection, tenant: str, wanted: ListingFilter, limit: int) -> list[MemoryRow]:
    """The memories stored last, newest first."""
    condition, values = _where(tenant, wanted)
    sql = f"SELECT {COLUMNS} FROM memories WHERE {condition} ORDER BY row_id DESC LIMIT ?"
    return [memory_row(row) for row in db.execute(sql, (*values, limit))]


def count(db: sqlite3.Connection, tenant: str, wanted: ListingFilter) -> int:
    """How many there are."""
    condition, values = _where(tenant, wanted)
    return int(db.execute(f"SELECT count(*) FROM memories WHERE {condition}", values).fetchone()[0])


def _where(tenant: str, wanted: ListingFilter) -> tuple[str, list[object]]:
    clauses = ["tenant = ?", "state IN (SELECT value FROM json_each(?))"]
    values: list[object] = [tenant, json.dumps(list(wanted.states))]
    for clause, value in (("session_id = ?", wanted.session_id), ("content_type = ?", wanted.content_type)):
        if value is not None:
            clauses.append(clause)
            values.append(value)
    for tag in wanted.tags:
        clauses.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
        values.append(tag)
    return " AND ".join(clauses), values
