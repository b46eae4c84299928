"""Puts documents into a database as adding them does, for tests of what reads them."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from storage import embedding_models
from storage.analysis import words
from storage.documents import writes as document_writes
from storage.documents.writes import NewChunk, NewDocument, Prepared
from storage.files.stamped_files import FileStamp
from tests.storage.keeping import NOW, Letters


def chunks_of(texts: Sequence[str], section: Sequence[str] = ()) -> list[NewChunk]:
    """Chunks that stand one behind the other."""
    found: list[NewChunk] = []
    start = 0
    for text in texts:
        digest = hashlib.sha256("\n".join([*section, text]).encode()).digest()
        found.append(NewChunk(start, start + len(text), None, section, text, digest))
        start += len(text)
    return found


def prepared(chunks: Sequence[NewChunk], embedder: Letters | None) -> dict[bytes, Prepared]:
    """Words and vectors of all of them."""
    return {
        chunk.digest: Prepared(
            " ".join(words(chunk.text)),
            " ".join(words(" ".join(chunk.section))),
            {embedder.identity.key: embedder.embed_query(chunk.text).astype("<f4").tobytes()} if embedder else {},
        )
        for chunk in chunks
    }


def document(document_id: str = "d", collection: str = "default", **given: Any) -> NewDocument:
    """A document about to be kept, plain but for what is given."""
    defaults: dict[str, Any] = {
        "collection": collection, "document_id": document_id, "title": "", "source": "", "format": "text",
        "metadata": {}, "provenance": {}, "pages": [], "size": 0, "digest": b"", "file": None,
    }  # fmt: skip
    return NewDocument(**defaults | given)


def put(
    db: sqlite3.Connection,
    document_id: str,
    *texts: str,
    tenant: str = "acme",
    collection: str = "default",
    section: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
    embedder: Letters | None = None,
    file: FileStamp | None = None,
    source: str = "",
) -> None:
    """Keep a document of these chunks, with vectors where there is a model."""
    if embedder is not None:
        embedding_models.register(db, embedder.identity.key, embedder.identity.dimension, NOW)
    chunks = chunks_of(texts, section)
    new = document(
        document_id, collection, metadata=metadata or {}, size=sum(map(len, texts)), file=file, source=source
    )
    assert document_writes.put(db, tenant, new, chunks, prepared(chunks, embedder), NOW)
