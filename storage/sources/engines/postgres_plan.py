"""What PostgreSQL is about to do, by its own plan: which relations it reads, what it calls, what it costs.

A second opinion on a statement, by the reader that will run it. Not seen: relations a function reads by itself (the
account's rights stand for those), and which columns are read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ROW_COST = 0.01
"""``cpu_tuple_cost``: PostgreSQL's own price of handling one row (manual, 20.7.2)."""

WRITERS = {"ModifyTable", "LockRows"}

JOINED = re.compile(r'\(("(?:[^"]|"")+"|\w+)\.("(?:[^"]|"")+"|\w+)')
"""A relation among those of a join that is done by another server."""

CALL = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")+)"\s*(\(?)|(\w+)\s*\(""")
"""A literal, a quoted name, or a name before a parenthesis, in an expression as PostgreSQL writes it."""

WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Plan:
    """``cost`` is in rows handled; relations are pairs of schema and name."""

    cost: float
    relations: frozenset[tuple[str, str]]
    calls: frozenset[str]
    writes: bool


def read(explained: Any) -> Plan | None:
    """The plan out of ``EXPLAIN (FORMAT JSON, VERBOSE)``; None for one of the few commands that have none."""
    if not isinstance(explained[0], Mapping) or "Plan" not in explained[0]:
        return None
    root: Mapping[str, Any] = explained[0]["Plan"]
    nodes = list(_nodes(root))
    return Plan(
        cost=root["Total Cost"] / ROW_COST,
        relations=frozenset(relation for node in nodes for relation in _relations(node)),
        calls=frozenset(call for text in _texts(root) for call in _calls(text)),
        writes=any(node["Node Type"] in WRITERS for node in nodes),
    )


def own_calls(plan: Plan, sql: str, excused: frozenset[str]) -> frozenset[str]:
    """The functions that the statement itself brings in: those it names, and all but the ``excused``, which are the
    shared views' and row policies'. Where names are written with Unicode escapes, none is excused."""
    if "u&" in sql.lower():
        return plan.calls
    return plan.calls - (excused - set(words(sql)))


def words(sql: str) -> Iterator[str]:
    """All that could be the name of one of PostgreSQL's own functions."""
    return (word.lower() for word in WORD.findall(sql))


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _relations(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "Relation Name" in node:
        yield node.get("Schema", ""), node["Relation Name"]
    for schema, name in JOINED.findall(node.get("Relations", "")):
        yield _bare(schema), _bare(name)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _calls(text: str) -> Iterator[str]:
    for quoted, opening, bare in CALL.findall(text):
        if bare or (quoted and opening):
            yield bare or quoted.replace('""', '"')


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
