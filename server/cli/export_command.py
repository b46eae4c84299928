"""`satchel export FILE`: memories as JSON lines."""

import sys
from pathlib import Path
from typing import Any, BinaryIO

import click

from server.cli.options import force_option, settings_from, settings_options, tenant_option
from server.cli.printing import Advance, note, out, progress
from server.cli.running import in_database, read_out, refuse_existing
from storage import durable
from storage.database import Connection, Database
from storage.memories import transfer as memory_transfer
from storage.stored_json import as_json

EVERY = 200  # memories between two steps of the bar


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@force_option
@tenant_option
@settings_options
def command(file: Path, force: bool, tenant: str, config: Path | None, **flags: Any) -> None:
    """Write every memory to FILE, one JSON object a line; - for stdout.

    Everything is in it: forgotten and replaced memories, history, graph and feedback. Vectors are not; they are made
    anew by `satchel import`.
    """
    settings = settings_from(config, **flags)
    if str(file) == "-":
        count = in_database(settings, lambda db: _write(db, tenant, sys.stdout.buffer))
        note(f"Exported {count:,} memories.")
        return
    refuse_existing(file, force=force)

    async def write_file(db: Database) -> int:
        with durable.partial(file) as path, path.open("wb") as sink:
            return await _write(db, tenant, sink)

    out(f"Exported {in_database(settings, write_file):,} memories to {file}.")


async def _write(db: Database, tenant: str, sink: BinaryIO) -> int:
    """Within one snapshot: a replaced memory and the one in its place are both in the file."""
    with progress("Exporting") as advance:
        return await read_out(db, lambda connection: _write_all(connection, tenant, sink, advance))


def _write_all(db: Connection, tenant: str, sink: BinaryIO, advance: Advance) -> int:
    total, done = memory_transfer.count(db, tenant), 0
    for memory in memory_transfer.exported(db, tenant):
        sink.write(as_json(memory).encode() + b"\n")
        done += 1
        if done % EVERY == 0:
            advance(done, total)
    sink.flush()
    return done
