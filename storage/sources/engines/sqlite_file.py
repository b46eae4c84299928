"""Opening an SQLite file to read, without leaving anything beside it, also in write-ahead-log mode."""

import os
import sqlite3
from pathlib import Path

from storage.sources.engine import EngineFailed

JOURNAL_BYTE, WAL_FORMAT = 18, 2
BUSY_SECONDS = 1.0
HEAP_BYTES = 128 << 20
SETTINGS = (
    f"PRAGMA hard_heap_limit={HEAP_BYTES}",  # of the whole process
    "PRAGMA query_only=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cell_size_check=ON",
)


class Opened:
    """A connection of its own for one call, and whether what it read can have changed under it.

    A plain read-only connection to a database in write-ahead-log mode creates the log and its index beside it, needs a
    folder it may write to for that, and leaves both behind. So a file whose log is absent or empty, which holds all
    that was committed, is opened as immutable: without locks. If anyone wrote meanwhile, `was_disturbed` says so, and
    what was read is to be read again.
    """

    def __init__(self, path: Path, *, with_locks: bool = False) -> None:
        self._path = path
        self._seen = None if with_locks else _settled(path)
        mode = "mode=ro" if self._seen is None else "mode=ro&immutable=1"
        self.connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
        )
        self.connection.text_factory = _text
        for setting in SETTINGS:
            self.connection.execute(setting)

    def was_disturbed(self) -> bool:
        """Whether an unlocked file changed since it was opened."""
        return self._seen is not None and _settled(self._path) != self._seen


def checked(location: str) -> Path:
    """The database's path. Raises EngineFailed (``down``) where there is no such file."""
    path = Path(location)
    if not path.is_file():
        raise EngineFailed("down", "the database file is not there")
    return path


def _settled(path: Path) -> tuple[int, int, int] | None:
    """The state of a file in write-ahead-log mode that nobody has written to since it was last put in order; None if
    the file is in another mode, or its log holds something."""
    with path.open("rb") as file:
        header = file.read(JOURNAL_BYTE + 1)
        state = os.fstat(file.fileno())
    if len(header) <= JOURNAL_BYTE or header[JOURNAL_BYTE] != WAL_FORMAT or _length(f"{path}-wal"):
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def _length(name: str) -> int:
    try:
        return os.stat(name).st_size
    except FileNotFoundError:
        return 0


def _text(stored: bytes) -> str:
    """SQLite stores what it is given; a wrong byte must not hide the row."""
    return stored.decode("utf-8", "replace")
