"""memory_store: a text is cleaned, hashed, embedded, and kept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from storage import stored_json, usage
from storage.database import Connection
from storage.memories import changes as memory_changes
from storage.memories import graph, rows
from storage.memories import vectors as memory_vectors
from storage.memories import writes as memory_writes
from storage.memories.changes import Author
from storage.memories.rows import MemoryFilter, MemoryRow
from storage.memories.writes import NewMemory
from tools.errors import Refused
from tools.fields import MAX_METADATA_BYTES
from tools.memory.cleanup import speaker
from tools.memory.duplicates import NEAR_BITS
from tools.memory.memories import Memories, expiry, is_gone, refuse_gone
from tools.memory.models import Similar, StoreArguments, Stored
from tools.memory.noting import note_change
from tools.memory.preparing import Prepared, cleaned, embedded, indexed
from tools.retrieval.budget import shortened
from tools.services import Caller
from tools.times import iso, milliseconds

SIMILAR_SHOWN = 3
SIMILAR_TOKENS = 40
MAX_TAGS = 20
STORE = "memory_store"
Action = Literal["created", "updated", "superseded"]


async def store(memories: Memories, caller: Caller, asked: StoreArguments) -> Stored:
    """Keep a statement. Durable, and findable by the next call, when this returns."""
    now = memories.now()
    content = cleaned(asked.content, memories.policy)
    async with memories.turns.of((caller.tenant, asked.session_id)) as turn:
        prepared = await memories.db.read(lambda db: _prepare(db, memories, caller.tenant, asked, content, now))
        await turn()
        row, action = await memories.db.write(lambda db: _keep(db, memories, caller, asked, prepared, now))
    shown = []
    if prepared.similar:
        shown = await memories.db.read(lambda db: _similar(db, caller.tenant, prepared, row, now))
    memories.wake()
    return Stored(
        memory_id=row.memory_id,
        action=action,
        content_type=asked.content_type,
        importance=row.importance,
        expires_at=None if row.expires_at is None else iso(row.expires_at),
        indexed=indexed(prepared, memories.embedders()),
        similar=shown,
    )


def _prepare(
    db: Connection, memories: Memories, tenant: str, asked: StoreArguments, content: str, now: int
) -> Prepared:
    """The text as `embedded`, and what it resembles."""
    prepared = embedded(memories, content, asked.metadata)
    similar = memories.search.similar(
        db,
        tenant,
        MemoryFilter(now=now, session_id=asked.session_id),
        simhash=prepared.simhash,
        distance=NEAR_BITS,
        vectors=prepared.vectors,
        embedders=memories.embedders(),
    )
    return replace(prepared, similar=similar)


def _keep(
    db: Connection, memories: Memories, caller: Caller, asked: StoreArguments, prepared: Prepared, now: int
) -> tuple[MemoryRow, Action]:
    """The transaction. Raises QuotaExceeded."""
    with usage.within(db, caller.tenant, memories.quota(caller.tenant)):
        return _kept(db, caller, asked, prepared, now)


def _kept(
    db: Connection, caller: Caller, asked: StoreArguments, prepared: Prepared, now: int
) -> tuple[MemoryRow, Action]:
    """An update of the exact twin, or a new row; then links, vectors and what it replaces."""
    tenant = caller.tenant
    replaced = _replaced(db, tenant, asked, now)
    twin = rows.twin(db, tenant, asked.session_id, asked.content_type, prepared.digest)
    if twin is None:
        row_id, memory_id = memory_writes.insert(db, tenant, _new(caller, asked, prepared, now))
    else:
        row_id, memory_id = twin.row_id, twin.memory_id
        _merge(db, caller, twin, asked, now)
    memory_vectors.put(db, row_id, prepared.vectors)
    graph.link(
        db,
        tenant,
        row_id,
        [(entity.name, entity.type) for entity in asked.entities],
        [(relation.source, relation.relation, relation.target) for relation in asked.relations],
    )
    action: Action = "created" if twin is None else "updated"
    if replaced is not None and replaced.row_id != row_id:
        memory_changes.note(db, tenant, [replaced.row_id], (), Author(caller.key, STORE), now)
        memory_writes.set_state(db, tenant, [replaced.row_id], "superseded", now, superseded_by=row_id)
        action = "superseded"
    return rows.fetch(db, tenant, memory_id), action


def _replaced(db: Connection, tenant: str, asked: StoreArguments, now: int) -> MemoryRow | None:
    if asked.supersedes is None:
        return None
    row = rows.fetch(db, tenant, asked.supersedes)
    if row.session_id != asked.session_id:
        raise Refused(f"supersedes: {row.memory_id!r} is in session {row.session_id!r}; pass that session_id.")
    refuse_gone(row, now)
    return row


def _new(caller: Caller, asked: StoreArguments, prepared: Prepared, now: int) -> NewMemory:
    return NewMemory(
        session_id=asked.session_id,
        content=prepared.content,
        content_type=asked.content_type,
        importance=asked.importance,
        metadata=asked.metadata,
        tags=list(dict.fromkeys(asked.tags)),
        provenance={"origin": "agent", "tool": STORE, "key": caller.key},
        digest=prepared.digest,
        simhash=prepared.simhash,
        speaker=prepared.speaker,
        created_at=now,
        occurred_at=now if asked.occurred_at is None else milliseconds(asked.occurred_at),
        expires_at=expiry(asked.ttl_hours, now),
    )


def _merge(db: Connection, caller: Caller, twin: MemoryRow, asked: StoreArguments, now: int) -> None:
    """The same statement again: the more important, all tags and metadata, the later end, and back if forgotten."""
    was_gone = is_gone(twin, now)
    metadata = {**twin.metadata, **asked.metadata}
    tags = list(dict.fromkeys([*twin.tags, *asked.tags]))
    if len(tags) > MAX_TAGS:
        raise Refused(f"tags: {twin.memory_id!r} holds this text with {len(twin.tags)}; together at most {MAX_TAGS}.")
    if len(stored_json.as_json(metadata).encode()) > MAX_METADATA_BYTES:
        raise Refused(f"metadata: {twin.memory_id!r} holds this text; together at most {MAX_METADATA_BYTES:,} bytes.")
    changes: dict[str, Any] = {
        "importance": max(twin.importance, asked.importance),
        "speaker": speaker(twin.content, metadata),
        "metadata": metadata,
        "tags": tags,
        "access_count": twin.access_count + 1,
        "accessed_at": now,
        "expires_at": _later(None if was_gone else twin, expiry(asked.ttl_hours, now)),
    }
    if asked.occurred_at is not None:
        changes["occurred_at"] = milliseconds(asked.occurred_at)
    author = Author(caller.key, STORE)
    note_change(db, caller.tenant, twin, changes, author, now, has_links=bool(asked.entities or asked.relations))
    if twin.state != "active":
        memory_writes.set_state(db, caller.tenant, [twin.row_id], "active", now)
    memory_writes.change(db, caller.tenant, twin, changes, now)


def _later(twin: MemoryRow | None, expires_at: int | None) -> int | None:
    """The later end of the two; never, if either never ends."""
    if twin is None:
        return expires_at
    return None if twin.expires_at is None or expires_at is None else max(twin.expires_at, expires_at)


def _similar(db: Connection, tenant: str, prepared: Prepared, own: MemoryRow, now: int) -> list[Similar]:
    found = rows.fetch_rows(db, tenant, prepared.similar)
    ordered: Sequence[tuple[int, float]] = sorted(prepared.similar.items(), key=lambda pair: -pair[1])
    alive = [
        (found[row_id], similarity)
        for row_id, similarity in ordered
        if row_id in found and row_id != own.row_id and not is_gone(found[row_id], now)
    ]
    return [
        Similar(
            memory_id=row.memory_id,
            similarity=round(similarity, 2),
            content=shortened(row.content, SIMILAR_TOKENS),
        )
        for row, similarity in alive[:SIMILAR_SHOWN]
    ]
