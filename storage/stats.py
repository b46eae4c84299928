"""Counts of what is kept."""

import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from storage import deliveries

BY_STATE = "SELECT state, count(*) FROM memories WHERE tenant = ? GROUP BY state"
BY_TYPE = "SELECT content_type, count(*) FROM memories WHERE tenant = ? AND state = 'active' GROUP BY content_type"
SESSIONS = "SELECT count(DISTINCT session_id) FROM memories WHERE tenant = ? AND state = 'active'"
QUEUED = """SELECT (SELECT count(DISTINCT row_id) FROM index_queue)
    + (SELECT count(DISTINCT row_id) FROM chunk_queue)"""
DOCUMENTS = "SELECT coalesce(sum(documents), 0), coalesce(sum(chunks), 0) FROM collections WHERE tenant = ?"
ENTITIES = "SELECT count(*) FROM entities WHERE tenant = ?"


@dataclass(frozen=True, slots=True)
class Stats:
    """One tenant's counts; of memories, those that are active are broken down by type."""

    states: dict[str, int] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    sessions: int = 0
    entities: int = 0
    documents: int = 0
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, of every tenant, and the room there is. ``due`` are the queued lines that a table is behind by."""

    queued: int
    due: int
    deliveries_waiting: int
    deliveries_dead: int
    database_bytes: int
    log_bytes: int
    free_bytes: int


def of_tenant(db: sqlite3.Connection, tenant: str) -> Stats:
    """What one tenant keeps."""
    documents, chunks = db.execute(DOCUMENTS, (tenant,)).fetchone()
    return Stats(
        states=dict(db.execute(BY_STATE, (tenant,))),
        types=dict(db.execute(BY_TYPE, (tenant,))),
        sessions=int(db.execute(SESSIONS, (tenant,)).fetchone()[0]),
        entities=int(db.execute(ENTITIES, (tenant,)).fetchone()[0]),
        documents=int(documents),
        chunks=int(chunks),
    )


def queued(db: sqlite3.Connection) -> int:
    """How many rows wait to be moved to the vector tables."""
    return int(db.execute(QUEUED).fetchone()[0])


def backlog(db: sqlite3.Connection, path: Path, due: int) -> Backlog:
    """How things stand with the database at ``path``."""
    told = deliveries.counts(db)
    log = path.with_name(path.name + "-wal")
    return Backlog(
        queued=queued(db),
        due=due,
        deliveries_waiting=told.get("waiting", 0),
        deliveries_dead=told.get("dead", 0),
        database_bytes=path.stat().st_size,
        log_bytes=log.stat().st_size if log.exists() else 0,
        free_bytes=shutil.disk_usage(path.parent).free,
    )
