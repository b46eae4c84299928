"""A memory that was found, and how it is shown."""

from dataclasses import dataclass

from storage.memories.rows import MemoryRow
from tools.memory.models import Memory
from tools.memory.ranking import Value
from tools.retrieval.rendering import hidden
from tools.times import iso


@dataclass(frozen=True, slots=True)
class Hit:
    """A memory chosen to be shown, its score, and the entity it was pulled in by."""

    row: MemoryRow
    score: float
    related_by: str | None = None


def shown(hit: Hit, text: str, value: Value, *, is_cut: bool = False, just_read: int = 0) -> Memory:
    """The record of a hit, with as much of its ``text`` as there is room for. ``just_read`` counts what its row does
    not hold yet."""
    row = hit.row
    accesses = row.access_count + just_read
    return Memory(
        memory_id=row.memory_id,
        content=text,
        content_type=row.content_type,  # type: ignore[arg-type]
        importance=row.importance,
        effective_importance=round(value(row.importance, row.occurred_at, accesses), 3),
        score=round(min(1.0, hit.score), 3),
        created_at=iso(row.created_at),
        occurred_at=iso(row.occurred_at),
        access_count=accesses,
        tags=row.tags,
        metadata=row.metadata,
        provenance=row.provenance,
        truncated=is_cut,
        session_id=row.session_id,
        archived=row.state == "archived",
        related_by=hit.related_by,
        flags=["hidden_text"] if hidden(row.content) else [],
    )
