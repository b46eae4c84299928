"""Everything that is kept of a data subject, as plain dicts, kind by kind: what a person may ask to be given.

What is derived from it stays out (words, vectors, counts), and so do digests of keys. Inside one read transaction, all
of it is of one moment.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from storage.documents import rows as documents
from storage.memories import transfer as memory_transfer
from storage.subjects.tables import Subject
from storage.times import moment

Record = dict[str, Any]

JSON_COLUMNS = frozenset("metadata provenance pages signals brief tables columns ids before".split())
DOCUMENT_COLUMNS = """document_row, document_id, collection, title, source, format, metadata, provenance, size,
    created_at, updated_at"""
ESCALATION_COLUMNS = """escalation_id, session_id, conversation, status, level, category, confidence, signals, brief,
    version, raised, created_at, updated_at, acknowledged_at, resolved_at"""
EVENTS = """SELECT at, action, key, note FROM escalation_events WHERE tenant = ? AND escalation_id = ?
    ORDER BY event_id"""
DELIVERIES = """SELECT delivery_id, channel, event, state, attempts, created_at, last_error, failed_at, delivered_at
    FROM deliveries WHERE tenant = ? AND escalation_id = ? ORDER BY delivery_row"""

SQL = {
    "memory_changes": """SELECT m.memory_id, c.at, c.key, c.tool, c.before FROM memory_changes c
        JOIN memories m USING (row_id) WHERE {m} ORDER BY c.change_row""",
    "documents": f"SELECT {DOCUMENT_COLUMNS} FROM documents t WHERE {{t}} ORDER BY document_row",
    "attachments": """SELECT attachment_id, filename, size, lower(hex(digest)) AS sha256, key, created_at, used_at
        FROM attachments t WHERE {t} ORDER BY created_at, attachment_id""",
    "escalations": f"SELECT {ESCALATION_COLUMNS} FROM escalations t WHERE {{t}} ORDER BY row_id",
    "patterns": """SELECT pattern_id, source, session_id, question, sql, dialect, provider, tables, columns, reading,
        state, rating, duration_ms, row_count, is_truncated, success, uses, created_at, used_at, judged_at,
        corrected_from, key FROM sql_patterns t WHERE {t} ORDER BY row_id""",
    "last_runs": """SELECT t.session_id, t.source, t.at, p.pattern_id FROM sql_last_runs t
        JOIN sql_patterns p USING (row_id) WHERE {t} ORDER BY t.session_id, t.source""",
    "charts": "SELECT session_id, shape, chart, updated_at FROM sql_charts t WHERE {t} ORDER BY session_id, shape",
    "rules": "SELECT rule_id, source, kind, text, key, created_at FROM sql_rules t WHERE {t} ORDER BY rule_row",
    "keys": """SELECT key_id, label, scopes, created_at, expires_at, revoked_at, replaced_by FROM api_keys t
        WHERE {t} ORDER BY created_at, key_id""",
    "audit": """SELECT at, key, action, outcome, session_id, ids, ms, request_id FROM audit t WHERE {t}
        ORDER BY audit_row""",
}
OF_SESSIONS = ("memory_changes", "escalations", "patterns", "last_runs", "charts", "audit")
"""Kinds of which a session has its own; the others are the tenant's."""

TABLES = frozenset(
    "memories memory_changes memory_entities entities relations feedback documents chunks attachments escalations"
    " escalation_events deliveries sql_patterns sql_last_runs sql_charts sql_rules api_keys audit".split()
)
"""What `parts` reads."""
DERIVED = frozenset("purged memory_vectors chunk_vectors collections document_fields tenant_usage".split())
"""What is made from those, or is a number of a row."""


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one kind, and how many there are."""

    kind: str
    count: int
    records: Callable[[], Iterator[Record]]


def parts(db: sqlite3.Connection, subject: Subject) -> Iterator[Part]:
    """Every kind of record, in the order in which they are best read. ``db`` is inside a read transaction."""
    yield Part("memories", _count(db, "SELECT 1 FROM memories t WHERE {t}", subject), lambda: _memories(db, subject))
    for kind in SQL if subject.session_id is None else OF_SESSIONS:
        yield Part(kind, _count(db, SQL[kind], subject), lambda kind=kind: _records(db, subject, kind))  # type: ignore[misc]


def _memories(db: sqlite3.Connection, subject: Subject) -> Iterator[Record]:
    return memory_transfer.exported(db, subject.tenant, session_id=subject.session_id)


def _records(db: sqlite3.Connection, subject: Subject, kind: str) -> Iterator[Record]:
    for record in _rows(db.execute(_of(SQL[kind], subject), subject.columns)):
        if kind == "documents":
            chunks = documents.chunks_of(db, subject.tenant, record.pop("document_row"))
            record["text"] = documents.text_of(chunks)
        if kind == "escalations":
            bound = (subject.tenant, record["escalation_id"])
            record["history"] = list(_rows(db.execute(EVENTS, bound)))
            record["deliveries"] = list(_rows(db.execute(DELIVERIES, bound)))
        yield record


def _rows(cursor: sqlite3.Cursor) -> Iterator[Record]:
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield {name: _shown(name, value) for name, value in zip(names, row, strict=True)}


def _shown(name: str, value: Any) -> Any:
    """JSON as what it says, times as ISO 8601."""
    if name in JSON_COLUMNS:
        return json.loads(value)
    return moment(value) if name == "at" or name.endswith("_at") else value


def _count(db: sqlite3.Connection, sql: str, subject: Subject) -> int:
    return int(db.execute(f"SELECT count(*) FROM ({_of(sql, subject)})", subject.columns).fetchone()[0])


def _of(sql: str, subject: Subject) -> str:
    return sql.format(t=subject.where("t"), m=subject.where("m"))
