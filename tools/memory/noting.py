"""Notes what a memory was before a change, for whoever has to undo it."""

from typing import Any

from storage.database import Connection
from storage.memories import changes as memory_changes
from storage.memories.changes import Author
from storage.memories.rows import MemoryRow

UNNOTED = frozenset({"access_count", "accessed_at"})
"""Of no change that anybody would undo."""


def note_change(
    db: Connection,
    tenant: str,
    row: MemoryRow,
    changes: dict[str, Any],
    author: Author,
    now: int,
    *,
    has_links: bool = False,
) -> None:
    """Keep what is about to change, by columns and their new values. ``has_links``: entities and relations may, too."""
    columns = {name for name, value in changes.items() if name not in UNNOTED and getattr(row, name, None) != value}
    links = ("entities", "relations") if has_links else ()
    memory_changes.note(db, tenant, [row.row_id], {*columns, *links}, author, now)
