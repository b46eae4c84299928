"""Reads memories. Every function takes the tenant first; another tenant's row is not found either."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from storage.errors import NotFound

LIVE = ("active", "archived")


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """One memory as stored. Times are milliseconds since the epoch, UTC."""

    row_id: int
    memory_id: str
    session_id: str
    content: str
    content_type: str
    importance: float
    metadata: dict[str, Any]
    tags: list[str]
    provenance: dict[str, Any]
    speaker: str
    created_at: int
    updated_at: int
    occurred_at: int
    expires_at: int | None
    access_count: int
    accessed_at: int | None
    state: str
    superseded_by: int | None


@dataclass(frozen=True, slots=True)
class MemoryFilter:
    """Which memories a search or listing may return; ``session_id`` None is the whole tenant.

    ``now`` decides what has expired. ``since`` and ``until`` are compared with when it happened; every tag must be
    there. ``include_gone`` also lets through what was forgotten or superseded.
    """

    now: int
    session_id: str | None = None
    content_type: str | None = None
    tags: tuple[str, ...] = ()
    since: int | None = None
    min_importance: float = 0.0
    include_archived: bool = False
    until: int | None = None
    include_gone: bool = False

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for more than being alive."""
        return bool(self.content_type or self.tags or self.since is not None or self.min_importance > 0)


COLUMNS = (
    "row_id, memory_id, session_id, content, content_type, importance, metadata, tags, provenance, speaker, created_at,"
    " updated_at, occurred_at, expires_at, access_count, accessed_at, state, superseded_by"
)
FETCH = f"SELECT {COLUMNS} FROM memories WHERE tenant = ? AND memory_id IN (SELECT value FROM json_each(?))"
FETCH_ROWS = f"SELECT {COLUMNS} FROM memories WHERE +tenant = ? AND row_id IN (SELECT value FROM json_each(?))"
"""The plus keeps SQLite from reading every row of the tenant instead of the few that are asked for."""
TWIN = f"""SELECT {COLUMNS} FROM memories
    WHERE tenant = ? AND session_id = ? AND content_type = ? AND digest = ? AND state <> 'superseded'"""
HISTORY = f"""WITH RECURSIVE chain(id) AS (
        SELECT ? UNION SELECT m.row_id FROM memories m JOIN chain ON m.superseded_by = chain.id)
    SELECT {COLUMNS} FROM memories WHERE +tenant = ? AND row_id IN chain AND row_id <> ? ORDER BY row_id DESC"""
SESSIONS = """SELECT session_id, count(*) FROM memories WHERE tenant = ? AND state = 'active' AND session_id >= ?
    AND substr(session_id, 1, ?) = ? GROUP BY session_id ORDER BY session_id LIMIT ?"""


def memory_row(values: Sequence[Any]) -> MemoryRow:
    """A row of COLUMNS as an object."""
    row = list(values)
    row[6] = {} if row[6] == "{}" else json.loads(row[6])  # metadata
    row[7] = [] if row[7] == "[]" else json.loads(row[7])  # tags
    row[8] = dict(_provenance(row[8]))
    return MemoryRow(*row)


@lru_cache(maxsize=1_024)
def _provenance(text: str) -> dict[str, Any]:
    """Few writers wrote many memories."""
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def fetch(db: sqlite3.Connection, tenant: str, memory_id: str) -> MemoryRow:
    """The memory in whatever state it is. Raises NotFound."""
    found = fetch_many(db, tenant, [memory_id])
    if not found:
        raise NotFound("memory", memory_id)
    return found[0]


def fetch_many(db: sqlite3.Connection, tenant: str, memory_ids: Sequence[str]) -> list[MemoryRow]:
    """The memories that exist, in the order asked for."""
    rows = [memory_row(row) for row in db.execute(FETCH, (tenant, json.dumps(list(memory_ids))))]
    order = {memory_id: at for at, memory_id in enumerate(memory_ids)}
    return sorted(rows, key=lambda row: order[row.memory_id])


def fetch_rows(db: sqlite3.Connection, tenant: str, row_ids: Iterable[int]) -> dict[int, MemoryRow]:
    """The memories by row number."""
    found = db.execute(FETCH_ROWS, (tenant, json.dumps(list(row_ids))))
    return {row[0]: memory_row(row) for row in found}


