"""The rows of a query, as every engine returns them."""

from dataclasses import dataclass
from typing import Literal

Cell = str | int | float | bool | None
"""Dates and times are ISO 8601 text, decimals numbers (text where they have 16 digits before the point), bytes a
length in words, lists and structs JSON text."""

Role = Literal["number", "text", "date", "time", "boolean", "other"]
"""What a column's values are: ``date`` is a day or month, ``time`` a moment with a time of day."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Columns with unique names and roles, the rows, whether there were more of them, and what the engine took."""

    columns: tuple[str, ...]
    roles: tuple[Role, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_truncated: bool
    elapsed_ms: float
    cut_cells: int = 0
    """So many cells were longer than a cell may be, and end in an ellipsis."""
