"""Finds chunks for a query: by words and by meaning, each with its own score, for the tools to fuse.

The one place that decides how: a collection of up to `chunk_contents.LIMIT` chunks is scanned exactly in memory; a
larger one goes through the tables outside SQLite, with what the indexer has not moved yet searched exactly beside them.
A filter is answered before the search: few documents that match are compared one by one, and among many the search
reaches deeper until enough of its hits match.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.analysis import query_words, without
from storage.document_filter import Filter, checking, listing
from storage.embedding.identity import Embedder
from storage.fulltext import quoted, scope_word
from storage.index_source import CHUNKS
from storage.meaning import embedded, exact
from storage.memory_vectors import models
from storage.scope_index import COMMON_FROM, COMMON_SHARE
from storage.vectors import VectorStore
from storage.working_sets import WorkingSets

Floats = NDArray[np.float32]
Hits = list[tuple[int, float]]  # row number and score, best first

ARM = 50  # candidates of each kind, at least
PER_RESULT = 5  # and so many for each result asked for, so that results can differ from each other
FEW = 20_000  # so many chunks that pass a filter are compared one by one
DEEPEST = 12_800  # hits looked at for those that pass a filter many others pass as well
SAMPLE = 500  # chunks that tell which words are common
WEIGHTS = "3.0, 1.0, 0.0"  # own words, headings, scope: as for memories

PLACES = """SELECT row_id, document_row, position, start, stop, page FROM chunks
    WHERE +tenant = ? AND +collection = ? AND row_id IN (SELECT value FROM json_each(?))"""
MATCHING = """SELECT c.row_id FROM documents d CROSS JOIN chunks c ON c.document_row = d.document_row
    WHERE d.tenant = ? AND d.collection = ? AND {0} LIMIT ?"""
PASSING = """SELECT c.row_id FROM json_each(?) j CROSS JOIN chunks c ON c.row_id = j.value
    CROSS JOIN documents d ON d.document_row = c.document_row WHERE c.tenant = ? AND c.collection = ? AND {0}"""
BY_WORDS = f"""SELECT f.rowid, bm25(chunks_fts, {WEIGHTS}) AS score FROM chunks_fts f
    WHERE chunks_fts MATCH ? AND f.rowid > ? ORDER BY score LIMIT ?"""
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
class ChunkFilter:
    """Which chunks a search may return."""

    collection: str
    where: Filter | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that may answer: its bm25 score, its cosine (None: not compared) and where it stands."""

    row_id: int
    lexical: float
    cosine: float | None
    document_row: int
    position: int
    start: int
    stop: int
    page: int | None


@dataclass(frozen=True, slots=True)
class FoundChunks:
    """Candidates in no order, and the embedder their cosines come from (None: words only)."""

    candidates: list[Candidate]
    embedder: Embedder | None


