"""The tables of arguments say what the tools take: each name, and the defaults that are values."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from server.families import FAMILIES
from tests.docs.pages import Page, pages, tables

SPECS = {spec.name: spec for specs in FAMILIES.values() for spec in specs}
HEADER = ["Argument", "Default", "Meaning"]
TOOL = re.compile(rf"`?\b({'|'.join(sorted(SPECS, key=len, reverse=True))})\b`?")
FILLED_IN = {("text2sql", "session_id"): "default"}
"""Defaults that the schema does not have: null means them."""
VALUES: dict[str, object] = {"none": None, "true": True, "false": False, "`[]`": [], "`{}`": {}}


def argument_tables() -> Iterator[tuple[Page, str, list[list[str]]]]:
    """Yield the page, the tool named last before the table, and the rows."""
    for page in pages():
        for start, (header, *rows) in tables(page):
            if header == HEADER:
                yield page, TOOL.findall(page.prose[:start])[-1], rows


TABLES = [pytest.param(tool, rows, id=f"{page.name}-{tool}") for page, tool, rows in argument_tables()]


@pytest.mark.parametrize(("tool", "rows"), TABLES)
def test_a_table_has_the_arguments_of_its_tool(tool: str, rows: list[list[str]]) -> None:
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == sorted(SPECS[tool].arguments.model_fields)


@pytest.mark.parametrize(("tool", "rows"), TABLES)
def test_a_table_has_the_defaults_of_its_tool(tool: str, rows: list[list[str]]) -> None:
    """Words, such as `now`, stand for what is made when nothing is given."""
    fields = SPECS[tool].arguments.model_fields
    for row in rows:
        names = re.findall(r"`(\w+)`", row[0])
        cells = row[1].split(", ") if len(names) > 1 and ", " in row[1] else [row[1]] * len(names)
        for name, cell in zip(names, cells, strict=True):
            default = None if fields[name].is_required() else fields[name].get_default(call_default_factory=True)
            default = FILLED_IN.get((tool, name), default)
            assert fits(cell, default, is_required=fields[name].is_required()), f"{name}: {cell!r} is {default!r}"


def fits(cell: str, default: Any, *, is_required: bool) -> bool:
    """Whether the cell tells that default; an empty one is for what has to be given, alone or in another's place."""
    if is_required or not cell:
        return not cell and (is_required or default is None)
    if cell in VALUES:
        return bool(default == VALUES[cell] or (cell == "none" and default == ""))
    if re.fullmatch(r"[\d.,]+", cell):
        return bool(float(cell.replace(",", "")) == default)
    if code := re.fullmatch(r"`([^`]+)`", cell):
        return code[1] == str(default)
    return default in (None, "", [])


def test_each_family_has_a_table() -> None:
    assert {each.values[0] for each in TABLES} >= {"memory_store", "rag_search", "escalation_check", "text2sql"}
