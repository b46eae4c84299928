"""What commands print: results on stdout, progress on stderr. Stored text is data: nothing in it moves the cursor,
colours the screen or is read as markup."""

import json
import sys
import unicodedata
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import click

from tools.retrieval.rendering import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 100_000  # nothing is cut for a program that reads
CUT_AT = 2_000  # characters of a text that a line of a list may take
LEAST_WIDTH = 8  # of a column of text
BETWEEN = 2  # blanks between two columns

Advance = Callable[[int, int | None], None]  # done so far, of how many (None: unknown)


def spell_out() -> None:
    """What the encoding of a pipe or terminal has no letter for is spelled out, as \\u2713, and ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def inert(text: str) -> str:
    """The text with every character that a terminal would act on, or that hides, spelled out as ⟨U+001B⟩; lines and
    tabs stay."""
    shown = visible(text)
    if shown.isprintable():
        return shown
    return "".join(char if char in "\n\t" or not _acts(char) else f"⟨U+{ord(char):04X}⟩" for char in shown)


def _acts(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def one_line(text: str) -> str:
    """The same on one line."""
    return inert(" ⏎ ".join(text[:CUT_AT].splitlines())).replace("\t", " ")


def out(text: str = "") -> None:
    """A line of the result."""
    click.echo(text)


def note(text: str) -> None:
    """A line about the work, beside the result."""
    click.echo(text, err=True)


def note_total(shown: int, total: int) -> None:
    """How many of all were shown."""
    note(f"{shown:,} of {total:,}." + (" --limit shows more." if shown < total else ""))


def out_json(value: Any) -> None:
    """The result for a program, in ASCII."""
    click.echo(json.dumps(value, indent=2))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows under headings; the last column gives way where the terminal ends. Cells are printed as they are."""
    _print(_console(), _table(columns), rows)


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int]) -> int:
    """The same where any column of text may give way, and those at ``numbers`` stand right and stay whole. Columns
    beyond the terminal are left out; how many."""
    from rich.table import Table

    console = _console()
    shown = _fitting(columns, rows, numbers, console.width)
    made = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(columns[:shown]):
        is_number = at in numbers
        made.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="ellipsis")
    _print(console, made, (row[:shown] for row in rows))
    return len(columns) - shown


def _fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int], width: int) -> int:
    """How many columns, from the left, have room for the least they need; at least one."""
    from rich.cells import cell_len

    left = width + BETWEEN
    for at, name in enumerate(columns):
        whole = max(cell_len(cell) for cell in (name, *(row[at] for row in rows)))
        left -= (whole if at in numbers else min(whole, LEAST_WIDTH)) + BETWEEN
        if left < 0:
            return max(at, 1)
    return len(columns)


def _console() -> "Console":
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


def _print(console: "Console", made: "Table", rows: Iterable[Sequence[str]]) -> None:
    from rich.text import Text

    for row in rows:
        made.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in row))
    console.print(made)


def _table(columns: Sequence[str]) -> "Table":
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, no_wrap=name != columns[-1])
    return made


@contextmanager
def progress(what: str) -> Generator[Advance]:
    """A bar on stderr while the block runs, where somebody can see it. The function given may be called from any
    thread."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)
