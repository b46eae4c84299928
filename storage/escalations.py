"""Conversations that a person should take over: what was seen in them, and what became of it.

A conversation has at most one escalation that is not resolved. Each function that writes runs inside the caller's
transaction, so that the row, its history and the announcements of it are there together or not at all.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage import deliveries
from storage.errors import Conflict, NotFound
from storage.stored_json import as_json

LEVELS = ("none", "low", "medium", "high", "critical")
"""From the least urgent on; a level is stored as its place here."""

COLUMNS = """row_id, escalation_id, session_id, status, level, category, confidence, signals, brief, version, raised,
    created_at, updated_at, acknowledged_at, resolved_at"""
FETCH = f"SELECT {COLUMNS} FROM escalations WHERE tenant = ? AND escalation_id = ?"
UNRESOLVED = """SELECT escalation_id, level FROM escalations
    WHERE tenant = ? AND session_id = ? AND conversation = ? AND NOT is_resolved"""
NEWEST = f"""SELECT {COLUMNS} FROM escalations WHERE tenant = ? AND session_id = ?
    ORDER BY is_resolved, row_id DESC LIMIT 1"""
OPEN = """INSERT INTO escalations (tenant, escalation_id, session_id, conversation, level, category, confidence,
    signals, brief, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
RAISE = """UPDATE escalations SET raised = raised + 1, confidence = max(confidence, ?), updated_at = ?
    WHERE tenant = ? AND escalation_id = ?"""
RENEW = """UPDATE escalations SET level = ?, category = ?, signals = ?, brief = ?, version = ?
    WHERE tenant = ? AND escalation_id = ?"""
ACKNOWLEDGE = """UPDATE escalations SET status = 'acknowledged', acknowledged_at = ?
    WHERE tenant = ? AND escalation_id = ?"""
RESOLVE = "UPDATE escalations SET status = 'resolved', resolved_at = ? WHERE tenant = ? AND escalation_id = ?"
TOUCH = "UPDATE escalations SET updated_at = ? WHERE tenant = ? AND escalation_id = ?"
PURGE = "DELETE FROM escalations WHERE resolved_at <= ?"
ADD_EVENT = "INSERT INTO escalation_events (tenant, escalation_id, at, action, key, note) VALUES (?, ?, ?, ?, ?, ?)"
LAST_EVENT = """SELECT key, note FROM escalation_events
    WHERE tenant = ? AND escalation_id = ? ORDER BY event_id DESC LIMIT 1"""
EVENTS = """SELECT at, action, key, note FROM escalation_events
    WHERE tenant = ? AND escalation_id = ? ORDER BY event_id"""


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """One escalation as stored. ``raised`` counts the checks that called for it; ``version`` is of the rules that
    decided. Times are milliseconds since the epoch, UTC."""

    row_id: int
    escalation_id: str
    session_id: str
    status: str
    level: str
    category: str
    confidence: float
    signals: list[dict[str, Any]]
    brief: dict[str, Any]
    version: str
    raised: int
    created_at: int
    updated_at: int
    acknowledged_at: int | None
    resolved_at: int | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of an escalation's history: ``key`` is whose call it was; the note of opened and raised is the level."""

    at: int
    action: str
    key: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEscalation:
    """What a check found. ``conversation`` tells a session's conversations apart, empty when the session is one."""

    escalation_id: str
    session_id: str
    conversation: str
    level: str
    category: str
    confidence: float
    signals: Sequence[Mapping[str, Any]]
    brief: Mapping[str, Any]
    version: str
    key: str


def record(
    db: sqlite3.Connection, tenant: str, new: NewEscalation, now: int, channels: Sequence[str]
) -> tuple[EscalationRow, bool]:
    """The conversation's unresolved escalation, and whether it was opened by this; otherwise it was raised again.

    Raised again, its level and confidence never fall, and the rest follows the newer finding unless that is less
    urgent. Opening it, and a level that rises, are announced on the channels. Raises Conflict when the id is taken.
    """
    level = LEVELS.index(new.level)
    known = db.execute(UNRESOLVED, (tenant, new.session_id, new.conversation)).fetchone()
    if known is None:
        _open(db, tenant, new, level, now)
        _announce(db, tenant, new.escalation_id, "opened", new, now, channels)
        return fetch(db, tenant, new.escalation_id), True
    escalation_id, held = known
    db.execute(RAISE, (new.confidence, now, tenant, escalation_id))
    if level >= held:
        found = (new.category, as_json(new.signals), as_json(new.brief), new.version)
        db.execute(RENEW, (level, *found, tenant, escalation_id))
    if level > held:
        _announce(db, tenant, escalation_id, "raised", new, now, channels)
    return fetch(db, tenant, escalation_id), False


def _open(db: sqlite3.Connection, tenant: str, new: NewEscalation, level: int, now: int) -> None:
    identity = (tenant, new.escalation_id, new.session_id, new.conversation)
    found = (level, new.category, new.confidence, as_json(new.signals), as_json(new.brief), new.version)
    try:
        db.execute(OPEN, (*identity, *found, now, now))
    except sqlite3.IntegrityError as error:
        raise Conflict(new.escalation_id) from error


def _announce(
    db: sqlite3.Connection,
    tenant: str,
    escalation_id: str,
    action: str,
    new: NewEscalation,
    now: int,
    channels: Sequence[str],
) -> None:
    db.execute(ADD_EVENT, (tenant, escalation_id, now, action, new.key, new.level))
    deliveries.queue(db, tenant, escalation_id, action, channels, now)


def fetch(db: sqlite3.Connection, tenant: str, escalation_id: str) -> EscalationRow:
    """The escalation in whatever state it is. Raises NotFound."""
    found = db.execute(FETCH, (tenant, escalation_id)).fetchone()
    if found is None:
        raise NotFound("escalation", escalation_id)
    return _row(found)


def events(db: sqlite3.Connection, tenant: str, escalation_id: str) -> list[EventRow]:
    """The escalation's history, oldest first."""
    return [EventRow(*row) for row in db.execute(EVENTS, (tenant, escalation_id))]


def newest(db: sqlite3.Connection, tenant: str, session_id: str) -> EscalationRow | None:
    """The session's last escalation that is not resolved; where all are, the last one."""
    found = db.execute(NEWEST, (tenant, session_id)).fetchone()
    return _row(found) if found else None


def listed(
    db: sqlite3.Connection, tenant: str, *, status: str | None, session_id: str | None, limit: int
) -> list[EscalationRow]:
    """The most urgent first, and of those the oldest; the resolved ones after all others."""
    where, values = _where(tenant, status, session_id)
    sql = f"SELECT {COLUMNS} FROM escalations WHERE {where} ORDER BY is_resolved, level DESC, row_id LIMIT ?"
    return [_row(row) for row in db.execute(sql, (*values, limit))]


def count(db: sqlite3.Connection, tenant: str, *, status: str | None, session_id: str | None) -> int:
    """How many there are to list."""
    where, values = _where(tenant, status, session_id)
    return int(db.execute(f"SELECT count(*) FROM escalations WHERE {where}", values).fetchone()[0])


def _where(tenant: str, status: str | None, session_id: str | None) -> tuple[str, list[object]]:
    clauses: list[str] = ["tenant = ?"]
    values: list[object] = [tenant]
    if status is not None:
        clauses.append("is_resolved = ? AND status = ?")  # the first is what the indices know
        values += [status == "resolved", status]
    if session_id is not None:
        clauses.append("session_id = ?")
        values.append(session_id)
    return " AND ".join(clauses), values


def acknowledge(
    db: sqlite3.Connection, tenant: str, escalation_id: str, key: str, note: str, now: int
) -> EscalationRow:
    """Somebody takes it on. Done already, only the note is added; a resolved one stays as it is. Raises NotFound."""
    row = fetch(db, tenant, escalation_id)
    if row.status == "resolved":
        return row
    if row.status == "acknowledged":
        return _tell(db, tenant, row, EventRow(now, "noted", key, note))
    db.execute(ACKNOWLEDGE, (now, tenant, escalation_id))
    return _tell(db, tenant, row, EventRow(now, "acknowledged", key, note))


def resolve(db: sqlite3.Connection, tenant: str, escalation_id: str, key: str, note: str, now: int) -> EscalationRow:
    """It is settled. Done already, only the note is added. Raises NotFound."""
    row = fetch(db, tenant, escalation_id)
    if row.status == "resolved":
        return _tell(db, tenant, row, EventRow(now, "noted", key, note))
    db.execute(RESOLVE, (now, tenant, escalation_id))
    return _tell(db, tenant, row, EventRow(now, "resolved", key, note))


def note(db: sqlite3.Connection, tenant: str, escalation_id: str, key: str, note: str, now: int) -> EscalationRow:
    """Add to the history, in whatever state it is. Raises NotFound."""
    return _tell(db, tenant, fetch(db, tenant, escalation_id), EventRow(now, "noted", key, note))


def _tell(db: sqlite3.Connection, tenant: str, row: EscalationRow, event: EventRow) -> EscalationRow:
    """Add to the history; but no empty note, and none that its last line holds already: a call may come twice."""
    if event.action == "noted":
        last = db.execute(LAST_EVENT, (tenant, row.escalation_id)).fetchone()
        if not event.note or last == (event.key, event.note):
            return row
    db.execute(ADD_EVENT, (tenant, row.escalation_id, event.at, event.action, event.key, event.note))
    db.execute(TOUCH, (event.at, tenant, row.escalation_id))
    return fetch(db, tenant, row.escalation_id)


def purge_resolved(db: sqlite3.Connection, before: int) -> int:
    """Erase what was resolved until then, of every tenant, with history and announcements; how many those were."""
    return db.execute(PURGE, (before,)).rowcount


def _row(values: Sequence[Any]) -> EscalationRow:
    row = list(values)
    row[4] = LEVELS[row[4]]
    for at in (7, 8):  # signals, brief
        row[at] = json.loads(row[at])
    return EscalationRow(*row)
