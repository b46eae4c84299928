"""escalation_list and escalation_update: who waits for a person, and what became of it."""

import logging

from storage import escalations as rows
from storage import memories as memory_rows
from storage.errors import StorageError
from storage.escalations import EscalationRow
from tools.errors import NotFound, Refused
from tools.escalation.escalations import Escalations
from tools.escalation.models import (
    Changed,
    EscalationPart,
    EventPart,
    HandoffPart,
    ListArguments,
    Listed,
    MemoryPart,
    Shown,
    SignalPart,
    UpdateArguments,
)
from tools.escalation.waiting import waiting
from tools.memory.memories import is_gone, iso
from tools.memory.models import RetrieveArguments
from tools.memory.retrieving import retrieve
from tools.retrieval.budget import fit, tokens
from tools.services import Caller

logger = logging.getLogger("satchel.escalation")

MOST_MEMORIES = 5
MEMORY_TOKENS = 500
CHANGES = {"acknowledge": rows.acknowledge, "resolve": rows.resolve, "note": rows.note}


async def list_escalations(escalations: Escalations, caller: Caller, asked: ListArguments) -> Listed:
    """The most urgent first, and of those the oldest, as many as fit the limit and the budget."""
    found, total = await escalations.db.read(
        lambda db: waiting(db, caller.tenant, status=asked.status, session_id=asked.session_id, limit=asked.limit)
    )
    shown = [_part(row) for row in found]
    summaries, beside = [part.summary for part in shown], [tokens(part.session_id) for part in shown]
    fitted = fit(summaries, escalations.policy.max_tokens, beside)
    cut = [part.model_copy(update={"summary": text}) for part, (text, _) in zip(shown, fitted.texts, strict=False)]
    return Listed(escalations=cut, count=total, omitted=total - len(cut))


async def update(escalations: Escalations, caller: Caller, asked: UpdateArguments) -> Changed:
    """Acknowledge, resolve or note; done twice it is done once. Raises NotFound and Refused."""
    if asked.action == "note" and not asked.note.strip():
        raise Refused("note: say what to note.")
    change, now = CHANGES[asked.action], escalations.now()
    row = await escalations.db.write(
        lambda db: change(db, caller.tenant, asked.escalation_id, caller.key, asked.note.strip(), now)
    )
    if asked.action == "acknowledge" and row.status == "resolved":
        raise Refused(f"Escalation {row.escalation_id!r} is resolved. Add a note, or call escalation_check anew.")
    return Changed.model_validate(
        {
            "escalation_id": row.escalation_id,
            "session_id": row.session_id,
            "status": row.status,
            "level": row.level,
            "category": row.category,
        }
    )


async def show(escalations: Escalations, caller: Caller, escalation_id: str) -> Shown:
    """Everything there is to know of one. Raises NotFound."""
    row, history = await escalations.db.read(
        lambda db: (rows.fetch(db, caller.tenant, escalation_id), rows.events(db, caller.tenant, escalation_id))
    )
    return Shown(
        escalation=_part(row),
        signals=signals_of(row),
        handoff=await brief_of(escalations, caller.tenant, row),
        history=[
            EventPart(at=iso(event.at) or "", action=event.action, key=event.key, note=event.note) for event in history
        ],
    )


async def show_newest(escalations: Escalations, caller: Caller, session_id: str) -> Shown:
    """The same of a session's last one, unresolved ones before resolved ones. Raises NotFound."""
    row = await escalations.db.read(lambda db: rows.newest(db, caller.tenant, session_id))
    if row is None:
        raise NotFound(f"No escalation in session {session_id!r}. Call escalation_list to find ids.")
    return await show(escalations, caller, row.escalation_id)


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


def signals_of(row: EscalationRow) -> list[SignalPart]:
    """The signals as they were found."""
    names = SignalPart.model_fields
    return [SignalPart.model_validate({name: signal[name] for name in names}) for signal in row.signals]


def _part(row: EscalationRow) -> EscalationPart:
    return EscalationPart.model_validate(
        {
            "escalation_id": row.escalation_id,
            "session_id": row.session_id,
            "status": row.status,
            "level": row.level,
            "category": row.category,
            "confidence": row.confidence,
            "summary": row.brief["summary"],
            "raised": row.raised,
            "created_at": iso(row.created_at) or "",
            "updated_at": iso(row.updated_at) or "",
        }
    )
