"""`satchel audit`: who called, what, when, and how it ended."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import click

from server.cli.interrupts import stop_at_interrupt
from server.cli.options import limit_option, settings_from, settings_options
from server.cli.printing import grid, note, one_line, out
from server.cli.running import in_database
from server.cli.times import second, typed_moment
from storage import audit
from storage.audit import AuditFilter, AuditRow
from storage.database import Connection, Database
from storage.times import moment

FOLLOW_SECONDS = 1.0
AT_ONCE = 1_000  # rows that are read in one go while following
NOTHING = "-"
HEADINGS = ("TIME", "TENANT", "KEY", "ACTION", "OUTCOME", "MS", "SESSION", "IDS", "REQUEST")


@click.command("audit")
@click.option("--tenant", help="Only of this tenant.")
@click.option("--key", help="Only of this key's id; `stdio` and `cli` are this machine's owner.")
@click.option("--action", help="Only this: a tool's name, keys.add …")
@click.option("--outcome", help="Only what ended so: ok, denied …")
@click.option("--session", "session_id", help="Only of this session.")
@click.option("--since", callback=typed_moment, help="Only from then on: 2h ago, 7d ago, or a date or time.")
@click.option("--until", callback=typed_moment, help="Only before then.")
@limit_option(50)
@click.option("--json", "as_json", is_flag=True, help="As JSON, an object a line.")
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@settings_options
def command(tenant: str | None, limit: int, as_json: bool, follow: bool, config: Path | None, **given: Any) -> None:
    """Who called, what, when, and how it ended: the newest last. Ids only, never what was said.

    In a pipe the fields of a line are time, tenant, key, action, outcome, milliseconds, session, ids and request.
    """
    flags = {name: given.pop(name) for name in ("home", "data_dir")}
    wanted = AuditFilter(**given)

    async def read(db: Database) -> int:
        found, last = await db.read(lambda c: (audit.select(c, tenant, wanted, limit + 1), audit.newest(c)))
        newest = found[:limit][::-1]
        if follow:
            await _follow(db, tenant, wanted, newest, last, as_json=as_json)
        else:
            _show(newest, as_json=as_json, in_table=sys.stdout.isatty())
        return len(found)

    found = in_database(settings_from(config, **flags), read)
    if follow:
        return
    if not found:
        note("Nothing of that is on record.")
    elif found > limit:
        note(f"The newest {limit:,}. --limit shows more.")


async def _follow(
    db: Database, tenant: str | None, wanted: AuditFilter, newest: Sequence[AuditRow], last: int, *, as_json: bool
) -> None:
    """Show these, then what is written after the row of that number, also by other processes, until Ctrl-C."""

    def read(connection: Connection) -> list[AuditRow]:
        return audit.written_after(connection, tenant, wanted, last, AT_ONCE)

    with stop_at_interrupt() as stop:
        _show(newest, as_json=as_json, in_table=False)
        while not stop.is_set():
            found = await db.read(read)
            _show(found, as_json=as_json, in_table=False)
            if found:
                last = found[-1].audit_row
            if len(found) < AT_ONCE:
                with anyio.move_on_after(FOLLOW_SECONDS):
                    await stop.wait()


def _show(rows: Sequence[AuditRow], *, as_json: bool, in_table: bool) -> None:
    if as_json:
        for row in rows:
            out(json.dumps(_record(row)))
    elif in_table:
        _print_rows(rows)
    else:
        for row in rows:
            out(" ".join(one_line(cell).replace(" ", "_") or NOTHING for cell in _cells(row)))


def _record(row: AuditRow) -> dict[str, Any]:
    """A row for a program: its time as ISO 8601, no number of ours."""
    values = {name: value for name, value in asdict(row).items() if name != "audit_row"}
    return values | {"at": moment(row.at)}


def _print_rows(rows: Sequence[AuditRow]) -> None:
    """One line each, to the second; what the terminal has no room for is left out."""
    cells = [[second(row.at), *map(one_line, _cells(row)[1:])] for row in rows]
    if left_out := grid(HEADINGS, cells, (HEADINGS.index("TIME"), HEADINGS.index("MS"))):
        note(f"{', '.join(HEADINGS[-left_out:])}: no room here. --json shows all.")


def _cells(row: AuditRow) -> tuple[str, ...]:
    who = (moment(row.at) or "", row.tenant, row.key, row.action, row.outcome)
    return (*who, f"{row.ms:.1f}", row.session_id, ",".join(row.ids), row.request_id)
