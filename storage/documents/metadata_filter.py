"""Filters over the metadata of documents, as SQL in which every key and value is bound.

Metadata is compared field by field through `document_fields`: text with text, number with number, true with true. A
field that is a list matches when one of its elements does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scalar = str | int | float | bool | None
Operator = Literal["eq", "ne", "in", "gt", "gte", "lt", "lte", "contains", "exists"]

COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True)
class Condition:
    """One field compared with a value; for `in` with any of several, for `exists` with true or false."""

    key: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; true without parts."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds; false without parts."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


Filter = Condition | All | Either | Not
Sql = tuple[str, list[Any]]

OF_COLLECTION = """d.document_row IN (SELECT document_row FROM document_fields
    WHERE tenant = ? AND collection = ? AND key = ? AND {0})"""
OF_DOCUMENT = """EXISTS (SELECT 1 FROM document_fields f
    WHERE f.document_row = d.document_row AND +f.tenant = ? AND +f.collection = ? AND f.key = ? AND {0})"""


def listing(tenant: str, collection: str, wanted: Filter) -> Sql:
    """A condition on documents `d`, quick when all documents of the collection are gone through."""
    return _sql(wanted, OF_COLLECTION, tenant, collection)


def checking(tenant: str, collection: str, wanted: Filter) -> Sql:
    """The same condition, quick when a few documents are looked at, however many match."""
    return _sql(wanted, OF_DOCUMENT, tenant, collection)


def fields(metadata: Mapping[str, Any]) -> set[tuple[str, str, int, Scalar]]:
    """What is compared of a document's metadata: key, kind, whether it is an element of a list, value."""
    found: set[tuple[str, str, int, Scalar]] = set()
    for key, value in metadata.items():
        found.add((key, *_plain(value, 0)))
        if isinstance(value, list):
            found |= {(key, *_plain(element, 1)) for element in value}
    return found


def _sql(wanted: Filter, form: str, tenant: str, collection: str) -> Sql:
    match wanted:
        case Condition():
            return _condition(wanted, form, tenant, collection)
        case Not():
            text, values = _sql(wanted.part, form, tenant, collection)
            return f"NOT ({text})", values
        case All() | Either():
            parts = [_sql(part, form, tenant, collection) for part in wanted.parts]
            joiner, empty = (" AND ", "1") if isinstance(wanted, All) else (" OR ", "0")
            text = joiner.join(f"({part})" for part, _ in parts) or empty
            return f"({text})", [value for _, values in parts for value in values]


def _condition(condition: Condition, form: str, tenant: str, collection: str) -> Sql:
    key, value = condition.key, condition.value
    if condition.operator == "ne":
        return _sql(Not(Condition(key, "eq", value)), form, tenant, collection)
    if value is None or (condition.operator == "exists" and not value):  # nothing there, or null
        return _sql(Not(Condition(key, "exists", True)), form, tenant, collection)
    if isinstance(value, tuple) and None in value:
        others = Condition(key, "in", tuple(one for one in value if one is not None))
        return _sql(Either((others, Condition(key, "eq", None))), form, tenant, collection)
    test, values = _test(condition)
    return form.format(test), [tenant, collection, key, *values]


def _test(condition: Condition) -> Sql:
    """What has to be true of a field's row. Numbers, text and true or false are never equal to each other."""
    operator, value = condition.operator, condition.value
    if operator == "exists":
        return "kind <> 'null'", []
    if isinstance(value, tuple):
        return _any([_equal(one) for one in value])
    kind, _, plain = _plain(value, 0)
    if operator == "contains":
        element, values = _equal(value)
        within = ("is_element = 0 AND kind = 'string' AND instr(value, ?) > 0", [plain]) if kind == "string" else None
        return _any([(f"is_element = 1 AND {element}", values), *([within] if within else [])])
    if operator in COMPARISONS:
        return f"kind = ? AND value {COMPARISONS[operator]} ?", [kind, plain]
    return _equal(value)


def _any(tests: list[Sql]) -> Sql:
    text = " OR ".join(f"({test})" for test, _ in tests) or "0"
    return f"({text})", [value for _, values in tests for value in values]


def _equal(value: Scalar) -> Sql:
    kind, _, plain = _plain(value, 0)
    return "kind = ? AND value = ?", [kind, plain]


def _plain(value: Any, is_element: int) -> tuple[str, int, Scalar]:
    match value:
        case None:
            return "null", is_element, ""
        case bool():
            return "boolean", is_element, int(value)
        case int() | float():
            return "number", is_element, value
        case str():
            return "string", is_element, value
        case list():
            return "list", is_element, ""
        case _:
            return "object", is_element, ""
