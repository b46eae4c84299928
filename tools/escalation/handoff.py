"""What the person who takes over is given: the brief as it was kept, with the memories it names as they are now."""

import logging

from storage.errors import StorageError
from storage.escalations import EscalationRow
from storage.memories import rows as memory_rows
from tools.escalation.escalations import Escalations
from tools.escalation.models import HandoffPart, MemoryPart
from tools.memory.memories import is_gone
from tools.memory.models import RetrieveArguments
from tools.memory.retrieving import retrieve
from tools.retrieval.budget import fit
from tools.services import Caller

logger = logging.getLogger("satchel.escalation")

MOST_MEMORIES = 5
MEMORY_TOKENS = 500


async def brief_of(escalations: Escalations, tenant: str, row: EscalationRow) -> HandoffPart:
    """The brief with its memories as they are now; those forgotten, replaced or expired since are left out."""
    ids = row.brief["memory_ids"]
    found = await escalations.db.read(lambda db: memory_rows.fetch_many(db, tenant, ids)) if ids else []
    live = [memory for memory in found if not is_gone(memory, escalations.now())]
    fitted = fit([memory.content for memory in live], min(MEMORY_TOKENS, escalations.policy.max_tokens))
    return HandoffPart(
        summary=row.brief["summary"],
        customer=row.brief["customer"],
        open_questions=row.brief["open_questions"],
        memories=[
            MemoryPart(memory_id=memory.memory_id, content=text)
            for memory, (text, _) in zip(live, fitted.texts, strict=False)
        ],
    )


async def memory_ids_for(escalations: Escalations, caller: Caller, session_id: str, message: str) -> list[str]:
    """The memories of the session that say most about the message, best first; none where they cannot be searched: a
    person is told all the same."""
    asked = RetrieveArguments.model_validate({"query": message, "session_id": session_id, "limit": MOST_MEMORIES})
    try:
        found = await retrieve(escalations.memories, caller, asked)
    except StorageError as error:
        logger.warning("escalation.unremembered", extra={"error": repr(error.__cause__ or error)})
        return []
    return [memory.memory_id for memory in found.memories]
