"""Which facts of an answer's record its text tells, and which it leaves to the record."""

import re
from collections.abc import Iterator
from typing import Any

from benchmarks.context.exchanges import Exchange

REFERRED = frozenset({"chart"})
"""What a text only says that there is."""
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def untold(exchange: Exchange) -> list[str]:
    """The fields of the record with a value that the text does not tell. Empty ones, `false` and what is said by its
    absence do not count; a time is told by its day, a number by its first two decimals."""
    text = _plain(exchange.text)
    fields = ((path, value) for path, value in _leaves(exchange.record) if not _is_empty(value))
    return list(dict.fromkeys(path for path, value in fields if path in REFERRED or not _is_told(value, text)))


def told(exchange: Exchange) -> Any:
    """The record without what the text does not tell, and without what is empty."""
    return _without(exchange.record, frozenset(untold(exchange)), "")


def _without(value: Any, left_out: frozenset[str], path: str) -> Any:
    if isinstance(value, dict):
        kept = {key: _without(each, left_out, _under(path, key)) for key, each in value.items()}
        return {key: each for key, each in kept.items() if _under(path, key) not in left_out and not _is_empty(each)}
    if isinstance(value, list):
        return [_without(each, left_out, path) for each in value]
    return _day(value) if isinstance(value, str) else value


def _day(told: str) -> str:
    """A time as our texts tell it."""
    return told[:10] if TIMESTAMP.fullmatch(told) else told


def _is_empty(value: object) -> bool:
    return value is False or value in (None, "", [], {})


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each plain value of a record with its path, list positions left out."""
    if isinstance(value, dict) and path not in REFERRED:
        for key, each in value.items():
            yield from _leaves(each, _under(path, key))
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, path)
    else:
        yield path, value


def _is_told(value: object, text: str) -> bool:
    if value is True:
        return " yes " in text
    if isinstance(value, str):
        return _plain(_day(value)).strip().removesuffix("…").strip() in text
    numbers = {f"{value:.2f}", str(value), f"{value:,}"} if isinstance(value, int | float) else {str(value)}
    return any(re.search(rf"(?<![\w.]){re.escape(shown)}(?!\w)", text) for shown in numbers)


def _plain(text: str) -> str:
    """In one line, so that indentation does not tell texts apart."""
    return f" {' '.join(text.split())} "
