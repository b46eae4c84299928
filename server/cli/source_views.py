"""Data sources as lines for a person and as records for a program. Addresses are in neither: they may be secret."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from server.cli.doctor.findings import MARKS
from server.cli.printing import grid, inert, one_line, out, table
from tools.text2sql.policy import SharedSource

if TYPE_CHECKING:  # looks for drivers, which a list does not need
    from server.cli.doctor.source_checks import Inspected, SharedTable

HEADINGS = ("  TABLE", "KIND", "COLUMNS", "ROWS", "HIDDEN", "MASKED")
NUMBERS = (2, 3, 4)
UNKNOWN = "?"


def record(shared: SharedSource) -> dict[str, Any]:
    """A data source for a program; ``tables`` is null where all of the default schema are shared."""
    source = shared.source
    return {
        "name": shared.name,
        "engine": source.engine if source else None,
        "description": shared.description,
        "tables": source.tables if source else None,
        "trouble": shared.trouble,
    }


def print_sources(sources: Sequence[SharedSource]) -> None:
    """One line each."""
    rows = [(shared.name, _engine(shared), _tables(shared), one_line(_described(shared))) for shared in sources]
    table(("NAME", "ENGINE", "TABLES", "DESCRIPTION"), rows)


def print_inspected(each: "Inspected") -> None:
    """Whether it can be used, how to mend it, and what it shares."""
    out(f"{MARKS[each.status]} {each.name}: {inert(each.what)}")
    if each.mend:
        out(f"    {inert(each.mend)}")
    if each.tables:
        grid(HEADINGS, [_line(shown) for shown in each.tables], NUMBERS)


def _line(shown: "SharedTable") -> tuple[str, ...]:
    return (
        f"  {one_line(shown.name)}",
        "view" if shown.is_view else "table",
        f"{shown.columns:,}",
        UNKNOWN if shown.rows is None else f"{shown.rows:,}",
        f"{shown.hidden:,}" if shown.hidden else "-",
        one_line(", ".join(shown.masked)) or "-",
    )


def _engine(shared: SharedSource) -> str:
    return shared.source.engine if shared.source else "-"


def _tables(shared: SharedSource) -> str:
    if shared.source is None:
        return "-"
    return "all" if shared.source.tables is None else one_line(", ".join(shared.source.tables))


def _described(shared: SharedSource) -> str:
    return f"cannot be used: {shared.trouble}" if shared.trouble else shared.description
