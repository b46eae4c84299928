"""Reads documents and their chunks. Every function takes the tenant first; another tenant's row is not found either."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.errors import NotFound
from storage.files.stamped_files import FileStamp


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document as stored, without its text. Times are milliseconds since the epoch, UTC."""

    document_row: int
    collection: str
    document_id: str
    title: str
    source: str
    format: str
    metadata: dict[str, Any]
    provenance: dict[str, Any]
    pages: list[int]
    size: int
    chunks: int
    digest: bytes
    file: FileStamp | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One chunk: ``text`` is the document's text from character ``start`` to ``stop``."""

    row_id: int
    document_row: int
    chunk_id: str
    position: int
    start: int
    stop: int
    page: int | None
    section: list[str]
    text: str


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection and how much it holds."""

    collection: str
    documents: int
    chunks: int


COLUMNS = """document_row, collection, document_id, title, source, format, metadata, provenance, pages, size, chunks,
    digest, file_size, file_modified, file_digest, created_at, updated_at"""
CHUNK_COLUMNS = "row_id, document_row, chunk_id, position, start, stop, page, section, text"

FETCH = f"SELECT {COLUMNS} FROM documents WHERE tenant = ? AND collection = ? AND document_id = ?"
FETCH_ANYWHERE = f"""SELECT {COLUMNS} FROM documents WHERE tenant = ? AND document_id = ?
    ORDER BY collection <> 'default', document_row LIMIT 1"""
FETCH_ROWS = f"""SELECT {COLUMNS} FROM documents
    WHERE +tenant = ? AND document_row IN (SELECT value FROM json_each(?))"""
FETCH_CHUNKS = f"""SELECT {CHUNK_COLUMNS} FROM chunks
    WHERE +tenant = ? AND row_id IN (SELECT value FROM json_each(?))"""
FETCH_CHUNK = f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE tenant = ? AND chunk_id = ?"
CHUNKS_OF = f"SELECT {CHUNK_COLUMNS} FROM chunks WHERE document_row = ? AND +tenant = ? ORDER BY position"
STAMPS = f"""SELECT {COLUMNS} FROM documents
    WHERE tenant = ? AND collection = ? AND file_digest IS NOT NULL ORDER BY source"""
NEWEST = f"""SELECT {COLUMNS} FROM documents
    WHERE tenant = ? AND (? IS NULL OR collection = ?) AND document_row < ? ORDER BY document_row DESC LIMIT ?"""
COLLECTIONS = """SELECT collection, documents, chunks FROM collections
    WHERE tenant = ? AND documents > 0 ORDER BY collection"""
IDS = """SELECT DISTINCT document_id FROM documents
    WHERE tenant = ? AND document_id >= ? AND substr(document_id, 1, ?) = ? ORDER BY document_id LIMIT ?"""


def fetch(db: sqlite3.Connection, tenant: str, collection: str, document_id: str) -> DocumentRow | None:
    """The document of that id, if the collection holds it."""
    found = db.execute(FETCH, (tenant, collection, document_id)).fetchone()
    return document_row(found) if found else None


def fetch_anywhere(db: sqlite3.Connection, tenant: str, document_id: str) -> DocumentRow:
    """The document of that id in whichever collection, the default one first. Raises NotFound."""
    found = db.execute(FETCH_ANYWHERE, (tenant, document_id)).fetchone()
    if found is None:
        raise NotFound("document", document_id)
    return document_row(found)


def fetch_rows(db: sqlite3.Connection, tenant: str, document_rows: Iterable[int]) -> dict[int, DocumentRow]:
    """The documents by row number."""
    found = db.execute(FETCH_ROWS, (tenant, json.dumps(list(document_rows))))
    return {row[0]: document_row(row) for row in found}


def fetch_chunks(db: sqlite3.Connection, tenant: str, row_ids: Iterable[int]) -> dict[int, ChunkRow]:
    """The chunks by row number."""
    return {row[0]: chunk_row(row) for row in db.execute(FETCH_CHUNKS, (tenant, json.dumps(list(row_ids))))}


def fetch_chunk(db: sqlite3.Connection, tenant: str, chunk_id: str) -> ChunkRow | None:
    """The chunk of that id, if there is one."""
    found = db.execute(FETCH_CHUNK, (tenant, chunk_id)).fetchone()
    return chunk_row(found) if found else None


def chunks_of(db: sqlite3.Connection, tenant: str, document_row: int) -> list[ChunkRow]:
    """A document's chunks in order."""
    return [chunk_row(row) for row in db.execute(CHUNKS_OF, (document_row, tenant))]


def text_of(chunks: Sequence[ChunkRow]) -> str:
    """The text of a document, from all its chunks in order."""
    parts: list[str] = []
    end = 0
    for chunk in chunks:
        parts.append(chunk.text[max(0, end - chunk.start) :])
        end = max(end, chunk.stop)
    return "".join(parts)


def read_from_files(db: sqlite3.Connection, tenant: str, collection: str) -> list[DocumentRow]:
    """The documents that were read from files, in order of path."""
    return [document_row(row) for row in db.execute(STAMPS, (tenant, collection))]


def newest(
    db: sqlite3.Connection, tenant: str, collection: str | None, limit: int, before: int | None = None
) -> list[DocumentRow]:
    """The documents added last, newest first; with ``before`` those added before that row."""
    values = (tenant, collection, collection, 2**62 if before is None else before, limit)
    return [document_row(row) for row in db.execute(NEWEST, values)]


def collections(db: sqlite3.Connection, tenant: str) -> list[CollectionRow]:
    """The tenant's collections that hold documents, in alphabetical order."""
    return [CollectionRow(*row) for row in db.execute(COLLECTIONS, (tenant,))]


def ids(db: sqlite3.Connection, tenant: str, prefix: str = "", limit: int = 100) -> list[str]:
    """Document ids that start with ``prefix``, in alphabetical order."""
    return [row[0] for row in db.execute(IDS, (tenant, prefix, len(prefix), prefix, limit))]


def document_row(row: tuple[Any, ...]) -> DocumentRow:
    """A row of COLUMNS."""
    number, collection, document_id, title, source, form, metadata, provenance, pages, size, chunks, digest = row[:12]
    return DocumentRow(
        number, collection, document_id, title, source, form, json.loads(metadata), json.loads(provenance),
        json.loads(pages), size, chunks, digest, None if row[14] is None else FileStamp(*row[12:15]), row[15], row[16],
    )  # fmt: skip


def chunk_row(row: tuple[Any, ...]) -> ChunkRow:
    """A row of CHUNK_COLUMNS."""
    row_id, document, chunk_id, position, start, stop, page, section, text = row
    return ChunkRow(row_id, document, chunk_id, position, start, stop, page, json.loads(section), text)
