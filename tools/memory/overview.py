"""What there is: counts for the stats resource, session names for completion."""

from typing import Any

from storage import stats
from storage.memories import rows
from tools.memory.memories import Memories
from tools.services import Caller

STATES = ("active", "archived", "deleted", "superseded")
MOST_NAMES = 100


async def counts(memories: Memories, caller: Caller) -> dict[str, Any]:
    """The caller's memories by state and kind, sessions and entities; documents and their passages."""
    found = await memories.db.read(lambda db: stats.of_tenant(db, caller.tenant))
    return {
        "memories": {state: found.states.get(state, 0) for state in STATES},
        "active_by_type": found.types,
        "sessions": found.sessions,
        "entities": found.entities,
        "documents": found.documents,
        "passages": found.chunks,
    }


async def session_names(memories: Memories, caller: Caller, prefix: str) -> list[str]:
    """The caller's sessions that start with ``prefix``, at most MOST_NAMES."""
    found = await memories.db.read(lambda db: rows.sessions(db, caller.tenant, prefix, MOST_NAMES))
    return [name for name, _ in found]
