"""A working set: one scope's words and vectors in memory, searched exactly.

Up to LIMIT rows this is faster than any index on disk, and its statistics are the scope's own: what other tenants or
sessions hold cannot move a ranking. It is a copy that catches up with the database before each search, by change
number, so it does not matter which process wrote.

Words are scored with BM25 over three fields (Robertson, Zaragoza, "The Probabilistic Relevance Framework", 2009, with
FTS5's constants): the memory's own words, those of the two turns before and after it in the same sitting of a
conversation, and what stands beside it: the date of a memory in words, the headings above a chunk.
"""

import math
import threading
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from storage.working_sets.columns import ACTIVE, ARCHIVED, DEAD, NEIGHBOURS, Floats, ScopeColumns, ScopeEntry
from storage.working_sets.turns import ScopeTurns

LIMIT = 20_000
OWN, NEAR, BESIDE = 3.0, 1.0, 1.0
K1, B = 1.2, 0.75
COMMON_FROM = 50  # below so many rows no word is common
COMMON_SHARE = 0.2
MOST_EQUAL = 500  # of those that score the same as the last one taken
MOST_WORDS = 400_000  # different ones; each takes some 400 bytes, and tables of numbers hold hundreds in a chunk


class TooManyWords(Exception):
    """The scope holds more different words than memory is given to. The index is of no use afterwards."""


class Postings:
    """Where a word occurs and how often there, growing at the end."""

    __slots__ = ("counts", "positions")

    def __init__(self) -> None:
        self.positions = array("i")
        self.counts = array("B")

    def add(self, position: int, times: int) -> None:
        self.positions.append(position)
        self.counts.append(times if times < 255 else 255)


