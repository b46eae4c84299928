"""Whatever is done to documents in whatever order, all that is kept about them stays in step."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import embedding_models
from storage.documents import chunk_vectors
from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.documents.chunk_filter import ChunkFilter
from storage.documents.chunk_search import ChunkSearch
from storage.documents.metadata_filter import Condition
from storage.files.stamped_files import FileStamp
from storage.index.vectors import VectorStore
from storage.working_sets.chunks import chunk_contents
from storage.working_sets.held import WorkingSets
from tests.storage.documenting import put
from tests.storage.keeping import NOW, Letters

LETTERS = Letters()
PLACES = [("acme", "default"), ("acme", "other"), ("globex", "default")]
TEXTS = ["green tea\n", "black tea\n", "coffee\n", "tea and milk\n"]

Step = tuple[str, tuple[str, str], str, list[str], int]
STEPS = st.tuples(
    st.sampled_from(["put", "put", "put without vectors", "delete", "embed", "look"]),
    st.sampled_from(PLACES),
    st.sampled_from(["a", "b"]),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4),
    st.integers(0, 1),
)

OUT_OF_STEP = {
    "counts": """SELECT tenant, collection, documents, chunks FROM collections WHERE documents > 0 OR chunks <> 0
        EXCEPT SELECT d.tenant, d.collection, count(DISTINCT d.document_row), count(c.row_id)
        FROM documents d LEFT JOIN chunks c USING (document_row) GROUP BY 1, 2""",
    "uncounted": "SELECT tenant, collection FROM documents EXCEPT SELECT tenant, collection FROM collections",
    "chunks of a document": """SELECT document_row FROM documents d WHERE chunks <>
        (SELECT count(*) FROM chunks c WHERE c.document_row = d.document_row AND c.tenant = d.tenant
            AND c.collection = d.collection)""",
    "words": """SELECT row_id FROM chunks WHERE row_id NOT IN (SELECT id FROM chunks_fts_docsize)
        UNION ALL SELECT id FROM chunks_fts_docsize WHERE id NOT IN (SELECT row_id FROM chunks)""",
    "vectors": "SELECT row_id FROM chunk_vectors WHERE row_id NOT IN (SELECT row_id FROM chunks)",
    "fields": "SELECT document_row FROM document_fields WHERE document_row NOT IN (SELECT document_row FROM documents)",
    "queued": "SELECT row_id FROM chunks EXCEPT SELECT row_id FROM chunk_queue WHERE model_id = 0",
}


def act(db: sqlite3.Connection, step: Step) -> None:
    action, (tenant, collection), document_id, texts, year = step
    embedder = LETTERS if action == "put" else None
    if action.startswith("put"):
        put(db, document_id, *texts, tenant=tenant, collection=collection, metadata={"year": year}, embedder=embedder)
    elif action == "delete" and (row := documents.fetch(db, tenant, collection, document_id)):
        document_writes.delete(db, tenant, collection, [row])
    elif action == "embed":
        waiting = chunk_vectors.unembedded(db, 1, 0, 10)
        blobs = [(row_id, LETTERS.embed_query(text).astype("<f4").tobytes()) for row_id, text in waiting]
        chunk_vectors.fill(db, 1, blobs)


def found(search: ChunkSearch, db: sqlite3.Connection, place: tuple[str, str], year: int | None) -> Sequence[object]:
    where = None if year is None else Condition("year", "eq", year)
    asked = ChunkFilter(place[1], where)
    hits = search.find(db, place[0], asked, "green tea", [LETTERS], 50).candidates
    return sorted((hit.row_id, hit.position, hit.start, round(hit.cosine or 0, 4)) for hit in hits)


def searching() -> ChunkSearch:
    return ChunkSearch(VectorStore(Path("nowhere")), WorkingSets(chunk_contents()))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
def test_rows_counts_words_fields_and_working_sets_agree_after_any_changes(
    connection: sqlite3.Connection, steps: list[Step]
) -> None:
    connection.execute("BEGIN")
    try:
        embedding_models.register(connection, LETTERS.identity.key, 32, NOW)
        search, expected = searching(), dict[tuple[tuple[str, str], str], str]()
        for step in steps:
            act(connection, step)
            if step[0].startswith("put"):
                expected[step[1], step[2]] = "".join(step[3])
            elif step[0] == "delete":
                expected.pop((step[1], step[2]), None)
            elif step[0] == "look":
                found(search, connection, step[1], step[4])
        for name, sql in OUT_OF_STEP.items():
            assert (name, connection.execute(sql).fetchall()) == (name, [])
        assert {key: text(connection, *key) for key in expected} == expected
        assert sum(count for _, count in counted(connection)) == len(expected)
        for place in PLACES:
            for year in (None, 0, 1):
                assert found(search, connection, place, year) == found(searching(), connection, place, year)
    finally:
        connection.execute("ROLLBACK")


def text(db: sqlite3.Connection, place: tuple[str, str], document_id: str) -> str:
    row = documents.fetch(db, *place, document_id)
    assert row is not None
    return documents.text_of(documents.chunks_of(db, place[0], row.document_row))


def counted(db: sqlite3.Connection) -> list[tuple[str, int]]:
    return [
        (one.collection, one.documents) for tenant in ("acme", "globex") for one in documents.collections(db, tenant)
    ]


def test_a_collection_that_has_grown_beyond_the_limit_is_not_read_into_memory(
    connection: sqlite3.Connection,
) -> None:
    contents = chunk_contents(limit=4)
    sets = WorkingSets(contents)
    put(connection, "small", "green tea\n", embedder=LETTERS)
    held = sets.best(connection, "acme", "default", [LETTERS])
    assert held is not None
    put(connection, "large", *[f"tea {number}\n" for number in range(50)], embedder=LETTERS)
    assert sets.best(connection, "acme", "default", [LETTERS]) is None
    assert len(held[0]) == 1


def test_a_set_of_mostly_dead_rows_is_read_anew(connection: sqlite3.Connection) -> None:
    sets = WorkingSets(chunk_contents(limit=4))
    for number in range(12):
        put(connection, "d", f"tea {number}\n", f"milk {number}\n", embedder=LETTERS)
        held = sets.best(connection, "acme", "default", [LETTERS])
        assert held is not None
        assert len(held[0]) <= 6


def test_a_file_written_again_is_noted_with_its_new_digest(connection: sqlite3.Connection) -> None:
    put(connection, "d", "tea\n", file=FileStamp(1, 2, b"old"))
    row = documents.fetch(connection, "acme", "default", "d")
    assert row is not None
    document_writes.touch_file(connection, "acme", row, FileStamp(3, 4, b"new"))
    again = documents.fetch(connection, "acme", "default", "d")
    assert again is not None
    assert again.file == FileStamp(3, 4, b"new")
    document_writes.touch_file(connection, "globex", row, FileStamp(5, 6, b"other"))
    assert documents.fetch(connection, "acme", "default", "d") == again
