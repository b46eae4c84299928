"""Undoing what one key wrote since a moment, where an agent was misled or a key was stolen.

What it changed is restored first, change by change from the last one back, so that each finds what it left behind; then
what it created goes. Every step can be killed and the whole run again. What others did since is never undone.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from storage import attachments as attachment_rows
from storage import written_by_key
from storage.database import Connection
from storage.documents import writes as document_writes
from storage.documents.rows import DocumentRow
from storage.memories import changes as memory_changes
from storage.memories import rows
from storage.memories import writes as memory_writes
from storage.memories.changes import Author, Change
from storage.memories.rows import LIVE
from storage.written_by_key import Range
from tools.attachments.attachments import Attachments
from tools.memory.memories import Memories
from tools.memory.removing import erased
from tools.rag.documents import Documents
from tools.services import Services

AT_ONCE = 500
OWNER = Author("cli", "undo")
REWRITTEN = "another key has changed its text since, or stored it too"
CHANGED = "another key has changed it since"


@dataclass(frozen=True, slots=True)
class Left:
    """A memory that stays as it is, and why."""

    memory_id: str
    reason: str


@dataclass(slots=True)
class Undone:
    """How much of each kind was taken back. ``replaced`` counts those of the documents that had taken the place of an
    earlier text, which cannot come back; ``note`` says what could not be erased yet."""

    restored: int = 0
    forgotten: int = 0
    purged: int = 0
    documents: int = 0
    replaced: int = 0
    attachments: int = 0
    rules: int = 0
    patterns: int = 0
    feedback: int = 0
    left: list[Left] = field(default_factory=list[Left])
    note: str = ""


async def undo(services: Services, asked: Range, *, purge: bool) -> Undone:
    """Take back what the key wrote. Memories it created are forgotten, which an agent can revert, or erased for good
    with ``purge``. Raises StorageError, with what was done so far kept."""
    undone, memories = Undone(), services.memories
    own, rewritten = await memories.db.read(lambda db: _own(db, asked))
    await _restore(memories, asked, own, rewritten, undone)
    await _remove(memories, asked, sorted(own - rewritten), undone, purge=purge)
    await _delete_documents(services.documents, asked, undone)
    await _delete_attachments(services.attachments, asked, undone)
    undone.rules, undone.patterns, undone.feedback = await memories.db.write(
        lambda db: (
            written_by_key.delete_rules(db, asked),
            written_by_key.delete_patterns(db, asked),
            written_by_key.delete_feedback(db, asked),
        )
    )
    undone.note = await erased(memories) if purge else ""
    memories.wake()
    return undone


def _own(db: Connection, asked: Range) -> tuple[set[int], set[int]]:
    """The memories that came by the key, and those of them whose text is another's by now."""
    own = written_by_key.memories(db, asked)
    return own, written_by_key.rewritten(db, own, asked.key)


async def _restore(memories: Memories, asked: Range, own: set[int], rewritten: set[int], undone: Undone) -> None:
    """Revert the key's changes to memories that are not its own. A memory counts once, however often it was changed."""
    restored: set[int] = set()
    left: dict[int, Left] = {}

    def some(db: Connection, before: int | None) -> int | None:
        changes = memory_changes.newest(db, asked.tenant, asked.key, asked.since, AT_ONCE, before)
        for change in changes:
            if change.row_id not in own and change.row_id not in left:
                _revert(db, asked.tenant, change, own - rewritten, memories.now(), left)
                restored.add(change.row_id)
        return changes[-1].change_row if changes else None

    before: int | None = None
    while (before := await memories.db.write(lambda db, before=before: some(db, before))) is not None:  # type: ignore[misc]
        pass
    foreign = await memories.db.read(lambda db: rows.fetch_rows(db, asked.tenant, rewritten))
    undone.restored = len(restored - left.keys())
    undone.left = [*left.values(), *(Left(row.memory_id, REWRITTEN) for row in foreign.values())]


def _revert(db: Connection, tenant: str, change: Change, own: set[int], now: int, left: dict[int, Left]) -> None:
    row = rows.fetch_rows(db, tenant, [change.row_id])[change.row_id]
    if not memory_changes.is_last(db, change):
        left[row.row_id] = Left(row.memory_id, CHANGED)
        return
    if (holder := memory_changes.holder(db, change)) is not None:
        if holder.row_id not in own:
            left[row.row_id] = Left(row.memory_id, f"{holder.memory_id} says the same by now")
            return
        memory_writes.set_state(db, tenant, [holder.row_id], "superseded", now, superseded_by=row.row_id)
    memory_changes.revert(db, tenant, row, change, now)


async def _remove(memories: Memories, asked: Range, row_ids: Sequence[int], undone: Undone, *, purge: bool) -> None:
    def some(db: Connection, batch: Sequence[int]) -> tuple[int, list[Left]]:
        rewritten = written_by_key.rewritten(db, batch, asked.key)  # by a call that came in between
        still = sorted(set(batch) - rewritten)
        left = rows.fetch_rows(db, asked.tenant, rewritten).values()
        removed = _purge(db, asked.tenant, still) if purge else _forget(db, asked.tenant, still, memories.now())
        return removed, [Left(row.memory_id, REWRITTEN) for row in left]

    for batch in _batches(row_ids):
        removed, left = await memories.db.write(lambda db, batch=batch: some(db, batch))  # type: ignore[misc]
        undone.left += left
        if purge:
            undone.purged += removed
        else:
            undone.forgotten += removed


def _forget(db: Connection, tenant: str, row_ids: Sequence[int], now: int) -> int:
    """Forget those that live. That is noted: undoing another key's changes must not bring them back."""
    live = [row.row_id for row in rows.fetch_rows(db, tenant, row_ids).values() if row.state in LIVE]
    memory_changes.note(db, tenant, live, (), OWNER, now)
    memory_writes.set_state(db, tenant, live, "deleted", now)
    return len(live)


def _purge(db: Connection, tenant: str, row_ids: Sequence[int]) -> int:
    memory_writes.detach(db, tenant, row_ids)
    return len(memory_writes.purge(db, tenant, row_ids))


async def _delete_documents(documents: Documents, asked: Range, undone: Undone) -> None:
    while found := await documents.db.write(lambda db: _delete_some(db, asked)):
        undone.documents += len(found)
        undone.replaced += sum(row.created_at < row.updated_at for row in found)
        documents.wake(sum(row.chunks for row in found))


def _delete_some(db: Connection, asked: Range) -> list[DocumentRow]:
    found = written_by_key.documents(db, asked, AT_ONCE)
    by_collection: defaultdict[str, list[DocumentRow]] = defaultdict(list)
    for row in found:
        by_collection[row.collection].append(row)
    for collection, held in by_collection.items():
        document_writes.delete(db, asked.tenant, collection, held)
    return found


async def _delete_attachments(attachments: Attachments, asked: Range, undone: Undone) -> None:
    """First the rows, then the files: killed in between, it leaves files that tidying finds."""
    ids = await attachments.db.write(lambda db: written_by_key.delete_attachments(db, asked))
    await attachments.db.write(lambda db: _remove_files(db, attachments, asked.tenant, ids))
    undone.attachments = len(ids)


def _remove_files(db: Connection, attachments: Attachments, tenant: str, ids: Sequence[str]) -> None:
    """In a transaction, so that none is kept again between the look and the removal."""
    for attachment_id in ids:
        if not attachment_rows.is_kept(db, tenant, attachment_id):
            attachments.files.remove(tenant, attachment_id)


def _batches(row_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    yield from (row_ids[at : at + AT_ONCE] for at in range(0, len(row_ids), AT_ONCE))
