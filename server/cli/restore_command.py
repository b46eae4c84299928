"""`satchel restore FILE`: a backup in the place of what is there."""

from pathlib import Path
from typing import Any

import click

from server.cli.failures import failures
from server.cli.options import settings_from, settings_options
from server.cli.printing import out, progress
from server.cli.running import prepare
from server.cli.times import now


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@settings_options
def command(file: Path, config: Path | None, **flags: Any) -> None:
    """Put the backup FILE in the place of what the data directory holds.

    FILE is checked first. No server may use the directory meanwhile. The previous store is kept, until something is
    purged, in the folder `backups`.
    """
    from storage import backup
    from storage.encryption.data_key import data_key

    settings = settings_from(config, **flags)
    prepare(settings)
    with failures(), progress("Restoring") as advance:
        key = data_key(settings.master_key)
        kept = backup.restore(file, settings.data, now(), lambda left, total: advance(total - left, total), key)
    out(f"Restored {file} to {settings.data}.")
    if kept is not None:
        out(f"What was there before is in {kept}.")
    out("Searching by meaning is rebuilt when a server starts, or now by `satchel maintain`.")
