"""What the doctor asks of the data directory. Nothing here changes it: the database is opened read-only."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from server.cli.doctor.findings import Finding, broken, ok, warning
from server.cli.times import now
from server.health import MANY_QUEUED
from server.keys import ACTIVE, standing
from storage import api_keys, deliveries, embedding_models, inspection, migrate, stats, usage
from storage.backfill import LOCK_NAME as BACKFILL_LOCK
from storage.database import FILE_NAME, connect
from storage.database_file import key_of
from storage.documents import chunk_vectors
from storage.encryption import conversion
from storage.encryption.data_key import DataKey
from storage.errors import WrongKey
from storage.index.indexer import LOCK_NAME as INDEXER_LOCK
from storage.index.upkeep import WAL_TRUNCATE
from storage.index.vectors import VectorStore
from storage.memories import vectors as memory_vectors
from storage.migrate import schema_version

PUT_BACK = "Put a backup in its place: `satchel restore FILE`. Until then `satchel export` saves what is readable."
MAINTAIN = "satchel maintain"
PATIENCE_MS = 3_600_000  # longer than all tries of a delivery take
SOON_DAYS = 14  # to give a client a new key
SOON_MS = SOON_DAYS * 86_400_000
TABLES = {"memories": "vector tables", "chunks": "chunk tables"}


def data(folder: Path, models: Sequence[str], key: DataKey | None, *, full: bool) -> Iterator[Finding]:
    """Yield a finding a question; ``models`` names those that serve, ``key`` is the one that is set, ``full`` takes its
    time."""
    path = folder / FILE_NAME
    if not path.exists():
        yield ok("database", "nothing is kept here yet")
        return
    try:
        with closing(connect(path, True, key=key)) as db:
            yield _encryption(folder, key)
            schema = _schema(db)
            yield schema
            if schema.status == "broken":
                return
            yield _integrity(db, full=full)
            yield from _contents(db, path, folder, models, full=full)
    except WrongKey as error:
        mend = "Check SATCHEL_ENCRYPTION_KEY and SATCHEL_ENCRYPTION_KEY_FILE; `satchel encryption status` says more."
        yield broken("encryption", str(error), mend)
    except sqlite3.Error as error:
        yield _unreadable(error)


def _unreadable(error: sqlite3.Error) -> Finding:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return broken("database", f"damaged: {error}", PUT_BACK)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return warning("database", f"in use: {error}", "Run `satchel doctor` again in a moment.")
    return broken("database", f"cannot be read: {error}", "Check the owner and the permissions of its folder.")


def _encryption(folder: Path, key: DataKey | None) -> Finding:
    name, left = "encryption", len(conversion.leftovers(folder, key))
    if left:
        verb = "off" if key is None else "on"
        return warning(name, f"a change was broken off: {left:,} files are left", f"`satchel encryption {verb}`")
    if key is None:
        return ok(name, "off: whoever reads the files reads everything")
    return ok(name, f"on: {inspection.cipher_version()}, and the key fits")


def _schema(db: sqlite3.Connection) -> Finding:
    number, newest = schema_version(db), migrate.newest_schema()
    if number > newest:
        return broken("database", f"schema {number} is newer than this version's {newest}", "Update this program.")
    if number < newest:
        return warning(
            "database", f"schema {number}, this version has {newest}", "The next start updates it, after a backup."
        )
    return ok("database", f"schema {number}")


def _integrity(db: sqlite3.Connection, *, full: bool) -> Finding:
    name = "integrity"
    if damages := inspection.damages(db, full=full):
        return broken(name, "; ".join(damages), PUT_BACK)
    return ok(name, "every page and index is sound" if full else "every page is sound")


def _contents(
    db: sqlite3.Connection, path: Path, folder: Path, models: Sequence[str], *, full: bool
) -> Iterator[Finding]:
    if schema_version(db) < migrate.newest_schema():
        return
    yield _memories(db)
    yield _full_text(db, path, full=full)
    yield _documents(db)
    yield _usage(db)
    yield _keys(db)
    yield _log(path)
    yield from _vectors(db, models)
    yield from _tables(db, folder)
    yield _queue(db)
    yield _deliveries(db)
    yield _processes(folder)
    yield from _leftovers(folder)


def _memories(db: sqlite3.Connection) -> Finding:
    states = inspection.states(db)
    total = sum(states.values())
    parts = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    return ok("memories", f"{total:,}" + (f" ({parts})" if parts else ""))


def _documents(db: sqlite3.Connection) -> Finding:
    if drift := inspection.document_drift(db):
        return broken("documents", f"their full text or counts differ in {drift:,} rows", PUT_BACK)
    documents, chunks = inspection.documents(db)
    return ok("documents", f"{documents:,} in {chunks:,} chunks, each of which can be found")


def _usage(db: sqlite3.Connection) -> Finding:
    if wrong := usage.drift(db):
        return warning("usage", f"the counters of {len(wrong):,} tenants are wrong, and quotas with them", MAINTAIN)
    return ok("usage", "every tenant's counters agree with what it keeps")


def _full_text(db: sqlite3.Connection, path: Path, *, full: bool) -> Finding:
    name = "full text"
    redo = (
        "Put a backup in its place: `satchel restore FILE`. Without one: `satchel export FILE`, then, into an empty"
        " directory, `satchel import FILE`, and ingest the documents again."
    )
    if full and not inspection.full_text_is_whole(path, key_of(db)):
        return broken(name, "its index is damaged", redo)
    if drift := inspection.full_text_drift(db):
        return broken(name, f"differs from the memories in {drift:,} rows", redo)
    return ok(name, "holds every memory that can be found")


def _log(path: Path) -> Finding:
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    what = f"{size / 2**20:,.1f} MiB"
    if size > 2 * WAL_TRUNCATE:
        return warning("write-ahead log", what, f"{MAINTAIN} (a process that reads for long keeps it from shrinking)")
    return ok("write-ahead log", what)


def _vectors(db: sqlite3.Connection, models: Sequence[str]) -> Iterator[Finding]:
    known = embedding_models.numbers(db)
    for key in models:
        name = key.partition(":")[0]
        if key not in known:
            yield warning("vectors", f"{name} has not seen the memories yet", f"{MAINTAIN}, or a server by itself")
            continue
        memories, chunks = memory_vectors.pending(db, known[key]), chunk_vectors.pending(db, known[key])
        if memories or chunks:
            lacks = f"{name} lacks {memories:,} memories and {chunks:,} chunks"
            yield warning("vectors", lacks, f"{MAINTAIN}, or a server by itself")
        else:
            yield ok("vectors", f"{name} has seen every memory and every chunk")


def _tables(db: sqlite3.Connection, folder: Path) -> Iterator[Finding]:
    for drift in inspection.table_drifts(db, VectorStore(folder / "vectors")):
        name, model = TABLES[drift.kind], drift.model.partition(":")[0]
        if drift.differing is None:
            yield warning(name, f"that of {model} cannot be read; searches do without", f"{MAINTAIN} makes it anew")
        elif drift.differing:
            yield warning(name, f"that of {model} differs in {drift.differing:,} rows", MAINTAIN)
        else:
            yield ok(name, f"that of {model} agrees with the database, {drift.held:,} rows")


def _queue(db: sqlite3.Connection) -> Finding:
    queued = stats.queued(db)
    if key_of(db):
        return ok("queue", f"{queued:,} rows stay in the database: an encrypted store has no tables beside it")
    what = f"{queued:,} rows are not in the tables yet, and found without them" if queued else "empty"
    if queued > MANY_QUEUED:
        return warning("queue", what, f"Start a server, or {MAINTAIN}.")
    return ok("queue", what)


def _keys(db: sqlite3.Connection) -> Finding:
    """Which keys end soon: their clients notice only when it is too late. What was made for a few days is meant to."""
    at = now()
    valid = [row for row in api_keys.listed(db, None) if standing(row, at) == ACTIVE]
    ending = [
        row.key_id
        for row in valid
        if row.replaced_by is None
        and row.expires_at is not None
        and row.expires_at < at + SOON_MS
        and row.expires_at - row.created_at > 2 * SOON_MS
    ]
    if ending:
        mend = "Give their clients new ones: `satchel keys rotate KEY_ID --grace 1d`; `satchel keys list` shows whose."
        return warning("keys", f"{', '.join(ending)}: end within {SOON_DAYS} days", mend)
    return ok("keys", f"{len(valid):,} can be used over HTTP, none ends within {SOON_DAYS} days")


def _deliveries(db: sqlite3.Connection) -> Finding:
    counts = deliveries.counts(db)
    unsent = inspection.unsent(db, now() - PATIENCE_MS)
    if dead := counts.get("dead", 0):
        mend = "`satchel escalations deliveries` says why, `test-notification` there tries the channels, `retry` sends."
        return warning("notifications", f"{dead:,} were given up", mend)
    if unsent:
        mend = "Start a server with the settings of the channels; `satchel escalations deliveries` says what waits."
        return warning("notifications", f"{unsent:,} have waited for more than an hour", mend)
    return ok("notifications", f"{counts.get('waiting', 0):,} wait, none was given up")


def _processes(folder: Path) -> Finding:
    """The lock files stay for good; what counts is whether somebody holds them."""
    if inspection.held_locks(folder, (INDEXER_LOCK, BACKFILL_LOCK)):
        return ok("processes", "a server keeps this directory")
    return ok("processes", "no server is running on this directory; no lock is held")


def _leftovers(folder: Path) -> Iterator[Finding]:
    """What a killed backup or restore did not finish."""
    found = [path for where in (folder, folder / "backups") for path in where.glob("*.partial*")]
    found += [path for where in (folder, folder / "backups") for path in where.glob(".*.partial*")]
    if found:
        names = ", ".join(sorted({path.name for path in found}))
        yield warning("leftovers", f"of a copy that was broken off: {names}", f"Delete them from {folder}.")
