"""Values of the engines as JSON can hold them, and the rows of a query up to its limits. Text is data: it is cut when
it is too long, and otherwise left as it is."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from storage.sources.engine import Limits
from storage.sources.fetched import Cell, Fetched, Role
from storage.sources.scrubbing import without_names

SMALLEST, LARGEST = -(2**63), 2**63 - 1
ELLIPSIS = "…"
FLOAT_DIGITS = 15
"""So many digits any decimal keeps as a float."""
NUMBER_BYTES = 8
"""What a cell that is not text counts for."""

DAY = re.compile(r"\d{4}-\d\d(?:-\d\d)?", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
TYPES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("other", re.compile(r"\[|struct|map|list|blob|bytea|binary|interval|json|^time(?!stamp)", re.IGNORECASE)),
    ("boolean", re.compile(r"bool", re.IGNORECASE)),
    ("time", re.compile(r"timestamp|datetime", re.IGNORECASE)),
    ("date", re.compile(r"date", re.IGNORECASE)),
    ("text", re.compile(r"char|text|clob|string|enum|uuid|name", re.IGNORECASE)),
    ("number", re.compile(r"int|dec|num|real|float|double", re.IGNORECASE)),
)
"""Roles by the words of a declared type; the first that fits."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Rows within the limits. ``roles`` is empty where there is no row to tell them by."""

    rows: tuple[tuple[Cell, ...], ...]
    roles: tuple[Role, ...]
    is_truncated: bool
    cut_cells: int


def cell(value: object, most: int) -> tuple[Cell, bool]:
    """The value as a cell, and whether it was cut to ``most`` characters. A NaN is nothing, an infinity a word."""
    if value is None or isinstance(value, bool):
        return value, False
    if isinstance(value, int):
        return (value if SMALLEST <= value <= LARGEST else str(value)), False
    if isinstance(value, float):
        return _of_float(value), False
    if isinstance(value, Decimal):
        return _of_decimal(value), False
    text = _text(value)
    return (text[:most] + ELLIPSIS, True) if len(text) > most else (text, False)


def role(values: Iterable[object], declared: str = "") -> Role:
    """What values, as an engine gives them, are; where none is there, what their declared type says they would be."""
    kinds: set[Role] = {_kind(value) for value in values if value is not None}
    if not kinds:
        return _declared(declared)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"date", "time"}:
        return "time"
    if kinds == {"number", "boolean"}:
        return "number"
    return "text" if kinds <= {"text", "date", "time"} else "other"


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order; the second of a kind is ``name_2``, one without any its place: ``column_3``."""
    asked = [_clean(name) or f"column_{place}" for place, name in enumerate(names, 1)]
    taken: set[str] = set()
    unique: list[str] = []
    for name in asked:
        number, free = 1, name
        while free in taken or (number > 1 and free in asked):
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        unique.append(free)
    return tuple(unique)


def collect(rows: Iterable[Sequence[object]], limits: Limits) -> Collected:
    """The first rows, up to the limits of rows and bytes; asks for one more, to know whether there is one."""
    kept: list[tuple[Cell, ...]] = []
    raw: list[Sequence[object]] = []
    size = cut_cells = 0
    is_truncated = False
    for row in rows:
        converted = [cell(value, limits.max_cell) for value in row]
        size += sum(_size(value) for value, _ in converted)
        if len(kept) == limits.max_rows or size > limits.max_bytes:
            is_truncated = True
            break
        kept.append(tuple(value for value, _ in converted))
        raw.append([_brief(value) for value in row])
        cut_cells += sum(was_cut for _, was_cut in converted)
    return Collected(tuple(kept), tuple(role(column) for column in zip(*raw, strict=True)), is_truncated, cut_cells)


def without(collected: Collected, untold: Sequence[str]) -> Collected:
    """The same rows, texts without these names: what an engine explains tells more than what is shared."""
    rows = (
        tuple(without_names(value, untold) if isinstance(value, str) else value for value in row)
        for row in collected.rows
    )
    return replace(collected, rows=tuple(rows))


def fetched(names: Iterable[str], collected: Collected, elapsed_ms: float, types: Sequence[str] = ()) -> Fetched:
    """The answer of an engine; ``types``, where it declares them, tell the roles of columns without a value."""
    columns = unique_names(names)
    roles = collected.roles or tuple(role(()) for _ in columns)
    known: list[Role] = [
        role((), declared) if seen == "other" and declared else seen
        for seen, declared in zip(roles, types or [""] * len(columns), strict=True)
    ]
    rows, cut = collected.rows, collected.cut_cells
    return Fetched(columns, tuple(known), rows, collected.is_truncated, round(elapsed_ms, 3), cut)


def _declared(words: str) -> Role:
    """By the type's name, without what is in parentheses after it; what ends in a bracket is a list."""
    words = words if words.endswith("]") else words.partition("(")[0]
    for name, pattern in TYPES:
        if pattern.search(words):
            return name
    return "other"


def _of_float(value: float) -> Cell:
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _of_decimal(value: Decimal) -> Cell:
    """A number: of a column, some as numbers and some as digits would be of no use. Only what a float could not tell
    from its neighbours before the point is text."""
    if not value.is_finite():
        return _of_float(float(value)) if not value.is_snan() else None
    if -400 < value.adjusted() < 400 and value == value.to_integral_value():
        return int(value) if SMALLEST <= value <= LARGEST else format(value, "f")
    return float(value) if value.adjusted() < FLOAT_DIGITS else format(value, "f")


def _text(value: object) -> str:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{memoryview(value).nbytes} bytes>"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _hours(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return json.dumps(_plain(value), ensure_ascii=False)
    return _clean(str(value))


def _hours(value: timedelta) -> str:
    """``[-]HH:MM:SS``, with the microseconds there are."""
    whole = abs(value)
    seconds = whole.days * 86_400 + whole.seconds
    fraction = f".{whole.microseconds:06d}" if whole.microseconds else ""
    sign = "-" if value < timedelta() else ""
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _plain(value: object) -> object:
    """Lists and structs with cells inside."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return cell(value, LARGEST)[0]


def _clean(text: str) -> str:
    """Half a surrogate pair is no text, and no JSON."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _size(value: Cell) -> int:
    return len(value.encode()) if isinstance(value, str) else NUMBER_BYTES


def _brief(value: object) -> object:
    """What of a value its role is told by: a long text need not be kept twice."""
    return value[:40] if isinstance(value, str) else value


def _kind(value: object) -> Role:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "time"
    if isinstance(value, date):
        return "date"
    if not isinstance(value, str):
        return "other"
    if DAY.fullmatch(value):
        return "date"
    return "time" if MOMENT.fullmatch(value) else "text"
