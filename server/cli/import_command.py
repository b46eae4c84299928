"""`satchel import FILE`: memories from JSON lines."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from server.cli.failures import Failure
from server.cli.options import settings_from, settings_options, tenant_option
from server.cli.printing import inert, note, out, progress
from server.cli.running import in_house
from tools.memory.import_lines import LONGEST_LINE
from tools.memory.importing import BadLine, RawLine, Report, take_in

if TYPE_CHECKING:
    from server.house import House


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--skip-invalid", is_flag=True, help="Pass over lines that hold no memory instead of stopping there.")
@tenant_option
@settings_options
def command(file: Path, skip_invalid: bool, tenant: str, config: Path | None, **flags: Any) -> None:
    """Take in memories from FILE, one JSON object a line; - for stdin.

    What is already here stays as it is, so a file can be taken in again. A line needs only "content"; `satchel export`
    writes all that it may hold.
    """
    settings = settings_from(config, **flags)
    report = Report()
    try:
        in_house(settings, lambda house: _import(house, tenant, file, report, skip_invalid=skip_invalid), create=True)
    except Failure:
        if report.created:
            _print(report)  # the batches before it are kept
        raise
    except BadLine as error:
        _print(report)
        raise Failure(
            f"{file}: {inert(str(error))}. It stopped there; mend that line or pass --skip-invalid, then run it again."
        ) from error
    _print(report)


async def _import(house: "House", tenant: str, file: Path, report: Report, *, skip_invalid: bool) -> None:
    with ExitStack() as open_files:
        source = sys.stdin.buffer if str(file) == "-" else open_files.enter_context(file.open("rb"))
        lines = Lines(source)
        size = _size(source)
        with progress("Importing") as advance:
            await take_in(
                house.memories,
                tenant,
                lines,
                report,
                skip_invalid=skip_invalid,
                progress=lambda: advance(lines.bytes_read, size),
            )
    with progress("Embedding") as advance:
        await house.backfill.catch_up(lambda done: advance(done, None))


class Lines:
    """The lines of a stream with their numbers, blank ones left out; none is held longer than LONGEST_LINE."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.bytes_read = 0

    def __iter__(self) -> Iterator[RawLine]:
        number = 0
        while line := self._read():
            number += 1
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = self._read()
                yield RawLine(number, None)
            elif text := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
                yield RawLine(number, text)

    def _read(self) -> bytes:
        line = self._source.readline(LONGEST_LINE + 1)
        self.bytes_read += len(line)
        return line


def _size(source: BinaryIO) -> int | None:
    try:
        return os.fstat(source.fileno()).st_size or None
    except OSError:
        return None


def _print(report: Report) -> None:
    for example in report.examples:
        note(inert(example))
    if len(report.examples) < report.skipped:
        note(f"and {report.skipped - len(report.examples):,} more lines were skipped")
    if report.links:
        note(f"{len(report.links):,} replaced memories name one that is not in the file")
    out(f"Created {report.created:,}, unchanged {report.unchanged:,}, skipped {report.skipped:,}.")
