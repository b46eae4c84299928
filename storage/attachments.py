"""Files that agents handed over: a row each here, and the content beside the database (`attachment_files`).

The file comes first and the row second: killed between the two, a file is left that no row names.
`AttachmentFiles.stray` finds those once they are old, and nobody misses them.
"""

import sqlite3
from dataclasses import dataclass

from storage.errors import NotFound

COLUMNS = "attachment_id, filename, size, digest, created_at, used_at"
PUT = f"""INSERT INTO attachments (tenant, key, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, attachment_id) DO UPDATE SET used_at = max(used_at, excluded.used_at),
        key = CASE WHEN key IN ('', excluded.key) THEN excluded.key ELSE 'several' END"""
"""A file that several keys gave is none's to take back."""
USE = f"""UPDATE attachments SET used_at = max(used_at, ?) WHERE tenant = ? AND attachment_id = ?
    RETURNING {COLUMNS}"""
DELETE_UNUSED = "DELETE FROM attachments WHERE tenant = ? AND used_at <= ?"
IS_KEPT = "SELECT 1 FROM attachments WHERE tenant = ? AND attachment_id = ?"
NAMES = "SELECT tenant, attachment_id FROM attachments"


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """One attachment as stored. ``size`` is bytes; times are milliseconds since the epoch, UTC."""

    attachment_id: str
    filename: str
    size: int
    digest: bytes
    created_at: int
    used_at: int


def put(db: sqlite3.Connection, tenant: str, row: AttachmentRow, key: str) -> None:
    """Add the row, and whose call it was; one that is there already counts as used."""
    values = (row.attachment_id, row.filename, row.size, row.digest, row.created_at, row.used_at)
    db.execute(PUT, (tenant, key, *values))


def use(db: sqlite3.Connection, tenant: str, attachment_id: str, now: int) -> AttachmentRow:
    """The row, which counts as used now. Raises NotFound."""
    found = db.execute(USE, (now, tenant, attachment_id)).fetchone()
    if found is None:
        raise NotFound("attachment", attachment_id)
    return AttachmentRow(*found)


def is_kept(db: sqlite3.Connection, tenant: str, attachment_id: str) -> bool:
    """Whether there is such a row."""
    return db.execute(IS_KEPT, (tenant, attachment_id)).fetchone() is not None


def tenants(db: sqlite3.Connection) -> list[str]:
    """Every tenant that has attachments."""
    return [row[0] for row in db.execute("SELECT DISTINCT tenant FROM attachments ORDER BY tenant")]


def names(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Every attachment there is: tenant and id."""
    return list(db.execute(NAMES))


def delete_unused(db: sqlite3.Connection, tenant: str, before: int) -> int:
    """Delete the rows that were last used until then; how many those were. Their files have become strays."""
    return db.execute(DELETE_UNUSED, (tenant, before)).rowcount
