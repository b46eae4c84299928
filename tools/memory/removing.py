"""memory_forget and memory_restore: leaving, coming back, and being gone for good."""

from storage.database import Connection
from storage.errors import StorageError
from storage.memories import changes as memory_changes
from storage.memories import rows
from storage.memories import writes as memory_writes
from storage.memories.changes import Author
from storage.memories.rows import MemoryFilter, MemoryRow
from tools.errors import Refused
from tools.fields import DEFAULT_SESSION
from tools.memory.memories import Memories
from tools.memory.models import ForgetArguments, Forgotten, RestoreArguments, Restored
from tools.services import Caller
from tools.times import hours_before

MOST = 10_000  # by filters in one call
LONGEST_AGO = 1e9  # hours: before any date there is


async def forget(memories: Memories, caller: Caller, asked: ForgetArguments) -> Forgotten:
    """Take memories out of retrieval, or with ``purge`` out of every file of the data directory."""
    _refuse_everything(asked)
    now = memories.now()
    found, missing = await memories.db.write(lambda db: _forget(db, caller, asked, now))
    note = await erased(memories) if asked.purge else ""
    if asked.memory_ids is None and len(found) == MOST:
        note = f"{note} There may be more: {MOST:,} go in one call. Call again.".strip()
    memories.wake()
    ids = [row.memory_id for row in found]
    return Forgotten(memory_ids=ids, count=len(ids), not_found=missing, purged=asked.purge, note=note)


async def restore(memories: Memories, caller: Caller, asked: RestoreArguments) -> Restored:
    """Bring back what was forgotten, also what expired; purged memories are gone."""
    now = memories.now()

    def bring_back(db: Connection) -> list[str]:
        gone = [row for row in rows.fetch_many(db, caller.tenant, asked.memory_ids) if _can_return(row, now)]
        row_ids = [row.row_id for row in gone]
        memory_changes.note(db, caller.tenant, row_ids, ["expires_at"], Author(caller.key, "memory_restore"), now)
        memory_writes.set_state(db, caller.tenant, row_ids, "active", now)
        for row in gone:
            if row.expires_at is not None and row.expires_at <= now:
                memory_writes.change(db, caller.tenant, row, {"expires_at": None}, now)
        return [row.memory_id for row in gone]

    restored = await memories.db.write(bring_back)
    memories.wake()
    missing = [memory_id for memory_id in asked.memory_ids if memory_id not in restored]
    return Restored(memory_ids=restored, count=len(restored), not_found=missing)


async def erased(memories: Memories) -> str:
    """Make what was purged vanish from the files; what is left to say about it."""
    try:
        await memories.erase()
    except StorageError:
        return "A copy in the data files could not be erased yet; the background does it as soon as it can."
    return ""


def _refuse_everything(asked: ForgetArguments) -> None:
    filtered = asked.content_type is not None or asked.tags or asked.older_than_hours is not None
    if asked.memory_ids is not None and filtered:
        raise Refused("Pass memory_ids or filters, not both.")
    if asked.memory_ids is None and not filtered:
        raise Refused(
            "Pass memory_ids, or a filter: content_type, tags or older_than_hours (0 for all of session_id's memories)."
        )


def _forget(db: Connection, caller: Caller, asked: ForgetArguments, now: int) -> tuple[list[MemoryRow], list[str]]:
    tenant = caller.tenant
    found = _chosen(db, tenant, asked, now)
    row_ids = [row.row_id for row in found]
    if asked.purge:
        gone = memory_writes.purge(db, tenant, row_ids)
        assert set(gone) >= set(row_ids)
    else:
        memory_changes.note(db, tenant, row_ids, (), Author(caller.key, "memory_forget"), now)
        memory_writes.set_state(db, tenant, row_ids, "deleted", now)
    ids = {row.memory_id for row in found}
    return found, [memory_id for memory_id in asked.memory_ids or [] if memory_id not in ids]


def _chosen(db: Connection, tenant: str, asked: ForgetArguments, now: int) -> list[MemoryRow]:
    if asked.memory_ids is not None:
        found = rows.fetch_many(db, tenant, asked.memory_ids)
        return [
            row
            for row in found
            if (asked.purge or row.state in rows.LIVE) and asked.session_id in (None, row.session_id)
        ]
    wanted = MemoryFilter(
        now=-1,  # what has expired is forgotten along with the rest
        session_id=asked.session_id or DEFAULT_SESSION,
        content_type=asked.content_type,
        tags=tuple(asked.tags),
        include_archived=True,
        until=_before(asked.older_than_hours, now),
        include_gone=asked.purge,  # for good means also what was forgotten or replaced before
    )
    return rows.newest(db, tenant, wanted, MOST)


def _before(hours: float | None, now: int) -> int | None:
    """The moment so long ago; 0 hours is every memory, also of what is yet to happen."""
    return hours_before(now, min(hours, LONGEST_AGO)) if hours else None


def _can_return(row: MemoryRow, now: int) -> bool:
    expired = row.expires_at is not None and row.expires_at <= now
    return row.state == "deleted" or (row.state in rows.LIVE and expired)
