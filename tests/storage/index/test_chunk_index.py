"""Chunks in the tables beside SQLite: their vectors and their words, on a real database and real Lance."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from storage import embedding_models, inspection
from storage.backfill import Backfill
from storage.database import Database
from storage.documents import chunk_vectors
from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.documents.chunk_words import search_newer
from storage.embedding.embedder import EmbeddingFailed
from storage.index import lance_tables
from storage.index.indexer import Indexer, Pace
from storage.index.kinds import WORDS
from storage.index.table_files import read_entry
from storage.index.table_rows import VectorRow, WordsRow
from storage.index.vectors import VectorStore
from tests.storage.documenting import put
from tests.storage.keeping import NOW, Letters, keep

pytestmark = pytest.mark.anyio

LETTERS = Letters()
KEY = LETTERS.identity.key
AT_ONCE = Pace(settle_seconds=0, tick_seconds=0.01, enough=1)


@pytest.fixture
def vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VectorStore:
    monkeypatch.setattr(lance_tables, "WORDS_FROM", 1)
    return VectorStore(tmp_path / "vectors")


@pytest.fixture
def indexer(db: Database, vectors: VectorStore, tmp_path: Path) -> Indexer:
    return Indexer(db, vectors, tmp_path, pace=AT_ONCE)


def delete(db: sqlite3.Connection, document_id: str) -> None:
    row = documents.fetch(db, "acme", "default", document_id)
    assert row is not None
    document_writes.delete(db, "acme", "default", [row])


def queued(db: sqlite3.Connection) -> list[tuple[int, int]]:
    return list(db.execute("SELECT model_id, row_id FROM chunk_queue ORDER BY model_id, row_id"))


def rows(ids: Iterable[int], words: str = "tea", tenant: str = "acme", scope: str = "default") -> list[WordsRow]:
    return [WordsRow(i, tenant, scope, words) for i in ids]


def by_words(vectors: VectorStore, *words: str, tenant: str = "acme", scope: str = "default") -> set[int]:
    hits, _ = vectors.search_words("chunks", tenant, scope, words, 100)
    return {row_id for row_id, _ in hits}


def covered(vectors: VectorStore) -> int:
    return vectors.search_words("chunks", "acme", "default", ["tea"], 1)[1]


async def test_chunks_move_with_their_vectors_and_their_words(
    db: Database, vectors: VectorStore, indexer: Indexer
) -> None:
    await db.write(lambda c: put(c, "d", "green tea", "black coffee", section=["Drinks"], embedder=LETTERS))
    assert await indexer.flush() == 4
    assert (await db.read(queued), await indexer.reconcile()) == ([], 0)
    await indexer.maintain()
    assert vectors.search("chunks", KEY, "acme", "default", LETTERS.embed_query("green tea"), 1)[0][0] == 1
    found = {word: by_words(vectors, word) for word in ("tea", "coffe", "drink", "green", "milk")}
    assert found == {"tea": {1}, "coffe": {2}, "drink": {1, 2}, "green": {1}, "milk": set()}
    assert vectors.tables() == [("chunks", KEY), ("chunks", WORDS.name)]


async def test_a_chunk_without_a_vector_is_found_by_its_words(
    db: Database, vectors: VectorStore, indexer: Indexer
) -> None:
    await db.write(lambda c: put(c, "d", "green tea", ""))
    await indexer.maintain()
    assert (by_words(vectors, "tea"), set(vectors.row_ids("chunks", WORDS.name).tolist())) == ({1}, {1, 2})


async def test_a_deleted_document_leaves_both_tables_where_they_are(
    db: Database, vectors: VectorStore, indexer: Indexer, tmp_path: Path
) -> None:
    """To write a table of a million rows anew for each changed document would take minutes."""
    await db.write(lambda c: put(c, "a", "green tea", embedder=LETTERS))
    await db.write(lambda c: put(c, "b", "black tea", embedder=LETTERS))
    await indexer.maintain()
    before = [read_entry(tmp_path / "vectors", "chunks", name) for name in (KEY, WORDS.name)]
    await db.write(lambda c: delete(c, "a"))
    assert await indexer.flush() == 2
    assert [set(vectors.row_ids("chunks", name).tolist()) for name in (KEY, WORDS.name)] == [{2}, {2}]
    assert by_words(vectors, "tea") == {2}
    assert [read_entry(tmp_path / "vectors", "chunks", name) for name in (KEY, WORDS.name)] == before


async def test_few_chunks_have_no_tables_and_wait_in_the_queue(db: Database, tmp_path: Path) -> None:
    vectors = VectorStore(tmp_path / "vectors")
    indexer = Indexer(db, vectors, tmp_path, pace=Pace(first={"chunks": 3}))
    await db.write(lambda c: put(c, "a", "one", embedder=LETTERS))
    await db.write(lambda c: put(c, "b", "two", embedder=LETTERS))
    await db.write(lambda c: delete(c, "a"))
    assert (await indexer.flush(), await indexer.reconcile(), vectors.tables()) == (0, 0, [])
    assert await db.read(queued) == [(0, 2), (1, 2)]
    await db.write(lambda c: put(c, "c", "three", "four"))
    assert await indexer.flush() == 3
    assert vectors.tables() == [("chunks", WORDS.name)]


async def test_tables_of_chunks_that_differ_are_brought_in_line(
    db: Database, vectors: VectorStore, indexer: Indexer
) -> None:
    await db.write(lambda c: put(c, "d", "one", "two", "three", embedder=LETTERS))
    await indexer.flush()
    vectors.delete("chunks", KEY, [1])
    vectors.delete("chunks", WORDS.name, [2, 3])
    vectors.upsert("chunks", WORDS.name, rows([99]))
    drifts = {
        (drift.model, drift.differing) for drift in await db.maintain(lambda c: inspection.table_drifts(c, vectors))
    }
    assert drifts == {(KEY, 0), (KEY, 1), (WORDS.name, 3)}  # the first is of memories
    assert await indexer.reconcile() == 4
    await indexer.flush()
    assert [set(vectors.row_ids("chunks", name).tolist()) for name in (KEY, WORDS.name)] == [{1, 2, 3}] * 2


async def test_lost_tables_of_chunks_are_made_anew(db: Database, vectors: VectorStore, indexer: Indexer) -> None:
    await db.write(lambda c: put(c, "a", "green tea", embedder=LETTERS))
    await indexer.maintain()
    for name in (KEY, WORDS.name):
        vectors.drop("chunks", name)
    await db.write(lambda c: put(c, "b", "black tea", embedder=LETTERS))
    await indexer.maintain()
    assert [set(vectors.row_ids("chunks", name).tolist()) for name in (KEY, WORDS.name)] == [{1, 2}] * 2
    assert by_words(vectors, "tea") == {1, 2}


async def test_many_rows_are_queued_in_several_transactions(
    db: Database, vectors: VectorStore, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.index.keeper.QUEUE_AT_ONCE", 2)
    await db.write(lambda c: put(c, "d", *[f"tea {number}" for number in range(5)], embedder=LETTERS))
    await indexer.flush()
    vectors.drop("chunks", KEY)
    vectors.drop("chunks", WORDS.name)
    assert await indexer.reconcile() == 10
    assert len(await db.read(queued)) == 10
    await indexer.flush()
    assert (
        set(vectors.row_ids("chunks", KEY).tolist())
        == set(vectors.row_ids("chunks", WORDS.name).tolist())
        == {1, 2, 3, 4, 5}
    )


def test_words_say_up_to_which_row_they_were_asked(vectors: VectorStore) -> None:
    """What the index does not hold yet is asked of FTS5, so that no search misses a chunk."""
    assert vectors.search_words("chunks", "acme", "default", ["tea"], 5) == ([], 0)
    vectors.upsert("chunks", WORDS.name, rows(range(1, 11)))
    assert (covered(vectors), by_words(vectors, "tea")) == (0, set())
    vectors.maintain("chunks", WORDS.name)
    assert (covered(vectors), by_words(vectors, "tea")) == (10, set(range(1, 11)))
    vectors.upsert("chunks", WORDS.name, rows(range(11, 21)))
    assert (covered(vectors), by_words(vectors, "tea")) == (10, set(range(1, 11)))
    vectors.maintain("chunks", WORDS.name)
    assert (covered(vectors), by_words(vectors, "tea")) == (20, set(range(1, 21)))


def test_a_row_that_comes_late_is_not_covered_until_it_is_indexed(vectors: VectorStore) -> None:
    """Rows come in order, but for those that a table had lost."""
    vectors.upsert("chunks", WORDS.name, rows([1, 2, 4, 5]))
    vectors.maintain("chunks", WORDS.name)
    vectors.upsert("chunks", WORDS.name, rows([3]))
    assert covered(vectors) == 2
    vectors.maintain("chunks", WORDS.name)
    assert (covered(vectors), by_words(vectors, "tea")) == (5, {1, 2, 3, 4, 5})


def test_a_new_table_of_words_covers_no_more_than_it_holds(vectors: VectorStore) -> None:
    vectors.upsert("chunks", WORDS.name, rows(range(1, 11)))
    vectors.maintain("chunks", WORDS.name)
    vectors.repair("chunks", WORDS.name)
    assert (covered(vectors), by_words(vectors, "tea")) == (10, set(range(1, 11)))
    vectors.drop("chunks", WORDS.name)
    vectors.upsert("chunks", WORDS.name, rows([1]))
    assert covered(vectors) == 0


def test_an_unreadable_table_of_words_leaves_all_to_full_text(vectors: VectorStore, tmp_path: Path) -> None:
    vectors.upsert("chunks", WORDS.name, rows(range(1, 11)))
    vectors.maintain("chunks", WORDS.name)
    for path in (tmp_path / "vectors").rglob("*.manifest"):
        path.write_bytes(b"")
    reader = VectorStore(tmp_path / "vectors")
    assert reader.search_words("chunks", "acme", "default", ["tea"], 5) == ([], 0)
    assert reader.suspects() == [("chunks", WORDS.name)]


NAMES = ["acme", "Acme", "acme'", "' OR '1'='1", "a%", "a\\", '"', "--", "", "日本", "a\nb", "$1", "words"]


@pytest.mark.parametrize("name", NAMES)
def test_words_of_others_are_never_found(vectors: VectorStore, name: str) -> None:
    pairs = [(tenant, scope) for tenant in NAMES for scope in NAMES]
    held = [WordsRow(i, tenant, scope, "tea") for i, (tenant, scope) in enumerate(pairs, 1)]
    vectors.upsert("chunks", WORDS.name, held)
    vectors.maintain("chunks", WORDS.name)
    for tenant, scope in [(name, "日本"), ("a%", name)]:
        assert by_words(vectors, "tea", tenant=tenant, scope=scope) == {1 + pairs.index((tenant, scope))}
    assert by_words(vectors, "tea", tenant="nobody", scope=name) == set()


@pytest.mark.parametrize(
    "word", ["and", "AND", "OR", "NOT", "-tea", "+tea", "te*", "tea~", '"tea"', "(tea)", "words:tea"]
)
def test_no_word_is_an_operator(vectors: VectorStore, word: str) -> None:
    """Nor is one that differs in a letter near enough."""
    held = [WordsRow(1, "acme", "default", f"before {word} after"), *rows([2]), *rows([3], "coffee teas Tea tee")]
    vectors.upsert("chunks", WORDS.name, held)
    vectors.maintain("chunks", WORDS.name)
    assert by_words(vectors, word) == {1}
    assert by_words(vectors, word, "coffee") == {1, 3}


def test_a_word_of_any_length_is_found(vectors: VectorStore) -> None:
    vectors.upsert("chunks", WORDS.name, rows([1], "x" * 5_000))
    vectors.maintain("chunks", WORDS.name)
    assert (by_words(vectors, "x" * 5_000), by_words(vectors, "x" * 4_999)) == ({1}, set())


async def test_scores_of_newer_chunks_compare_with_those_of_the_table(
    db: Database, vectors: VectorStore, indexer: Indexer
) -> None:
    """Both stand in one ranking."""
    texts = [*("tea " + "milk " * 4 * n for n in range(20)), "tea tea coffee", "coffee", *["milk " * 40] * 400]
    await db.write(lambda c: put(c, "d", *[f"{text} {n}" for n, text in enumerate(texts)]))
    await indexer.maintain()
    words = ["tea", "coffe"]
    in_table, _ = vectors.search_words("chunks", "acme", "default", words, 10)
    newer = await db.read(lambda c: search_newer(c, "acme", "default", words, 0, 10))
    assert {row_id for row_id, _ in newer} == {row_id for row_id, _ in in_table}
    assert [score for _, score in newer] == pytest.approx([score for _, score in in_table], rel=0.2)


async def test_newer_chunks_are_those_of_the_collection_behind_a_row(db: Database) -> None:
    await db.write(lambda c: put(c, "a", "green tea", "black tea", section=["Drinks"]))
    await db.write(lambda c: put(c, "a", "white tea", collection="other"))
    await db.write(lambda c: put(c, "a", "iced tea", tenant="other"))
    await db.write(lambda c: put(c, "b", "milk", '"tea" AND', "tea tea"))
    await db.write(lambda c: delete(c, "a"))

    async def found(*words: str, after: int = 0, limit: int = 9) -> list[int]:
        hits = await db.read(lambda c: search_newer(c, "acme", "default", words, after, limit))
        return [row_id for row_id, _ in hits]

    assert (await found("tea"), await found("tea", limit=1), await found("milk", "tea")) == ([7, 6], [7], [5, 7, 6])
    assert (await found("tea", after=6), await found("tea", after=7), await found("drink")) == ([7], [], [])
    assert (await found('"'), await found("OR"), await found()) == ([], [], [])


def chunks(db: sqlite3.Connection) -> dict[int, int]:
    """How many vectors of chunks there are, by model."""
    return dict(db.execute("SELECT model_id, count(*) FROM chunk_vectors GROUP BY model_id"))


def is_complete(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT chunks_complete FROM models ORDER BY model_id")]


class Noting(Letters):
    """Notes what it embeds, and fails when told to."""

    def __init__(self, name: str = "letters") -> None:
        super().__init__(name)
        self.seen: list[str] = []
        self.fails = False

    def embed_passages(self, texts: Any) -> NDArray[np.float32]:
        self.seen += texts
        return super().embed_passages(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if self.fails:
            raise EmbeddingFailed("off")
        return super().embed_query(text)


async def test_chunks_are_embedded_after_memories_with_their_headings(db: Database, tmp_path: Path) -> None:
    model = Noting()
    await db.write(lambda c: put(c, "d", "green tea", "black tea", section=["Drinks", "Hot"]))
    await db.write(lambda c: keep(c, "Ada likes tea"))
    backfill = Backfill(db, lambda: [model], tmp_path)
    await backfill.register()
    assert await db.read(is_complete) == [0]
    assert await backfill.catch_up() == 3
    assert model.seen == ["Ada likes tea", "Drinks › Hot\ngreen tea", "Drinks › Hot\nblack tea"]
    assert (await db.read(chunks), await db.read(is_complete)) == ({1: 2}, [1])
    assert [line for line in await db.read(queued) if line[0]] == [(1, 1), (1, 2)]
    assert await backfill.catch_up() == 0


async def test_what_is_added_while_a_model_fails_is_embedded_later(db: Database, tmp_path: Path) -> None:
    model = Noting()
    backfill = Backfill(db, lambda: [model], tmp_path)
    await backfill.register()
    await db.write(lambda c: put(c, "a", "green tea"))
    model.fails = True
    assert (await backfill.catch_up(), await db.read(is_complete)) == (0, [0])
    model.fails = False
    await db.write(lambda c: put(c, "b", "black tea"))
    assert (await backfill.catch_up(), await db.read(is_complete)) == (2, [1])
    await db.write(lambda c: put(c, "c", "white tea"))
    assert (await backfill.catch_up(), await db.read(chunks)) == (1, {1: 3})


async def test_a_backfill_of_many_chunks_looks_after_memories_in_between(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.backfill.BATCH", 2)
    monkeypatch.setattr("storage.backfill.ROUND", 1)
    model = Noting()
    await db.write(lambda c: put(c, "d", *[f"tea {n}" for n in range(7)]))
    backfill = Backfill(db, lambda: [model], tmp_path)
    await backfill.register()
    stored: list[int] = []

    def store(done: int) -> None:
        if done == 2:
            with sqlite3.connect(db.path) as other:
                stored.append(keep(other, "Ada likes tea"))
            other.close()

    assert await backfill.catch_up(store) == 8
    assert model.seen.index("Ada likes tea") == 2


async def test_a_dropped_model_takes_its_chunk_vectors_along(db: Database) -> None:
    await db.write(lambda c: put(c, "d", "one", "two", "three", embedder=LETTERS))
    assert [await db.write(lambda c: chunk_vectors.drop_some(c, 1, 2)) for _ in range(2)] == [2, 1]
    await db.write(lambda c: put(c, "e", "four", embedder=LETTERS))
    await db.write(lambda c: embedding_models.drop(c, 1))
    assert (await db.read(chunks), {model for model, _ in await db.read(queued)}) == ({}, {0})


async def test_vectors_of_chunks_are_filled_once_and_only_where_the_chunk_is_there(db: Database) -> None:
    await db.write(lambda c: embedding_models.register(c, KEY, 32, NOW))
    await db.write(lambda c: put(c, "d", "one", "two"))
    assert await db.read(lambda c: chunk_vectors.pending(c, 1)) == 2
    assert await db.write(lambda c: chunk_vectors.fill(c, 1, [(1, b"a"), (9, b"b")])) == 1
    assert await db.write(lambda c: chunk_vectors.fill(c, 1, [(1, b"c"), (2, b"")])) == 1
    kept = await db.read(lambda c: c.execute("SELECT row_id, vector FROM chunk_vectors ORDER BY row_id").fetchall())
    assert (kept, await db.read(lambda c: chunk_vectors.pending(c, 1))) == ([(1, b"a"), (2, b"")], 0)


def test_warming_changes_nothing_and_needs_no_table(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "vectors")
    store.warm()
    store.upsert("chunks", "m", [VectorRow(1, "acme", "default", np.ones(4, np.float32))])
    store.warm()
    assert store.search("chunks", "m", "acme", "default", np.ones(4, np.float32), 1)[0][0] == 1
    for file in (tmp_path / "vectors").rglob("*.lance"):
        if file.is_file():
            file.write_bytes(b"damaged")
    VectorStore(tmp_path / "vectors").warm()
