"""Writes memories: each function runs inside the caller's transaction and keeps rows, full text, change numbers and
the index queue in step."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from storage import ids, maintenance
from storage.change_counter import next_change
from storage.errors import Conflict
from storage.fulltext import scope_word
from storage.memories import graph
from storage.memories import words as memory_words
from storage.memories.rows import LIVE, MemoryRow, fetch_rows
from storage.stored_json import as_json

INSERT = """INSERT INTO memories (tenant, memory_id, session_id, content, content_type, importance, metadata, tags,
    provenance, digest, simhash, speaker, created_at, updated_at, occurred_at, expires_at, access_count, accessed_at,
    state, state_at, seq)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
HELD = "SELECT 1 FROM memories WHERE tenant = ? AND memory_id = ?"
QUEUE = """INSERT OR REPLACE INTO index_queue (model_id, row_id, seq)
    SELECT model_id, ?, ? FROM models"""
WITH_REPLACED = """WITH RECURSIVE chain(id) AS (
        SELECT value FROM json_each(?)
        UNION SELECT m.row_id FROM memories m JOIN chain ON m.superseded_by = chain.id)
    SELECT row_id FROM memories WHERE +tenant = ? AND row_id IN chain"""
MARK_PURGED = "INSERT INTO purged (row_id, tenant, scope, seq) VALUES (?, ?, ?, ?)"
DETACH = """UPDATE memories SET superseded_by = NULL WHERE +tenant = ?
    AND superseded_by IN (SELECT value FROM json_each(?)) AND row_id NOT IN (SELECT value FROM json_each(?))"""
