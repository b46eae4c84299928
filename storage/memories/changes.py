"""How memories were before calls changed them, so that what a key did can be undone. What time does to memories is not
noted, nor how often they are returned.

Each function runs inside the caller's transaction. A purge takes these images along with their memory.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from storage.memories import graph
from storage.memories import writes as memory_writes
from storage.memories.rows import COLUMNS, MemoryRow, memory_row
from storage.memories.writes import CHANGEABLE

KEPT_PER_MEMORY = 50
"""Images of one memory. Beyond it, two that follow each other by one key become one, so that no key can push out what
was there before it; where there are no such two, the oldest goes."""

ALWAYS = ("state", "superseded_by")
"""Columns of every image: a change may have its effect later, as an end that is set to soon does."""
EXPRESSIONS = {
    "metadata": "json(metadata)",
    "tags": "json(tags)",
    "digest": "hex(digest)",
    "entities": """(SELECT json_group_array(json_array(e.name, e.type)) FROM memory_entities l
        JOIN entities e USING (entity_id) WHERE l.row_id = memories.row_id)""",
    "relations": """(SELECT json_group_array(json_array(s.name, r.relation, t.name)) FROM relations r
        JOIN entities s ON s.entity_id = r.source_id JOIN entities t ON t.entity_id = r.target_id
        WHERE r.row_id = memories.row_id)""",
}
"""What stands in an image for a name; for any other it is the column."""
NOTE = """INSERT INTO memory_changes (row_id, at, key, tool, before)
    SELECT row_id, ?, ?, ?, json_object({image}) FROM memories
    WHERE +tenant = ? AND row_id IN (SELECT value FROM json_each(?))"""
CROWDED = """SELECT row_id FROM memory_changes WHERE row_id IN (SELECT value FROM json_each(?))
    GROUP BY row_id HAVING count(*) > ?"""
IMAGES = "SELECT change_row, key, at, before FROM memory_changes WHERE row_id = ? ORDER BY change_row DESC"
MERGE = "UPDATE memory_changes SET at = ?, before = ? WHERE change_row = ?"
NEWEST = """SELECT c.change_row, c.row_id, c.before FROM memory_changes c JOIN memories m USING (row_id)
    WHERE m.tenant = ? AND c.key = ? AND c.at >= ? AND c.change_row < ? ORDER BY c.change_row DESC LIMIT ?"""
LATER = "SELECT 1 FROM memory_changes WHERE row_id = ? AND change_row > ?"
HOLDER = f"""SELECT {COLUMNS} FROM memories WHERE row_id = (
    SELECT h.row_id FROM memories m JOIN memories h ON h.tenant = m.tenant AND h.session_id = m.session_id
        AND h.content_type = coalesce(?, m.content_type) AND h.digest = coalesce(?, m.digest)
    WHERE m.row_id = ? AND h.row_id <> m.row_id AND h.state <> 'superseded')"""
FORGET = "DELETE FROM memory_changes WHERE change_row = ?"
EXPIRE = "DELETE FROM memory_changes WHERE at <= ?"


@dataclass(frozen=True, slots=True)
class Author:
    """Whose call changes a memory: the key's id, and the tool."""

    key: str
    tool: str


@dataclass(frozen=True, slots=True)
class Change:
    """A memory's columns as they were before one change; links are lists of names."""

    change_row: int
    row_id: int
    before: dict[str, Any]


def note(
    db: sqlite3.Connection, tenant: str, row_ids: Iterable[int], columns: Collection[str], author: Author, now: int
) -> None:
    """Keep these columns of the memories as they are, before they change. ``entities`` and ``relations`` stand for the
    memory's links."""
    names = sorted({*columns, *ALWAYS})
    image = ", ".join(f"'{name}', {EXPRESSIONS.get(name, name)}" for name in names)
    ids = json.dumps(list(row_ids))
    db.execute(NOTE.format(image=image), (now, author.key, author.tool, tenant, ids))
    for (row_id,) in db.execute(CROWDED, (ids, KEPT_PER_MEMORY)).fetchall():
        _make_room(db, row_id)


def newest(
    db: sqlite3.Connection, tenant: str, key: str, since: int, limit: int, before: int | None = None
) -> list[Change]:
    """The last changes by calls of the key since then, newest first; with ``before`` those before that change."""
    found = db.execute(NEWEST, (tenant, key, since, 2**62 if before is None else before, limit))
    return [Change(change_row, row_id, _image(text)) for change_row, row_id, text in found]


def is_last(db: sqlite3.Connection, change: Change) -> bool:
    """Whether nobody has changed the memory after it, of what is still known."""
    return db.execute(LATER, (change.row_id, change.change_row)).fetchone() is None


def holder(db: sqlite3.Connection, change: Change) -> MemoryRow | None:
    """Another memory that is by now what this one was: of its session, with its type and text."""
    if change.before["state"] == "superseded":
        return None
    was = change.before.get("content_type"), change.before.get("digest")
    found = db.execute(HOLDER, (*was, change.row_id)).fetchone()
    return memory_row(found) if found else None


def revert(db: sqlite3.Connection, tenant: str, row: MemoryRow, change: Change, now: int) -> None:
    """Give the memory back what it was before the change, which is forgotten. There must be no `holder`."""
    before = change.before
    if columns := {name: value for name, value in before.items() if name in CHANGEABLE}:
        memory_writes.change(db, tenant, row, columns, now)
    if (row.state, row.superseded_by) != (before["state"], before["superseded_by"]):
        ids, replaced_by = [row.row_id], before["superseded_by"]
        memory_writes.set_state(db, tenant, ids, before["state"], now, superseded_by=replaced_by)
    if "entities" in before:
        graph.unlink(db, tenant, row.row_id)
        graph.link(db, tenant, row.row_id, before["entities"], before["relations"])
    db.execute(FORGET, (change.change_row,))


def expire(db: sqlite3.Connection, before: int) -> int:
    """Drop the images of changes until then, of every tenant; how many there were."""
    return db.execute(EXPIRE, (before,)).rowcount


def _make_room(db: sqlite3.Connection, row_id: int) -> None:
    """One image fewer. The newest stays as it is; of two that become one, what was there first counts, at the later
    time: whoever undoes from then on gets back too much of the key's own rather than too little."""
    images = db.execute(IMAGES, (row_id,)).fetchall()
    for (newer, key, at, after), (older, older_key, _, before) in pairwise(images[1:]):
        if key == older_key:
            merged = json.loads(after) | json.loads(before)
            db.execute(MERGE, (at, json.dumps(merged, ensure_ascii=False), older))
            db.execute(FORGET, (newer,))
            return
    db.execute(FORGET, (images[-1][0],))


def _image(text: str) -> dict[str, Any]:
    image: dict[str, Any] = json.loads(text)
    if "digest" in image:
        image["digest"] = bytes.fromhex(image["digest"])
    return image
