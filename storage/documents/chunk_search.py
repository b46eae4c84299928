"""Finds chunks for a query: by words and by meaning, each with its own score, for the tools to fuse.

The one place that decides how: a collection of up to `chunk_working_sets.LIMIT` chunks is scanned exactly in memory, a
larger one goes through the tables outside SQLite.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from storage.analysis import query_words, without
from storage.documents.chunk_filter import ChunkFilter, matching
from storage.documents.chunk_tables import ChunkLookup, ChunkTables
from storage.embedding.embedder import Embedder
from storage.index.vectors import VectorStore
from storage.meaning import embedded, preferred
from storage.working_sets.held import WorkingSets

ARM = 50  # candidates of each kind, at least
PER_RESULT = 5  # and so many for each result asked for, so that results can differ from each other

PLACES = """SELECT row_id, document_row, position, start, stop FROM chunks
    WHERE +tenant = ? AND +collection = ? AND row_id IN (SELECT value FROM json_each(?))"""


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


@dataclass(frozen=True, slots=True)
class FoundChunks:
    """Candidates in no order, and the embedder their cosines come from (None: words only)."""

    candidates: list[Candidate]
    embedder: Embedder | None


class ChunkSearch:
    """Searches chunks. Synchronous: call its methods on a database connection's thread."""

    def __init__(self, vectors: VectorStore, sets: WorkingSets) -> None:
        self._tables = ChunkTables(vectors)
        self.sets = sets

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
        held = self.sets.best(db, tenant, asked.collection, embedders)
        if held is None:
            return self._find_indexed(ChunkLookup.of(db, tenant, asked, arm), query, words, embedders)
        index, embedder = held
        vector, embedder = embedded(embedder, without(query, index.common(words)))
        allowed = matching(db, tenant, asked) if asked.where else None
        weights = dict.fromkeys(words, 1.0)
        hits = index.search(weights, vector, now=0, include_archived=False, allowed=allowed, limit=arm)
        return FoundChunks(_candidates(db, tenant, asked, {hit[0]: hit[1:] for hit in hits}), embedder)

    def _find_indexed(
        self, wanted: ChunkLookup, query: str, words: Sequence[str], embedders: Sequence[Embedder]
    ) -> FoundChunks:
        common = self._tables.common(wanted)
        telling = [word for word in words if word not in common] or words
        vector, embedder = embedded(
            preferred(wanted.db, embedders, "chunks"), without(query, common.intersection(words))
        )
        lexical = dict(self._tables.by_words(wanted, telling, is_alone=vector is None))
        cosines: dict[int, float] = {}
        if embedder and vector is not None:
            cosines = dict(self._tables.nearest(wanted, embedder, vector))
            unknown = [row_id for row_id in lexical if row_id not in cosines]
            cosines |= self._tables.compared(wanted, embedder, vector, unknown)
        found = {row_id: (lexical.get(row_id, 0.0), cosines.get(row_id)) for row_id in lexical | cosines}
        return FoundChunks(_candidates(wanted.db, wanted.tenant, wanted.asked, found), embedder)


def _candidates(
    db: sqlite3.Connection, tenant: str, asked: ChunkFilter, scores: dict[int, tuple[float, float | None]]
) -> list[Candidate]:
    places = db.execute(PLACES, (tenant, asked.collection, str(list(scores))))
    return [Candidate(row[0], *scores[row[0]], *row[1:]) for row in places]