CHANGEABLE = frozenset(
    "content content_type importance metadata tags digest simhash speaker expires_at access_count accessed_at"
    " occurred_at".split()
)
JSON_COLUMNS = frozenset({"metadata", "tags"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMemory:
    """A memory about to be stored. ``memory_id`` None draws one. Times are milliseconds since the epoch."""

    session_id: str
    content: str
    content_type: str
    importance: float
    metadata: Mapping[str, Any]
    tags: list[str]
    provenance: Mapping[str, Any]
    digest: bytes
    simhash: int
    speaker: str
    created_at: int
    occurred_at: int
    expires_at: int | None
    memory_id: str | None = None
    updated_at: int | None = None
    access_count: int = 0
    accessed_at: int | None = None
    state: str = "active"


def insert(db: sqlite3.Connection, tenant: str, new: NewMemory) -> tuple[int, str]:
    """Store the memory; its row number and id. Raises Conflict when its text or id is there already."""
    memory_id = new.memory_id or ids.unused("", lambda each: db.execute(HELD, (tenant, each)).fetchone())
    seq = next_change(db)
    updated_at = new.updated_at or new.created_at
    try:
        cursor = db.execute(
            INSERT,
            (
                tenant, memory_id, new.session_id, new.content, new.content_type, new.importance,
                as_json(new.metadata), as_json(new.tags), as_json(new.provenance), new.digest, new.simhash,
                new.speaker, new.created_at, updated_at, new.occurred_at, new.expires_at, new.access_count,
                new.accessed_at, new.state, updated_at, seq,
            ),
        )  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise Conflict(memory_id) from error
    row_id = int(cursor.lastrowid or 0)
    if new.state in LIVE:
        memory_words.index(db, tenant, row_id, new.session_id, spoken(new.content, new.speaker), new.occurred_at)
    db.execute(QUEUE, (row_id, seq))
    return row_id, memory_id


def change(db: sqlite3.Connection, tenant: str, row: MemoryRow, changes: Mapping[str, Any], now: int) -> None:
    """Set columns of one memory. Raises Conflict when another memory of its session has that text and type.

    New content makes its vectors stale: they are removed, for the caller to replace.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise ValueError(f"not columns that change: {unknown}")
    seq = next_change(db)
    values = [as_json(value) if name in JSON_COLUMNS else value for name, value in changes.items()]
    assignments = "".join(f"{name} = ?, " for name in changes)
    try:
        db.execute(
            f"UPDATE memories SET {assignments}updated_at = ?, seq = ? WHERE tenant = ? AND row_id = ?",
            (*values, now, seq, tenant, row.row_id),
        )
    except sqlite3.IntegrityError as error:
        raise Conflict(_holder(db, tenant, row, changes)) from error
    if "content" in changes and changes["content"] != row.content:
        db.execute("DELETE FROM memory_vectors WHERE row_id = ?", (row.row_id,))
        db.execute(QUEUE, (row.row_id, seq))
    if changes.keys() & {"content", "speaker", "occurred_at"}:
        _reindex(db, tenant, [row.row_id])


def set_state(
    db: sqlite3.Connection,
    tenant: str,
    row_ids: Iterable[int],
    state: str,
    now: int,
    *,
    superseded_by: int | None = None,
) -> None:
    """Move memories to a state; full text and the vector tables follow."""
    seq = next_change(db)
    ids = list(row_ids)
    db.execute(
        """UPDATE memories SET state = ?, state_at = ?, superseded_by = ?, seq = ?
           WHERE +tenant = ? AND row_id IN (SELECT value FROM json_each(?))""",
        (state, now, superseded_by, seq, tenant, json.dumps(ids)),
    )
    db.executemany(QUEUE, [(row_id, seq) for row_id in ids])
    _reindex(db, tenant, ids)


def purge(db: sqlite3.Connection, tenant: str, row_ids: Iterable[int]) -> list[int]:
    """Erase memories and everything they replaced: rows, vectors, full text, graph, feedback. Returns the row numbers.

    The text is gone from the tables; `storage.erasure` makes it gone from the files, which is owed from here on.
    """
    purged = [row[0] for row in db.execute(WITH_REPLACED, (json.dumps(list(row_ids)), tenant))]
    seq = next_change(db)
    db.executemany(QUEUE, [(row_id, seq) for row_id in purged])
    db.executemany("DELETE FROM memories_fts WHERE rowid = ?", [(row_id,) for row_id in purged])
    scopes = [(row.row_id, scope_word(tenant, row.session_id)) for row in fetch_rows(db, tenant, purged).values()]
    db.executemany(MARK_PURGED, [(row_id, tenant, scope, seq) for row_id, scope in scopes])
    db.executemany("DELETE FROM memories WHERE row_id = ?", [(row_id,) for row_id in purged])
    graph.drop_unnamed(db, tenant)
    if purged:
        maintenance.owe(db, maintenance.MEMORIES_ERASURE_OWED, seq)
    return purged


def detach(db: sqlite3.Connection, tenant: str, row_ids: Iterable[int]) -> None:
    """What these memories replaced is no longer theirs, unless it is among them: a purge of them leaves it."""
    ids = json.dumps(list(row_ids))
    db.execute(DETACH, (tenant, ids, ids))


def add_accesses(db: sqlite3.Connection, accesses: Mapping[int, int], now: int) -> None:
    """Count how often memories were returned. Not a change that a searcher has to learn of."""
    db.executemany(
        "UPDATE memories SET access_count = access_count + ?, accessed_at = ? WHERE row_id = ?",
        [(times, now, row_id) for row_id, times in accesses.items()],
    )


def spoken(content: str, speaker: str) -> str:
    """The text that is searched and embedded: with the speaker in front."""
    return content if not speaker or content.startswith(f"{speaker}:") else f"{speaker}: {content}"


def _reindex(db: sqlite3.Connection, tenant: str, row_ids: list[int]) -> None:
    db.executemany("DELETE FROM memories_fts WHERE rowid = ?", [(row_id,) for row_id in row_ids])
    for row in fetch_rows(db, tenant, row_ids).values():
        if row.state in LIVE:
            text = spoken(row.content, row.speaker)
            memory_words.index(db, tenant, row.row_id, row.session_id, text, row.occurred_at)


def _holder(db: sqlite3.Connection, tenant: str, row: MemoryRow, changes: Mapping[str, Any]) -> str:
    found = db.execute(
        """SELECT memory_id FROM memories WHERE tenant = ? AND session_id = ? AND content_type = ?
           AND digest = coalesce(?, (SELECT digest FROM memories WHERE row_id = ?)) AND state <> 'superseded'""",
        (tenant, row.session_id, changes.get("content_type", row.content_type), changes.get("digest"), row.row_id),
    ).fetchone()
    return str(found[0]) if found else row.memory_id
