"""What a column of a result is for a chart: a time, a measure, a category, steps in an order, or a key."""

import calendar
import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from storage.sources.fetched import Cell, Fetched, Role
from tools.text2sql.charting import naming
from tools.text2sql.charting.cleaning import cleaned

Use = Literal["time", "measure", "category", "step", "key", "other"]

NOTHING = "∅"
"""The label of rows without a category."""

LABEL_CHARS = 100
LARGEST = 1e300
"""Above it sums overflow; nothing measured is that large."""
EXACT = 1 << 53
"""Whole numbers up to here are exact in JSON; readers refuse those of more than 64 bits."""
FEW = 30

YEAR = re.compile(r"(?:19|20)\d\d|2100")
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
QUARTER = re.compile(r"(?:(?P<year>\d{4})[ -]?)?[QqWw](?P<at>\d{1,2})(?:[ -](?P<after>\d{4}))?")
WHOLE = re.compile(r"\d{1,3}")
NAMED = tuple(
    {name.lower(): at for names in spellings for at, name in enumerate(names)}
    for spellings in (
        (tuple(calendar.month_name), tuple(calendar.month_abbr)),
        (tuple(calendar.day_name), tuple(calendar.day_abbr)),
    )
)

Value = str | float | None
"""Of a measure a number, of everything else a label; None where there is nothing to plot."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its cells as they are plotted. ``ranks`` gives the labels of steps their order."""

    name: str
    at: int
    use: Use
    values: tuple[Value, ...]
    ranks: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])

    @property
    def labels(self) -> list[str]:
        """Its distinct labels, in the order of the rows."""
        return list(dict.fromkeys(value for value in self.values if isinstance(value, str)))

    @property
    def numbers(self) -> list[float]:
        """Its numbers, in the order of the rows."""
        return [value for value in self.values if isinstance(value, float | int)]


def columns_of(fetched: Fetched) -> list[Column]:
    """Each column of the result with its use."""
    cells: Sequence[Sequence[Cell]] = list(zip(*fetched.rows, strict=True)) or [()] * len(fetched.columns)
    found = [
        _column(name, at, role, cells[at])
        for at, (name, role) in enumerate(zip(fetched.columns, fetched.roles, strict=True))
    ]
    return _counted(found)


def number(cell: Cell) -> float | None:
    """The cell as a number that can be plotted; exact decimals may come as text."""
    if cell is None or isinstance(cell, bool):
        return None
    try:
        found = cell if isinstance(cell, int) and abs(cell) <= EXACT else float(cell)
        return found if abs(found) <= LARGEST and math.isfinite(found) else None
    except (ValueError, OverflowError):
        return None


def moment(text: str) -> str | None:
    """A time as JavaScript reads it in UTC: a year, a month, a day, or a moment that ends in Z. None for others."""
    if YEAR.fullmatch(text) or MONTH.fullmatch(text):
        return text
    try:
        found = datetime.fromisoformat(text)
        if DAY.fullmatch(text):
            return text
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    precision = "milliseconds" if found.microsecond else "seconds"
    return found.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _column(name: str, at: int, role: Role, cells: Sequence[Cell]) -> Column:
    if role == "other":
        return Column(name, at, "other", ())
    if times := _times(name, role, cells):
        return Column(name, at, "time", times)
    labels = tuple(_label(cell) for cell in cells)
    if ranks := _ranks(name, set(labels) - {NOTHING}):
        return Column(name, at, "step", labels, ranks)
    if role == "number" and not naming.is_key(name):
        return Column(name, at, "measure", tuple(number(cell) for cell in cells))
    return Column(name, at, "key" if role == "number" or naming.is_identity(name) else "category", labels)


def _times(name: str, role: Role, cells: Sequence[Cell]) -> tuple[str | None, ...]:
    """The cells as times; empty where they are none."""
    if role == "boolean" or (role == "number" and not naming.is_year(name)):
        return ()
    found = tuple(None if cell is None else moment(str(cell)) for cell in cells)
    known = [text for text in found if text]
    if len(known) != sum(cell is not None for cell in cells) or not known:
        return ()
    if role in ("date", "time") or (naming.is_year(name) and all(map(YEAR.fullmatch, known))):
        return found
    is_calendar = role == "text" and all(MONTH.fullmatch(text) or DAY.fullmatch(text) for text in known)
    return found if is_calendar else ()


def _label(cell: Cell) -> str:
    if cell is None:
        return NOTHING
    if isinstance(cell, bool):
        return str(cell).lower()
    return cleaned(str(cell), LABEL_CHARS) or NOTHING


def _ranks(name: str, labels: set[str]) -> dict[str, tuple[int, ...]]:
    """The order of labels that have one by themselves: numbers of months, quarters, names of days; else empty."""
    if not labels:
        return {}
    if naming.is_step(name) and all(map(WHOLE.fullmatch, labels)):
        return {label: (int(label),) for label in labels}
    if all(quarters := {label: QUARTER.fullmatch(label) for label in labels}.values()):
        return {found[0]: (int(found["year"] or found["after"] or 0), int(found["at"])) for found in quarters if found}
    for named in NAMED:
        if all(label.lower() in named for label in labels):
            return {label: (named[label.lower()],) for label in labels}
    return {}


def _counted(columns: list[Column]) -> list[Column]:
    """How many there are of each of a few whole numbers: those are steps, not a second measure."""
    plotted = [column for column in columns if column.use not in ("key", "other")]
    if len(plotted) != 2 or {column.use for column in plotted} != {"measure"} or not naming.is_count(plotted[1].name):
        return columns
    grouped = plotted[0]
    whole = [int(value) for value in grouped.numbers if value == int(value)]
    is_grouped = 2 <= len(grouped.values) <= FEW and len(set(whole)) == len(grouped.values)
    if naming.is_aggregate(grouped.name) or not is_grouped:
        return columns
    ranks = {str(value): (value,) for value in whole}
    steps = replace(grouped, use="step", values=tuple(ranks), ranks=ranks)
    return [steps if column is grouped else column for column in columns]


def is_unique(*columns: Column | None) -> bool:
    """Whether the columns together tell every row from the others; rows without a value of one do not count."""
    given = [column.values for column in columns if column is not None]
    keys: list[tuple[Hashable, ...]] = [key for key in zip(*given, strict=True) if None not in key]
    return len(set(keys)) == len(keys)
