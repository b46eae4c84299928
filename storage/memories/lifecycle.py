"""What time does to memories: finds those that are due. The tools decide what due means; the tenant comes first."""

import sqlite3

DUE_TO_ARCHIVE = """SELECT row_id FROM memories WHERE tenant = ? AND state = 'active' AND created_at <= ?
    AND state_at <= ? AND importance < ? AND access_count < ? AND expires_at IS NULL"""
DUE_TO_PROMOTE = """SELECT row_id FROM memories WHERE tenant = ? AND state = 'active' AND expires_at > ?
    AND access_count >= ?"""
EXPIRED = "SELECT row_id FROM memories WHERE tenant = ? AND state IN ('active', 'archived') AND expires_at <= ?"
FORGOTTEN = "SELECT row_id FROM memories WHERE tenant = ? AND state = 'deleted' AND state_at <= ?"
CROWDED = """SELECT session_id FROM memories WHERE tenant = ? AND state = 'active'
    GROUP BY session_id HAVING count(*) > ?"""
ACTIVE = """SELECT row_id, importance, occurred_at, access_count FROM memories
    WHERE tenant = ? AND session_id = ? AND state = 'active'"""


def tenants(db: sqlite3.Connection) -> list[str]:
    """Every tenant that has memories."""
    return [row[0] for row in db.execute("SELECT DISTINCT tenant FROM memories ORDER BY tenant")]


def due_to_archive(
    db: sqlite3.Connection, tenant: str, created_before: int, below_importance: float, below_accesses: int
) -> list[int]:
    """Active memories without an end that are old, unimportant and unused; not those that came back since."""
    return _ids(db, DUE_TO_ARCHIVE, tenant, created_before, created_before, below_importance, below_accesses)


def due_to_promote(db: sqlite3.Connection, tenant: str, now: int, accesses: int) -> list[int]:
    """Memories with an end that have been returned at least so often."""
    return _ids(db, DUE_TO_PROMOTE, tenant, now, accesses)


def expired(db: sqlite3.Connection, tenant: str, now: int) -> list[int]:
    """Memories past their end."""
    return _ids(db, EXPIRED, tenant, now)


def forgotten(db: sqlite3.Connection, tenant: str, before: int) -> list[int]:
    """Memories forgotten before then."""
    return _ids(db, FORGOTTEN, tenant, before)


def crowded(db: sqlite3.Connection, tenant: str, cap: int) -> list[str]:
    """Sessions with more than ``cap`` active memories."""
    return [row[0] for row in db.execute(CROWDED, (tenant, cap))]


def active(db: sqlite3.Connection, tenant: str, session_id: str) -> list[tuple[int, float, int, int]]:
    """(row number, importance, occurred_at, access_count) of the session's active memories."""
    return list(db.execute(ACTIVE, (tenant, session_id)))


def _ids(db: sqlite3.Connection, sql: str, *values: object) -> list[int]:
    return [row[0] for row in db.execute(sql, values)]
