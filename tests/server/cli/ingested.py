"""What ingestion left in a store, for the tests of `satchel ingest`."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from storage.database import FILE_NAME, connect
from storage.documents import rows
from storage.documents.rows import DocumentRow
from tests.server.cli.conftest import Satchel


@contextmanager
def store(satchel: Satchel) -> Iterator[sqlite3.Connection]:
    with closing(connect(satchel.data / FILE_NAME, True)) as db:
        yield db


def documents(satchel: Satchel, tenant: str = "local", collection: str = "default") -> dict[str, DocumentRow]:
    """What is kept, by id."""
    with store(satchel) as db:
        return {row.document_id: row for row in rows.newest(db, tenant, collection, 1_000)}


def texts(satchel: Satchel) -> dict[str, str]:
    with store(satchel) as db:
        found = rows.newest(db, "local", "default", 1_000)
        return {row.document_id: rows.text_of(rows.chunks_of(db, "local", row.document_row)) for row in found}


def chunk_ids(satchel: Satchel, document_id: str) -> list[str]:
    with store(satchel) as db:
        row = rows.fetch(db, "local", "default", document_id)
        assert row is not None
        return [chunk.chunk_id for chunk in rows.chunks_of(db, "local", row.document_row)]


def line(output: str) -> str:
    """The summary without its seconds."""
    return output.splitlines()[0].rpartition(" in ")[0]


def search(satchel: Satchel, *query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(satchel.ok("search", "--json", *query))["results"]
    return found
