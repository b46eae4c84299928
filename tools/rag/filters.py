"""Reads a filter as agents write it: {"lang": "de", "year": {"gte": 2020}, "or": [{…}, {…}], "not": {…}}.

Fields of one object must all match. Operators may have the dollar sign that some databases write before them.
"""

import math
from typing import Any

from storage.documents.metadata_filter import All, Condition, Either, Filter, Not, Operator, Scalar
from tools.errors import Refused
from tools.fields import MAX_INTEGER

MAX_DEPTH = 8
MAX_TERMS = 100
OPERATORS: dict[str, Operator] = {
    name: name for name in ("eq", "ne", "in", "gt", "gte", "lt", "lte", "contains", "exists")
}
ORDERED = ("gt", "gte", "lt", "lte")


def parsed(given: dict[str, Any] | None) -> Filter | None:
    """The filter; None for one that lets everything through. Raises Refused."""
    if not given:
        return None
    reader = _Reader()
    found = reader.read(given, 1)
    if reader.terms > MAX_TERMS:
        raise Refused(f"filter: {reader.terms} terms, at most {MAX_TERMS} are taken. Ask in several calls.")
    return found


class _Reader:
    def __init__(self) -> None:
        self.terms = 0

    def read(self, given: Any, depth: int) -> Filter:
        if not isinstance(given, dict):
            raise Refused('filter: each part is an object such as {"lang": "de"}.')
        if depth > MAX_DEPTH:
            raise Refused(f"filter: nested deeper than {MAX_DEPTH} levels.")
        self.terms += not given  # parts without any term cost as well
        return All(tuple(self._entry(key, value, depth) for key, value in given.items()))

    def _entry(self, key: str, value: Any, depth: int) -> Filter:
        _check_text(key)
        self.terms += value in ([], {})
        match key.removeprefix("$"), value:
            case "and", list():
                return All(tuple(self.read(part, depth + 1) for part in value))
            case "or", list():
                return Either(tuple(self.read(part, depth + 1) for part in value))
            case "not", dict():
                return Not(self.read(value, depth + 1))
            case "and" | "or" as name, dict() if not value.keys() <= OPERATORS.keys():
                raise Refused(f'filter: {name} takes a list: {{"{name}": [{{…}}, {{…}}]}}.')
            case "not", list():
                raise Refused('filter: not takes an object: {"not": {…}}.')
            case _, dict():
                return All(tuple(self._condition(key, name, operand) for name, operand in value.items()))
            case _, list():
                raise Refused(f'filter: to match any of several values, write {{{key[:40]!r}: {{"in": […]}}}}.')
            case _:
                return self._condition(key, "eq", value)

    def _condition(self, key: str, name: str, operand: Any) -> Filter:
        operator = OPERATORS.get(name.removeprefix("$"))
        if operator is None:
            raise Refused(f"filter: no operator {name[:40]!r}. There is: {', '.join(OPERATORS)}.")
        if operator == "in":
            if not isinstance(operand, list):
                raise Refused(f"filter: {key[:40]!r}: in takes a list.")
            self.terms += max(1, len(operand))
            return Condition(key, "in", tuple(_scalar(key, one) for one in operand))
        self.terms += 1
        value = _scalar(key, operand)
        if operator == "exists" and not isinstance(value, bool):
            raise Refused(f"filter: {key[:40]!r}: exists takes true or false.")
        if operator in ORDERED and (value is None or isinstance(value, bool)):
            raise Refused(f"filter: {key[:40]!r}: {operator} takes a number, or a text such as a date.")
        if operator == "contains" and value is None:
            raise Refused(f"filter: {key[:40]!r}: contains takes a value.")
        return Condition(key, operator, value)


def _scalar(key: str, value: Any) -> Scalar:
    match value:
        case None | bool():
            return value
        case str():
            return _check_text(value)
        case int() if abs(value) <= MAX_INTEGER:
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            raise Refused(f"filter: {key[:40]!r}: compare with a text, a number within 64 bits, true, false or null.")


def _check_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("filter: holds an unpaired surrogate, which is not valid text.") from None
    return text
