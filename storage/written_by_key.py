"""What one key wrote since a moment: every kind of thing that a call can leave behind, wherever it is kept.

Each function that deletes runs inside the caller's transaction. Times are milliseconds since the epoch, UTC.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from storage.documents.rows import COLUMNS as DOCUMENT_COLUMNS
from storage.documents.rows import DocumentRow, document_row

Kind = Literal["memory", "document", "attachment", "rule", "pattern", "feedback", "escalation"]
How = Literal["created", "changed", "deleted"]

CAME_AT = "coalesce(strftime('%s', json_extract(provenance, '$.imported_at')) * 1000, created_at)"
"""When a memory came here; of an imported one ``created_at`` is when it came to be elsewhere."""
OWN = f"FROM memories WHERE tenant = :tenant AND json_extract(provenance, '$.key') = :key AND {CAME_AT} >= :since"
OWN_DOCUMENTS = """FROM documents
    WHERE tenant = :tenant AND json_extract(provenance, '$.key') = :key AND updated_at >= :since"""
ROWS = "tenant = :tenant AND key = :key AND created_at >= :since"
LISTINGS = (
    f"SELECT 'memory', memory_id, session_id, content_type, {CAME_AT}, 'created', substr(content, 1, 200) {OWN}"
    " ORDER BY row_id",
    """SELECT 'memory', m.memory_id, m.session_id, m.content_type, c.at,
        iif(c.tool = 'memory_forget', 'deleted', 'changed'), substr(m.content, 1, 200)
    FROM memory_changes c JOIN memories m USING (row_id)
    WHERE m.tenant = :tenant AND c.key = :key AND c.at >= :since ORDER BY c.change_row""",
    "SELECT 'document', document_id, collection, format, updated_at,"
    f" iif(updated_at > created_at, 'changed', 'created'), title {OWN_DOCUMENTS} ORDER BY document_row",
    f"SELECT 'attachment', attachment_id, '', '', created_at, 'created', filename FROM attachments WHERE {ROWS}",
    f"SELECT 'rule', rule_id, source, kind, created_at, 'created', text FROM sql_rules WHERE {ROWS}",
    f"SELECT 'pattern', pattern_id, source, state, created_at, 'created', question FROM sql_patterns WHERE {ROWS}",
    """SELECT 'feedback', m.memory_id, m.session_id, iif(f.useful, 'useful', 'not useful'), f.created_at, 'created', ''
    FROM feedback f JOIN memories m USING (row_id)
    WHERE m.tenant = :tenant AND f.key = :key AND f.created_at >= :since ORDER BY f.feedback_id""",
    """SELECT 'escalation', escalation_id, '', action, at, iif(action = 'opened', 'created', 'changed'), ''
    FROM escalation_events WHERE tenant = :tenant AND key = :key AND at >= :since ORDER BY event_id""",
)
REWRITTEN = """SELECT DISTINCT c.row_id FROM memory_changes c JOIN memories m ON m.row_id = c.row_id
    WHERE c.row_id IN (SELECT value FROM json_each(?)) AND c.key <> ? AND (
        json_type(c.before, '$.content') IS NOT NULL OR (c.tool = 'memory_store' AND m.state <> 'superseded'))"""
"""A store that changed a memory and did not supersede it gave the same text again: it is that key's as well."""
DOCUMENTS = f"SELECT {DOCUMENT_COLUMNS} {OWN_DOCUMENTS} ORDER BY document_row LIMIT :limit"
DELETE_ATTACHMENTS = f"DELETE FROM attachments WHERE {ROWS} RETURNING attachment_id"
DELETE_FEEDBACK = """DELETE FROM feedback WHERE key = :key AND created_at >= :since
    AND row_id IN (SELECT row_id FROM memories WHERE tenant = :tenant)"""


@dataclass(frozen=True, slots=True)
class Range:
    """Whose writing, by the key's id, and since when."""

    tenant: str
    key: str
    since: int


@dataclass(frozen=True, slots=True)
class Written:
    """One trace of a call. ``where`` is a memory's session, a document's collection or a rule's database; ``what`` its
    type there, as ``rule`` of a memory; ``about`` the beginning of what it says, which is data."""

    kind: Kind
    id: str
    where: str
    what: str
    at: int
    how: How
    about: str


def listed(db: sqlite3.Connection, asked: Range) -> Iterator[Written]:
    """Yield everything, kind by kind and in the order it was written; a thing as often as it was touched."""
    for sql in LISTINGS:
        for row in db.execute(sql, asdict(asked)):
            yield Written(*row)


def memories(db: sqlite3.Connection, asked: Range) -> set[int]:
    """Row numbers of the memories that came by the key."""
    return {row[0] for row in db.execute(f"SELECT row_id {OWN}", asdict(asked))}


def rewritten(db: sqlite3.Connection, row_ids: Iterable[int], key: str) -> set[int]:
    """Those of the memories whose text another key has changed since, or stored as well."""
    return {row[0] for row in db.execute(REWRITTEN, (json.dumps(list(row_ids)), key))}


def documents(db: sqlite3.Connection, asked: Range, limit: int) -> list[DocumentRow]:
    """The first documents whose text is the key's."""
    return [document_row(row) for row in db.execute(DOCUMENTS, asdict(asked) | {"limit": limit})]


def delete_attachments(db: sqlite3.Connection, asked: Range) -> list[str]:
    """Delete the rows of attachments; their ids. The files are the caller's to remove."""
    return [row[0] for row in db.execute(DELETE_ATTACHMENTS, asdict(asked))]


def delete_rules(db: sqlite3.Connection, asked: Range) -> int:
    """Delete rules for databases; how many there were."""
    return db.execute(f"DELETE FROM sql_rules WHERE {ROWS}", asdict(asked)).rowcount


def delete_patterns(db: sqlite3.Connection, asked: Range) -> int:
    """Delete queries that were learned; how many there were."""
    return db.execute(f"DELETE FROM sql_patterns WHERE {ROWS}", asdict(asked)).rowcount


def delete_feedback(db: sqlite3.Connection, asked: Range) -> int:
    """Delete judgements of memories; how many there were."""
    return db.execute(DELETE_FEEDBACK, asdict(asked)).rowcount
