"""Finds candidates for a query: by words and by meaning, each with its own score, for the tools to fuse.

The one place that decides how: a scope of up to `scope_index.LIMIT` memories is scanned exactly in memory; a larger
one goes through FTS5 and the vector tables, with what the indexer has not moved yet scanned exactly beside them.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from storage.analysis import query_words, without
from storage.change_counter import last_change
from storage.embedding.embedder import Embedder
from storage.embedding_models import number_of
from storage.index.kinds import MEMORIES
from storage.index.vectors import VectorStore
from storage.meaning import Floats, embedded, exact, preferred
from storage.memories import words as memory_words
from storage.memories.rows import MemoryFilter, live_count, matching, where
from storage.memories.vectors import VectorBlobs
from storage.thesaurus import WEIGHT, related
from storage.working_sets.held import WorkingSets
from storage.working_sets.index import COMMON_SHARE

ARM = 50  # candidates of each kind; between 50 and 100 recall moves by less than 0.2 points
SIMILAR = 5  # near duplicates by meaning, at most
FEW = 5_000  # so many rows that pass a narrow filter are compared one by one

TRAITS = """SELECT row_id, importance, occurred_at, access_count, speaker,
        1 + length(content) / 6
    FROM memories WHERE +tenant = ? AND row_id IN (SELECT value FROM json_each(?))"""
"""The last is about how many words; to count them would be the dearest part of a search."""
TAIL = """SELECT v.row_id, v.vector FROM index_queue q
    CROSS JOIN memory_vectors v ON v.row_id = q.row_id AND v.model_id = q.model_id
    CROSS JOIN memories m ON m.row_id = q.row_id WHERE q.model_id = ? AND v.vector <> x'' AND {condition}"""
"""CROSS keeps SQLite from beginning with every memory of the scope instead of the few lines of the queue."""


class Candidate(NamedTuple):
    """A memory that may answer: its bm25 score, its cosine (None: not compared) and what ranking weighs. A tuple,
    because a search makes a hundred of them."""

    row_id: int
    lexical: float
    cosine: float | None
    importance: float
    occurred_at: int
    access_count: int
    speaker: str
    length: int


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates in no order, and the embedder their cosines come from (None: words only)."""

    candidates: list[Candidate]
    embedder: Embedder | None


@dataclass(frozen=True, slots=True)
class MemoryLookup:
    """What is looked for, in one snapshot: whose memories, through which filter, how many of each kind."""

    db: sqlite3.Connection
    tenant: str
    asked: MemoryFilter
    limit: int


