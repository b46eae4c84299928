"""The answer of a database as a person reads it in a terminal."""

from collections.abc import Sequence

from server.cli.printing import grid, inert, note, one_line, out
from tools.text2sql.models import Answer, Cell

NOTHING = "∅"
WHO = {
    "pattern": "as verified before",
    "built_in": "built in",
    "api_model": "by a model",
    "client_model": "by the client's model",
    "agent": "your SQL",
}


def print_answer(answer: Answer) -> None:
    """The rows, how the question was read, the SQL and what the rows say; what to know of them goes beside."""
    if answer.columns:
        _print_rows(answer)
        out()
    if answer.explanation and answer.provider != "agent":
        out(f"{'read as: ' if answer.sql else ''}{one_line(answer.explanation)}")
    if answer.sql:
        out(f"sql: {_indented(answer.sql)}")
    for insight in answer.insights:
        out(f"- {one_line(insight)}")
    for at, reading in enumerate(answer.clarification, 1):
        out(f"{at}. {one_line(reading.reading)}")
    if answer.context:
        out(f"\n{inert(answer.context)}")
    for warning in answer.warnings:
        note(f"! {one_line(warning)}")
    if answer.status == "answered":
        note(_summary(answer))


def _print_rows(answer: Answer) -> None:
    rows = [[_cell(cell) for cell in row] for row in answer.rows]
    left_out = grid([one_line(name) for name in answer.columns], rows, _numbers(answer.rows))
    if left_out:
        note(f"{left_out:,} more columns have no room here; a pipe, a file and --json get them all.")


def _numbers(rows: Sequence[Sequence[Cell]]) -> set[int]:
    """The columns that hold nothing but numbers."""
    columns = [[cell for cell in column if cell is not None] for column in zip(*rows, strict=True)]
    return {at for at, cells in enumerate(columns) if cells and all(map(_is_number, cells))}


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _cell(cell: Cell) -> str:
    if cell is None:
        return NOTHING
    if isinstance(cell, bool):
        return str(cell).lower()
    return f"{cell:.15g}" if isinstance(cell, float) else one_line(str(cell))


def _indented(sql: str) -> str:
    """Further lines stand under the first, so that none of them looks like ours."""
    return inert(sql).replace("\n", "\n     ")


def _summary(answer: Answer) -> str:
    """How many rows from where, by whom, and how sure that is."""
    more, plural = "+" if answer.truncated else "", "" if answer.row_count == 1 else "s"
    rows = f"{answer.row_count:,}{more} row{plural} from" if answer.columns else "Checked and not run:"
    who = WHO[answer.provider]
    sure = "" if answer.provider == "agent" else f", confidence {answer.confidence:.2f}"
    return f"{rows} {answer.data_source}; {who}{sure}."
