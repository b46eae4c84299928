"""The tenant's graph: entities that memories name, and relations between them that memories state."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.analysis import fold

NEIGHBOURS = """SELECT source_id, target_id FROM relations r JOIN memories m USING (row_id)
    WHERE m.tenant = :tenant AND m.state = 'active' AND (m.expires_at IS NULL OR m.expires_at > :now)
    AND (source_id IN (SELECT value FROM json_each(:ids)) OR target_id IN (SELECT value FROM json_each(:ids)))"""
BESIDE = """SELECT DISTINCT b.entity_id FROM memory_entities a JOIN memory_entities b USING (row_id)
    JOIN memories m USING (row_id)
    WHERE m.tenant = :tenant AND m.state = 'active' AND (m.expires_at IS NULL OR m.expires_at > :now)
    AND a.entity_id IN (SELECT value FROM json_each(:ids))"""
NODES = """SELECT e.entity_id, e.name, e.type, json_group_array(m.memory_id) FROM entities e
    LEFT JOIN memory_entities me USING (entity_id)
    LEFT JOIN memories m ON m.row_id = me.row_id AND m.state = 'active'
        AND (m.expires_at IS NULL OR m.expires_at > :now)
    WHERE e.tenant = :tenant AND (:ids IS NULL OR e.entity_id IN (SELECT value FROM json_each(:ids)))
    GROUP BY e.entity_id HAVING count(m.row_id) > 0
    ORDER BY e.entity_id = :start DESC, count(m.row_id) DESC, e.name LIMIT :limit"""
EDGES = """SELECT s.name, r.relation, t.name, json_group_array(m.memory_id) FROM relations r
    JOIN memories m USING (row_id)
    JOIN entities s ON s.entity_id = r.source_id JOIN entities t ON t.entity_id = r.target_id
    WHERE m.tenant = :tenant AND m.state = 'active' AND (m.expires_at IS NULL OR m.expires_at > :now)
    AND r.source_id IN (SELECT value FROM json_each(:ids)) AND r.target_id IN (SELECT value FROM json_each(:ids))
    GROUP BY r.source_id, r.relation, r.target_id ORDER BY s.name, r.relation, t.name LIMIT :limit"""
LINKED = """SELECT DISTINCT me2.row_id, e.name FROM memory_entities me1
    JOIN memory_entities me2 ON me2.entity_id = me1.entity_id AND me2.row_id <> me1.row_id
    JOIN memories m ON m.row_id = me2.row_id JOIN entities e ON e.entity_id = me1.entity_id
    WHERE +m.tenant = ? AND me1.row_id IN (SELECT value FROM json_each(?)) AND m.state = 'active'
    AND (m.expires_at IS NULL OR m.expires_at > ?) AND (? IS NULL OR m.session_id = ?)
    ORDER BY m.importance DESC, m.occurred_at DESC, m.row_id DESC LIMIT ?"""
DROP_UNNAMED = """DELETE FROM entities WHERE tenant = ? AND entity_id NOT IN (
    SELECT entity_id FROM memory_entities
    UNION SELECT source_id FROM relations UNION SELECT target_id FROM relations)"""
OF_MEMORY = """SELECT name, type FROM memory_entities JOIN entities USING (entity_id) WHERE row_id = ? ORDER BY name"""
RELATIONS_OF = """SELECT s.name, relation, t.name FROM relations JOIN entities s ON s.entity_id = source_id
    JOIN entities t ON t.entity_id = target_id WHERE row_id = ? ORDER BY s.name, relation, t.name"""


@dataclass(frozen=True, slots=True)
class Node:
    """An entity and the memories that name it."""

    name: str
    type: str
    memory_ids: list[str]


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation and the memories that state it."""

    source: str
    relation: str
    target: str
    memory_ids: list[str]


def link(
    db: sqlite3.Connection,
    tenant: str,
    row_id: int,
    entities: Iterable[tuple[str, str]],
    relations: Iterable[tuple[str, str, str]],
) -> None:
    """Note which entities (name, type) the memory names and which relations (source, relation, target) it states."""
    for name, kind in entities:
        _mention(db, row_id, _entity(db, tenant, name, kind))
    for source, relation, target in relations:
        ends = [_entity(db, tenant, name, "") for name in (source, target)]
        for entity_id in ends:
            _mention(db, row_id, entity_id)
        db.execute("INSERT OR IGNORE INTO relations VALUES (?, ?, ?, ?)", (row_id, ends[0], relation, ends[1]))


