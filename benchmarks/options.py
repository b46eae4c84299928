"""What a run can be asked for, and the command line's options for it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click


@dataclass(frozen=True, slots=True)
class Options:
    """Each subject reads the fields that concern it. As they are by default, everything is measured in full."""

    quick: bool = False
    conversations: Path | None = None
    questions: Path | None = None
    model: str = "static"
    files: tuple[Path, ...] = ()
    sql_folders: tuple[Path, ...] = ()
    statements: tuple[Path, ...] = ()
    fixture: Path | None = None
    sizes: tuple[int, ...] = ()
    misses: bool = False


Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_DECLARED = (
    click.option("--quick", is_flag=True, help="Small sizes and few rounds: does it run?"),
    click.option("--conversations", type=_FILE, help="quality: another set of chats."),
    click.option("--questions", type=_FILE, help="passages: documents and questions."),
    click.option(
        "--model",
        default=Options().model,
        show_default=True,
        help="quality, passages: static, none or a transformer's folder.",
    ),
    click.option("--file", "files", type=_FILE, multiple=True, help="escalation: labelled turns; repeatable."),
    click.option(
        "--sql-questions",
        "sql_folders",
        type=_FOLDER,
        multiple=True,
        help="sql: a folder of databases and questions; repeatable.",
    ),
    click.option(
        "--statements", type=_FILE, multiple=True, help="sql: statements to refuse and to accept; repeatable."
    ),
    click.option("--fixture", type=_FILE, help="sql: the tables that statements are run on, a script for SQLite."),
    click.option("--size", "sizes", type=int, multiple=True, help="search: so many chunks; repeatable."),
    click.option("--misses", is_flag=True, help="escalation, sql: print what was judged wrongly."),
)


def with_options(command: Command) -> Command:
    """Declare the options; the command is given the fields of Options by name."""
    return reduce(lambda declared, option: option(declared), reversed(_DECLARED), command)
