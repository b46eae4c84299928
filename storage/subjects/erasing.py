"""Erases what belongs to a data subject: a tenant, or one session of a tenant.

Small transactions one after the other, each of which may be the last: killed in between, the same call again goes on
from there. That it has begun is kept in `maintenance` under a hash of the subject's name until the files are clean too.
"""

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable

from storage import maintenance
from storage.audit import AuditRow, append
from storage.change_counter import next_change
from storage.database import Database
from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.fulltext import scope_word
from storage.memories import writes as memory_writes
from storage.subjects.tables import Subject, counts, delete_some, tables_of

MEMORIES_AT_ONCE = 1_000
DOCUMENTS_AT_ONCE = 20
ROWS_AT_ONCE = 10_000
ROUNDS = 3  # for what others wrote meanwhile, such as the record of a call that had begun
NO_ROW = 1 << 62  # a row that never was: a line for it in a queue has the whole table written anew

OWE_MEMORY_TABLES = "INSERT OR REPLACE INTO index_queue (model_id, row_id, seq) SELECT model_id, ?, ? FROM models"
OWE_CHUNK_TABLES = """INSERT OR REPLACE INTO chunk_queue (model_id, row_id, seq)
    SELECT model_id, ?, ? FROM (SELECT model_id FROM models UNION ALL SELECT 0)"""
CLOSE = "DELETE FROM api_keys WHERE tenant = :tenant"
COLLECTION = "SELECT collection FROM documents WHERE tenant = ? LIMIT 1"
UNMARK = "UPDATE purged SET tenant = ?, seq = ? WHERE tenant = ?"
IDS_OF_SESSION = """SELECT memory_id FROM memories WHERE tenant = :tenant AND session_id = :session_id
    UNION ALL SELECT escalation_id FROM escalations WHERE tenant = :tenant AND session_id = :session_id
    UNION ALL SELECT pattern_id FROM sql_patterns WHERE tenant = :tenant AND session_id = :session_id"""
FORGET_IDS = f"""UPDATE audit SET ids = (
        SELECT json_group_array(value) FROM json_each(audit.ids) WHERE value NOT IN ({IDS_OF_SESSION}))
    WHERE tenant = :tenant AND EXISTS (SELECT 1 FROM json_each(audit.ids) WHERE value IN ({IDS_OF_SESSION}))"""
FORGET_SESSION = "UPDATE audit SET session_id = '', ids = '[]' WHERE tenant = :tenant AND session_id = :session_id"
FORGET_CORRECTED = """UPDATE sql_patterns SET corrected_from = '' WHERE tenant = :tenant AND corrected_from IN (
    SELECT pattern_id FROM sql_patterns WHERE tenant = :tenant AND session_id = :session_id)"""

BY_STEPS = frozenset({"memories", "documents", "chunks", "purged"})
"""Tables that have a step of their own: a row leaves full text and queues as well, or stays in another form."""


def mark(subject: Subject) -> str:
    """What stands for the subject where its name must not: the beginning of a SHA-256."""
    name = "\0".join(subject.columns.values())
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def is_begun(db: sqlite3.Connection, subject: Subject) -> bool:
    """Whether an erasure of the subject was begun and has not come to its end."""
    return maintenance.is_noted(db, _task(subject))


async def erase(
    db: Database,
    subject: Subject,
    erase_files: Callable[[], Awaitable[None]],
    now: int,
    progress: Callable[[int], None],
) -> None:
    """Erase every row of the subject, then have ``erase_files`` clean the files; told in the audit trail by its mark.

    ``progress`` is told how many rows have gone. Raises Busy when only the files' part is left; what was not reached
    stays owed for the next call.
    """
    await db.write(lambda connection: begin(connection, subject))
    total = 0
    for _ in range(ROUNDS):
        while gone := await db.write(lambda connection: erase_some(connection, subject)):
            progress(total := total + gone)
        await db.write(lambda connection: owe(connection, subject))
        await erase_files()
        if not any((await db.read(lambda connection: counts(connection, subject))).values()):
            break
    await db.write(lambda connection: _end(connection, subject, now))


def erase_some(db: sqlite3.Connection, subject: Subject) -> int:
    """Erase some rows of the subject in the caller's transaction, with all that points to them; how many. 0: there are
    none left."""
    if gone := _memories(db, subject):
        return gone
    if subject.session_id is None and (gone := _documents(db, subject.tenant)):
        return gone
    if subject.session_id is not None and (gone := db.execute(FORGET_SESSION, subject.columns).rowcount):
        return gone
    own = [held for held in tables_of(db, subject) if held.parent is None and held.table not in BY_STEPS]
    return next(filter(None, (delete_some(db, subject, held, ROWS_AT_ONCE) for held in own)), 0)


def begin(db: sqlite3.Connection, subject: Subject) -> None:
    """Note that it is begun. Nobody calls with the tenant's keys any more; what stays names nothing of the session."""
    maintenance.owe(db, _task(subject), 0)
    if subject.session_id is None:
        db.execute(CLOSE, subject.columns)
    else:
        db.execute(FORGET_IDS, subject.columns)
        db.execute(FORGET_CORRECTED, subject.columns)


def _memories(db: sqlite3.Connection, subject: Subject) -> int:
    sql = f"SELECT row_id FROM memories t WHERE {subject.where('t')} LIMIT {MEMORIES_AT_ONCE}"
    ids = [row[0] for row in db.execute(sql, subject.columns)]
    return len(memory_writes.purge(db, subject.tenant, ids)) if ids else 0


def _documents(db: sqlite3.Connection, tenant: str) -> int:
    if (found := db.execute(COLLECTION, (tenant,)).fetchone()) is None:
        return 0
    rows = documents.newest(db, tenant, found[0], DOCUMENTS_AT_ONCE)
    return len(rows) + document_writes.delete(db, tenant, found[0], rows)


def owe(db: sqlite3.Connection, subject: Subject) -> None:
    """Have every vector table written anew, also where its rows had left before, and what purges leave unnamed."""
    seq = next_change(db)
    maintenance.owe(db, maintenance.MEMORIES_ERASURE_OWED, seq)
    db.execute(OWE_MEMORY_TABLES, (NO_ROW, seq))
    if subject.session_id is None:
        maintenance.owe(db, maintenance.CHUNKS_ERASURE_OWED, seq)
        db.execute(OWE_CHUNK_TABLES, (NO_ROW, seq))
        db.execute(UNMARK, (scope_word(subject.tenant), seq, subject.tenant))


def _end(db: sqlite3.Connection, subject: Subject, now: int) -> None:
    maintenance.forget(db, _task(subject))
    tenant = "" if subject.session_id is None else subject.tenant
    append(db, [AuditRow(now, tenant, "cli", f"{subject.noun}s.erase", "ok", ids=[mark(subject)])])


def _task(subject: Subject) -> str:
    return f"erase {mark(subject)}"
