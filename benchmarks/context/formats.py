"""The same answer in the forms that servers send it in."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]  # its types are another package

from benchmarks.context.exchanges import Exchange
from benchmarks.context.facts import told
from benchmarks.context.tool_list import compact

PRETTY = "pretty JSON"


def _yaml(record: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(record, allow_unicode=True, sort_keys=False, width=10**6)
    return text


def _markdown(value: Any) -> str:
    """Bullets, and a table where records of plain values, or lists of them, follow each other."""
    if isinstance(value, dict):
        return "\n".join(f"- {key}: {_nested(each)}" for key, each in value.items())
    if isinstance(value, list) and value and _is_table(value):
        return "\n".join(_table_lines(value))
    return "\n".join(f"- {_nested(each)}" for each in value)


def _nested(value: Any) -> str:
    """What stands behind a bullet, further lines indented."""
    if isinstance(value, dict | list) and value:
        return f"\n{_markdown(value)}".replace("\n", "\n  ")
    return _shown(value).replace("\n", "\n  ")


def _is_table(rows: Sequence[Any]) -> bool:
    cells = [list(row.values()) if isinstance(row, dict) else row for row in rows]
    are_rows = all(isinstance(row, list) and len(row) == len(cells[0]) for row in cells)
    return are_rows and not any(isinstance(cell, dict | list) for row in cells for cell in row)


def _table_lines(rows: Sequence[Any]) -> Iterator[str]:
    if isinstance(rows[0], dict):
        yield f"| {' | '.join(rows[0])} |"
        yield f"|{' --- |' * len(rows[0])}"
    for row in rows:
        cells = map(_shown, row.values() if isinstance(row, dict) else row)
        yield f"| {' | '.join(cell.replace(chr(10), '<br>') for cell in cells)} |"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else compact(value)


FORMS: Mapping[str, Callable[[Exchange], str]] = {
    "our text": lambda each: each.text,
    "compact JSON of what it tells": lambda each: compact(told(each)),
    "YAML of that": lambda each: _yaml(told(each)),
    "Markdown of that": lambda each: _markdown(told(each)),
    "compact JSON": lambda each: compact(each.record),
    PRETTY: lambda each: json.dumps(each.record, ensure_ascii=False, indent=2),
    "our text and compact JSON": lambda each: f"{each.text}\n{compact(each.record)}",
}
"""How an answer can be sent: our text, the facts that it tells in other forms, and the whole record. The last is what a
host pays that hands its model both."""
