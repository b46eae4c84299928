"""`satchel tenants`: who keeps something here; export or erase everything that is kept of one."""

from pathlib import Path
from typing import Any

import click

from server.cli.options import force_option, json_option, settings_from, settings_options, typed_tenant
from server.cli.printing import note, out_json
from server.cli.running import in_database
from server.cli.subjects import views
from server.cli.subjects.erasing import ErasureRequest, erase, erase_options
from server.cli.subjects.exporting import export
from storage.database import Database
from storage.subjects import listing as subject_listing
from storage.subjects.listing import TenantRow
from storage.subjects.tables import Subject

tenant_argument = click.argument("tenant", callback=typed_tenant)


@click.group("tenants")
def command() -> None:
    """Who keeps something here; export or erase everything that is kept of one."""


@command.command("list")
@json_option
@settings_options
def list_tenants(as_json: bool, config: Path | None, **flags: Any) -> None:
    """What each tenant keeps, its valid keys, and when it last called."""

    async def read(db: Database) -> list[TenantRow]:
        return await db.read(subject_listing.tenants)

    found = in_database(settings_from(config, **flags), read)
    if as_json:
        out_json([views.tenant_record(row) for row in found])
        return
    views.print_tenants(found)
    note(f"{len(found):,} tenants.")


@command.command("export")
@tenant_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@force_option
@settings_options
def export_tenant(tenant: str, file: Path, force: bool, config: Path | None, **flags: Any) -> None:
    """Write everything that is kept of TENANT to FILE: memories in every state with their history, documents with
    their text, attachments, escalations, queries and rules for databases, audit rows, keys without what proves them.

    A FILE called .zip holds one file for each kind and the attachments as they were given; else it is JSON lines, -
    for stdout.
    """
    export(settings_from(config, **flags), Subject(tenant), file, force=force)


@command.command("erase")
@tenant_argument
@erase_options
@settings_options
def erase_tenant(
    tenant: str,
    search_for: tuple[str, ...],
    proof: Path | None,
    is_sure: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Erase everything that is kept of TENANT from every file of the data directory, and prove it.

    Its keys go first. Interrupted, the same command goes on where it was. Servers may run meanwhile. One line of the
    audit trail is left, which holds a hash of the name. Ends with 1 when something is left.
    """
    erase(settings_from(config, **flags), Subject(tenant), ErasureRequest(search_for, proof, is_sure))
