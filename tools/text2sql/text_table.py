"""Rows as a model reads them: a compact table between marks, every cell in one line, as many rows as fit."""

import math
import re
from collections.abc import Sequence

from storage.sources.fetched import Cell, Fetched
from tools.retrieval.budget import SHARE, WORTH_SHOWING, shortened, tokens
from tools.retrieval.rendering import fenced, in_a_line

NULL = "∅"
BETWEEN = " | "
ESCAPES = {"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r", "\t": "\\t", NULL: f"\\{NULL}"}
ESCAPED = re.compile(r"[\\|\n\r\t∅]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def render(fetched: Fetched, max_tokens: int) -> tuple[str, int]:
    """The table in at most about ``max_tokens``, and how many rows it shows: always the first, however small the budget
    is. Long cells are cut, and columns that fit in no case are counted in the heading."""
    left = max_tokens - tokens(fenced("rows", [])) - 1
    room = max(left // SHARE // max(len(fetched.columns), 1), WORTH_SHOWING)
    names = [shortened(_escaped(name), WORTH_SHOWING) for name in fetched.columns]
    first = _cells(fetched.rows[0], room) if fetched.rows else []
    width = _width(names, first, left)
    lines = [_heading(names, width)]
    left -= tokens(lines[0]) + 1
    for row in fetched.rows:
        line = BETWEEN.join(_cells(row[:width], room))
        left -= tokens(line) + 1
        if left < 0 and len(lines) > 1:
            break
        lines.append(line)
    return fenced("rows", lines), len(lines) - 1


def _width(names: Sequence[str], first: Sequence[str], most: int) -> int:
    """How many columns, from the left, fit with their names and the first row; at least one."""
    cells = [*first, *[""] * (len(names) - len(first))]
    costs = [tokens(name) + tokens(cell) + 2 for name, cell in zip(names, cells, strict=True)]
    if sum(costs) <= most:
        return len(names)
    most -= WORTH_SHOWING  # for the note in the heading
    return max(1, next((at for at in range(len(costs)) if sum(costs[: at + 1]) > most), len(costs)))


def _heading(names: Sequence[str], width: int) -> str:
    heading = BETWEEN.join(names[:width])
    return heading if width >= len(names) else f"{heading}{BETWEEN}… {len(names) - width} more columns"


def _cells(row: Sequence[Cell], most: int) -> list[str]:
    return [_cut(_cell(cell), most) for cell in row]


def _cell(cell: Cell) -> str:
    if cell is None:
        return NULL
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.15g}" if math.isfinite(cell) else str(cell)
    return _escaped(str(cell))


def _escaped(text: str) -> str:
    """The text without what would end a cell or a line, each spelled out; what is hidden is too."""
    return spelled(ESCAPED.sub(lambda found: ESCAPES[found[0]], text))


def spelled(text: str) -> str:
    """The text in a line, what controls a terminal spelled out."""
    return in_a_line(CONTROL.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text))


def _cut(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis; never half of an escape, which would join it to what follows."""
    cut = shortened(text, most)
    return cut if cut == text else cut.removesuffix("…").rstrip("\\") + "…"
