"""What the vector tables keep of a row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VectorRow:
    """A vector with what a search may filter on. ``scope`` is the session of a memory."""

    row_id: int
    tenant: str
    scope: str
    vector: NDArray[np.float32]
