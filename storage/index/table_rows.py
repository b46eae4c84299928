"""What the tables beside SQLite keep of a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VectorRow:
    """A vector with what a search may filter on. ``scope`` is the session of a memory, the collection of a chunk."""

    row_id: int
    tenant: str
    scope: str
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WordsRow:
    """The analysed words of a row, separated by spaces."""

    row_id: int
    tenant: str
    scope: str
    words: str


Rows = Sequence[VectorRow | WordsRow]
"""All of them of one type."""


def dimension_of(rows: Rows) -> int:
    """How many floats the first of these rows has; 0 for words."""
    first = rows[0]
    return len(first.vector) if isinstance(first, VectorRow) else 0
