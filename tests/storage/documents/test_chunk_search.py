"""Finding chunks: the same rows whether a collection is held in memory or searched through its tables."""

import sqlite3
from pathlib import Path

import pytest

from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.documents.chunk_filter import ChunkFilter
from storage.documents.chunk_search import ChunkSearch
from storage.documents.metadata_filter import Condition, Filter
from storage.index.vectors import VectorStore
from storage.working_sets.chunks import chunk_contents
from storage.working_sets.held import WorkingSets
from tests.storage.documenting import put
from tests.storage.keeping import Letters

LETTERS = Letters()


@pytest.fixture(params=["in memory", "on disk"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> ChunkSearch:
    limit = {"in memory": 10_000, "on disk": -1}[request.param]
    return ChunkSearch(VectorStore(tmp_path / "vectors"), WorkingSets(chunk_contents(limit=limit)))


def found(
    search: ChunkSearch,
    db: sqlite3.Connection,
    query: str,
    *,
    tenant: str = "acme",
    collection: str = "default",
    where: Filter | None = None,
    limit: int = 5,
    words_only: bool = False,
) -> list[str]:
    """The texts of the candidates, those with the best words first, then those closest in meaning."""
    hits = search.find(
        db, tenant, ChunkFilter(collection, where), query, [] if words_only else [LETTERS], limit
    ).candidates
    chunks = documents.fetch_chunks(db, tenant, [hit.row_id for hit in hits])
    ordered = sorted(hits, key=lambda hit: (-hit.lexical, -(hit.cosine or 0)))
    return [chunks[hit.row_id].text for hit in ordered]


def test_chunks_are_found_by_words_and_by_meaning(search: ChunkSearch, connection: sqlite3.Connection) -> None:
    put(connection, "d", "Refunds take a week. ", "Listen to the rain. ", "Silent as stone.", embedder=LETTERS)
    assert found(search, connection, "refunded", words_only=True) == ["Refunds take a week. "]
    assert found(search, connection, "enlist")[0] in ("Listen to the rain. ", "Silent as stone.")


def test_headings_find_the_chunks_below_them(search: ChunkSearch, connection: sqlite3.Connection) -> None:
    put(connection, "d", "They take a week.", section=["Shop", "Refunds"])
    assert found(search, connection, "refund", words_only=True) == ["They take a week."]


def test_changes_are_seen_at_once(search: ChunkSearch, connection: sqlite3.Connection) -> None:
    put(connection, "d", "apples. ", "pears.", embedder=LETTERS)
    assert found(search, connection, "apples pears", words_only=True) == ["apples. ", "pears."]
    put(connection, "d", "pears.", "plums.", embedder=LETTERS)
    assert sorted(found(search, connection, "apples pears plums", words_only=True)) == ["pears.", "plums."]
    row = documents.fetch(connection, "acme", "default", "d")
    assert row is not None
    document_writes.delete(connection, "acme", "default", [row])
    assert found(search, connection, "pears") == []


def test_collections_and_tenants_are_apart(search: ChunkSearch, connection: sqlite3.Connection) -> None:
    odd = 'x\' OR "1"=1 --'
    put(connection, "d", "apple one", embedder=LETTERS)
    put(connection, "d", "apple two", collection=odd, embedder=LETTERS)
    put(connection, "d", "apple three", tenant="globex", embedder=LETTERS)
    assert found(search, connection, "apple") == ["apple one"]
    assert found(search, connection, "apple", collection=odd) == ["apple two"]
    assert found(search, connection, "apple", tenant="globex") == ["apple three"]
    assert found(search, connection, "apple", collection="nothing") == []


def test_a_filter_leaves_as_many_results_as_match(search: ChunkSearch, connection: sqlite3.Connection) -> None:
    """The wanted ones answer worst of all, so that a filter after the search would find none of them."""
    for number in range(150):
        put(connection, f"other{number}", f"apple apple {number}", metadata={"lang": "en"}, embedder=LETTERS)
    for number in range(8):
        put(
            connection, f"mine{number}", f"an apple among many other words {number}", metadata={"lang": "de"},
            embedder=LETTERS,
        )  # fmt: skip
    hits = found(search, connection, "apple", where=Condition("lang", "eq", "de"), limit=5)
    assert len(hits) == 8
    assert all(text.startswith("an apple among") for text in hits)


@pytest.mark.parametrize("query", ['"', "a AND", "NEAR(", "* ^ -", "own : x", "'; DROP TABLE chunks", "\0", "of the"])
def test_a_query_is_only_words(search: ChunkSearch, connection: sqlite3.Connection, query: str) -> None:
    put(connection, "d", "of the near", embedder=LETTERS)
    found(search, connection, query)
    found(search, connection, query, where=Condition("lang", "eq", query))


def test_without_a_model_words_alone_answer(search: ChunkSearch, connection: sqlite3.Connection) -> None:
    put(connection, "d", "apple")
    result = search.find(connection, "acme", ChunkFilter("default"), "apple", [])
    assert result.embedder is None
    assert [hit.cosine for hit in result.candidates] == [None]


def test_many_matches_of_a_broad_filter_are_looked_through(
    search: ChunkSearch, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more matches than are compared one by one, the search reaches deeper until enough of its hits match."""
    monkeypatch.setattr("storage.documents.chunk_tables.FEW", 10)
    for number in range(120):
        metadata = {"lang": "de" if number % 4 == 0 else "en"}
        put(connection, f"d{number}", f"apple {'pie ' * (number % 4)}{number}", metadata=metadata, embedder=LETTERS)
    hits = found(search, connection, "apple pie", where=Condition("lang", "eq", "de"), limit=6)
    assert len(hits) == 30


def test_words_alone_find_the_few_that_pass_a_filter_however_many_others_match(
    search: ChunkSearch, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.documents.chunk_tables.DEEP_ENOUGH", 50)
    for number in range(150):
        put(connection, f"d{number}", f"apple apple apple {number}", metadata={"lang": "en"})
    for number in range(3):
        put(connection, f"e{number}", f"one apple in a long sentence {number}", metadata={"lang": "de"})
    put(connection, "pear", "pear", metadata={"lang": "de"})
    hits = found(search, connection, "apple", where=Condition("lang", "eq", "de"), words_only=True)
    assert hits == [f"one apple in a long sentence {number}" for number in range(3)]


def test_vectors_that_wait_are_compared_part_by_part(
    search: ChunkSearch, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.documents.chunk_tables.AT_ONCE", 3)
    monkeypatch.setattr("storage.documents.chunk_tables.DEEPEST", 4)
    for number in range(20):
        put(connection, f"d{number}", "z" * (number % 7) + "apple", embedder=LETTERS)
    asked = ChunkFilter("default")
    hits = search.find(connection, "acme", asked, "qqapple", [LETTERS], 1).candidates
    assert {1, 8, 15} <= {hit.row_id for hit in hits}