class MemorySearch:
    """Searches memories. Synchronous: call its methods on a database connection's thread."""

    def __init__(self, vectors: VectorStore, sets: WorkingSets) -> None:
        self._vectors = vectors
        self.sets = sets
        self._sizes: dict[tuple[str, str | None], tuple[int, int]] = {}

    def find(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: MemoryFilter,
        query: str,
        embedders: Sequence[Embedder],
        limit: int = 10,
    ) -> Found:
        """The best of both kinds within the filter, enough to choose ``limit`` from. Rows are exactly those the filter
        lets through."""
        words = query_words(query)
        arm = max(ARM, 3 * limit)
        held = self.sets.best(db, tenant, asked.session_id, embedders)
        if held is None:
            return self._find_indexed(MemoryLookup(db, tenant, asked, arm), query, words, embedders)
        index, embedder = held
        vector, embedder = embedded(embedder, without(query, index.common(words)))
        allowed = matching(db, tenant, asked) if asked.is_narrow else None
        hits = index.search(
            related(words), vector, now=asked.now, include_archived=asked.include_archived, allowed=allowed, limit=arm
        )
        return Found(_candidates(db, tenant, {hit[0]: hit[1:] for hit in hits}), embedder)

    def similar(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: MemoryFilter,
        *,
        simhash: int,
        distance: int,
        vectors: VectorBlobs,
        embedders: Sequence[Embedder],
    ) -> dict[int, float]:
        """Near duplicates of a text by SimHash (at most ``distance`` bits) or cosine: similarity by row number.

        A scope too large to be held is asked by meaning only.
        """
        held = self.sets.best(db, tenant, asked.session_id, embedders)
        if held is None:
            return self._similar_indexed(MemoryLookup(db, tenant, asked, SIMILAR), vectors, embedders)
        index, embedder = held
        close = index.near_duplicates(simhash, now=asked.now, distance=distance)
        found = {row_id: round(1 - bits / 64, 3) for row_id, bits in close}
        if embedder and (blob := vectors.get(embedder.identity.key)):
            hits = index.search(
                {}, np.frombuffer(blob, "<f4"), now=asked.now, include_archived=False, allowed=None, limit=SIMILAR
            )
            found |= _duplicates([(row_id, cosine or 0) for row_id, _, cosine in hits], embedder)
        return found

    def _find_indexed(
        self, wanted: MemoryLookup, query: str, words: Sequence[str], embedders: Sequence[Embedder]
    ) -> Found:
        db = wanted.db
        common = self._common(wanted, words)
        lexical = _by_words(wanted, [word for word in words if word not in common] or words)
        vector, embedder = embedded(preferred(db, embedders, "memories"), without(query, common))
        cosines: dict[int, float] = {}
        if embedder and vector is not None:
            cosines = dict(self._nearest(wanted, embedder, vector))
            unknown = [row_id for row_id in lexical if row_id not in cosines]
            cosines |= exact(_blobs(db, number_of(db, embedder.identity.key), unknown), vector)
        found = {row_id: (lexical.get(row_id, 0.0), cosines.get(row_id)) for row_id in lexical | cosines}
        return Found(_candidates(db, wanted.tenant, found), embedder)

    def _common(self, wanted: MemoryLookup, words: Sequence[str]) -> frozenset[str]:
        """The words that more than a fifth of the scope holds."""
        db, tenant, session_id = wanted.db, wanted.tenant, wanted.asked.session_id
        total = self._size(db, tenant, session_id)
        frequency = {word: memory_words.document_frequency(db, tenant, session_id, word) for word in words}
        return frozenset(word for word, holding in frequency.items() if holding > COMMON_SHARE * total)

    def _size(self, db: sqlite3.Connection, tenant: str, session_id: str | None) -> int:
        """About how many memories the scope holds, counted again once a tenth of it may have changed."""
        current = last_change(db)
        counted, size = self._sizes.get((tenant, session_id), (-1, 0))
        if counted < 0 or current - counted > size // 10:
            size = live_count(db, tenant, session_id)
            self._sizes[tenant, session_id] = (current, size)
        return size

    def _nearest(self, wanted: MemoryLookup, embedder: Embedder, vector: Floats) -> list[tuple[int, float]]:
        """The rows nearest in meaning: few that pass a narrow filter one by one, else those of the table and those that
        wait to be moved there."""
        db, tenant, asked = wanted.db, wanted.tenant, wanted.asked
        model, model_id = embedder.identity.key, number_of(db, embedder.identity.key)
        if asked.is_narrow and len(few := matching(db, tenant, asked, FEW + 1)) <= FEW:
            return exact(_blobs(db, model_id, few), vector)
        condition, values = where(tenant, asked)
        tail = list(db.execute(TAIL.format(condition=condition), (model_id, *values)))
        reach = wanted.limit * (10 if asked.is_narrow else 2)
        hits = self._vectors.search(MEMORIES.name, model, tenant, asked.session_id, vector, reach)
        allowed = _allowed(wanted, [row_id for row_id, _ in hits])
        found = {row_id: cosine for row_id, cosine in hits if row_id in allowed} | dict(exact(tail, vector))
        return sorted(found.items(), key=lambda hit: -hit[1])[: wanted.limit]

    def _similar_indexed(
        self, wanted: MemoryLookup, vectors: VectorBlobs, embedders: Sequence[Embedder]
    ) -> dict[int, float]:
        embedder = preferred(wanted.db, embedders, "memories")
        if embedder is None or not (blob := vectors.get(embedder.identity.key)):
            return {}
        return _duplicates(self._nearest(wanted, embedder, np.frombuffer(blob, "<f4")), embedder)


def _by_words(wanted: MemoryLookup, words: Sequence[str]) -> dict[int, float]:
    """bm25 by row number: for the words, and at a fraction of it for words related to them."""
    db, tenant, asked, limit = wanted.db, wanted.tenant, wanted.asked, wanted.limit
    others = [word for word in related(list(words)) if word not in words]
    found = {row_id: score * WEIGHT for row_id, score in memory_words.search(db, tenant, asked, others, limit)}
    for row_id, score in memory_words.search(db, tenant, asked, words, limit):
        found[row_id] = found.get(row_id, 0.0) + score
    return found


def _candidates(db: sqlite3.Connection, tenant: str, scores: dict[int, tuple[float, float | None]]) -> list[Candidate]:
    traits = db.execute(TRAITS, (tenant, str(list(scores))))
    return [Candidate(row[0], *scores[row[0]], *row[1:]) for row in traits]


def _allowed(wanted: MemoryLookup, row_ids: list[int]) -> set[int]:
    """Those of these rows that are there and pass the filter."""
    condition, values = where(wanted.tenant, wanted.asked)
    sql = f"""SELECT row_id FROM json_each(?) j CROSS JOIN memories m ON m.row_id = j.value WHERE {condition}"""
    return {row[0] for row in wanted.db.execute(sql, (str(row_ids), *values))}


def _blobs(db: sqlite3.Connection, model_id: int, row_ids: list[int]) -> list[tuple[int, bytes]]:
    sql = """SELECT row_id, vector FROM memory_vectors WHERE model_id = ? AND vector <> x''
             AND row_id IN (SELECT value FROM json_each(?))"""
    return list(db.execute(sql, (model_id, str(row_ids))))


def _duplicates(hits: Sequence[tuple[int, float]], embedder: Embedder) -> dict[int, float]:
    return {row_id: round(cosine, 3) for row_id, cosine in hits if cosine >= embedder.calibration.duplicate}
