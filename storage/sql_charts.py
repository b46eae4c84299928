"""Which chart a session wanted for results of a shape. Each function that writes runs in the caller's transaction."""

import sqlite3

KEPT = 1_000
"""Of a tenant; beyond it the oldest goes."""

PUT = """INSERT INTO sql_charts (tenant, session_id, shape, chart, updated_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (tenant, session_id, shape) DO UPDATE SET chart = excluded.chart, updated_at = excluded.updated_at"""
TRIM = """DELETE FROM sql_charts WHERE tenant = ? AND (session_id, shape) IN (SELECT session_id, shape FROM sql_charts
    WHERE tenant = ? ORDER BY updated_at DESC LIMIT -1 OFFSET ?)"""
FETCH = "SELECT chart FROM sql_charts WHERE tenant = ? AND session_id = ? AND shape = ?"


def put(db: sqlite3.Connection, tenant: str, session_id: str, shape: str, chart: str, now: int) -> None:
    """The session wants this chart for results of the shape, from now on."""
    db.execute(PUT, (tenant, session_id, shape, chart, now))
    db.execute(TRIM, (tenant, tenant, KEPT))


def fetch(db: sqlite3.Connection, tenant: str, session_id: str, shape: str) -> str | None:
    """The chart it wanted last; None where it never said."""
    found = db.execute(FETCH, (tenant, session_id, shape)).fetchone()
    return str(found[0]) if found else None
