"""Writes documents: each function runs inside the caller's transaction and keeps rows, full text, fields, counts,
change numbers and the index queue in step, so that a reader sees a document wholly as it was or as it is."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage import ids
from storage.change_counter import next_change
from storage.documents import chunk_vectors
from storage.documents import rows as documents
from storage.documents.metadata_filter import fields
from storage.documents.rows import DocumentRow
from storage.files.stamped_files import FileStamp
from storage.fulltext import scope_word
from storage.stored_json import as_json

INSERT = """INSERT INTO documents (tenant, collection, document_id, title, source, format, metadata, provenance, pages,
    size, chunks, digest, file_size, file_modified, file_digest, updated_at, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
UPDATE = """UPDATE documents SET title = ?, source = ?, format = ?, metadata = ?, provenance = ?, pages = ?, size = ?,
    chunks = ?, digest = ?, file_size = ?, file_modified = ?, file_digest = ?, updated_at = ? WHERE document_row = ?"""
INSERT_CHUNK = """INSERT INTO chunks (document_row, tenant, collection, chunk_id, position, start, stop, page,
    section, text, digest, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, chunk_id) DO NOTHING"""
MOVE_CHUNK = "UPDATE chunks SET position = ?, start = ?, stop = ?, page = ? WHERE row_id = ?"
INSERT_WORDS = "INSERT INTO chunks_fts (rowid, own, headings, scope) VALUES (?, ?, ?, ?)"
INSERT_FIELD = "INSERT OR IGNORE INTO document_fields VALUES (?, ?, ?, ?, ?, ?, ?)"
COUNT = """INSERT INTO collections VALUES (:tenant, :collection, :documents, :chunks, :seq)
    ON CONFLICT DO UPDATE SET documents = documents + :documents, chunks = chunks + :chunks,
    removed_seq = max(removed_seq, :removed)"""
QUEUE = """INSERT OR REPLACE INTO chunk_queue (model_id, row_id, seq)
    SELECT m.model_id, j.value, ? FROM (SELECT model_id FROM models UNION ALL SELECT 0) m, json_each(?) j"""
CHUNKS_OF_ROWS = """SELECT row_id FROM chunks
    WHERE document_row IN (SELECT value FROM json_each(?)) AND +tenant = ?"""
DELETE = "DELETE FROM documents WHERE +tenant = ? AND document_row IN (SELECT value FROM json_each(?))"
QUEUE_WORDS = "INSERT OR REPLACE INTO chunk_queue (model_id, row_id, seq) VALUES (0, ?, ?)"
OLD_CHUNKS = "SELECT row_id, digest FROM chunks WHERE document_row = ? ORDER BY position"
TOUCH_FILE = """UPDATE documents SET file_size = ?, file_modified = ?, file_digest = ?
    WHERE +tenant = ? AND document_row = ? AND digest = ?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document about to be kept. Times are milliseconds since the epoch."""

    collection: str
    document_id: str
    title: str
    source: str
    format: str
    metadata: Mapping[str, Any]
    provenance: Mapping[str, Any]
    pages: Sequence[int]
    size: int
    digest: bytes
    file: FileStamp | None


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk of it. ``digest`` is of its text and headings; chunks of one digest share words and vectors."""

    start: int
    stop: int
    page: int | None
    section: Sequence[str]
    text: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """What searching needs of a new chunk: analysed words, its own and those of its headings, and vectors by model."""

    own: str
    headings: str
    vectors: Mapping[str, bytes]


def put(
    db: sqlite3.Connection,
    tenant: str,
    new: NewDocument,
    chunks: Sequence[NewChunk],
    prepared: Mapping[bytes, Prepared],
    now: int,
) -> bool:
    """Keep the document in place of the one that had its id. Chunks that were there already keep their row and their
    vectors; ``prepared`` has the others, by digest.

    False, with nothing changed, when one of them is missing: somebody else changed the document meanwhile.
    """
    old = documents.fetch(db, tenant, new.collection, new.document_id)
    held = _held(db, old)
    if _missing(chunks, held) - prepared.keys():
        return False
    document_row = _keep(db, tenant, old, new, len(chunks), now)
    seq = next_change(db)
    fresh: list[tuple[int, Prepared]] = []
    for position, chunk in enumerate(chunks):
        if rows := held[chunk.digest]:
            db.execute(MOVE_CHUNK, (position, chunk.start, chunk.stop, chunk.page, rows.pop(0)))
        else:
            row_id = _insert(db, tenant, new.collection, document_row, position, chunk, seq)
            fresh.append((row_id, prepared[chunk.digest]))
    gone = [row_id for rows in held.values() for row_id in rows]
    _index(db, tenant, new.collection, fresh, seq)
    _remove(db, gone, seq)
    _count(db, tenant, new.collection, 0 if old else 1, len(fresh) - len(gone), seq, has_removed=bool(gone))
    return True


def missing(db: sqlite3.Connection, old: DocumentRow | None, chunks: Sequence[NewChunk]) -> set[bytes]:
    """The digests of chunks that are not there yet: those that `put` wants prepared."""
    return _missing(chunks, _held(db, old))


def delete(db: sqlite3.Connection, tenant: str, collection: str, rows: Sequence[DocumentRow]) -> int:
    """Take documents of one collection away, with all that belongs to them; how many chunks that were."""
    seq = next_change(db)
    of_rows = json.dumps([row.document_row for row in rows])
    gone = [row[0] for row in db.execute(CHUNKS_OF_ROWS, (of_rows, tenant))]
    _remove(db, gone, seq)
    db.execute(DELETE, (tenant, of_rows))
    _count(db, tenant, collection, -len(rows), -len(gone), seq, has_removed=True)
    return len(gone)


def touch_file(db: sqlite3.Connection, tenant: str, row: DocumentRow, stamp: FileStamp) -> None:
    """Note that the file was written again and says the same; nothing when the document is another by now."""
    values = (stamp.size, stamp.modified_ns, stamp.digest, tenant, row.document_row, row.digest)
    db.execute(TOUCH_FILE, values)


def _held(db: sqlite3.Connection, old: DocumentRow | None) -> defaultdict[bytes, list[int]]:
    """The rows of the document's chunks by digest, in order."""
    held: defaultdict[bytes, list[int]] = defaultdict(list)
    for row_id, digest in db.execute(OLD_CHUNKS, (old.document_row,)) if old else []:
        held[digest].append(row_id)
    return held


def _missing(chunks: Sequence[NewChunk], held: Mapping[bytes, Sequence[int]]) -> set[bytes]:
    wanted = Counter(chunk.digest for chunk in chunks)
    return {digest for digest, times in wanted.items() if times > len(held.get(digest, ()))}


def _keep(db: sqlite3.Connection, tenant: str, old: DocumentRow | None, new: NewDocument, chunks: int, now: int) -> int:
    """Write the document's own row and its fields; its number."""
    metadata, provenance, pages = as_json(new.metadata), as_json(new.provenance), as_json(new.pages)
    stamp = (new.file.size, new.file.modified_ns, new.file.digest) if new.file else (None, None, None)
    values = (new.title, new.source, new.format, metadata, provenance, pages, new.size, chunks, new.digest, *stamp, now)
    if old is None:
        cursor = db.execute(INSERT, (tenant, new.collection, new.document_id, *values, now))
        document_row = int(cursor.lastrowid or 0)
    else:
        document_row = old.document_row
        db.execute(UPDATE, (*values, document_row))
        db.execute("DELETE FROM document_fields WHERE document_row = ?", (document_row,))
    own = {"document_id": new.document_id, "title": new.title, "source": new.source, "format": new.format}
    db.executemany(
        INSERT_FIELD,
        [(tenant, new.collection, *field, document_row) for field in fields(own | dict(new.metadata))],
    )
    return document_row


def _insert(
    db: sqlite3.Connection,
    tenant: str,
    collection: str,
    document_row: int,
    position: int,
    chunk: NewChunk,
    seq: int,
) -> int:
    place = (position, chunk.start, chunk.stop, chunk.page, as_json(list(chunk.section)))
    while True:
        values = (document_row, tenant, collection, ids.drawn(), *place, chunk.text, chunk.digest, seq)
        if (cursor := db.execute(INSERT_CHUNK, values)).rowcount:
            return int(cursor.lastrowid or 0)


def _index(
    db: sqlite3.Connection, tenant: str, collection: str, fresh: Sequence[tuple[int, Prepared]], seq: int
) -> None:
    scope = f"{scope_word(tenant)} {scope_word(tenant, collection)}"
    db.executemany(INSERT_WORDS, [(row_id, one.own, one.headings, scope) for row_id, one in fresh])
    chunk_vectors.put_many(db, [(row_id, one.vectors) for row_id, one in fresh], seq)
    db.executemany(QUEUE_WORDS, [(row_id, seq) for row_id, _ in fresh])


def _remove(db: sqlite3.Connection, row_ids: Sequence[int], seq: int) -> None:
    rows = [(row_id,) for row_id in row_ids]
    db.executemany("DELETE FROM chunks_fts WHERE rowid = ?", rows)
    db.executemany("DELETE FROM chunks WHERE row_id = ?", rows)
    db.execute(QUEUE, (seq, json.dumps(row_ids)))


def _count(
    db: sqlite3.Connection, tenant: str, collection: str, documents: int, chunks: int, seq: int, *, has_removed: bool
) -> None:
    """Note what has come and gone. A new collection counts as emptied: one of its name may have been erased."""
    counted = {"tenant": tenant, "collection": collection, "documents": documents, "chunks": chunks}
    db.execute(COUNT, counted | {"seq": seq, "removed": seq if has_removed else 0})