def unlink(db: sqlite3.Connection, tenant: str, row_id: int) -> None:
    """Take back what the memory names and states, and entities that nothing names any more."""
    db.execute("DELETE FROM memory_entities WHERE row_id = ?", (row_id,))
    db.execute("DELETE FROM relations WHERE row_id = ?", (row_id,))
    drop_unnamed(db, tenant)


def drop_unnamed(db: sqlite3.Connection, tenant: str) -> None:
    """Delete the tenant's entities that no memory names."""
    db.execute(DROP_UNNAMED, (tenant,))


def links_of(db: sqlite3.Connection, row_id: int) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """The entities and relations a memory brought."""
    return list(db.execute(OF_MEMORY, (row_id,))), list(db.execute(RELATIONS_OF, (row_id,)))


def neighbourhood(
    db: sqlite3.Connection, tenant: str, entity: str | None, depth: int, limit: int, now: int
) -> tuple[list[Node], list[Edge]] | None:
    """The entities within ``depth`` steps of one, that one first, or the most mentioned ones: at most ``limit`` and one
    more where there are more. None when the entity is unknown or no live memory names it."""
    ids: set[int] | None = None
    start = -1
    if entity is not None:
        ids = _start(db, tenant, entity)
        start = min(ids, default=-1)
        for _ in range(depth):
            ids = _widened(db, tenant, ids, now)
            if len(ids) > limit * 20:  # far more than can be shown
                break
    wanted = None if ids is None else json.dumps(sorted(ids))
    found = list(db.execute(NODES, {"tenant": tenant, "ids": wanted, "start": start, "limit": limit + 1, "now": now}))
    if entity is not None and not found:
        return None
    nodes = [Node(name, kind, [m for m in json.loads(memories) if m]) for _, name, kind, memories in found]
    shown = json.dumps([row[0] for row in found])
    edges = db.execute(EDGES, {"tenant": tenant, "ids": shown, "limit": limit * 2, "now": now})
    return nodes, [Edge(source, relation, target, json.loads(m)) for source, relation, target, m in edges]


def linked(
    db: sqlite3.Connection, tenant: str, session_id: str | None, row_ids: Sequence[int], now: int, limit: int
) -> list[tuple[int, str]]:
    """Memories that share an entity with one of ``row_ids``: (row number, the entity's name), the important first."""
    found = db.execute(LINKED, (tenant, json.dumps(list(row_ids)), now, session_id, session_id, limit))
    return [(row[0], row[1]) for row in found if row[0] not in row_ids]


def _entity(db: sqlite3.Connection, tenant: str, name: str, kind: str) -> int:
    found = db.execute(
        """INSERT INTO entities (tenant, key, name, type) VALUES (?, ?, ?, ?)
           ON CONFLICT (tenant, key) DO UPDATE SET type = CASE WHEN excluded.type <> '' THEN excluded.type ELSE type END
           RETURNING entity_id""",
        (tenant, fold(" ".join(name.split())), name, kind),
    ).fetchone()
    return int(found[0])


def _mention(db: sqlite3.Connection, row_id: int, entity_id: int) -> None:
    db.execute("INSERT OR IGNORE INTO memory_entities VALUES (?, ?)", (row_id, entity_id))


def _start(db: sqlite3.Connection, tenant: str, entity: str) -> set[int]:
    key = fold(" ".join(entity.split()))
    return {row[0] for row in db.execute("SELECT entity_id FROM entities WHERE tenant = ? AND key = ?", (tenant, key))}


def _widened(db: sqlite3.Connection, tenant: str, ids: set[int], now: int) -> set[int]:
    asked = {"tenant": tenant, "ids": json.dumps(sorted(ids)), "now": now}
    related = {end for row in db.execute(NEIGHBOURS, asked) for end in row}
    beside = {row[0] for row in db.execute(BESIDE, asked)}
    return ids | related | beside
