"""JSON: a line for each value under its path, and one for each flat record, which so stays together.

    {"shop": {"city": "Ulm"}, "items": [{"name": "tea", "price": 3}]}

becomes "shop: city: Ulm" and "items[0]: name: tea; price: 3".
"""

import json
from typing import Any, cast

from tools.attachments.parsers import charset
from tools.attachments.parsers.content import Content, Writer
from tools.errors import Refused

DEPTH = 200
RECORD_CHARS = 2_000
"""Longer records are told value by value."""


def read(data: bytes) -> Content:
    """The values in the order of the file; JSON Lines too. Raises Refused."""
    text, encoding = charset.decode(data)
    value = _loaded(text)
    writer = Writer()
    _write(writer, value)
    title = value.get("title") if isinstance(value, dict) else ""
    return writer.content(title if isinstance(title, str) else "", {"encoding": encoding}, *charset.warnings(encoding))


def _loaded(text: str) -> Any:
    """The value, numbers as they are written: no digit is lost, and a million digits cost nothing."""
    try:
        try:
            return _value(text)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise
            return [_value(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        problem = f"{error.msg} in line {error.lineno}, column {error.colno}"
        raise Refused(f"The file is not valid JSON ({problem}). Correct it, or name it .txt.") from error
    except RecursionError as error:
        raise Refused(_too_deep()) from error


def _value(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str)


def _too_deep() -> str:
    return f"The JSON is nested more than {DEPTH} levels deep, which is not read."


def _write(writer: Writer, value: Any) -> None:
    """Walk the tree with a stack of our own: its depth is the file's to choose."""
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting and not writer.is_full:
        path, depth, value = waiting.pop()
        if depth > DEPTH:
            raise Refused(_too_deep())
        if (line := _line(path, value)) is not None:
            writer.add(line, "\n")
        else:
            waiting.extend((name, depth + 1, inner) for name, inner in reversed(_inner(path, value)))


def _inner(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return [(f"{path}.{name}" if path else name, inner) for name, inner in held.items()]
    return [(f"{path}[{index}]", inner) for index, inner in enumerate(cast("list[Any]", value))]


def _line(path: str, value: Any) -> str | None:
    """The line of a value, "" for an empty one; None for one whose parts have lines of their own."""
    if isinstance(value, dict | list):
        told = _together(value)
        if told is None or len(told) > RECORD_CHARS:
            return None
    else:
        told = _told(value)
    return f"{path}: {told}" if path and told else told


def _together(value: dict[str, Any] | list[Any]) -> str | None:
    """A flat record or list on one line; None for one that holds others."""
    inner = value.values() if isinstance(value, dict) else value
    if any(isinstance(held, dict | list) for held in inner):
        return None
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_told(held)}" for name, held in value.items())
    return ", ".join(map(_told, value))


def _told(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
