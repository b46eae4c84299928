"""Looks at a data directory without changing it: what `satchel doctor` asks. Connections are read-only ones."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storage.database_file import open_file
from storage.encryption.data_key import DataKey
from storage.errors import IndexLost
from storage.locks import OwnerLock
from storage.memories.rows import LIVE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from storage.index.kinds import Kind, Model
    from storage.index.vectors import VectorStore

FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))  # releases without the write-ahead log's race, see `database.connect`
STATES = "SELECT state, count(*) FROM memories GROUP BY state"
UNFOUND = f"""SELECT count(*) FROM memories WHERE state IN {LIVE}
    AND row_id NOT IN (SELECT id FROM memories_fts_docsize)"""
STRANGE = f"""SELECT count(*) FROM memories_fts_docsize
    WHERE id NOT IN (SELECT row_id FROM memories WHERE state IN {LIVE})"""
CHUNKS_UNFOUND = "SELECT count(*) FROM chunks WHERE row_id NOT IN (SELECT id FROM chunks_fts_docsize)"
CHUNKS_STRANGE = "SELECT count(*) FROM chunks_fts_docsize WHERE id NOT IN (SELECT row_id FROM chunks)"
MISCOUNTED = """SELECT count(*) FROM collections c WHERE
    documents <> (SELECT count(*) FROM documents d WHERE d.tenant = c.tenant AND d.collection = c.collection)
    OR chunks <> (SELECT count(*) FROM chunks h WHERE h.tenant = c.tenant AND h.collection = c.collection)"""
DOCUMENTS = "SELECT coalesce(sum(documents), 0), coalesce(sum(chunks), 0) FROM collections"
UNSENT = "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND created_at < ?"
SHOWN_DAMAGES = 3
PATIENCE_SECONDS = 10.0  # for others to finish writing


@dataclass(frozen=True, slots=True)
class TableDrift:
    """Rows in which a table differs from the truth though nothing is queued for them; None: unreadable."""

    kind: str
    model: str
    held: int
    differing: int | None


def unsent(db: sqlite3.Connection, before: int) -> int:
    """How many announcements of escalations have waited since before that moment."""
    return int(db.execute(UNSENT, (before,)).fetchone()[0])


def has_log_race(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite may damage a database when a commit meets another process's checkpoint."""
    fix = next((fixed for fixed in FIXED if fixed[:2] == version[:2]), FIXED[0])
    return version < fix


def cipher_version() -> str:
    """Of SQLCipher, and of the SQLite inside it, which is not Python's."""
    from storage.encryption.cipher_connection import version

    return version()


def has_full_text() -> bool:
    """Whether this SQLite has FTS5."""
    with closing(sqlite3.connect(":memory:")) as db:
        return bool(db.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0])


def damages(db: sqlite3.Connection, *, full: bool) -> list[str]:
    """What SQLite's check of its own file finds; ``full`` compares indexes with tables too, and takes longer."""
    check = "integrity_check" if full else "quick_check"
    try:
        found = [str(row[0]) for row in db.execute(f"PRAGMA {check}({SHOWN_DAMAGES})")]
    except sqlite3.DatabaseError as error:  # too damaged for the check itself
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        found = [str(error)]
    return [] if found == ["ok"] else found


def full_text_is_whole(path: Path, key: DataKey | None = None) -> bool:
    """FTS5's own check. It is an INSERT that inserts nothing, hence a writing connection, rolled back; one that leaves
    the journal's mode as it is."""
    with closing(open_file(path, key, timeout=PATIENCE_SECONDS)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute("INSERT INTO memories_fts (memories_fts) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
                return False
            raise
        finally:
            db.execute("ROLLBACK")
        return True


def full_text_drift(db: sqlite3.Connection) -> int:
    """How many live memories full text lacks, and how many others it holds."""
    return int(db.execute(UNFOUND).fetchone()[0]) + int(db.execute(STRANGE).fetchone()[0])


def document_drift(db: sqlite3.Connection) -> int:
    """How many chunks full text lacks, how many others it holds, and how many collections are counted wrong."""
    return sum(int(db.execute(sql).fetchone()[0]) for sql in (CHUNKS_UNFOUND, CHUNKS_STRANGE, MISCOUNTED))


def documents(db: sqlite3.Connection) -> tuple[int, int]:
    """How many documents and chunks there are, of every tenant."""
    found = db.execute(DOCUMENTS).fetchone()
    return int(found[0]), int(found[1])


def states(db: sqlite3.Connection) -> dict[str, int]:
    """How many memories there are, of every tenant, by state."""
    return dict(db.execute(STATES))


def table_drifts(db: sqlite3.Connection, vectors: "VectorStore") -> list[TableDrift]:
    """Each table beside the truth, also those there are not. Imports Lance where there is one."""
    from storage.index import row_queue as queue
    from storage.index.kinds import KINDS

    return [_drift(db, vectors, kind, model) for kind in KINDS for model in queue.models(db, kind)]


def _drift(db: sqlite3.Connection, vectors: "VectorStore", kind: "Kind", model: "Model") -> TableDrift:
    """A row counts only if it differs from what was true before the table was read and from what was true after."""
    import numpy as np

    before = _truth(db, kind, model)
    try:
        held = vectors.row_ids(kind.name, model.name)
    except IndexLost:
        return TableDrift(kind.name, model.name, 0, None)
    after = _truth(db, kind, model)
    first, last = (np.setdiff1d(np.setxor1d(truth, held), waiting) for truth, waiting in (before, after))
    return TableDrift(kind.name, model.name, len(held), len(np.intersect1d(first, last)))


def _truth(db: sqlite3.Connection, kind: "Kind", model: "Model") -> "tuple[NDArray[np.int64], list[int]]":
    """The rows that belong in the table, and those queued for it, of one moment."""
    from storage.index import row_queue as queue

    db.execute("BEGIN")
    try:
        return queue.expected(db, kind, model), queue.queued(db, kind, model)
    finally:
        db.execute("ROLLBACK")


def held_locks(folder: Path, names: Sequence[str]) -> list[str]:
    """Those of the locks that a running process holds. A file alone means nothing: the system lets go of the lock of a
    process that ended."""
    return [name for name in names if (folder / name).exists() and _is_held(folder / name)]


def _is_held(path: Path) -> bool:
    lock = OwnerLock(path)
    if not lock.try_acquire():
        return True
    lock.release()
    return False
