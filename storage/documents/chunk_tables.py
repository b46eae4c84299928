"""Searches a large collection through the tables outside SQLite, with what the indexer has not moved yet searched
exactly beside them.

A filter is answered before the search: few chunks that match are compared one by one, and among many the search reaches
deeper until enough of its hits match.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.documents.chunk_filter import ChunkFilter, matching, passing
from storage.documents.chunk_words import search_among, search_newer
from storage.embedding.embedder import Embedder
from storage.embedding_models import number_of
from storage.index.kinds import CHUNKS
from storage.index.vectors import VectorStore
from storage.meaning import Floats, exact
from storage.working_sets.index import COMMON_FROM, COMMON_SHARE

Hits = list[tuple[int, float]]  # row number and score, best first

FEW = 20_000  # so many chunks that pass a filter are compared one by one
DEEPEST = 12_800  # hits looked at for those that pass a filter many others pass as well
DEEP_ENOUGH = 3_200  # hits by words where few pass: what lies deeper hardly matches, and meaning finds it too
AT_ONCE = 4_096  # vectors in memory: of those that wait, there may be a million
SAMPLE = 500  # chunks that tell which words are common

TAIL = """SELECT q.row_id, v.vector FROM chunk_queue q
    CROSS JOIN chunk_vectors v ON v.row_id = q.row_id AND v.model_id = q.model_id
    CROSS JOIN chunks c ON c.row_id = q.row_id
    WHERE q.model_id = ? AND v.vector <> x'' AND c.tenant = ? AND c.collection = ?"""
BLOBS = """SELECT row_id, vector FROM chunk_vectors
    WHERE model_id = ? AND vector <> x'' AND row_id IN (SELECT value FROM json_each(?))"""
COUNTED = "SELECT chunks FROM collections WHERE tenant = ? AND collection = ?"
SAMPLED = """SELECT own FROM chunks_fts WHERE rowid IN (
    SELECT row_id FROM chunks WHERE tenant = ? AND collection = ? AND row_id % ? = 0)"""


@dataclass(frozen=True, slots=True)
class ChunkLookup:
    """What is looked for, in one snapshot: whose chunks, through which filter, how many of each kind."""

    db: sqlite3.Connection
    tenant: str
    asked: ChunkFilter
    limit: int
    size: int
    """Chunks of the collection."""
    few: list[int] | None
    """All chunks that pass the filter, where these are few."""

    @classmethod
    def of(cls, db: sqlite3.Connection, tenant: str, asked: ChunkFilter, limit: int) -> "ChunkLookup":
        found = matching(db, tenant, asked, FEW + 1) if asked.where else None
        few = found if found is not None and len(found) <= FEW else None
        return cls(db, tenant, asked, limit, _size(db, tenant, asked.collection), few)

    def passing(self, row_ids: list[int]) -> set[int]:
        """Those of these rows that are there and pass the filter."""
        if self.few is not None:
            return set(row_ids).intersection(self.few)
        return passing(self.db, self.tenant, self.asked, row_ids)


class ChunkTables:
    """The tables of chunks, as a search asks them."""

    def __init__(self, vectors: VectorStore) -> None:
        self._vectors = vectors
        self._common: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}

    def by_words(self, wanted: ChunkLookup, words: Sequence[str], *, is_alone: bool) -> Hits:
        """The best rows by bm25: of the table, and of what is newer than the table. Where words are ``alone``, without
        a search by meaning beside, all of the few chunks that pass a filter are looked at."""
        collection = wanted.asked.collection

        def search(reach: int) -> Hits:
            hits, covered = self._vectors.search_words(CHUNKS.name, wanted.tenant, collection, words, reach)
            newer = search_newer(wanted.db, wanted.tenant, collection, words, covered, reach)
            return sorted(hits + newer, key=lambda hit: -hit[1])[:reach]

        if not words:
            return []
        if is_alone and wanted.few is not None:
            return search_among(wanted.db, words, wanted.few, wanted.limit)
        if wanted.few is None:
            return _passing(wanted, search, 1 if wanted.asked.where is None else 4, DEEPEST)
        return _passing(wanted, search, wanted.size // max(1, len(wanted.few)), DEEP_ENOUGH)

    def nearest(self, wanted: ChunkLookup, embedder: Embedder, vector: Floats) -> Hits:
        """The rows nearest in meaning: of the table, and of those that wait to be moved there."""
        model_id = number_of(wanted.db, embedder.identity.key)
        if wanted.few is not None:
            blobs = _blobs(wanted.db, model_id, wanted.few)
            return sorted(exact(blobs, vector), key=lambda hit: -hit[1])[: wanted.limit]
        collection = wanted.asked.collection
        waiting = _waiting(wanted, model_id, vector)

        def search(reach: int) -> Hits:
            key = embedder.identity.key
            hits = self._vectors.search(CHUNKS.name, key, wanted.tenant, collection, vector, reach)
            return sorted((dict(hits) | dict(waiting)).items(), key=lambda hit: -hit[1])[:reach]

        return _passing(wanted, search, 1 if wanted.asked.where is None else 4, DEEPEST)

    def compared(self, wanted: ChunkLookup, embedder: Embedder, vector: Floats, row_ids: list[int]) -> Hits:
        """The cosines of these rows."""
        return exact(_blobs(wanted.db, number_of(wanted.db, embedder.identity.key), row_ids), vector)

    def common(self, wanted: ChunkLookup) -> frozenset[str]:
        """The words that more than a fifth of the collection holds, going by a sample spread over it, which is taken
        anew once a tenth of the collection has come or gone."""
        key = (wanted.tenant, wanted.asked.collection)
        counted, common = self._common.get(key, (0, frozenset[str]()))
        if abs(wanted.size - counted) * 10 > counted:
            common = _frequent(wanted)
            self._common[key] = (wanted.size, common)
        return common


def _waiting(wanted: ChunkLookup, model_id: int, vector: Floats) -> Hits:
    """The best of those that wait, read part by part: after a table was lost, all of them do."""
    rows = wanted.db.execute(TAIL, (model_id, wanted.tenant, wanted.asked.collection))
    best: Hits = []
    while part := rows.fetchmany(AT_ONCE):
        best = sorted(best + exact(part, vector), key=lambda hit: -hit[1])[:DEEPEST]
    return best


def _passing(wanted: ChunkLookup, search: Callable[[int], Hits], deeper: int, deepest: int) -> Hits:
    """The first hits that pass the filter, however deep they lie; and that are still there. ``deeper`` is how many
    times as many are looked at first."""
    reach = min(wanted.limit * max(1, deeper), max(deepest, wanted.limit))
    while True:
        hits = search(reach)
        passed = wanted.passing([row_id for row_id, _ in hits])
        kept = [hit for hit in hits if hit[0] in passed]
        if len(kept) >= wanted.limit or len(hits) < reach or reach >= deepest:
            return kept[: wanted.limit]
        reach *= 4


def _size(db: sqlite3.Connection, tenant: str, collection: str) -> int:
    return int((db.execute(COUNTED, (tenant, collection)).fetchone() or (0,))[0])


def _frequent(wanted: ChunkLookup) -> frozenset[str]:
    step = max(1, wanted.size // SAMPLE)
    sample = wanted.db.execute(SAMPLED, (wanted.tenant, wanted.asked.collection, step))
    texts = [set(row[0].split()) for row in sample]
    if len(texts) < COMMON_FROM:
        return frozenset()
    holding = Counter(word for words in texts for word in words)
    return frozenset(word for word, times in holding.items() if times > COMMON_SHARE * len(texts))


def _blobs(db: sqlite3.Connection, model_id: int, row_ids: list[int]) -> list[tuple[int, bytes]]:
    return list(db.execute(BLOBS, (model_id, str(row_ids))))
