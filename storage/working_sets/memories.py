"""What a working set of memories holds: the live ones of a session, or of all sessions of a tenant."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from storage.fulltext import scope_word
from storage.memories.rows import LIVE
from storage.memories.words import WORDS_OF_ROW
from storage.working_sets.columns import ScopeEntry
from storage.working_sets.held import Contents
from storage.working_sets.index import LIMIT, ScopeIndex

MAX_ROWS = 60_000  # over all working sets: some 100 MB with 384 dimensions

SIZE = f"SELECT count(*) FROM (SELECT 1 FROM memories WHERE tenant = ? {{scope}} AND state IN {LIVE} LIMIT ?)"
CHANGED = f"""SELECT m.row_id, m.session_id, {WORDS_OF_ROW}, m.speaker <> '' OR m.content_type = 'context',
        m.occurred_at, m.expires_at, m.state, m.simhash, v.vector
    FROM memories m LEFT JOIN memories_fts f ON f.rowid = m.row_id
    LEFT JOIN memory_vectors v ON v.row_id = m.row_id AND v.model_id = ?
    WHERE m.tenant = ? {{scope}} AND m.seq > ? ORDER BY m.row_id"""
CHANGES = "SELECT count(*) FROM (SELECT 1 FROM memories WHERE tenant = ? {scope} AND seq > ? LIMIT ?)"
PURGED = "SELECT row_id FROM purged WHERE tenant IN (?, ?) AND seq > ?"  # erased tenants have a word for a name


def memory_contents(limit: int = LIMIT, most: int = MAX_ROWS) -> Contents:
    """Working sets of memories: scopes of up to ``limit`` of them, ``most`` rows in all."""

    def fits(db: sqlite3.Connection, tenant: str, session_id: str | None) -> bool:
        scope, values = _scope(session_id)
        size = db.execute(SIZE.format(scope=scope), (tenant, *values, limit + 1)).fetchone()[0]
        return bool(size <= limit)

    return Contents(limit=limit, most=most, fits=fits, changes=_changes, changed=_changed, gone=_gone)


def _changes(db: sqlite3.Connection, tenant: str, session_id: str | None, after: int, most: int) -> int:
    scope, values = _scope(session_id)
    return int(db.execute(CHANGES.format(scope=scope), (tenant, *values, after, most)).fetchone()[0])


def _changed(
    db: sqlite3.Connection, tenant: str, session_id: str | None, model_id: int, after: int
) -> Iterator[ScopeEntry]:
    scope, values = _scope(session_id)
    for row in db.execute(CHANGED.format(scope=scope), (model_id, tenant, *values, after)):
        yield _entry(row)


def _gone(db: sqlite3.Connection, tenant: str, session_id: str | None, after: int, index: ScopeIndex) -> Iterable[int]:
    return [row[0] for row in db.execute(PURGED, (tenant, scope_word(tenant), after))]


def _entry(row: tuple[Any, ...]) -> ScopeEntry:
    row_id, session_id, own, day, is_turn, occurred_at, expires_at, state, simhash, vector = row
    return ScopeEntry(
        row_id, session_id, str(own or "").split(), str(day or "").split(), bool(is_turn), occurred_at, expires_at,
        state, simhash, vector,
    )  # fmt: skip


def _scope(session_id: str | None) -> tuple[str, list[str]]:
    return ("", []) if session_id is None else ("AND session_id = ?", [session_id])
