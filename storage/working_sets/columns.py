"""What a working set keeps of its rows in numbers: arrays side by side, which grow together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FIRST_ROWS = 32  # most sessions are small
DEAD, ACTIVE, ARCHIVED = 0, 1, 2
NO_EXPIRY = 2**62
NEIGHBOURS = 4  # one and two turns before, one and two after
NAMES = "row_ids states expires occurred simhashes lengths beside_lengths near vectors".split()


@dataclass(frozen=True, slots=True)
class ScopeEntry:
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


class ScopeColumns:
    """The arrays, of which the first ``size`` places are in use. A row that changes gets a new place, and its old one
    is dead."""

    def __init__(self, dimension: int) -> None:
        self.size = 0
        self._dimension = dimension
        self._allocate(FIRST_ROWS)

    def append(self, entry: ScopeEntry) -> int:
        """Add a row; where it stands."""
        if self.size == len(self.row_ids):
            self._grow()
        at = self.size
        self.size += 1
        self.row_ids[at] = entry.row_id
        self.states[at] = ACTIVE if entry.state == "active" else ARCHIVED
        self.expires[at] = NO_EXPIRY if entry.expires_at is None else entry.expires_at
        self.occurred[at] = entry.occurred_at
        self.simhashes[at] = entry.simhash
        self.lengths[at], self.beside_lengths[at] = len(entry.words), len(entry.beside)
        self.near[at] = -1
        if self._dimension:
            self.vectors[at] = np.frombuffer(entry.vector, "<f4") if entry.vector else 0
        return at

    def _allocate(self, capacity: int) -> None:
        self.row_ids = np.zeros(capacity, np.int64)
        self.states = np.zeros(capacity, np.uint8)
        self.expires = np.zeros(capacity, np.int64)
        self.occurred = np.zeros(capacity, np.int64)
        self.simhashes = np.zeros(capacity, np.int64)
        self.lengths = np.zeros(capacity, np.float32)
        self.beside_lengths = np.zeros(capacity, np.float32)
        self.near = np.full((capacity, NEIGHBOURS), -1, np.int32)
        self.vectors = np.zeros((capacity, self._dimension), np.float32)

    def _grow(self) -> None:
        old = {name: getattr(self, name) for name in NAMES}
        self._allocate(self.size * 2)
        for name, values in old.items():
            getattr(self, name)[: self.size] = values
