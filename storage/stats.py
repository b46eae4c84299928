"""Counts of what is kept."""

import sqlite3
from dataclasses import dataclass, field

BY_STATE = "SELECT state, count(*) FROM memories WHERE tenant = ? GROUP BY state"
BY_TYPE = "SELECT content_type, count(*) FROM memories WHERE tenant = ? AND state = 'active' GROUP BY content_type"
SESSIONS = "SELECT count(DISTINCT session_id) FROM memories WHERE tenant = ? AND state = 'active'"
ENTITIES = "SELECT count(*) FROM entities WHERE tenant = ?"


@dataclass(frozen=True, slots=True)
class Stats:
    """One tenant's counts; of memories, those that are active are broken down by type."""

    states: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    sessions: int = 0
    entities: int = 0


def of_tenant(db: sqlite3.Connection, tenant: str) -> Stats:
    """What one tenant keeps."""
    return Stats(
        states=dict(db.execute(BY_STATE, (tenant,))),
        types=dict(db.execute(BY_TYPE, (tenant,))),
        sessions=int(db.execute(SESSIONS, (tenant,)).fetchone()[0]),
        entities=int(db.execute(ENTITIES, (tenant,)).fetchone()[0]),
    )


def queued(db: sqlite3.Connection) -> int:
    """How many rows wait to be moved to the vector tables."""
    return int(db.execute("SELECT count(DISTINCT row_id) FROM index_queue").fetchone()[0])
