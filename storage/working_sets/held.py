"""The working sets held in memory, caught up with the database before each use, bounded in rows and in words."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from storage.change_counter import last_change
from storage.embedding.embedder import Embedder
from storage.embedding_models import number_of
from storage.working_sets.columns import ScopeEntry
from storage.working_sets.index import MOST_WORDS, ScopeIndex, TooManyWords

MOST_SETS = 500
"""Scopes that are held, however little is in them: each takes some memory, and is looked at when one has to go."""
Key = tuple[str, str | None, str]  # tenant, scope or all of them, model


@dataclass(frozen=True, slots=True)
class Contents:
    """What working sets of one kind hold, as queries that take the tenant and the scope; None is all its scopes."""

    limit: int
    """Most rows of a scope that is held."""
    most: int
    """Most rows of all scopes together."""
    fits: Callable[[sqlite3.Connection, str, str | None], bool]
    changes: Callable[[sqlite3.Connection, str, str | None, int, int], int]
    """How many rows changed after a change number, counted up to a number given last."""
    changed: Callable[[sqlite3.Connection, str, str | None, int, int], Iterable[ScopeEntry]]
    """Rows that changed after a change number, in order, with their vectors of a model."""
    gone: Callable[[sqlite3.Connection, str, str | None, int, ScopeIndex], Iterable[int]]
    """Rows that went away after a change number; naming one that the index does not hold does no harm."""
    most_words: int = MOST_WORDS
    """Most different words of a scope; twice as many of all scopes together."""


class WorkingSets:
    """Hands out the scope's index under a model, current as of the caller's snapshot."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._lock = threading.Lock()
        self._held: OrderedDict[Key, ScopeIndex] = OrderedDict()
        self._too_rich: set[tuple[str, str | None]] = set()
        self.hits = 0
        """Searches that found their scope here,"""
        self.misses = 0
        """that had it built, and"""
        self.refusals = 0
        """that had to do without, for its size."""

    def best(
        self, db: sqlite3.Connection, tenant: str, scope: str | None, embedders: Sequence[Embedder]
    ) -> tuple[ScopeIndex, Embedder | None] | None:
        """The scope under the preferred model that has seen all of it, else the one that has seen most.

        ``embedders`` come with the preferred one last. None when the scope is too large to be held, or has too many
        different words.
        """
        if not self._fits(db, tenant, scope, embedders):
            self.refusals += 1
            return None
        chosen: tuple[ScopeIndex, Embedder | None] | None = None
        choices: list[Embedder | None] = [*reversed(embedders)]
        for embedder in choices or [None]:
            try:
                index = self._current(db, tenant, scope, embedder)
            except TooManyWords:
                self._give_up(tenant, scope)
                self.refusals += 1
                return None
            if chosen is None or len(index.missing) < len(chosen[0].missing):
                chosen = index, embedder
            if not index.missing:
                break
        return chosen

    def forget(self) -> None:
        """Drop every working set; they are built again when asked for."""
        with self._lock:
            self._held.clear()
            self._too_rich.clear()

    def _give_up(self, tenant: str, scope: str | None) -> None:
        """Never try this scope again, in this process: to find out takes as long as to build it."""
        with self._lock:
            self._too_rich.add((tenant, scope))
            for key in [key for key in self._held if key[:2] == (tenant, scope)]:
                del self._held[key]

    def _fits(self, db: sqlite3.Connection, tenant: str, scope: str | None, embedders: Sequence[Embedder]) -> bool:
        key = (tenant, scope, embedders[-1].identity.key if embedders else "")
        with self._lock:
            if (tenant, scope) in self._too_rich:
                return False
            index = self._held.get(key)
        if index is not None and self._has_room(db, tenant, scope, index):
            return True
        with self._lock:
            self._held.pop(key, None)
        return self._contents.fits(db, tenant, scope)

    def _has_room(self, db: sqlite3.Connection, tenant: str, scope: str | None, index: ScopeIndex) -> bool:
        """Whether what it has yet to learn fits beside what it holds: a scope may have grown a thousandfold since."""
        with index.lock:
            room = self._contents.limit * 3 // 2 - len(index)  # dead rows count too
            return room >= 0 and self._contents.changes(db, tenant, scope, index.seq, room + 1) <= room

    def _current(self, db: sqlite3.Connection, tenant: str, scope: str | None, embedder: Embedder | None) -> ScopeIndex:
        key = (tenant, scope, embedder.identity.key if embedder else "")
        dimension = embedder.identity.dimension if embedder else 0
        with self._lock:
            if key in self._held:
                self.hits += 1
            else:
                self.misses += 1
            index = self._held.setdefault(key, ScopeIndex(dimension, self._contents.most_words))
            self._held.move_to_end(key)
        with index.lock:
            self._catch_up(db, key, index)
        self._shrink(key)
        return index

    def _shrink(self, keep: Key) -> None:
        with self._lock:
            while self._is_over():
                oldest = next(iter(self._held))
                if oldest == keep:
                    return
                del self._held[oldest]

    def _is_over(self) -> bool:
        held = self._held.values()
        return (
            len(held) > MOST_SETS
            or sum(map(len, held)) > self._contents.most
            or sum(each.vocabulary for each in held) > 2 * self._contents.most_words
        )

    def _catch_up(self, db: sqlite3.Connection, key: Key, index: ScopeIndex) -> None:
        current = last_change(db)
        if current <= index.seq:
            return
        tenant, scope, model = key
        model_id = number_of(db, model)
        gone = list(self._contents.gone(db, tenant, scope, index.seq, index))
        index.apply(self._contents.changed(db, tenant, scope, model_id, index.seq), gone)
        index.seq = current
