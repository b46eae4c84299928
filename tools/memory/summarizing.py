"""memory_summarize: what matters most of a session, by kind."""

from collections.abc import Sequence
from dataclasses import replace

from storage.database import Connection
from storage.memories import rows
from storage.memories.rows import MemoryFilter, MemoryRow
from tools.memory.memories import Memories
from tools.memory.models import SummarizeArguments, Summary
from tools.memory.ranking import Value, newest
from tools.memory.rendering import dated_line
from tools.retrieval.budget import fit
from tools.retrieval.rendering import fenced
from tools.services import Caller
from tools.times import iso

HEADINGS = {
    "user_info": "About the user",
    "preference": "Preferences",
    "rule": "Rules",
    "fact": "Facts",
    "context": "Recent context",
}


async def summarize(memories: Memories, caller: Caller, asked: SummarizeArguments) -> Summary:
    """What matters most of a session, by kind: user info, preferences, rules, facts, recent context."""
    value = memories.value()
    each = asked.max_items_per_type
    chosen = await memories.db.read(lambda db: _by_kind(db, caller.tenant, asked.session_id, value, each))
    fitted = fit([row.content for row in chosen], asked.max_tokens or memories.policy.max_tokens)
    cut = [replace(row, content=text) for row, (text, _) in zip(chosen, fitted.texts, strict=False)]
    text = _summary(cut)
    if fitted.omitted:
        text += f"\n{fitted.omitted} more fit max_items_per_type but not max_tokens; raise it to see them."
    return Summary(summary=text, memory_ids=[row.memory_id for row in cut], omitted=fitted.omitted)


def _by_kind(db: Connection, tenant: str, session_id: str, value: Value, each: int) -> list[MemoryRow]:
    chosen: list[MemoryRow] = []
    for kind in HEADINGS:
        wanted = MemoryFilter(now=value.now, session_id=session_id, content_type=kind)
        rank = value if kind != "context" else newest
        chosen += rows.most_valuable(db, tenant, wanted, rank, each)
    return chosen


def _summary(chosen: Sequence[MemoryRow]) -> str:
    if not chosen:
        return "Nothing is remembered in this session yet."
    lines: list[str] = []
    for kind, heading in HEADINGS.items():
        of_kind = [row for row in chosen if row.content_type == kind]
        lines += [f"{heading}:"] if of_kind else []
        lines += [dated_line(row.memory_id, iso(row.occurred_at), row.content) for row in of_kind]
    return fenced("memories", lines)
