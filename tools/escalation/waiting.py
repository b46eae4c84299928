"""Who waits for a person, in the order in which they should be helped."""

from storage import escalations as rows
from storage.database import Connection
from storage.escalations import LEVELS, EscalationRow

UNRESOLVED = ("open", "acknowledged")


def waiting(
    db: Connection, tenant: str, *, status: str | None, session_id: str | None, limit: int
) -> tuple[list[EscalationRow], int]:
    """Escalations of a status, None for all that are not resolved, the most urgent first and of those the oldest; and
    how many there are beyond the limit too."""
    statuses = (status,) if status else UNRESOLVED
    found = [
        row for each in statuses for row in rows.listed(db, tenant, status=each, session_id=session_id, limit=limit)
    ]
    total = sum(rows.count(db, tenant, status=each, session_id=session_id) for each in statuses)
    return sorted(found, key=lambda row: (-LEVELS.index(row.level), row.row_id))[:limit], total
