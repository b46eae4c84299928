"""Files that agents handed over: a row in the database, and the content beside it under a name of ours.

The file comes first and the row second: killed between the two, a file is left that no row names. `stray` finds those
once they are old, and nobody misses them.
"""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage import source_files
from storage.data_key import OVERHEAD, DataKey, Unsealed
from storage.database import translated
from storage.durable import partial
from storage.errors import Invalid, NotFound

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
UPLOADS = "uploads"


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


def delete_unused(db: sqlite3.Connection, tenant: str, before: int) -> int:
    """Delete the rows that were last used until then; how many those were. Their files have become strays."""
    return db.execute(DELETE_UNUSED, (tenant, before)).rowcount


def folder_of(data: Path, key: DataKey | None) -> Path:
    """Where the contents of a data directory are. Each key has a folder of its own, so that they all go over to another
    one at once, with the database."""
    return data / (UPLOADS if key is None else f"{UPLOADS}-{key.key_id.hex()}")


class AttachmentFiles:
    """The contents: ``folder``, a folder a tenant, a file an attachment; sealed with the key, where there is one."""

    def __init__(self, folder: Path, key: DataKey | None = None) -> None:
        self._folder = folder
        self._key = key

    def put(self, tenant: str, attachment_id: str, content: bytes, now: int) -> None:
        """Write the content, wholly or not at all, over what may be there. Raises DiskFull, ReadOnly.

        The file's time of change is ``now``, of the clock that `stray` is asked by.
        """
        path = self._path(tenant, attachment_id)
        with translated():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with partial(path) as unfinished:
                unfinished.write_bytes(content if self._key is None else self._key.seal(content, name_of(path)))
                os.utime(unfinished, ns=(now * 1_000_000, now * 1_000_000))

    def has(self, tenant: str, attachment_id: str) -> bool:
        """Whether there is a content of that id."""
        return self._path(tenant, attachment_id).is_file()

    def remove(self, tenant: str, attachment_id: str) -> None:
        """Delete the content, if it is there. Do it in the transaction that takes the row away: whoever keeps the same
        content again looks whether it is there before adding a row."""
        with translated():
            self._path(tenant, attachment_id).unlink(missing_ok=True)

    def read(self, tenant: str, row: AttachmentRow) -> bytes:
        """The content. Raises NotFound where it is not what was put there: only putting it again helps."""
        path = self._path(tenant, row.attachment_id)
        try:
            content, _ = source_files.read(path, row.size + (OVERHEAD if self._key else 0))
            content = content if self._key is None else self._key.unseal(content, name_of(path))
        except (OSError, Invalid, Unsealed) as error:
            raise NotFound("attachment", row.attachment_id) from error
        if hashlib.sha256(content).digest() != row.digest:
            raise NotFound("attachment", row.attachment_id)
        return content

    def drop(self, tenant: str) -> None:
        """Delete all contents of the tenant. Raises OSError."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._folder_of(tenant))

    def count(self, tenant: str) -> int:
        """How many files there are of the tenant, whether or not a row names them."""
        return sum(1 for path in self._folder_of(tenant).glob("*") if path.is_file())

    def stray(self, db: sqlite3.Connection, before: int) -> list[Path]:
        """Files that no row names, of those written until then: no row is still to come for them. Remove them in the
        transaction that asked: a file may be written anew at any time, and its row comes only after."""
        named = {self._path(tenant, attachment_id) for tenant, attachment_id in db.execute(NAMES)}
        return [path for path in self._folder.glob("*/*") if path not in named and _written(path) <= before]

    def _path(self, tenant: str, attachment_id: str) -> Path:
        return self._folder_of(tenant) / attachment_id

    def _folder_of(self, tenant: str) -> Path:
        return self._folder / hashlib.sha256(tenant.encode()).hexdigest()[:32]


def name_of(path: Path) -> str:
    """What a content is sealed under: whose it is, and which."""
    return f"{path.parent.name}/{path.name}"


def remove(files: Iterable[Path]) -> int:
    """Delete files; how many could be. One that is held open elsewhere goes another time."""
    removed = 0
    for path in files:
        with suppress(OSError):
            path.unlink()
            removed += 1
    return removed


def _written(path: Path) -> int:
    """Milliseconds since the epoch; later than any time for a file that has just gone."""
    try:
        return path.lstat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 1 << 62
