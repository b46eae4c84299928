"""Questions that databases were asked, with the queries that answered them and what was said of the answers.

A tenant's question to a source and its query are one row, however often they ran. Each function that writes runs inside
the caller's transaction.
"""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage import ids
from storage.errors import NotFound
from storage.stored_json import as_json

Provider = Literal["pattern", "built_in", "api_model", "client_model", "agent"]
State = Literal["ran", "confirmed", "rejected", "failed"]

KEPT_PER_SOURCE = 5_000
"""Rows of a tenant and source; beyond it the longest unused goes, those that somebody confirmed last."""
CONFIRMS = 4
"""From this rating on an answer was right."""
REJECTS = 2
"""Up to this rating it was wrong."""

COLUMNS = """row_id, pattern_id, source, session_id, question, normal, template, sql, dialect, fingerprint, provider,
    tables, columns, reading, state, rating, duration_ms, row_count, is_truncated, success, uses, created_at, used_at,
    judged_at, corrected_from"""
KNOWN = "success AND (state = 'confirmed' OR state = 'ran' AND NOT is_truncated)"
FETCH = f"SELECT {COLUMNS} FROM sql_patterns WHERE tenant = ? AND pattern_id = ?"
TWIN = f"SELECT {COLUMNS} FROM sql_patterns WHERE tenant = ? AND source = ? AND digest = ?"
INSERT = """INSERT INTO sql_patterns (tenant, pattern_id, source, session_id, question, normal, template, sql, digest,
    dialect, fingerprint, provider, tables, columns, reading, state, duration_ms, row_count, is_truncated, success,
    created_at, used_at, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
RERUN = """UPDATE sql_patterns SET uses = uses + 1, used_at = ?, fingerprint = ?, template = ?, duration_ms = ?,
    row_count = ?, is_truncated = ?, success = ?,
    state = CASE WHEN state IN ('confirmed', 'rejected') THEN state ELSE ? END
    WHERE tenant = ? AND pattern_id = ?"""
REMEMBER_LAST = """INSERT INTO sql_last_runs (tenant, session_id, source, row_id, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (tenant, session_id, source) DO UPDATE SET row_id = excluded.row_id, at = excluded.at"""
LAST = f"""SELECT {COLUMNS} FROM sql_patterns WHERE row_id =
    (SELECT row_id FROM sql_last_runs WHERE tenant = ? AND session_id = ? AND source = ?)"""
CROWDED = "SELECT count(*) FROM sql_patterns WHERE tenant = ? AND source = ?"
TRIM = """DELETE FROM sql_patterns WHERE row_id IN (SELECT row_id FROM sql_patterns WHERE tenant = ? AND source = ?
    ORDER BY state = 'confirmed', used_at, row_id LIMIT ?)"""
JUDGE = "UPDATE sql_patterns SET state = ?, rating = ?, judged_at = ? WHERE tenant = ? AND pattern_id = ?"
REPLACES = "UPDATE sql_patterns SET corrected_from = ? WHERE tenant = ? AND pattern_id = ?"
USABLE = f"""SELECT {COLUMNS} FROM sql_patterns WHERE tenant = ? AND source = ? AND {KNOWN}
    ORDER BY state = 'confirmed' DESC, coalesce(judged_at, used_at) DESC, row_id DESC LIMIT ?"""
ASKED = f"SELECT {COLUMNS} FROM sql_patterns WHERE tenant = ? AND source = ? AND normal = ? ORDER BY used_at DESC"
DROP = "DELETE FROM sql_patterns WHERE tenant = ? AND pattern_id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A query that ran for a question, or failed to. ``tables`` and ``columns`` are named as the gate names them.
    ``key`` is whose call it was."""

    source: str
    session_id: str
    key: str
    question: str
    normal: str
    template: str
    sql: str
    dialect: str
    fingerprint: str
    provider: Provider
    tables: Sequence[str]
    columns: Sequence[str]
    reading: str
    duration_ms: float
    row_count: int
    is_truncated: bool
    success: bool


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A question and its query as stored. Duration, rows, truncation and success are of the last run; ``state`` is what
    somebody said of it, or else how that run ended. Times are milliseconds since the epoch, UTC."""

    row_id: int
    pattern_id: str
    source: str
    session_id: str
    question: str
    normal: str
    template: str
    sql: str
    dialect: str
    fingerprint: str
    provider: Provider
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    reading: str
    state: State
    rating: int | None
    duration_ms: float
    row_count: int
    is_truncated: bool
    success: bool
    uses: int
    created_at: int
    used_at: int
    judged_at: int | None
    corrected_from: str


def record(db: sqlite3.Connection, tenant: str, run: NewRun, now: int) -> PatternRow:
    """Note a run. The same question and query again count one more use, and keep what was said of them."""
    held = db.execute(TWIN, (tenant, run.source, _digest(run))).fetchone()
    pattern_id = held[1] if held else _insert(db, tenant, run, now)
    if held:
        last = (run.duration_ms, run.row_count, run.is_truncated, run.success)
        db.execute(RERUN, (now, run.fingerprint, run.template, *last, _outcome(run), tenant, pattern_id))
    row = fetch(db, tenant, pattern_id)
    db.execute(REMEMBER_LAST, (tenant, run.session_id, run.source, row.row_id, now))
    return row


def fetch(db: sqlite3.Connection, tenant: str, pattern_id: str) -> PatternRow:
    """The pattern in whatever state it is. Raises NotFound."""
    found = db.execute(FETCH, (tenant, pattern_id)).fetchone()
    if found is None:
        raise NotFound("pattern", pattern_id)
    return _row(found)


def last_of_session(db: sqlite3.Connection, tenant: str, session_id: str, source: str) -> PatternRow | None:
    """What the session asked the source last."""
    found = db.execute(LAST, (tenant, session_id, source)).fetchone()
    return _row(found) if found else None


def rate(db: sqlite3.Connection, tenant: str, pattern_id: str, rating: int, now: int) -> PatternRow:
    """Somebody judges the answer, from 1 to 5: it is confirmed, rejected, or only rated. Raises NotFound."""
    row = fetch(db, tenant, pattern_id)
    state: State = "confirmed" if rating >= CONFIRMS else "rejected" if rating <= REJECTS else row.state
    db.execute(JUDGE, (state, rating, now, tenant, pattern_id))
    return fetch(db, tenant, pattern_id)


def correct(
    db: sqlite3.Connection, tenant: str, pattern_id: str, run: NewRun, rating: int | None, now: int
) -> PatternRow:
    """Another query is the right one for the question: that becomes a confirmed pattern, this a rejected one. The same
    query again is a confirmation. Raises NotFound."""
    old = fetch(db, tenant, pattern_id)
    new = record(db, tenant, run, now)
    if new.pattern_id != old.pattern_id:
        db.execute(JUDGE, ("rejected", rating, now, tenant, pattern_id))
        db.execute(REPLACES, (pattern_id, tenant, new.pattern_id))
    db.execute(JUDGE, ("confirmed", None, now, tenant, new.pattern_id))
    return fetch(db, tenant, new.pattern_id)


def usable(db: sqlite3.Connection, tenant: str, source: str, limit: int) -> list[PatternRow]:
    """Patterns nobody rejected, whose last run succeeded, and came whole unless somebody confirmed them: who asks for
    few rows takes nothing back. Confirmed ones first, then the newest."""
    return [_row(row) for row in db.execute(USABLE, (tenant, source, limit))]


def asked(db: sqlite3.Connection, tenant: str, source: str, normal: str) -> list[PatternRow]:
    """Everything that ran for this very question, in any state, the newest first."""
    return [_row(row) for row in db.execute(ASKED, (tenant, source, normal))]


def drop(db: sqlite3.Connection, tenant: str, pattern_ids: Sequence[str]) -> int:
    """Delete patterns, such as those whose tables are gone; how many there were."""
    return db.execute(DROP, (tenant, json.dumps(list(pattern_ids)))).rowcount


def _insert(db: sqlite3.Connection, tenant: str, run: NewRun, now: int) -> str:
    """Add the run as a pattern of its own, after making room for it."""
    crowd = int(db.execute(CROWDED, (tenant, run.source)).fetchone()[0])
    if crowd >= KEPT_PER_SOURCE:
        db.execute(TRIM, (tenant, run.source, crowd - KEPT_PER_SOURCE + 1))
    pattern_id = ids.unused("sql_", lambda each: db.execute(FETCH, (tenant, each)).fetchone())
    text = (run.question, run.normal, run.template, run.sql, _digest(run), run.dialect, run.fingerprint, run.provider)
    names = (as_json(list(run.tables)), as_json(list(run.columns)), run.reading, _outcome(run))
    last = (run.duration_ms, run.row_count, run.is_truncated, run.success)
    db.execute(INSERT, (tenant, pattern_id, run.source, run.session_id, *text, *names, *last, now, now, run.key))
    return pattern_id


def _digest(run: NewRun) -> bytes:
    return hashlib.sha256(f"{run.normal}\0{run.sql}".encode()).digest()


def _outcome(run: NewRun) -> State:
    return "ran" if run.success else "failed"


def _row(values: Sequence[Any]) -> PatternRow:
    row = list(values)
    for at in (11, 12):  # tables, columns
        row[at] = tuple(json.loads(row[at]))
    for at in (18, 19):  # is_truncated, success
        row[at] = bool(row[at])
    return PatternRow(*row)
