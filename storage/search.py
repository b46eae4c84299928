"""Finds candidates for a query: by words and by meaning, each with its own score, for the tools to fuse.

The one place that decides how: a scope of up to `scope_index.LIMIT` memories is scanned exactly in memory; a larger
one goes through FTS5 and the vector tables, with what the indexer has not moved yet scanned exactly beside them.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from storage import fulltext
from storage.analysis import query_words, without
from storage.embedding.identity import Embedder
from storage.meaning import embedded, exact
from storage.memories import MemoryFilter, matching, where
from storage.memory_vectors import Vectors, models
from storage.scope_index import COMMON_SHARE
from storage.thesaurus import WEIGHT, related
from storage.vectors import VectorStore
from storage.working_sets import WorkingSets

Floats = NDArray[np.float32]

ARM = 50  # candidates of each kind; between 50 and 100 recall moves by less than 0.2 points
FEW = 5_000  # so many rows that pass a narrow filter are compared one by one
KIND = "memories"

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
            return self._find_indexed(db, tenant, asked, query, words, embedders, arm)
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
        vectors: Vectors,
        embedders: Sequence[Embedder],
    ) -> dict[int, float]:
        """Near duplicates of a text by SimHash (at most ``distance`` bits) or cosine: similarity by row number.

        A scope too large to be held is asked by meaning only.
        """
        held = self.sets.best(db, tenant, asked.session_id, embedders)
        if held is None:
            return self._similar_indexed(db, tenant, asked, vectors, embedders)
        index, embedder = held
        close = index.near_duplicates(simhash, now=asked.now, distance=distance)
        found = {row_id: round(1 - bits / 64, 3) for row_id, bits in close}
        if embedder and (blob := vectors.get(embedder.identity.key)):
            hits = index.search(
                {}, np.frombuffer(blob, "<f4"), now=asked.now, include_archived=False, allowed=None, limit=5
            )
            found |= _duplicates([(row_id, cosine or 0) for row_id, _, cosine in hits], embedder)
        return found

    def _find_indexed(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: MemoryFilter,
        query: str,
        words: Sequence[str],
        embedders: Sequence[Embedder],
        arm: int,
    ) -> Found:
        common = self._common(db, tenant, asked.session_id, words)
        lexical = _by_words(db, tenant, asked, [word for word in words if word not in common] or words, arm)
        vector, embedder = embedded(_complete(db, embedders), without(query, common))
        cosines: dict[int, float] = {}
        if embedder and vector is not None:
            cosines = dict(self._nearest(db, tenant, asked, embedder, vector, arm))
            unknown = [row_id for row_id in lexical if row_id not in cosines]
            cosines |= exact(_blobs(db, _model_id(db, embedder), unknown), vector)
        found = {row_id: (lexical.get(row_id, 0.0), cosines.get(row_id)) for row_id in lexical | cosines}
        return Found(_candidates(db, tenant, found), embedder)

    def _common(
        self, db: sqlite3.Connection, tenant: str, session_id: str | None, words: Sequence[str]
    ) -> frozenset[str]:
        total = self._size(db, tenant, session_id)
        frequency = {word: fulltext.document_frequency(db, tenant, session_id, word) for word in words}
        return frozenset(word for word, holding in frequency.items() if holding > COMMON_SHARE * total)

    def _size(self, db: sqlite3.Connection, tenant: str, session_id: str | None) -> int:
        """About how many memories the scope holds, counted again once a tenth of it may have changed."""
        current = int(db.execute("SELECT value FROM change_counter").fetchone()[0])
        counted, size = self._sizes.get((tenant, session_id), (-1, 0))
        if counted < 0 or current - counted > size // 10:
            size = fulltext.size(db, tenant, session_id)
            self._sizes[tenant, session_id] = (current, size)
        return size

    def _nearest(
        self, db: sqlite3.Connection, tenant: str, asked: MemoryFilter, embedder: Embedder, vector: Floats, limit: int
    ) -> list[tuple[int, float]]:
        model, model_id = embedder.identity.key, _model_id(db, embedder)
        if asked.is_narrow and len(few := matching(db, tenant, asked, FEW + 1)) <= FEW:
            return exact(_blobs(db, model_id, few), vector)
        condition, values = where(tenant, asked)
        tail = list(db.execute(TAIL.format(condition=condition), (model_id, *values)))
        reach = limit * (10 if asked.is_narrow else 2)
        hits = self._vectors.search(KIND, model, tenant, asked.session_id, vector, reach)
        allowed = _allowed(db, tenant, asked, [row_id for row_id, _ in hits])
        found = {row_id: cosine for row_id, cosine in hits if row_id in allowed} | dict(exact(tail, vector))
        return sorted(found.items(), key=lambda hit: -hit[1])[:limit]

    def _similar_indexed(
        self,
        db: sqlite3.Connection,
        tenant: str,
        asked: MemoryFilter,
        vectors: Vectors,
        embedders: Sequence[Embedder],
    ) -> dict[int, float]:
        embedder = _complete(db, embedders)
        if embedder is None or not (blob := vectors.get(embedder.identity.key)):
            return {}
        return _duplicates(self._nearest(db, tenant, asked, embedder, np.frombuffer(blob, "<f4"), 5), embedder)


def _complete(db: sqlite3.Connection, embedders: Sequence[Embedder]) -> Embedder | None:
    """The preferred model that has seen every memory, else the first one."""
    for embedder in reversed(embedders):
        known = db.execute("SELECT complete FROM models WHERE name = ?", (embedder.identity.key,)).fetchone()
        if known and known[0]:
            return embedder
    return embedders[0] if embedders else None


def _by_words(
    db: sqlite3.Connection, tenant: str, asked: MemoryFilter, words: Sequence[str], limit: int
) -> dict[int, float]:
    """bm25 by row number: for the words, and at a fraction of it for words related to them."""
    weights = related(list(words))
    others = [word for word in weights if word not in words]
    found = {row_id: score * WEIGHT for row_id, score in fulltext.search(db, tenant, asked, others, limit)}
    for row_id, score in fulltext.search(db, tenant, asked, words, limit):
        found[row_id] = found.get(row_id, 0.0) + score
    return found


def _model_id(db: sqlite3.Connection, embedder: Embedder) -> int:
    return models(db).get(embedder.identity.key, -1)


def _candidates(db: sqlite3.Connection, tenant: str, scores: dict[int, tuple[float, float | None]]) -> list[Candidate]:
    traits = db.execute(TRAITS, (tenant, str(list(scores))))
    return [Candidate(row[0], *scores[row[0]], *row[1:]) for row in traits]


def _allowed(db: sqlite3.Connection, tenant: str, asked: MemoryFilter, row_ids: list[int]) -> set[int]:
    condition, values = where(tenant, asked)
    sql = f"""SELECT row_id FROM json_each(?) j CROSS JOIN memories m ON m.row_id = j.value WHERE {condition}"""
    return {row[0] for row in db.execute(sql, (str(row_ids), *values))}


def _blobs(db: sqlite3.Connection, model_id: int, row_ids: list[int]) -> list[tuple[int, bytes]]:
    sql = """SELECT row_id, vector FROM memory_vectors WHERE model_id = ? AND vector <> x''
             AND row_id IN (SELECT value FROM json_each(?))"""
    return list(db.execute(sql, (model_id, str(row_ids))))


def _duplicates(hits: Sequence[tuple[int, float]], embedder: Embedder) -> dict[int, float]:
    return {row_id: round(cosine, 3) for row_id, cosine in hits if cosine >= embedder.calibration.duplicate}
