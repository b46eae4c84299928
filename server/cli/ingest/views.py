"""What `satchel ingest` shows: a bar while it works, then what came of it."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from server.cli.printing import note, one_line, out
from storage.files.file_tree import Skipped
from tools.rag.ingesting import Outcome

SHOWN = 20  # skipped files that are named


class Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        """As far as it is known yet."""
        return Text("" if task.speed is None else f"{task.speed:,.1f} files/s")


@contextmanager
def files_bar(total: int) -> Generator[Callable[[int], None]]:
    """A bar on stderr while the block runs, where somebody can see it; the function given says how many are done."""
    console = Console(stderr=True)
    columns = (TextColumn("Ingesting"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal or not total) as bars:
        bar = bars.add_task("", total=total)
        yield lambda done: bars.update(bar, completed=done)


def summary(outcome: Outcome, seconds: float) -> str:
    """The round in one line."""
    return (
        f"Added {outcome.added:,}, updated {outcome.updated:,}, unchanged {outcome.unchanged:,},"
        f" deleted {outcome.deleted:,}, skipped {len(outcome.skipped):,}"
        f" ({outcome.chunks:,} chunks) in {seconds:,.1f} s."
    )


def print_details(outcome: Outcome, formats: Mapping[str, int]) -> None:
    """What the line leaves open: what was skipped and why, and what is not done yet."""
    skipped = outcome.skipped
    for each in skipped[:SHOWN]:
        out(f"  skipped {one_line(each.path)}: {one_line(each.reason)}")
    if len(skipped) > SHOWN:
        out(f"  and {len(skipped) - SHOWN:,} more")
    if formats:
        out(f"  not a document format: {_counted(formats)}")
    if outcome.pending:
        out(f"  {outcome.pending:,} documents have yet to be embedded: a server or `satchel maintain` does that.")
    if outcome.is_stopped:
        out("  Stopped before the end; the same command does the rest.")


def print_errors(errors: Sequence[Skipped]) -> None:
    """What was named and is not there."""
    for each in errors:
        note(f"satchel: {one_line(each.path)}: {each.reason}; nothing was deleted for it. Check the path.")


def _counted(formats: Mapping[str, int]) -> str:
    """`.py 12, .o 3`, the most frequent first."""
    most = sorted(formats.items(), key=lambda each: (-each[1], each[0]))
    more = f" and {len(most) - SHOWN:,} more" if len(most) > SHOWN else ""
    return ", ".join(f"{one_line(name)} {count:,}" for name, count in most[:SHOWN]) + more
