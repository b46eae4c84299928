"""`satchel sessions`: a tenant's sessions; export or erase everything that is kept of one."""

import re
from pathlib import Path
from typing import Any

import click

from server.cli.options import force_option, json_option, limit_option, settings_from, settings_options, tenant_option
from server.cli.printing import note, out_json
from server.cli.running import in_database
from server.cli.subjects import views
from server.cli.subjects.erasing import ErasureRequest, erase, erase_options
from server.cli.subjects.exporting import export
from storage.database import Database
from storage.subjects import listing as subject_listing
from storage.subjects.listing import SessionRow
from storage.subjects.tables import Subject


def _session(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", value):
        raise click.BadParameter("1 to 255 letters, digits, _ and -.")
    return value


session_argument = click.argument("session", callback=_session)


@click.group("sessions")
def command() -> None:
    """A tenant's sessions; export or erase everything that is kept of one."""


@command.command("list")
@limit_option(50)
@json_option
@tenant_option
@settings_options
def list_sessions(limit: int, as_json: bool, tenant: str, config: Path | None, **flags: Any) -> None:
    """What each session keeps, the last changed first."""

    async def read(db: Database) -> list[SessionRow]:
        return await db.read(lambda connection: subject_listing.sessions(connection, tenant, limit + 1))

    found = in_database(settings_from(config, **flags), read)
    shown = found[:limit]
    if as_json:
        out_json([views.session_record(row) for row in shown])
        return
    views.print_sessions(shown)
    note(f"{len(shown):,} sessions." + (" --limit shows more." if len(found) > limit else ""))


@command.command("export")
@session_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@force_option
@tenant_option
@settings_options
def export_session(session: str, file: Path, force: bool, tenant: str, config: Path | None, **flags: Any) -> None:
    """Write everything that is kept of SESSION to FILE: memories in every state with their history, escalations,
    queries to databases, audit rows.

    Documents and attachments belong to the tenant, not to a session. A FILE called .zip holds one file for each kind;
    else it is JSON lines, - for stdout.
    """
    export(settings_from(config, **flags), Subject(tenant, session), file, force=force)
    note(views.OF_TENANT_EXPORTED)


@command.command("erase")
@session_argument
@erase_options
@tenant_option
@settings_options
def erase_session(
    session: str,
    search_for: tuple[str, ...],
    proof: Path | None,
    is_sure: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Erase everything that is kept of SESSION from every file of the data directory, and prove it.

    Documents and attachments belong to the tenant, not to a session, and stay. That calls happened stays in the audit
    trail, without the session's name and ids. Interrupted, the same command goes on where it was. Servers may run
    meanwhile. Ends with 1 when something is left.
    """
    erase(settings_from(config, **flags), Subject(tenant, session), ErasureRequest(search_for, proof, is_sure))
