"""Documents as rows: kept in one step, replaced chunk by chunk, taken away with all that belongs to them."""

import sqlite3
from typing import Any

import pytest

from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.errors import NotFound
from storage.files.stamped_files import FileStamp
from tests.storage.documenting import chunks_of, document, prepared, put
from tests.storage.keeping import NOW, Letters

LETTERS = Letters()


def rows(db: sqlite3.Connection, sql: str, *values: Any) -> list[Any]:
    return list(db.execute(sql, values))


def of(db: sqlite3.Connection, document_id: str, tenant: str = "acme") -> documents.DocumentRow:
    found = documents.fetch(db, tenant, "default", document_id)
    assert found is not None
    return found


def texts(db: sqlite3.Connection, document_id: str) -> list[str]:
    return [chunk.text for chunk in documents.chunks_of(db, "acme", of(db, document_id).document_row)]


def test_a_document_comes_back_as_it_was_kept(connection: sqlite3.Connection) -> None:
    stamp = FileStamp(3, 4, b"5")
    put(connection, "d", "one. ", "two.", metadata={"lang": "de"}, file=stamp, source="a.md", section=["Top"])
    row = of(connection, "d")
    assert (row.metadata, row.file, row.source, row.chunks, row.size) == ({"lang": "de"}, stamp, "a.md", 2, 9)
    assert (row.created_at, row.updated_at) == (NOW, NOW)
    chunks = documents.chunks_of(connection, "acme", row.document_row)
    assert [(each.start, each.stop, each.section, each.position) for each in chunks] == [
        (0, 5, ["Top"], 0), (5, 9, ["Top"], 1),
    ]  # fmt: skip
    assert documents.text_of(chunks) == "one. two."
    assert documents.fetch_chunk(connection, "acme", chunks[0].chunk_id) == chunks[0]


def test_unchanged_chunks_keep_their_rows_and_vectors(connection: sqlite3.Connection) -> None:
    put(connection, "d", "first. ", "second. ", "third.", embedder=LETTERS)
    before = {row[1]: row[0] for row in rows(connection, "SELECT row_id, text FROM chunks")}
    put(connection, "d", "third.", "new. ", "first. ", embedder=LETTERS)
    after = {row[1]: row[0] for row in rows(connection, "SELECT row_id, text FROM chunks")}
    assert texts(connection, "d") == ["third.", "new. ", "first. "]
    assert (after["first. "], after["third."]) == (before["first. "], before["third."])
    assert after["new. "] not in before.values()
    held = {row[0] for row in rows(connection, "SELECT row_id FROM chunk_vectors")}
    assert held == set(after.values()) == {row[0] for row in rows(connection, "SELECT rowid FROM chunks_fts")}


def test_the_same_text_twice_in_a_document_is_two_chunks(connection: sqlite3.Connection) -> None:
    put(connection, "d", "same. ")
    put(connection, "d", "same. ", "same. ")
    assert texts(connection, "d") == ["same. ", "same. "]
    put(connection, "d", "same. ")
    assert texts(connection, "d") == ["same. "]


def test_nothing_changes_while_a_new_chunk_is_not_prepared(connection: sqlite3.Connection) -> None:
    put(connection, "d", "old")
    before = list(connection.iterdump())
    chunks = chunks_of(["old", "new"])
    assert document_writes.missing(connection, of(connection, "d"), chunks) == {chunks[1].digest}
    some = prepared(chunks[:1], None)
    assert not document_writes.put(connection, "acme", document("d"), chunks, some, NOW)
    assert list(connection.iterdump()) == before


def test_counts_follow_every_change(connection: sqlite3.Connection) -> None:
    put(connection, "d", "one. ", "two.")
    put(connection, "e", "three")
    put(connection, "f", "four", collection="other")
    assert [tuple(row) for row in rows(connection, "SELECT collection, documents, chunks FROM collections")] == [
        ("default", 2, 3), ("other", 1, 1),
    ]  # fmt: skip
    put(connection, "d", "one. ")
    document_writes.delete(connection, "acme", "default", [of(connection, "e")])
    assert [(each.documents, each.chunks) for each in documents.collections(connection, "acme")] == [(1, 1), (1, 1)]


def test_a_deleted_document_leaves_nothing_behind(connection: sqlite3.Connection) -> None:
    put(connection, "d", "one. ", "two.", metadata={"tags": ["a"]}, embedder=LETTERS)
    assert document_writes.delete(connection, "acme", "default", [of(connection, "d")]) == 2
    for table in ("documents", "chunks", "chunks_fts", "chunk_vectors", "document_fields"):
        assert rows(connection, f"SELECT * FROM {table}") == []
    queued = {tuple(row) for row in rows(connection, "SELECT model_id, row_id FROM chunk_queue")}
    assert queued == {(0, 1), (0, 2), (1, 1), (1, 2)}  # the tables outside still have to hear of it


def test_another_tenants_documents_are_not_there(connection: sqlite3.Connection) -> None:
    put(connection, "d", "one")
    row = of(connection, "d")
    chunk = documents.chunks_of(connection, "acme", row.document_row)[0]
    assert documents.fetch(connection, "globex", "default", "d") is None
    assert documents.fetch_chunk(connection, "globex", chunk.chunk_id) is None
    assert documents.fetch_chunks(connection, "globex", [chunk.row_id]) == {}
    assert documents.chunks_of(connection, "globex", row.document_row) == []
    assert documents.newest(connection, "globex", None, 10) == []
    assert documents.collections(connection, "globex") == []
    assert documents.ids(connection, "globex") == []
    with pytest.raises(NotFound):
        documents.fetch_anywhere(connection, "globex", "d")
    document_writes.delete(connection, "globex", "default", [row])
    assert texts(connection, "d") == ["one"]


def test_documents_are_listed_newest_first_page_by_page(connection: sqlite3.Connection) -> None:
    for number in range(5):
        put(connection, f"d{number}", f"text {number}")
    first = documents.newest(connection, "acme", "default", 3)
    rest = documents.newest(connection, "acme", None, 3, before=first[-1].document_row)
    assert [row.document_id for row in [*first, *rest]] == ["d4", "d3", "d2", "d1", "d0"]


def test_an_id_in_two_collections_is_read_from_the_default_one(connection: sqlite3.Connection) -> None:
    put(connection, "d", "elsewhere", collection="a")
    put(connection, "d", "here")
    assert documents.fetch_anywhere(connection, "acme", "d").collection == "default"


def test_ids_are_completed_by_their_beginning(connection: sqlite3.Connection) -> None:
    for name in ("guide", "guide%", "guess", "x_y"):
        put(connection, name, name)
    assert documents.ids(connection, "acme", "gu") == ["guess", "guide", "guide%"]
    assert documents.ids(connection, "acme", "guide%") == ["guide%"]
    assert documents.ids(connection, "acme", "_") == []
