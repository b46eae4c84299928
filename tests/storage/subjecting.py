"""Data subjects with something in every table, for tests of what exports and erases them."""

import hashlib
import sqlite3

from storage import api_keys, attachments, audit, deliveries, escalations, sql_charts, sql_patterns, sql_rules
from storage.api_keys import NewKey
from storage.attachments import AttachmentRow
from storage.audit import AuditRow
from storage.memories import changes as memory_changes
from storage.memories import feedback, graph
from storage.memories import writes as memory_writes
from storage.memories.changes import Author
from storage.memories.rows import fetch_rows
from storage.subjects.tables import TABLES
from tests.storage import documenting, escalating
from tests.storage.keeping import NOW, Letters, keep
from tests.storage.test_sql_patterns import run

LETTERS = Letters()
AUTHOR = Author("stdio", "memory_update")


def fill(db: sqlite3.Connection, tenant: str, word: str, memories: int = 4) -> None:
    """A tenant with two sessions of so many memories each, and of everything else a few; the word is in all texts."""
    for session in (f"{tenant}-person", f"{tenant}-visitor"):
        remember(db, tenant, session, f"{word} {session}", memories)
        _escalate(db, tenant, session, word)
        _ask(db, tenant, session, word)
    for number in range(3):
        texts = [f"{word} page {number}. ", f"More of {word}, {tenant}."]
        documenting.put(
            db, f"{word}-{number}", *texts, tenant=tenant, metadata={"author": word}, section=[word], embedder=LETTERS
        )
    rule = sql_rules.add(db, tenant, "shop", "preference", f"{word} counts", "stdio", NOW)
    digest = hashlib.sha256(tenant.encode()).digest()
    made = NewKey(digest=digest, scopes=["read"], label=f"laptop of {word}", created_at=NOW, expires_at=None)
    api_keys.insert(db, tenant, made)
    audit.append(db, [AuditRow(NOW, tenant, "stdio", "text2sql_rules", "ok", ids=[rule.rule_id])])
    attachments.put(db, tenant, attachment(tenant, word), "stdio")


def attachment(tenant: str, word: str) -> AttachmentRow:
    """The row of the tenant's one attachment."""
    content = content_of(word)
    name = f"att-{hashlib.sha256(tenant.encode()).hexdigest()[:20]}"
    return AttachmentRow(name, f"{word}.txt", len(content), hashlib.sha256(content).digest(), NOW, NOW)


def content_of(word: str) -> bytes:
    """What is in it."""
    return f"The attachment of {word}".encode()


def remember(db: sqlite3.Connection, tenant: str, session: str, text: str, count: int) -> None:
    """Memories of a session in every state, with entities, feedback, a past and audit rows."""
    ids = [keep(db, f"{text} {number}", tenant=tenant, session_id=session, embedder=LETTERS) for number in range(count)]
    graph.link(db, tenant, ids[0], [(f"{text} itself", "person")], [(f"{text} itself", "knows", f"{tenant} friends")])
    feedback.add(db, ids[0], True, text.split(), "stdio", NOW)
    memory_changes.note(db, tenant, ids[:1], ["content"], AUTHOR, NOW)
    memory_writes.change(db, tenant, fetch_rows(db, tenant, ids)[ids[0]], {"content": f"{text} anew"}, NOW)
    memory_writes.set_state(db, tenant, ids[1:2], "superseded", NOW, superseded_by=ids[0])
    memory_writes.set_state(db, tenant, ids[2:3], "deleted", NOW)
    name = fetch_rows(db, tenant, ids)[ids[0]].memory_id
    audit.append(
        db,
        [
            AuditRow(NOW, tenant, "stdio", "memory_store", "ok", session_id=session, ids=[name]),
            AuditRow(NOW, tenant, "stdio", "memory_update", "ok", ids=[name, "another"]),
        ],
    )


def _escalate(db: sqlite3.Connection, tenant: str, session: str, word: str) -> None:
    name = f"esc_{hashlib.sha256(session.encode()).hexdigest()[:16]}"
    found = escalating.found(name, session_id=session, brief={"summary": word, "memory_ids": []})
    escalations.record(db, tenant, found, NOW, ["webhook", "email"])
    escalations.note(db, tenant, name, "stdio", f"Called {word}", NOW)
    (delivery,) = deliveries.listed(db, tenant, "waiting", 1)
    deliveries.failed(db, delivery.delivery_id, NOW, f"{word} did not answer", NOW)


def _ask(db: sqlite3.Connection, tenant: str, session: str, word: str) -> None:
    asked = run(session_id=session, question=f"How many {word}?", normal=f"{word} {session}")
    first = sql_patterns.record(db, tenant, asked, NOW)
    better = run(session_id=session, question=f"How many {word}?", normal=f"{word} {session}", sql=f"SELECT '{word}'")
    sql_patterns.correct(db, tenant, first.pattern_id, better, 1, NOW)
    sql_charts.put(db, tenant, session, "number", "bar", NOW)


def dump(db: sqlite3.Connection, tenant: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables that hold the tenant's name, or belong to such a row: by row, as they are stored."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for (name,) in db.execute(TABLES).fetchall():
        columns = [row[0] for row in db.execute("SELECT name FROM pragma_table_info(?)", (name,))]
        if "tenant" in columns:
            found[name] = sorted(db.execute(f"SELECT * FROM {name} WHERE tenant = ?", (tenant,)), key=repr)
        elif "row_id" in columns and name not in ("purged", "index_queue", "chunk_queue"):
            parent = "chunks" if name == "chunk_vectors" else "memories"
            sql = f"SELECT t.* FROM {name} t JOIN {parent} p USING (row_id) WHERE p.tenant = ?"
            found[name] = sorted(db.execute(sql, (tenant,)), key=repr)
    return found
