"""`python -m benchmarks [NAME …]`: measure, print a table, and write JSON and docs/benchmarks.md."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.measuring import measure
from benchmarks.options import Options, with_options
from benchmarks.page import PAGE, page
from benchmarks.record import Measured, Run, write
from benchmarks.report import table
from benchmarks.subjects import SUBJECTS

FULL_ONLY = "A page is made of full measurements: leave the options of subjects out."


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SUBJECTS)))
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures here, as they come.")
@click.option("--page", "page_file", type=click.Path(path_type=Path), help="Write the page here, not to docs/.")
@with_options
def main(names: tuple[str, ...], json_file: Path | None, page_file: Path | None, **given: Any) -> None:
    """Measure Satchel beside named baselines of the same run.

    All of it, in full, also writes docs/benchmarks.md.
    """
    options = Options(**given)
    page_file = page_to_write(names, options, page_file)
    for setting in [name for name in os.environ if name.startswith("SATCHEL_")]:
        del os.environ[setting]  # nobody's own store is written to, and everyone measures the same server
    run = Run.begun()
    for name in dict.fromkeys(names or SUBJECTS):
        _measure(run, name, options, json_file)
        if page_file is not None:
            page_file.write_text(page(run), encoding="utf-8")
    click.echo(table(run.outcomes))
    if run.has_failed:
        raise SystemExit(1)


def page_to_write(names: Sequence[str], options: Options, wanted: Path | None) -> Path | None:
    """Where the page goes: to docs/ when everything is measured in full, else where it is wanted, or nowhere. Raises
    UsageError when it is wanted of less than full measurements."""
    is_full = options == Options()
    if wanted is not None and not is_full:
        raise click.UsageError(FULL_ONLY)
    return PAGE if wanted is None and is_full and not names else wanted


def _measure(run: Run, name: str, options: Options, json_file: Path | None) -> None:
    click.echo(f"measuring {name} …", err=True)
    run.subjects[name] = measured = Measured()
    for _ in measure(name, options, measured):
        if json_file is not None:
            write(run, json_file)


if __name__ == "__main__":
    main()
