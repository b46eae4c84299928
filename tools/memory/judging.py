"""memory_feedback: what agents say about memories."""

from storage.analysis import query_words
from storage.database import Connection
from storage.memories import feedback, rows
from tools.errors import NotFound
from tools.memory.memories import Memories, is_gone
from tools.memory.models import FeedbackArguments, Judged
from tools.services import Caller


async def judge(memories: Memories, caller: Caller, asked: FeedbackArguments) -> Judged:
    """Note whether a memory helped; it ranks higher or lower from now on, for that query or for any."""
    now = memories.now()

    def add(db: Connection) -> list[feedback.Verdict]:
        row = rows.fetch(db, caller.tenant, asked.memory_id)
        if is_gone(row, now):
            raise NotFound(f"No memory {asked.memory_id!r}. Call memory_retrieve to find its id.")
        feedback.add(db, row.row_id, asked.useful, query_words(asked.query), caller.key, now)
        return feedback.verdicts(db, [row.row_id])

    verdicts = await memories.db.write(add)
    useful = sum(verdict.useful for verdict in verdicts)
    return Judged(memory_id=asked.memory_id, useful=useful, not_useful=len(verdicts) - useful)
