"""Opens database files, plain ones or encrypted ones."""

import sqlite3
from pathlib import Path
from typing import Literal

from storage.encryption.data_key import DataKey

TIMEOUT_SECONDS = 5.0


def open_file(
    path: Path,
    key: DataKey | None,
    *,
    mode: Literal["ro", "rw", "rwc"] = "rwc",
    timeout: float = TIMEOUT_SECONDS,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
) -> sqlite3.Connection:
    """A connection that begins no transaction by itself and may change threads. Raises sqlite3.Error, for a wrong key
    only when the file is first read. ``factory`` makes connections to plain files."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    if key is None:
        return sqlite3.connect(
            uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False, factory=factory
        )
    from storage.encryption.cipher_connection import connect

    return connect(uri, key, timeout)


def open_like(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """A connection to another file, plain or under the same key as ``db``."""
    return open_file(path, key_of(db))


def key_of(db: sqlite3.Connection) -> DataKey | None:
    """The key a connection was opened with."""
    return getattr(db, "key", None)