class ScopeIndex:
    """One scope under one embedding model (``dimension`` 0: words only). Safe to use from several threads."""

    def __init__(self, dimension: int, most_words: int = MOST_WORDS) -> None:
        self.lock = threading.RLock()
        self._most_words = most_words
        self.seq = 0
        self.missing: set[int] = set()
        self._dimension = dimension
        self._columns = ScopeColumns(dimension)
        self._turns = ScopeTurns(self._columns)
        self._at: dict[int, int] = {}
        self._own: defaultdict[str, Postings] = defaultdict(Postings)
        self._beside: defaultdict[str, Postings] = defaultdict(Postings)
        self._norms: tuple[Floats, int] | None = None

    def __len__(self) -> int:
        """Rows held, dead ones included: what memory it takes."""
        return self._columns.size

    @property
    def vocabulary(self) -> int:
        """Different words held."""
        return len(self._own) + len(self._beside)

    def row_ids(self) -> set[int]:
        """The rows held, dead ones included."""
        with self.lock:
            return set(self._at)

    def apply(self, entries: Iterable[ScopeEntry], gone: Iterable[int]) -> None:
        """Learn of changed rows, the oldest first, and of those that are gone. Raises TooManyWords."""
        with self.lock:
            self._norms = None
            torn: set[str] = set()  # sessions whose turns have to be linked anew
            for row_id in gone:
                self._kill(row_id)
                torn |= self._turns.leave(row_id)
            for entry in entries:
                before = self._kill(entry.row_id)
                if entry.state not in ("active", "archived"):
                    torn |= self._turns.leave(entry.row_id)
                    continue
                at = self._append(entry)
                if self.vocabulary > self._most_words:
                    raise TooManyWords
                torn |= self._turns.take(entry, at, before) if entry.is_turn else self._turns.leave(entry.row_id)
            for session_id in torn:
                self._turns.relink(session_id)

    def search(
        self,
        words: Mapping[str, float],
        vector: Floats | None,
        *,
        now: int,
        include_archived: bool,
        allowed: Sequence[int] | None,
        limit: int,
    ) -> list[tuple[int, float, float | None]]:
        """The best ``limit`` rows by words (each with its weight) and the best by meaning, with what scores the same as
        the last of them: (row number, bm25, cosine or None)."""
        with self.lock:
            mask = self._eligible(now, include_archived, allowed)
            lexical = self._bm25(words) * mask
            best = _top(lexical, limit)
            if vector is None or not self._dimension:
                return [(int(self._columns.row_ids[at]), float(lexical[at]), None) for at in best]
            cosine = (self._columns.vectors[: self._columns.size] @ vector) * mask
            found = np.unique(np.concatenate([best, _top(cosine, limit)]))
            hits = zip(
                self._columns.row_ids[found].tolist(), lexical[found].tolist(), cosine[found].tolist(), strict=True
            )
            return list(hits)

    def common(self, words: Sequence[str]) -> frozenset[str]:
        """The words that a fifth of the memories hold: names of the people talking, mostly."""
        with self.lock:
            total = self._norm()[1]
            if total < COMMON_FROM:
                return frozenset()
            return frozenset(
                word
                for word in words
                if word in self._own and len(self._alive(self._own[word])[0]) > COMMON_SHARE * total
            )

    def near_duplicates(self, simhash: int, *, now: int, distance: int) -> list[tuple[int, int]]:
        """Active rows whose SimHash differs in at most ``distance`` bits: (row number, bits)."""
        with self.lock:
            differing = self._columns.simhashes[: self._columns.size] ^ np.int64(simhash)
            bits = np.bitwise_count(differing.view(np.uint64))  # of signed numbers it would count the magnitude's
            close = np.flatnonzero(self._eligible(now, False, None) & (bits <= distance))
            return [(int(self._columns.row_ids[at]), int(bits[at])) for at in close]

    def _bm25(self, words: Mapping[str, float]) -> Floats:
        scores = np.zeros(self._columns.size, np.float32)
        if not words:
            return scores
        norm, total = self._norm()
        for word, weight in words.items():
            frequency = self._frequency(word)
            if frequency is None:
                continue
            holding = int(np.count_nonzero(frequency))
            rarity = max(math.log((total - holding + 0.5) / (holding + 0.5)), 1e-6)
            scores += weight * rarity * (K1 + 1) * frequency / (frequency + norm)
        return scores

    def _norm(self) -> tuple[Floats, int]:
        """BM25's length part of every row and how many rows are alive; kept until something changes."""
        if self._norms is None:
            alive = self._columns.states[: self._columns.size] != DEAD
            padded = np.append(
                self._columns.lengths[: self._columns.size] * alive, np.float32(0)
            )  # neighbour -1 reads the zero
            lengths = (
                padded[:-1]
                + padded[self._columns.near[: self._columns.size]].sum(axis=1)
                + self._columns.beside_lengths[: self._columns.size]
            )
            average = float(lengths[alive].mean()) if alive.any() else 1.0
            norm = (K1 * (1 - B + B * lengths / max(average, 1e-9))).astype(np.float32)
            self._norms = norm, int(alive.sum())
        return self._norms

    def _frequency(self, word: str) -> Floats | None:
        """The word's weighted count in every live row, all fields together."""
        places: list[NDArray[np.int32]] = []
        weights: list[Floats] = []
        if word in self._own:
            at, counts = self._alive(self._own[word])
            near = self._columns.near[at].ravel()
            places += [at, near[near >= 0]]
            weights += [OWN * counts, NEAR * np.repeat(counts, NEIGHBOURS)[near >= 0]]
        if word in self._beside:
            at, counts = self._alive(self._beside[word])
            places.append(at)
            weights.append(BESIDE * counts)
        if not places:
            return None
        total = np.bincount(np.concatenate(places), np.concatenate(weights), self._columns.size).astype(np.float32)
        total[self._columns.states[: self._columns.size] == DEAD] = 0
        return total

    def _alive(self, postings: Postings) -> tuple[NDArray[np.int32], Floats]:
        at = np.array(postings.positions, np.int32)
        alive = self._columns.states[at] != DEAD
        return at[alive], np.array(postings.counts, np.float32)[alive]

    def _eligible(self, now: int, include_archived: bool, allowed: Sequence[int] | None) -> NDArray[np.bool_]:
        states = self._columns.states[: self._columns.size]
        mask: NDArray[np.bool_] = (states == ACTIVE) | ((states == ARCHIVED) & include_archived)
        mask &= self._columns.expires[: self._columns.size] > now
        if allowed is not None:
            mask &= np.isin(self._columns.row_ids[: self._columns.size], np.asarray(allowed, np.int64))
        return mask

    def _append(self, entry: ScopeEntry) -> int:
        """Add a row; where it stands."""
        at = self._columns.append(entry)
        self._at[entry.row_id] = at
        for word, times in Counter(entry.words).items():
            self._own[word].add(at, times)
        for word in set(entry.beside):
            self._beside[word].add(at, 1)
        if self._dimension and entry.vector is None:
            self.missing.add(entry.row_id)
        return at

    def _kill(self, row_id: int) -> int | None:
        """Take a row out of every search; where it stood."""
        self.missing.discard(row_id)
        at = self._at.get(row_id)
        if at is not None:
            self._columns.states[at] = DEAD
        return at


def _top(scores: Floats, limit: int) -> NDArray[np.intp]:
    """Positions of the highest positive scores."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        cutoff = np.partition(scores[found], -limit)[-limit]
        found = found[scores[found] >= cutoff][-MOST_EQUAL - limit :]  # equals are for ranking to tell apart
    return found
