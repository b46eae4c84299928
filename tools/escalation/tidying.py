"""What happens to escalations without being asked: those that were resolved long ago are deleted."""

from storage import escalations as rows
from tools.escalation.escalations import Escalations
from tools.times import days_before


async def tidy(escalations: Escalations) -> int:
    """Delete what has been resolved for the time it is kept, of every tenant; how many those were."""
    days = escalations.policy.retention_days
    if not days:
        return 0
    before = days_before(escalations.now(), days)
    return await escalations.db.write(lambda db: rows.purge_resolved(db, before))
