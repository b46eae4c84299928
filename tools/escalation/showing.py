"""One escalation, with all there is to know of it."""

from storage import escalations as rows
from storage.escalations import EscalationRow
from tools.errors import NotFound
from tools.escalation.escalations import Escalations
from tools.escalation.handoff import brief_of
from tools.escalation.models import EscalationPart, EventPart, Shown, SignalPart
from tools.services import Caller
from tools.times import iso


async def show(escalations: Escalations, caller: Caller, escalation_id: str) -> Shown:
    """Everything there is to know of one. Raises NotFound."""
    row, history = await escalations.db.read(
        lambda db: (rows.fetch(db, caller.tenant, escalation_id), rows.events(db, caller.tenant, escalation_id))
    )
    return Shown(
        escalation=part_of(row),
        signals=_signals(row),
        handoff=await brief_of(escalations, caller.tenant, row),
        history=[EventPart(at=iso(event.at), action=event.action, key=event.key, note=event.note) for event in history],
    )


async def show_newest(escalations: Escalations, caller: Caller, session_id: str) -> Shown:
    """The same of a session's last one, unresolved ones before resolved ones. Raises NotFound."""
    row = await escalations.db.read(lambda db: rows.newest(db, caller.tenant, session_id))
    if row is None:
        raise NotFound(f"No escalation in session {session_id!r}. Call escalation_list to find ids.")
    return await show(escalations, caller, row.escalation_id)


def part_of(row: EscalationRow) -> EscalationPart:
    """The escalation as a line of a list has it."""
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
            "created_at": iso(row.created_at),
            "updated_at": iso(row.updated_at),
        }
    )


def _signals(row: EscalationRow) -> list[SignalPart]:
    """The signals as they were found."""
    names = SignalPart.model_fields
    return [SignalPart.model_validate({name: signal[name] for name in names}) for signal in row.signals]
