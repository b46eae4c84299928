"""What happens to attachments without being asked: the unused are deleted, and files that no row names."""

from storage import attachments as rows
from storage.attachment_files import remove
from storage.database import Connection, translated
from tools.attachments.attachments import Attachments
from tools.times import HOUR_MS, days_before

STRAY_MS = HOUR_MS  # a file this old is not waiting for its row any more


async def tidy(attachments: Attachments) -> int:
    """Delete what no tenant used for the time it is kept; how many files went. Safe at any time, from any process."""
    now = attachments.now()
    if days := attachments.policy.retention_days:
        for tenant in await attachments.db.read(rows.tenants):
            await attachments.db.write(
                lambda db, tenant=tenant: rows.delete_unused(db, tenant, days_before(now, days))  # type: ignore[misc]
            )
    # in a transaction, so that no row comes between the look and the removal
    return await attachments.db.write(lambda db: _sweep(db, attachments, now - STRAY_MS))


def _sweep(db: Connection, attachments: Attachments, before: int) -> int:
    with translated():
        return remove(attachments.files.stray(db, before))
