"""`satchel keys`: who may call over HTTP. A key is shown once, when it is made; what is kept cannot be turned back."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from server.cli.failures import Failure
from server.cli.options import json_option, settings_from, settings_options, tenant_option, typed_key_id
from server.cli.printing import note, one_line, out, out_json, table
from server.cli.running import in_database
from server.cli.times import grace as grace_time
from server.cli.times import lifetime, minute, now
from server.identity import SCOPES, known_scopes
from server.keys import REVOKED, new_key, standing
from storage import api_keys, audit
from storage.api_keys import KeyRow, NewKey
from storage.audit import AuditRow
from storage.database import Connection, Database
from storage.times import moment

TIMES = ("created_at", "expires_at", "revoked_at")
LONGEST_LABEL = 100


def _scopes(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    names = [name.strip() for name in value.split(",")]
    if set(names) - set(SCOPES):
        raise click.BadParameter(f"some of {', '.join(SCOPES)}, separated by commas.")
    return tuple(sorted(known_scopes(names), key=SCOPES.index))


def _label(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if len(value) > LONGEST_LABEL or not value.isprintable():
        raise click.BadParameter(f"at most {LONGEST_LABEL} characters of text on one line.")
    return value


key_argument = click.argument("key_id", callback=typed_key_id)


@click.group("keys")
def command() -> None:
    """Make, list, revoke and rotate the API keys of the HTTP server."""


@command.command("add")
@tenant_option
@click.option("--scopes", required=True, callback=_scopes, help="read, write, admin: some of them, with commas.")
@click.option("--expires", default="90d", show_default=True, callback=lifetime, help="After 30m, 12h, 90d …, or never.")
@click.option("--label", default="", callback=_label, help="What it is for.")
@settings_options
def add(
    tenant: str, scopes: tuple[str, ...], expires: int | None, label: str, config: Path | None, **flags: Any
) -> None:
    """Make a key and print it, alone on stdout. It is not shown again."""
    key, digest = new_key()
    at = now()
    expires_at = None if expires is None else at + expires
    new = NewKey(digest=digest, scopes=scopes, label=label, created_at=at, expires_at=expires_at)

    def insert(db: Connection) -> KeyRow:
        row = api_keys.insert(db, tenant, new)
        _audit(db, row, "keys.add", at, row.key_id)
        return row

    async def write(db: Database) -> KeyRow:
        return await db.write(insert)

    _show_once(key, in_database(settings_from(config, **flags), write, create=True))


@command.command("list")
@click.option("--tenant", help="Only of this tenant.")
@json_option
@settings_options
def list_keys(tenant: str | None, as_json: bool, config: Path | None, **flags: Any) -> None:
    """All keys, those that ended too; never the keys themselves."""

    async def read(db: Database) -> list[KeyRow]:
        return await db.read(lambda c: api_keys.listed(c, tenant))

    found = in_database(settings_from(config, **flags), read)
    if as_json:
        out_json([_record(row) for row in found])
    else:
        _print_rows(found)


@command.command("revoke")
@key_argument
@settings_options
def revoke(key_id: str, config: Path | None, **flags: Any) -> None:
    """End a key at once: running servers refuse it from the next request on."""
    at = now()

    def end(db: Connection) -> None:
        if api_keys.revoke(db, key_id, at):
            _audit(db, api_keys.fetch(db, key_id), "keys.revoke", at, key_id)

    async def write(db: Database) -> None:
        await db.write(end)

    in_database(settings_from(config, **flags), write)
    out(f"{one_line(key_id)}: revoked")


@command.command("rotate")
@key_argument
@click.option(
    "--grace", default="0", show_default=True, callback=grace_time, help="The old key goes on for so long: 1h, 2d."
)
@settings_options
def rotate(key_id: str, grace: int, config: Path | None, **flags: Any) -> None:
    """Make a new key in the place of an old one: same tenant, scopes, label and time to live. It is printed alone on
    stdout and not shown again."""
    key, digest = new_key()
    at = now()

    def replace(db: Connection) -> tuple[KeyRow, KeyRow]:
        old = api_keys.fetch(db, key_id)
        _refuse_ended(old)
        new = api_keys.rotate(db, old, digest, at, grace)
        _audit(db, new, "keys.rotate", at, old.key_id, new.key_id)
        return api_keys.fetch(db, key_id), new

    async def write(db: Database) -> tuple[KeyRow, KeyRow]:
        return await db.write(replace)

    old, new = in_database(settings_from(config, **flags), write)
    note(f"{old.key_id}: {'revoked' if old.revoked_at else f'goes on until {moment(old.expires_at)}'}")
    _show_once(key, new)


def _refuse_ended(old: KeyRow) -> None:
    """Who revoked a key meant it, and one that was replaced has its heir. Raises Failure."""
    if old.replaced_by is not None:
        raise Failure(f"{old.key_id} was replaced by {old.replaced_by}. Rotate that one.")
    if old.revoked_at is not None:
        raise Failure(f"{old.key_id} is revoked. `satchel keys add` makes a new one.")


def _audit(db: Connection, row: KeyRow, action: str, at: int, *key_ids: str) -> None:
    audit.append(db, [AuditRow(at, row.tenant, "cli", action, "ok", ids=key_ids)])


def _show_once(key: str, row: KeyRow) -> None:
    note(f"{row.key_id}: tenant {row.tenant}, {', '.join(row.scopes)}, expires {moment(row.expires_at) or 'never'}")
    note("Store the key now; it is not shown again.")
    out(key)


def _record(row: KeyRow) -> dict[str, Any]:
    """A key for a program: without its digest, times as ISO 8601."""
    values = {name: value for name, value in asdict(row).items() if name != "digest"}
    return values | {name: moment(values[name]) for name in TIMES} | {"state": standing(row, now())}


def _print_rows(found: Sequence[KeyRow]) -> None:
    """One line each."""
    at = now()
    table(
        ("ID", "TENANT", "SCOPES", "CREATED", "EXPIRES", "STATE", "LABEL"),
        [
            (
                row.key_id,
                row.tenant,
                ",".join(row.scopes),
                minute(row.created_at),
                minute(row.expires_at, "never"),
                _state(row, at),
                one_line(row.label),
            )
            for row in found
        ],
    )


def _state(row: KeyRow, at: int) -> str:
    state = standing(row, at)
    if row.replaced_by is None:
        return state
    return f"{'replaced' if state == REVOKED else f'{state}, replaced'} by {row.replaced_by}"
