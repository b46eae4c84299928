"""The contents of attachments: a file each, beside the database, under a name of ours; sealed where there is a key."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from storage import attachments
from storage.attachments import AttachmentRow
from storage.database import translated
from storage.durable import partial
from storage.encryption.data_key import OVERHEAD, DataKey, Unsealed
from storage.errors import Invalid, NotFound
from storage.files import stamped_files

UPLOADS = "uploads"


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
            content, _ = stamped_files.read(path, row.size + (OVERHEAD if self._key else 0))
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
        named = {self._path(tenant, attachment_id) for tenant, attachment_id in attachments.names(db)}
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
