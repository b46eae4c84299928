"""Memories as plain dicts and back, everything but their vectors: those are made anew from the text.

What is already here stays as it is: a line whose memory exists changes nothing, so that a file can be taken in twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage.memories import graph
from storage.memories.rows import COLUMNS, memory_row, twin
from storage.memories.writes import NewMemory, insert
from storage.times import moment

Relation = tuple[str, str, str]
Link = tuple[str, str]  # a replaced memory and the one that took its place, by id

MEMORIES = f"""SELECT {COLUMNS}, state_at,
        (SELECT r.memory_id FROM memories r WHERE r.row_id = memories.superseded_by)
    FROM memories WHERE tenant = :tenant AND (:memory IS NULL OR memory_id = :memory)
    AND (:session IS NULL OR session_id = :session) ORDER BY row_id"""
FEEDBACK = "SELECT useful, query, created_at FROM feedback WHERE row_id = ? ORDER BY feedback_id"
COUNT = "SELECT count(*) FROM memories WHERE tenant = ?"
HELD = "SELECT session_id, content_type, digest FROM memories WHERE tenant = ? AND memory_id = ?"
TIMES = "UPDATE memories SET updated_at = ?, state_at = ? WHERE row_id = ?"
JUDGE = "INSERT INTO feedback (row_id, useful, query, created_at, key) VALUES (?, ?, ?, ?, ?)"
ROW_OF = "SELECT row_id FROM memories WHERE tenant = ? AND memory_id = ?"
LINK = """UPDATE memories SET superseded_by = ?
    WHERE tenant = ? AND memory_id = ? AND state = 'superseded' AND superseded_by IS NULL"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One piece of feedback: the analysed words of its query, and when it was given."""

    useful: bool
    query: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A memory to take in, with all that belongs to it. Times are milliseconds since the epoch."""

    memory: NewMemory
    state_at: int
    superseded_by: str | None
    entities: Sequence[tuple[str, str]]
    relations: Sequence[Relation]
    feedback: Sequence[Judgement]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one incoming memory; ``reason`` says why it was skipped."""

    outcome: Literal["created", "unchanged", "skipped"]
    reason: str = ""


def count(db: sqlite3.Connection, tenant: str) -> int:
    """How many memories `exported` yields."""
    return int(db.execute(COUNT, (tenant,)).fetchone()[0])


def exported(
    db: sqlite3.Connection, tenant: str, memory_id: str | None = None, session_id: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield every memory of the tenant, in whatever state, oldest row first; or the one named, or the session's."""
    for row in db.execute(MEMORIES, {"tenant": tenant, "memory": memory_id, "session": session_id}):
        yield _as_dict(db, row)


def _as_dict(db: sqlite3.Connection, values: Sequence[Any]) -> dict[str, Any]:
    row, state_at, superseded_by = memory_row(values[:-2]), values[-2], values[-1]
    entities, relations = graph.links_of(db, row.row_id)
    return {
        "memory_id": row.memory_id,
        "session_id": row.session_id,
        "content": row.content,
        "content_type": row.content_type,
        "importance": row.importance,
        "tags": row.tags,
        "metadata": row.metadata,
        "provenance": row.provenance,
        "speaker": row.speaker,
        "state": row.state,
        "superseded_by": superseded_by,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
        "occurred_at": moment(row.occurred_at),
        "expires_at": moment(row.expires_at),
        "state_at": moment(state_at),
        "access_count": row.access_count,
        "accessed_at": moment(row.accessed_at),
        "entities": [{"name": name, "type": kind} for name, kind in entities],
        "relations": [{"source": source, "relation": what, "target": target} for source, what, target in relations],
        "feedback": [
            {"useful": bool(useful), "query": query, "created_at": moment(created_at)}
            for useful, query, created_at in db.execute(FEEDBACK, (row.row_id,))
        ],
    }


def take(db: sqlite3.Connection, tenant: str, each: Incoming) -> Taken:
    """Store the memory unless it is here. Who replaced it is left to `link`: that one may come later."""
    new = each.memory
    if new.memory_id is not None and (held := db.execute(HELD, (tenant, new.memory_id)).fetchone()):
        if held == (new.session_id, new.content_type, new.digest):
            return Taken("unchanged")
        return Taken("skipped", f"{new.memory_id!r} is another memory here")
    if new.state != "superseded":
        other = twin(db, tenant, new.session_id, new.content_type, new.digest)
        if other is not None and new.memory_id is None:
            return Taken("unchanged")
        if other is not None:
            return Taken("skipped", f"the same text is here as {other.memory_id!r}")
    row_id, _ = insert(db, tenant, new)
    updated_at = new.created_at if new.updated_at is None else new.updated_at
    db.execute(TIMES, (updated_at, each.state_at, row_id))
    graph.link(db, tenant, row_id, each.entities, each.relations)
    key = new.provenance.get("key", "")
    db.executemany(JUDGE, [(row_id, given.useful, given.query, given.created_at, key) for given in each.feedback])
    return Taken("created")


def link(db: sqlite3.Connection, tenant: str, links: Iterable[Link]) -> list[Link]:
    """Note who replaced whom; the links whose replacement is not here (yet) come back."""
    waiting: list[Link] = []
    for replaced, by in links:
        if (found := db.execute(ROW_OF, (tenant, by)).fetchone()) is None:
            waiting.append((replaced, by))
        else:
            db.execute(LINK, (found[0], tenant, replaced))
    return waiting