class ChunkSearch:
    """Searches chunks. Synchronous: call its methods on a database connection's thread."""

    def __init__(self, vectors: VectorStore, sets: WorkingSets) -> None:
        self._vectors = vectors
        self._sets = sets
        self._common: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}

    def find(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: ChunkFilter,
        query: str,
        embedders: Sequence[Embedder],
        limit: int = 5,
    ) -> FoundChunks:
        """The best of both kinds within the filter, enough to choose ``limit`` from. Rows are exactly those the filter
        lets through."""
        words = query_words(query)
        arm = max(ARM, PER_RESULT * limit)
        held = self._sets.best(db, tenant, asked.collection, embedders)
        if held is None:
            return self._find_indexed(db, tenant, asked, query, words, embedders, arm)
        index, embedder = held
        vector, embedder = embedded(embedder, without(query, index.common(words)))
        allowed = _matching(db, tenant, asked, -1) if asked.where else None
        weights = dict.fromkeys(words, 1.0)
        hits = index.search(weights, vector, now=0, include_archived=False, allowed=allowed, limit=arm)
        return FoundChunks(_candidates(db, tenant, asked, {hit[0]: hit[1:] for hit in hits}), embedder)

    def _find_indexed(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: ChunkFilter,
        query: str,
        words: Sequence[str],
        embedders: Sequence[Embedder],
        arm: int,
    ) -> FoundChunks:
        common = self._common_words(db, tenant, asked.collection)
        few = _matching(db, tenant, asked, FEW + 1) if asked.where else None
        few = few if few is not None and len(few) <= FEW else None
        telling = [word for word in words if word not in common] or words
        lexical = dict(self._by_words(db, tenant, asked, telling, arm, few))
        vector, embedder = embedded(_complete(db, embedders), without(query, common & set(words)))
        cosines: dict[int, float] = {}
        if embedder and vector is not None:
            model_id = models(db).get(embedder.identity.key, -1)
            cosines = dict(self._nearest(db, tenant, asked, embedder, model_id, vector, arm, few))
            unknown = [row_id for row_id in lexical if row_id not in cosines]
            cosines |= exact(_blobs(db, model_id, unknown), vector)
        found = {row_id: (lexical.get(row_id, 0.0), cosines.get(row_id)) for row_id in lexical | cosines}
        return FoundChunks(_candidates(db, tenant, asked, found), embedder)

    def _by_words(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: ChunkFilter,
        words: Sequence[str],
        limit: int,
        few: list[int] | None,
    ) -> Hits:
        """The best rows by words: of the table, and of what is newer than the table."""
        if not words:
            return []
        match = (
            f"scope : {scope_word(tenant, asked.collection)} AND {{own headings}} : ({' OR '.join(map(quoted, words))})"
        )

        def search(reach: int) -> Hits:
            hits, covered = self._vectors.search_words(CHUNKS.kind, tenant, asked.collection, words, reach)
            newer = [(row[0], -row[1]) for row in db.execute(BY_WORDS, (match, covered, reach))]
            return sorted(hits + newer, key=lambda hit: -hit[1])[:reach]

        return _passing(db, tenant, asked, search, limit)

    def _nearest(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: ChunkFilter,
        embedder: Embedder,
        model_id: int,
        vector: Floats,
        limit: int,
        few: list[int] | None,
    ) -> Hits:
        """The nearest rows: of the table, and of those that wait to be moved there."""
        if few is not None:
            return sorted(exact(_blobs(db, model_id, few), vector), key=lambda hit: -hit[1])[:limit]
        waiting = exact(list(db.execute(TAIL, (model_id, tenant, asked.collection))), vector)

        def search(reach: int) -> Hits:
            hits = self._vectors.search(CHUNKS.kind, embedder.identity.key, tenant, asked.collection, vector, reach)
            return sorted((dict(hits) | dict(waiting)).items(), key=lambda hit: -hit[1])[:reach]

        return _passing(db, tenant, asked, search, limit)

    def _common_words(self, db: sqlite3.Connection, tenant: str, collection: str) -> frozenset[str]:
        """The words that more than a fifth of the collection holds, going by a sample spread over it, which is taken
        anew once a tenth of the collection has come or gone."""
        size = int((db.execute(COUNTED, (tenant, collection)).fetchone() or (0,))[0])
        counted, common = self._common.get((tenant, collection), (0, frozenset[str]()))
        if abs(size - counted) * 10 > counted:
            common = _frequent(db, tenant, collection, size)
            self._common[tenant, collection] = (size, common)
        return common


def _passing(
    db: sqlite3.Connection, tenant: str, asked: ChunkFilter, search: Callable[[int], Hits], limit: int
) -> Hits:
    """The first ``limit`` hits that pass the filter, however deep they lie; and that are still there."""
    reach = limit if asked.where is None else 4 * limit
    while True:
        hits = search(reach)
        passed = _passed(db, tenant, asked, [row_id for row_id, _ in hits])
        kept = [hit for hit in hits if hit[0] in passed]
        if len(kept) >= limit or len(hits) < reach or reach >= DEEPEST:
            return kept[:limit]
        reach *= 4


def _passed(db: sqlite3.Connection, tenant: str, asked: ChunkFilter, row_ids: list[int]) -> set[int]:
    condition, values = checking(tenant, asked.collection, asked.where) if asked.where else ("1", [])
    found = db.execute(PASSING.format(condition), (str(row_ids), tenant, asked.collection, *values))
    return {row[0] for row in found}


def _matching(db: sqlite3.Connection, tenant: str, asked: ChunkFilter, limit: int) -> list[int]:
    """The chunks of documents that pass the filter; at most ``limit`` of them."""
    condition, values = listing(tenant, asked.collection, asked.where) if asked.where else ("1", [])
    found = db.execute(MATCHING.format(condition), (tenant, asked.collection, *values, limit))
    return [row[0] for row in found]


def _complete(db: sqlite3.Connection, embedders: Sequence[Embedder]) -> Embedder | None:
    """The preferred model that has seen every chunk, else the first one."""
    for embedder in reversed(embedders):
        known = db.execute("SELECT chunks_complete FROM models WHERE name = ?", (embedder.identity.key,)).fetchone()
        if known and known[0]:
            return embedder
    return embedders[0] if embedders else None


def _frequent(db: sqlite3.Connection, tenant: str, collection: str, size: int) -> frozenset[str]:
    sample = db.execute(SAMPLED, (tenant, collection, max(1, size // SAMPLE)))
    texts = [set(row[0].split()) for row in sample]
    if len(texts) < COMMON_FROM:
        return frozenset()
    holding = Counter(word for words in texts for word in words)
    return frozenset(word for word, times in holding.items() if times > COMMON_SHARE * len(texts))


def _blobs(db: sqlite3.Connection, model_id: int, row_ids: list[int]) -> list[tuple[int, bytes]]:
    return list(db.execute(BLOBS, (model_id, str(row_ids))))


def _candidates(
    db: sqlite3.Connection, tenant: str, asked: ChunkFilter, scores: dict[int, tuple[float, float | None]]
) -> list[Candidate]:
    places = db.execute(PLACES, (tenant, asked.collection, str(list(scores))))
    return [Candidate(row[0], *scores[row[0]], *row[1:]) for row in places]
