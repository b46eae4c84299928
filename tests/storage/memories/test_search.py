"""One search, two ways: in memory for small scopes, on disk for large ones. Both keep the filter."""

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from storage import embedding_models
from storage.database import Database
from storage.embedding.embedder import EmbeddingFailed
from storage.index.indexer import Indexer, Pace
from storage.index.vectors import VectorStore
from storage.memories.rows import MemoryFilter
from storage.memories.search import MemorySearch
from storage.working_sets.held import WorkingSets
from storage.working_sets.memories import memory_contents
from tests.storage.keeping import HOUR, NOW, Letters, keep

LETTERS = Letters()
KEY = LETTERS.identity.key


class Failing(Letters):
    """A model that does not answer."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        raise EmbeddingFailed("no answer")


@pytest.fixture(params=["in memory", "on disk"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> MemorySearch:
    contents = memory_contents(limit=0) if request.param == "on disk" else memory_contents()
    return MemorySearch(VectorStore(tmp_path / "vectors"), WorkingSets(contents))


def ids(search: MemorySearch, db: sqlite3.Connection, query: str, tenant: str = "acme", **asked: Any) -> list[int]:
    """Rows found for the query, the ones close in meaning first."""
    wanted = MemoryFilter(now=NOW, **{"session_id": "s", **asked})
    found = search.find(db, tenant, wanted, query, [LETTERS]).candidates
    return [each.row_id for each in sorted(found, key=lambda each: (-(each.cosine or 0), each.row_id))]


def complete(db: sqlite3.Connection) -> None:
    embedding_models.set_complete(db, embedding_models.register(db, KEY, 32, NOW), "memories")


def test_words_and_meaning_are_scored_apart(connection: sqlite3.Connection, search: MemorySearch) -> None:
    complete(connection)
    both = keep(connection, "green tea", embedder=LETTERS)
    letters = keep(connection, "tea regen", embedder=LETTERS)
    words = keep(connection, "green zzz xxx qqq")
    keep(connection, "zzz", embedder=LETTERS)
    found = search.find(connection, "acme", MemoryFilter(now=NOW, session_id="s"), "green", [LETTERS])
    scored = {each.row_id: each for each in found.candidates}
    assert found.embedder is LETTERS
    assert scored[both].lexical > 0
    assert scored[both].cosine == pytest.approx(scored[letters].cosine, abs=1e-3)
    assert scored[letters].lexical == 0
    assert scored[words].lexical > 0


def test_tenants_and_sessions_are_apart(connection: sqlite3.Connection, search: MemorySearch) -> None:
    complete(connection)
    one = keep(connection, "green tea", embedder=LETTERS)
    two = keep(connection, "green tea", session_id="two", embedder=LETTERS)
    other = keep(connection, "green tea", tenant="globex", embedder=LETTERS)
    assert ids(search, connection, "green tea") == [one]
    assert ids(search, connection, "green tea", session_id=None) == [one, two]
    assert ids(search, connection, "green tea", tenant="globex") == [other]
    assert ids(search, connection, "green tea", tenant="nobody") == []


@pytest.mark.parametrize(
    ("given", "asked", "is_found"),
    [
        ({"state": "archived"}, {}, False), ({"state": "archived"}, {"include_archived": True}, True),
        ({"expires_at": NOW}, {}, False), ({"importance": 0.4}, {"min_importance": 0.5}, False),
        ({"occurred_at": NOW - HOUR}, {"since": NOW}, False), ({"tags": ["a", "b"]}, {"tags": ("a",)}, True),
        ({"tags": ["ab"]}, {"tags": ("a",)}, False), ({}, {"content_type": "rule"}, False),
        ({}, {"content_type": "fact", "since": NOW, "min_importance": 0.5}, True),
    ],
)  # fmt: skip
def test_the_filter_holds(
    connection: sqlite3.Connection,
    search: MemorySearch,
    given: dict[str, Any],
    asked: dict[str, Any],
    is_found: bool,
) -> None:
    complete(connection)
    row_id = keep(connection, "green tea", embedder=LETTERS, **given)
    assert ids(search, connection, "green tea", **asked) == ([row_id] if is_found else [])


def test_a_narrow_filter_still_finds_as_many_as_there_are(connection: sqlite3.Connection, search: MemorySearch) -> None:
    """It runs before the search: a thousand better matches do not push the few out."""
    complete(connection)
    for number in range(300):
        keep(connection, f"green tea {number}", embedder=LETTERS)
    few = [keep(connection, f"green thing {number}", tags=["few"], embedder=LETTERS) for number in range(5)]
    assert sorted(ids(search, connection, "green tea", tags=("few",))) == few


def test_without_a_model_words_are_enough(connection: sqlite3.Connection, search: MemorySearch) -> None:
    row_id = keep(connection, "green tea")
    keep(connection, "black coffee")
    for embedders in ([], [Failing()]):
        found = search.find(connection, "acme", MemoryFilter(now=NOW, session_id="s"), "tea", embedders)
        assert (found.embedder, [each.row_id for each in found.candidates if each.lexical]) == (None, [row_id])


def test_near_duplicates_by_meaning(connection: sqlite3.Connection, search: MemorySearch) -> None:
    complete(connection)
    twin = keep(connection, "green tea", simhash=-1, embedder=LETTERS)
    keep(connection, "black coffee", simhash=-1, embedder=LETTERS)
    keep(connection, "green tea", session_id="two", simhash=-1, embedder=LETTERS)
    vectors = {KEY: LETTERS.embed_query("tea green").astype("<f4").tobytes()}
    wanted = MemoryFilter(now=NOW, session_id="s")
    found = search.similar(connection, "acme", wanted, simhash=0, distance=3, vectors=vectors, embedders=[LETTERS])
    assert found == {twin: pytest.approx(1.0, abs=1e-3)}


@pytest.mark.anyio
async def test_moved_and_waiting_vectors_are_found_alike(tmp_path: Path) -> None:
    db = await Database.open(tmp_path)
    vectors = VectorStore(tmp_path / "vectors")
    search = MemorySearch(vectors, WorkingSets(memory_contents(limit=0)))
    await db.write(complete)
    first = [await db.write(lambda c, n=n: keep(c, f"tea {n}", embedder=LETTERS)) for n in range(3)]  # type: ignore[misc]
    await Indexer(db, vectors, tmp_path, pace=Pace()).flush()
    assert await db.read(lambda c: c.execute("SELECT count(*) FROM index_queue").fetchone()) == (0,)
    later = await db.write(lambda c: keep(c, "tea 3", embedder=LETTERS))
    assert sorted(await db.read(lambda c: ids(search, c, "eat"))) == [*first, later]
    from storage.memories import writes as memory_writes

    await db.write(lambda c: memory_writes.set_state(c, "acme", [first[0]], "deleted", NOW))
    await db.write(lambda c: memory_writes.purge(c, "acme", [first[1]]))
    assert sorted(await db.read(lambda c: ids(search, c, "eat"))) == [first[2], later]
    await db.close()
