"""`satchel backup FILE`: a copy of the whole store."""

from pathlib import Path
from typing import Any

import click

from server.cli.options import force_option, settings_from, settings_options
from server.cli.printing import out, progress
from server.cli.running import in_database, read_out, refuse_existing
from storage import backup
from storage.database import Database


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@force_option
@settings_options
def command(file: Path, force: bool, config: Path | None, **flags: Any) -> None:
    """Copy the whole store, every tenant's, to FILE, also while servers use it.

    FILE is a SQLite database of this moment, checked and complete; `satchel restore` puts it back.
    """
    settings = settings_from(config, **flags)
    refuse_existing(file, force=force)

    async def save(db: Database) -> None:
        with progress("Copying") as advance:
            await read_out(
                db, lambda connection: backup.save(connection, file, lambda left, total: advance(total - left, total))
            )

    in_database(settings, save)
    out(f"Backed up to {file} ({file.stat().st_size / 2**20:,.1f} MiB).")
