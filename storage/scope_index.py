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
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LIMIT = 20_000
FIRST_ROWS = 32  # most sessions are small
SITTING_MS = 3_600_000
OWN, NEAR, BESIDE = 3.0, 1.0, 1.0
K1, B = 1.2, 0.75
COMMON_FROM = 50  # below so many rows no word is common
COMMON_SHARE = 0.2
MOST_EQUAL = 500  # of those that score the same as the last one taken
MOST_WORDS = 400_000  # different ones; each takes some 400 bytes, and tables of numbers hold hundreds in a chunk
DEAD, ACTIVE, ARCHIVED = 0, 1, 2
NO_EXPIRY = 2**62


COLUMN_NAMES = "_row_ids _states _expires _occurred _simhashes _lengths _beside_lengths _near _vectors".split()


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index keeps of one memory or chunk. ``vector`` is None where the model has not seen it, empty where it
    has none for this text."""

    row_id: int
    session_id: str
    words: list[str]
    beside: list[str]
    is_turn: bool
    occurred_at: int
    expires_at: int | None
    state: str
    simhash: int
    vector: bytes | None


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
        self._size = 0
        self._at: dict[int, int] = {}
        self._own: defaultdict[str, Postings] = defaultdict(Postings)
        self._beside: defaultdict[str, Postings] = defaultdict(Postings)
        self._norms: tuple[Floats, int] | None = None
        self._turns: defaultdict[str, dict[int, int]] = defaultdict(dict)  # where the turns of a session stand, by row
        self._session_of: dict[int, str] = {}
        self._allocate(FIRST_ROWS)

    def __len__(self) -> int:
        """Rows held, dead ones included: what memory it takes."""
        return self._size

    @property
    def vocabulary(self) -> int:
        """Different words held."""
        return len(self._own) + len(self._beside)

    def row_ids(self) -> set[int]:
        """The rows held, dead ones included."""
        with self.lock:
            return set(self._at)

    def apply(self, entries: Iterable[Entry], gone: Iterable[int]) -> None:
        """Learn of changed rows, the oldest first, and of those that are gone. Raises TooManyWords."""
        with self.lock:
            self._norms = None
            torn: set[str] = set()  # sessions whose turns have to be linked anew
            for row_id in gone:
                self._kill(row_id)
                torn |= self._leave(row_id)
            for entry in entries:
                before = self._kill(entry.row_id)
                if entry.state not in ("active", "archived"):
                    torn |= self._leave(entry.row_id)
                    continue
                at = self._append(entry)
                if self.vocabulary > self._most_words:
                    raise TooManyWords
                torn |= self._take_turn(entry, at, before) if entry.is_turn else self._leave(entry.row_id)
            for session_id in torn:
                self._relink(session_id)

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
                return [(int(self._row_ids[at]), float(lexical[at]), None) for at in best]
            cosine = (self._vectors[: self._size] @ vector) * mask
            found = np.unique(np.concatenate([best, _top(cosine, limit)]))
            hits = zip(self._row_ids[found].tolist(), lexical[found].tolist(), cosine[found].tolist(), strict=True)
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
            differing = self._simhashes[: self._size] ^ np.int64(simhash)
            bits = np.bitwise_count(differing.view(np.uint64))  # of signed numbers it would count the magnitude's
            close = np.flatnonzero(self._eligible(now, False, None) & (bits <= distance))
            return [(int(self._row_ids[at]), int(bits[at])) for at in close]

    def _bm25(self, words: Mapping[str, float]) -> Floats:
        scores = np.zeros(self._size, np.float32)
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
            alive = self._states[: self._size] != DEAD
            padded = np.append(self._lengths[: self._size] * alive, np.float32(0))  # neighbour -1 reads the zero
            lengths = padded[:-1] + padded[self._near[: self._size]].sum(axis=1) + self._beside_lengths[: self._size]
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
            near = self._near[at].ravel()
            places += [at, near[near >= 0]]
            weights += [OWN * counts, NEAR * np.repeat(counts, 4)[near >= 0]]
        if word in self._beside:
            at, counts = self._alive(self._beside[word])
            places.append(at)
            weights.append(BESIDE * counts)
        if not places:
            return None
        total = np.bincount(np.concatenate(places), np.concatenate(weights), self._size).astype(np.float32)
        total[self._states[: self._size] == DEAD] = 0
        return total

    def _alive(self, postings: Postings) -> tuple[NDArray[np.int32], Floats]:
        at = np.array(postings.positions, np.int32)
        alive = self._states[at] != DEAD
        return at[alive], np.array(postings.counts, np.float32)[alive]

    def _eligible(self, now: int, include_archived: bool, allowed: Sequence[int] | None) -> NDArray[np.bool_]:
        states = self._states[: self._size]
        mask: NDArray[np.bool_] = (states == ACTIVE) | ((states == ARCHIVED) & include_archived)
        mask &= self._expires[: self._size] > now
        if allowed is not None:
            mask &= np.isin(self._row_ids[: self._size], np.asarray(allowed, np.int64))
        return mask

    def _append(self, entry: Entry) -> int:
        """Add a row; where it stands."""
        if self._size == len(self._row_ids):
            self._grow()
        at = self._size
        self._size += 1
        self._at[entry.row_id] = at
        self._row_ids[at] = entry.row_id
        self._states[at] = ACTIVE if entry.state == "active" else ARCHIVED
        self._expires[at] = NO_EXPIRY if entry.expires_at is None else entry.expires_at
        self._occurred[at] = entry.occurred_at
        self._simhashes[at] = entry.simhash
        self._lengths[at], self._beside_lengths[at] = len(entry.words), len(entry.beside)
        for word, times in Counter(entry.words).items():
            self._own[word].add(at, times)
        for word in set(entry.beside):
            self._beside[word].add(at, 1)
        self._near[at] = -1
        self._keep_vector(at, entry)
        return at

    def _keep_vector(self, at: int, entry: Entry) -> None:
        if not self._dimension:
            return
        if entry.vector is None:
            self.missing.add(entry.row_id)
        if entry.vector:
            self._vectors[at] = np.frombuffer(entry.vector, "<f4")
        else:
            self._vectors[at] = 0

    def _take_turn(self, entry: Entry, at: int, before: int | None) -> set[str]:
        """Put a turn among those of its session, which are linked in order of row; the session, if that has to be done
        anew."""
        turns = self._turns[entry.session_id]
        stays = before is not None and entry.row_id in turns and self._occurred[before] == entry.occurred_at
        is_last = not turns or entry.row_id > next(reversed(turns))
        turns[entry.row_id] = at
        self._session_of[entry.row_id] = entry.session_id
        if stays and before is not None:
            self._take_place(at, before)
        elif is_last:
            self._link(at, list(islice(reversed(turns.values()), 1, 3)))
        else:
            return {entry.session_id}
        return set()

    def _leave(self, row_id: int) -> set[str]:
        """Take a row from among the turns, if it is one; the session whose turns are torn by it."""
        session_id = self._session_of.pop(row_id, None)
        if session_id is None:
            return set()
        del self._turns[session_id][row_id]
        return {session_id}

    def _relink(self, session_id: str) -> None:
        self._turns[session_id] = dict(sorted(self._turns[session_id].items()))
        places = list(self._turns[session_id].values())
        self._near[places] = -1
        for number, at in enumerate(places):
            self._link(at, places[max(0, number - 2) : number][::-1])

    def _link(self, at: int, before: Sequence[int]) -> None:
        """Make the turn and the one and two before it neighbours, within one sitting."""
        for place, other in enumerate(before):
            if abs(int(self._occurred[at] - self._occurred[other])) <= SITTING_MS:
                self._near[at, place] = other
                self._near[other, 2 + place] = at

    def _take_place(self, at: int, before: int) -> None:
        """A changed turn keeps the neighbours it had."""
        self._near[at] = self._near[before]
        for place, other in enumerate(self._near[before].tolist()):
            if other >= 0:
                self._near[other, (place + 2) % 4] = at

    def _kill(self, row_id: int) -> int | None:
        """Take a row out of every search; where it stood."""
        self.missing.discard(row_id)
        at = self._at.get(row_id)
        if at is not None:
            self._states[at] = DEAD
        return at

    def _allocate(self, capacity: int) -> None:
        self._row_ids = np.zeros(capacity, np.int64)
        self._states = np.zeros(capacity, np.uint8)
        self._expires = np.zeros(capacity, np.int64)
        self._occurred = np.zeros(capacity, np.int64)
        self._simhashes = np.zeros(capacity, np.int64)
        self._lengths = np.zeros(capacity, np.float32)
        self._beside_lengths = np.zeros(capacity, np.float32)
        self._near = np.full((capacity, 4), -1, np.int32)  # one and two before, one and two after
        self._vectors = np.zeros((capacity, self._dimension), np.float32)

    def _grow(self) -> None:
        held = self._size
        old = {name: getattr(self, name) for name in COLUMN_NAMES}
        self._allocate(held * 2)
        for name, values in old.items():
            getattr(self, name)[:held] = values


def _top(scores: Floats, limit: int) -> NDArray[np.intp]:
    """Positions of the highest positive scores."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        cutoff = np.partition(scores[found], -limit)[-limit]
        found = found[scores[found] >= cutoff][-MOST_EQUAL - limit :]  # equals are for ranking to tell apart
    return found
