"""What happens to attachments without being asked: the unused are deleted, and files that no row names."""

from storage import attachments as rows
from storage.attachments import remove
from storage.database import Connection, translated
from tools.attachments.attachments import Attachments

DAY_MS = 86_400_000
STRAY_MS = 3_600_000  # a file this old is not waiting for its row any more


async def tidy(attachments: Attachments) -> int:
    """Delete what no tenant used for the time it is kept; how many files went. Safe at any time, from any process."""
    now = attachments.now()
    if days := attachments.policy.retention_days:
        for tenant in await attachments.db.read(rows.tenants):
            await attachments.db.write(
                lambda db, tenant=tenant: rows.delete_unused(db, tenant, now - int(days * DAY_MS))  # type: ignore[misc]
            )
    # in a transaction, so that no row comes between the look and the removal
    return await attachments.db.write(lambda db: _sweep(db, attachments, now - STRAY_MS))


def _sweep(db: Connection, attachments: Attachments, before: int) -> int:
    with translated():
        return remove(attachments.files.stray(db, before))
