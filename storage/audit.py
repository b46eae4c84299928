"""The audit trail: who called, what, when, and how it ended; ids, never contents.

Calls get here by `audit_trail`, a second later at most; what commands do is written in the transaction that does it.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from storage.database import Database

MOST_IDS = 20
LONGEST_ID = 128
LONGEST_TEXT = 255

PRUNE_BATCH = 5_000

COLUMNS = "at, tenant, key, action, outcome, session_id, ids, ms, request_id"
APPEND = f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
NEWEST = "SELECT coalesce(max(audit_row), 0) FROM audit"
PRUNE = "DELETE FROM audit WHERE audit_row IN (SELECT audit_row FROM audit WHERE at < ? ORDER BY at LIMIT ?)"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One call: ``key`` is the name of whose it was, ``ids`` what it touched, ``ms`` how long it took. ``at`` is
    milliseconds since the epoch, UTC; ``audit_row`` its number, 0 until it is written."""

    at: int
    tenant: str
    key: str
    action: str
    outcome: str
    session_id: str = ""
    ids: Sequence[str] = ()
    ms: float = 0.0
    request_id: str = ""
    audit_row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which rows; None is any. Those at ``since`` are among them, those at ``until`` no longer."""

    key: str | None = None
    action: str | None = None
    outcome: str | None = None
    session_id: str | None = None
    since: int | None = None
    until: int | None = None


def append(db: sqlite3.Connection, rows: Iterable[AuditRow]) -> None:
    """Write the rows, in their order; of each the first ids, and of long texts the beginning."""
    db.executemany(APPEND, map(_values, rows))


def _values(row: AuditRow) -> tuple[object, ...]:
    who = (_kept(row.tenant), _kept(row.key), _kept(row.action), _kept(row.outcome), _kept(row.session_id))
    ids = json.dumps([each[:LONGEST_ID] for each in islice(row.ids, MOST_IDS)])
    return (row.at, *who, ids, row.ms, _kept(row.request_id))


def _kept(text: str) -> str:
    """Cut, and without unpaired surrogates: SQLite takes none, and one row must not keep the others out."""
    return text[:LONGEST_TEXT].encode("utf-8", "backslashreplace").decode("utf-8")


def select(
    db: sqlite3.Connection, tenant: str | None, wanted: AuditFilter, limit: int, before: AuditRow | None = None
) -> list[AuditRow]:
    """The newest rows of the tenant, None for all, newest first; with ``before`` those that came before that one."""
    where, values = _where(tenant, wanted)
    if before is not None:
        where += " AND (at, audit_row) < (?, ?)"
        values += [before.at, before.audit_row]
    sql = f"SELECT {COLUMNS}, audit_row FROM audit WHERE {where} ORDER BY at DESC, audit_row DESC LIMIT ?"
    return [_row(found) for found in db.execute(sql, (*values, limit))]


def written_after(
    db: sqlite3.Connection, tenant: str | None, wanted: AuditFilter, audit_row: int, limit: int
) -> list[AuditRow]:
    """Rows that were written after the one of that number, in the order of their writing."""
    where, values = _where(tenant, wanted)
    # NOT INDEXED: by number, for the tenant's index would have every row of the tenant looked at
    sql = f"""SELECT {COLUMNS}, audit_row FROM audit NOT INDEXED WHERE {where} AND audit_row > ?
        ORDER BY audit_row LIMIT ?"""
    return [_row(found) for found in db.execute(sql, (*values, audit_row, limit))]


def newest(db: sqlite3.Connection) -> int:
    """The number of the row that was written last."""
    return int(db.execute(NEWEST).fetchone()[0])


def _where(tenant: str | None, wanted: AuditFilter) -> tuple[str, list[object]]:
    tests = {
        "tenant = ?": tenant,
        "key = ?": wanted.key,
        "action = ?": wanted.action,
        "outcome = ?": wanted.outcome,
        "session_id = ?": wanted.session_id,
        "at >= ?": wanted.since,
        "at < ?": wanted.until,
    }
    given: dict[str, object] = {test: value for test, value in tests.items() if value is not None}
    return " AND ".join(["TRUE", *given]), list(given.values())


def _row(values: Sequence[Any]) -> AuditRow:
    row = list(values)
    row[6] = tuple(json.loads(row[6]))  # ids
    return AuditRow(*row)


def prune(db: sqlite3.Connection, before: int, batch: int = PRUNE_BATCH) -> int:
    """Delete rows from before that time, oldest first, of every tenant, and how many those were: at most ``batch``, so
    that other writes get their turn in between."""
    return db.execute(PRUNE, (before, batch)).rowcount


async def prune_all(db: Database, before: int) -> int:
    """Delete all of them, a transaction a batch; how many those were."""
    total = 0
    while pruned := await db.write(lambda connection: prune(connection, before)):
        total += pruned
    return total
