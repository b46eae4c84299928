"""The working sets held in memory, caught up with the database before each use and bounded in rows."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from storage.embedding.identity import Embedder
from storage.fulltext import WORDS_OF_ROW
from storage.memories import LIVE
from storage.scope_index import LIMIT, Entry, ScopeIndex

MAX_ROWS = 60_000  # over all working sets: some 100 MB with 384 dimensions

SIZE = f"SELECT count(*) FROM (SELECT 1 FROM memories WHERE tenant = ? {{scope}} AND state IN {LIVE} LIMIT ?)"
CHANGED = f"""SELECT m.row_id, m.session_id, {WORDS_OF_ROW}, m.speaker <> '' OR m.content_type = 'context',
        m.occurred_at, m.expires_at, m.state, m.simhash, v.vector
    FROM memories m LEFT JOIN memories_fts f ON f.rowid = m.row_id
    LEFT JOIN memory_vectors v ON v.row_id = m.row_id AND v.model_id = ?
    WHERE m.tenant = ? {{scope}} AND m.seq > ? ORDER BY m.row_id"""
PURGED = "SELECT row_id FROM purged WHERE tenant = ? AND seq > ?"

Key = tuple[str, str | None, str]  # tenant, session or all of them, model


class WorkingSets:
    """Hands out the scope's index under a model, current as of the caller's snapshot."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self._max_rows = max_rows
        self._lock = threading.Lock()
        self._held: OrderedDict[Key, ScopeIndex] = OrderedDict()

    def best(
        self, db: sqlite3.Connection, tenant: str, session_id: str | None, embedders: Sequence[Embedder]
    ) -> tuple[ScopeIndex, Embedder | None] | None:
        """The scope under the preferred model that has seen all of it, else the one that has seen most.

        ``embedders`` come with the preferred one last. None when the scope is too large to be held.
        """
        if not self._fits(db, tenant, session_id, embedders):
            return None
        chosen: tuple[ScopeIndex, Embedder | None] | None = None
        choices: list[Embedder | None] = [*reversed(embedders)]
        for embedder in choices or [None]:
            index = self._current(db, tenant, session_id, embedder)
            if chosen is None or len(index.missing) < len(chosen[0].missing):
                chosen = index, embedder
            if not index.missing:
                break
        return chosen

    def forget(self) -> None:
        """Drop every working set; they are built again when asked for."""
        with self._lock:
            self._held.clear()

    def _fits(self, db: sqlite3.Connection, tenant: str, session_id: str | None, embedders: Sequence[Embedder]) -> bool:
        model = embedders[-1].identity.key if embedders else ""
        with self._lock:
            index = self._held.get((tenant, session_id, model))
            if index is not None and len(index) <= LIMIT + LIMIT // 2:  # dead rows count too
                return True
            self._held.pop((tenant, session_id, model), None)
        scope, values = _scope(session_id)
        size = db.execute(SIZE.format(scope=scope), (tenant, *values, LIMIT + 1)).fetchone()[0]
        return bool(size <= LIMIT)

    def _current(
        self, db: sqlite3.Connection, tenant: str, session_id: str | None, embedder: Embedder | None
    ) -> ScopeIndex:
        key = (tenant, session_id, embedder.identity.key if embedder else "")
        with self._lock:
            index = self._held.setdefault(key, ScopeIndex(embedder.identity.dimension if embedder else 0))
            self._held.move_to_end(key)
        with index.lock:
            _catch_up(db, tenant, session_id, key[2], index)
        self._shrink(key)
        return index

    def _shrink(self, keep: Key) -> None:
        with self._lock:
            while sum(map(len, self._held.values())) > self._max_rows:
                oldest = next(iter(self._held))
                if oldest == keep:
                    return
                del self._held[oldest]


def _catch_up(db: sqlite3.Connection, tenant: str, session_id: str | None, model: str, index: ScopeIndex) -> None:
    current = int(db.execute("SELECT value FROM change_counter").fetchone()[0])
    if current <= index.seq:
        return
    scope, values = _scope(session_id)
    known = db.execute("SELECT model_id FROM models WHERE name = ?", (model,)).fetchone()
    model_id = known[0] if known else -1
    gone = [row[0] for row in db.execute(PURGED, (tenant, index.seq))]
    changed = db.execute(CHANGED.format(scope=scope), (model_id, tenant, *values, index.seq))
    index.apply((_entry(row) for row in changed), gone)
    index.seq = current


def _entry(row: tuple[Any, ...]) -> Entry:
    row_id, session_id, own, day, is_turn, occurred_at, expires_at, state, simhash, vector = row
    return Entry(
        row_id, session_id, str(own or "").split(), str(day or "").split(), bool(is_turn), occurred_at, expires_at,
        state, simhash, vector,
    )  # fmt: skip


def _scope(session_id: str | None) -> tuple[str, list[str]]:
    return ("", []) if session_id is None else ("AND session_id = ?", [session_id])
