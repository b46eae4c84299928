"""`satchel undo`: take back what one key wrote, where an agent was misled or a key was stolen."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.cli import undo_views as views
from server.cli.failures import Failure
from server.cli.options import settings_from, settings_options, tenant_option, typed_key_id
from server.cli.printing import note, out, progress
from server.cli.running import in_database, in_house
from server.cli.times import now, typed_moment
from storage import audit, written_by_key
from storage.audit import AuditRow
from storage.database import Database
from storage.written_by_key import Range, Written

if TYPE_CHECKING:
    from server.house import House
    from tools.undoing import Undone


@click.command("undo")
@click.option("--key", required=True, callback=typed_key_id, help="The id of the key; stdio and cli are ids too.")
@click.option(
    "--since", callback=typed_moment, metavar="TIME", help="Only since so long ago: 2h, 7d; or a date or time."
)
@click.option("--purge", is_flag=True, help="Erase memories it created for good, from every file.")
@click.option("--list", "only_list", is_flag=True, help="Only list everything it wrote.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@tenant_option
@settings_options
def command(
    key: str,
    since: int | None,
    purge: bool,
    only_list: bool,
    yes: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Show what a key wrote, ask, then take it back.

    Memories it created are forgotten, those it changed, replaced or forgot get back what they were; its documents,
    attachments, rules, learned queries and judgements are deleted. What others changed since stays, and is listed.
    Revoke the key first: `satchel keys revoke`.
    """
    settings = settings_from(config, **flags)
    asked = Range(tenant, key, since or 0)
    found = in_database(settings, lambda db: _listed(db, asked))
    if not found:
        out(f"Nothing of {views.named(key)} is kept for tenant {tenant}. `satchel audit` shows who wrote for whom.")
        return
    if only_list:
        views.print_written(found)
        return
    views.print_plan(found, purge=purge)
    if not yes:
        if not sys.stdin.isatty():
            raise Failure("There is no terminal to ask on. Pass --yes to do it without being asked.")
        click.confirm("Do that?", err=True, abort=True)
    views.print_undone(in_house(settings, lambda house: _undo(house, asked, purge=purge)))


async def _listed(db: Database, asked: Range) -> Sequence[Written]:
    return await db.read(lambda connection: list(written_by_key.listed(connection, asked)))


async def _undo(house: "House", asked: Range, *, purge: bool) -> "Undone":
    from tools.undoing import undo

    undone = await undo(house.services, asked, purge=purge)
    row = AuditRow(now(), asked.tenant, "cli", "undo", "ok", ids=(asked.key,))
    await house.db.write(lambda db: audit.append(db, [row]))
    if undone.note:
        note(undone.note)
    with progress("Embedding") as advance:
        await house.backfill.catch_up(lambda done: advance(done, None))
    return undone
