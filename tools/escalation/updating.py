"""escalation_update: what became of an escalation."""

from storage import escalations as rows
from tools.errors import Refused
from tools.escalation.escalations import Escalations
from tools.escalation.models import Changed, UpdateArguments
from tools.services import Caller

CHANGES = {"acknowledge": rows.acknowledge, "resolve": rows.resolve, "note": rows.note}


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