def twin(db: sqlite3.Connection, tenant: str, session_id: str, content_type: str, digest: bytes) -> MemoryRow | None:
    """The memory of the same session and type whose normalised text is the same, forgotten ones included."""
    found = db.execute(TWIN, (tenant, session_id, content_type, digest)).fetchone()
    return memory_row(found) if found else None


def history(db: sqlite3.Connection, tenant: str, row_id: int) -> list[MemoryRow]:
    """What this memory replaced, newest first, however many steps back."""
    return [memory_row(row) for row in db.execute(HISTORY, (row_id, tenant, row_id))]


def where(tenant: str, asked: MemoryFilter, alias: str = "m") -> tuple[str, list[Any]]:
    """The filter as SQL and its values, over a table named ``alias``."""
    clauses = [f"{alias}.tenant = ?"]
    if not asked.include_gone:
        states = "('active', 'archived')" if asked.include_archived else "('active')"
        clauses.append(f"{alias}.state IN {states}")
    values: list[Any] = [tenant]
    for clause, value in (
        ("{0}.session_id = ?", asked.session_id),
        ("{0}.content_type = ?", asked.content_type),
        ("{0}.occurred_at >= ?", asked.since),
        ("{0}.occurred_at <= ?", asked.until),
        ("{0}.importance >= ?", asked.min_importance or None),
        ("({0}.expires_at IS NULL OR {0}.expires_at > ?)", asked.now),
    ):
        if value is not None:
            clauses.append(clause.format(alias))
            values.append(value)
    for tag in asked.tags:
        clauses.append(f"EXISTS (SELECT 1 FROM json_each({alias}.tags) WHERE value = ?)")
        values.append(tag)
    return " AND ".join(clauses), values


def matching(db: sqlite3.Connection, tenant: str, asked: MemoryFilter, limit: int = -1) -> list[int]:
    """Row numbers the filter lets through; at most ``limit`` of them."""
    condition, values = where(tenant, asked)
    found = db.execute(f"SELECT m.row_id FROM memories m WHERE {condition} LIMIT ?", (*values, limit))
    return [row[0] for row in found]


def count(db: sqlite3.Connection, tenant: str, asked: MemoryFilter) -> int:
    """How many memories the filter lets through."""
    condition, values = where(tenant, asked)
    return int(db.execute(f"SELECT count(*) FROM memories m WHERE {condition}", values).fetchone()[0])


def live_count(db: sqlite3.Connection, tenant: str, session_id: str | None) -> int:
    """How many live memories the session holds, or the whole tenant for None."""
    scope, values = ("", [tenant]) if session_id is None else ("AND session_id = ?", [tenant, session_id])
    sql = f"SELECT count(*) FROM memories WHERE tenant = ? {scope} AND state IN {LIVE}"
    return int(db.execute(sql, values).fetchone()[0])


def most_valuable(
    db: sqlite3.Connection,
    tenant: str,
    asked: MemoryFilter,
    value: Callable[[float, int, int], float],
    limit: int,
) -> list[MemoryRow]:
    """The memories with the highest ``value(importance, occurred_at, access_count)``, newest first among equals."""
    condition, values = where(tenant, asked)
    db.create_function("value_of", 3, value)
    ranked = f"""SELECT m.row_id FROM memories m WHERE {condition}
        ORDER BY value_of(m.importance, m.occurred_at, m.access_count) DESC, m.occurred_at DESC, m.row_id DESC
        LIMIT ?"""
    ids = [row[0] for row in db.execute(ranked, (*values, limit))]
    rows = fetch_rows(db, tenant, ids)
    return [rows[row_id] for row_id in ids]


def newest(
    db: sqlite3.Connection, tenant: str, asked: MemoryFilter, limit: int, before: int | None = None
) -> list[MemoryRow]:
    """The memories stored last, newest first; with ``before`` those stored before that row."""
    condition, values = where(tenant, asked)
    sql = f"SELECT {COLUMNS} FROM memories m WHERE {condition} AND m.row_id < ? ORDER BY m.row_id DESC LIMIT ?"
    return [memory_row(row) for row in db.execute(sql, (*values, 2**62 if before is None else before, limit))]


def sessions(db: sqlite3.Connection, tenant: str, prefix: str = "", limit: int = 100) -> list[tuple[str, int]]:
    """Sessions that hold memories and how many, those that start with ``prefix``, in alphabetical order."""
    return [(row[0], row[1]) for row in db.execute(SESSIONS, (tenant, prefix, len(prefix), prefix, limit))]
