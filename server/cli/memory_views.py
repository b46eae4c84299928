"""Memories as lines for a person and as records for a program."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from textwrap import indent
from typing import TYPE_CHECKING, Any

from server.cli.printing import inert, one_line, out, table
from storage.memories.rows import MemoryRow
from storage.times import moment
from tools.memory.models import Retrieved

if TYPE_CHECKING:
    pass

TIMES = ("created_at", "updated_at", "occurred_at", "expires_at", "accessed_at")
INTERNAL = ("row_id", "superseded_by")
NAMES_SHOWN = 5


def record(row: MemoryRow) -> dict[str, Any]:
    """A memory for a program: times as ISO 8601, no numbers of ours."""
    values = {name: value for name, value in asdict(row).items() if name not in INTERNAL}
    return values | {name: moment(values[name]) for name in TIMES}


def print_rows(found: Sequence[MemoryRow]) -> None:
    """One line each."""
    table(
        ("ID", "DATE", "TYPE", "IMPORTANCE", "STATE", "SESSION", "MEMORY"),
        [
            (
                one_line(row.memory_id),
                (moment(row.occurred_at) or "")[:10],
                row.content_type,
                f"{row.importance:.2f}",
                row.state,
                row.session_id,
                one_line(row.content),
            )
            for row in found
        ],
    )


def print_hits(found: Retrieved) -> None:
    """One line each, the best first."""
    table(
        ("ID", "DATE", "TYPE", "SCORE", "SESSION", "MEMORY"),
        [
            (
                one_line(hit.memory_id),
                hit.occurred_at[:10],
                hit.content_type,
                f"{hit.score:.2f}",
                hit.session_id,
                one_line(hit.content),
            )
            for hit in found.memories
        ],
    )


def print_memory(memory: Mapping[str, Any], replaced: Sequence[MemoryRow]) -> None:
    """A line a fact, then the text, indented so that none of its lines looks like ours."""
    for name, value in memory.items():
        if name != "content" and value not in (None, "", [], {}):
            out(f"{name}: {_shown(name, value)}")
    for row in replaced:
        out(f"replaced: {one_line(row.memory_id)}  {one_line(row.content)}")
    out(indent(inert(f"\n{memory['content']}"), "  "))


def _shown(name: str, value: Any) -> str:
    match name:
        case "entities":
            return one_line(", ".join(each["name"] + (f" ({each['type']})" if each["type"] else "") for each in value))
        case "relations":
            return one_line("; ".join(f"{each['source']} -{each['relation']}-> {each['target']}" for each in value))
        case "feedback":
            useful = sum(each["useful"] for each in value)
            return f"{useful} useful, {len(value) - useful} not"
        case "tags":
            return one_line(", ".join(value))
        case _:
            return one_line(str(value))


def names(ids: Sequence[str]) -> str:
    """The first few ids."""
    more = f" and {len(ids) - NAMES_SHOWN:,} more" if len(ids) > NAMES_SHOWN else ""
    return ", ".join(map(one_line, ids[:NAMES_SHOWN])) + more
