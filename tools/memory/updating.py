"""memory_update: everything that is given changes in one step, or nothing does."""

from typing import Any, cast

from storage import usage
from storage.database import Connection
from storage.memories import rows
from storage.memories import vectors as memory_vectors
from storage.memories import writes as memory_writes
from storage.memories.changes import Author
from storage.memories.rows import MemoryRow
from tools.errors import Refused, TryAgain
from tools.fields import ContentType
from tools.memory.cleanup import speaker
from tools.memory.memories import Memories, expiry, refuse_gone
from tools.memory.models import UpdateArguments, Updated
from tools.memory.noting import note_change
from tools.memory.preparing import Prepared, cleaned, embedded, indexed
from tools.memory.ranking import PROMOTION
from tools.services import Caller
from tools.times import iso

ATTEMPTS = 10
UPDATE = "memory_update"
STATES = {"archive": "archived", "unarchive": "active"}
"""What a memory becomes, by action."""


async def update(memories: Memories, caller: Caller, asked: UpdateArguments) -> Updated:
    """Change what is given of one memory; everything or nothing."""
    now = memories.now()
    given = asked.model_fields_set - {"memory_id"}
    if not {name for name in given if getattr(asked, name) is not None}:
        raise Refused("Nothing to change: pass content, importance, content_type, tags, metadata, ttl_hours or action.")
    if asked.action == "promote" and asked.ttl_hours is not None:
        raise Refused("ttl_hours: promote keeps a memory for good; pass one or the other.")
    before = await memories.db.read(lambda db: rows.fetch(db, caller.tenant, asked.memory_id))
    refuse_gone(before, now)
    content = None if asked.content is None else cleaned(asked.content, memories.policy)
    prepared, after = await _changed(memories, caller, asked, before, content, now)
    memories.wake()
    return Updated(
        memory_id=after.memory_id,
        changed=sorted(name for name in given if getattr(asked, name) is not None),
        content_type=cast(ContentType, after.content_type),
        importance=after.importance,
        expires_at=None if after.expires_at is None else iso(after.expires_at),
        archived=after.state == "archived",
        indexed=indexed(prepared, memories.embedders()),
    )


async def _changed(
    memories: Memories, caller: Caller, asked: UpdateArguments, before: MemoryRow, content: str | None, now: int
) -> tuple[Prepared, MemoryRow]:
    """Prepare, then write what was prepared; once more when somebody changed the memory in between."""
    for _ in range(ATTEMPTS):
        text = before.content if content is None else content
        metadata = before.metadata if asked.metadata is None else asked.metadata
        prepared = await memories.db.read(
            lambda _, text=text, metadata=metadata: embedded(memories, text, metadata)  # type: ignore[misc]
        )
        after = await memories.db.write(
            lambda db, prepared=prepared: _change(db, memories, caller, asked, prepared, now)  # type: ignore[misc]
        )
        if after is not None:
            return prepared, after
        before = await memories.db.read(lambda db: rows.fetch(db, caller.tenant, asked.memory_id))
    raise TryAgain("Others keep changing this memory; nothing was changed. Call again in a moment.")


def _change(
    db: Connection, memories: Memories, caller: Caller, asked: UpdateArguments, prepared: Prepared, now: int
) -> MemoryRow | None:
    """The transaction; None, with nothing changed, when the text is no longer the one that was prepared. Raises
    QuotaExceeded."""
    with usage.within(db, caller.tenant, memories.quota(caller.tenant)):
        return _changed_row(db, caller, asked, prepared, now)


def _changed_row(
    db: Connection, caller: Caller, asked: UpdateArguments, prepared: Prepared, now: int
) -> MemoryRow | None:
    tenant = caller.tenant
    row = rows.fetch(db, tenant, asked.memory_id)
    refuse_gone(row, now)
    is_text = asked.content is not None or asked.metadata is not None
    if is_text and _text_after(row, asked, prepared) != (prepared.content, prepared.speaker):
        return None
    changes = _changes(row, asked, prepared, now)
    note_change(db, tenant, row, changes, Author(caller.key, UPDATE), now)
    if state := STATES.get(asked.action or ""):
        memory_writes.set_state(db, tenant, [row.row_id], state, now)
    memory_writes.change(db, tenant, row, changes, now)
    if "content" in changes:
        memory_vectors.put(db, row.row_id, prepared.vectors)
    return rows.fetch(db, tenant, row.memory_id)


def _changes(row: MemoryRow, asked: UpdateArguments, prepared: Prepared, now: int) -> dict[str, Any]:
    """The columns that change, with their new values."""
    changes: dict[str, Any] = {
        name: value
        for name in ("importance", "content_type", "metadata")
        if (value := getattr(asked, name)) is not None
    }
    if asked.tags is not None:
        changes["tags"] = list(dict.fromkeys(asked.tags))
    if asked.ttl_hours is not None:
        changes["expires_at"] = expiry(asked.ttl_hours, now)
    if asked.content is not None or (asked.metadata is not None and prepared.speaker != row.speaker):
        changes |= {
            "content": prepared.content,
            "digest": prepared.digest,
            "simhash": prepared.simhash,
            "speaker": prepared.speaker,
        }
    if asked.action == "promote":
        changes["expires_at"] = None
        changes["importance"] = min(1.0, changes.get("importance", row.importance) + PROMOTION)
    return changes


def _text_after(row: MemoryRow, asked: UpdateArguments, prepared: Prepared) -> tuple[str, str]:
    """What the memory will say and who says it, going by what is stored now."""
    content = row.content if asked.content is None else prepared.content
    return content, speaker(content, row.metadata if asked.metadata is None else asked.metadata)
