"""`satchel escalations`: who waits for a person, what became of them, and whether people were told."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from server.cli.escalations import views
from server.cli.escalations.trials import check, test_notification
from server.cli.failures import Failure, failures
from server.cli.options import json_option, limit_option, settings_from, settings_options, tenant_option
from server.cli.printing import note_total, one_line, out, out_json
from server.cli.running import checked, in_database, in_house
from server.cli.times import now
from storage import deliveries as outbox
from storage.database import Database
from storage.deliveries import Delivery
from storage.escalations import EscalationRow
from tools.escalation.models import Action, Shown, Status, UpdateArguments
from tools.escalation.waiting import waiting
from tools.services import Caller

if TYPE_CHECKING:
    from server.house import House

F = TypeVar("F", bound=Callable[..., object])

STATES = ("waiting", "delivered", "dead")

note_option = click.option("--note", "text", default="", help="A note for the history.")


@click.group("escalations")
def command() -> None:
    """Who waits for a person; acknowledge, resolve, and see whether people were told."""


command.add_command(check)
command.add_command(test_notification)


def common(function: F) -> F:
    """The options of every command that looks into the store."""
    return tenant_option(settings_options(function))


@command.command("list")
@click.option("--status", type=click.Choice(get_args(Status)), help="Only of this status; else all unresolved ones.")
@click.option("--session", help="Only of this session.")
@limit_option(20)
@json_option
@common
def list_escalations(
    status: str | None,
    session: str | None,
    limit: int,
    as_json: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """The most urgent first, and of those the oldest."""

    async def read(db: Database) -> tuple[list[EscalationRow], int]:
        return await db.read(lambda c: waiting(c, tenant, status=status, session_id=session, limit=limit))

    found, total = in_database(settings_from(config, **flags), read)
    if as_json:
        out_json([views.record(row) for row in found])
        return
    views.print_rows(found)
    note_total(len(found), total)


@command.command("show")
@click.argument("escalation_id")
@json_option
@common
def show_escalation(escalation_id: str, as_json: bool, tenant: str, config: Path | None, **flags: Any) -> None:
    """The brief for the person taking over, with its signals and history."""

    async def read(house: "House") -> Shown:
        from tools.escalation.showing import show

        return await show(house.services.escalations, Caller(tenant, "cli"), escalation_id)

    shown = in_house(settings_from(config, **flags), read)
    if as_json:
        out_json(shown.model_dump(mode="json"))
    else:
        views.print_escalation(shown)


@command.command("acknowledge")
@click.argument("escalation_ids", nargs=-1, required=True)
@note_option
@common
def acknowledge(escalation_ids: tuple[str, ...], text: str, tenant: str, config: Path | None, **flags: Any) -> None:
    """Say that somebody takes care of them."""
    _update(escalation_ids, "acknowledge", text, tenant, config, flags)


@command.command("resolve")
@click.argument("escalation_ids", nargs=-1, required=True)
@note_option
@common
def resolve(escalation_ids: tuple[str, ...], text: str, tenant: str, config: Path | None, **flags: Any) -> None:
    """Say that they are settled; a new check of the conversation opens a new one."""
    _update(escalation_ids, "resolve", text, tenant, config, flags)


@command.command("note")
@click.argument("escalation_id")
@click.argument("text")
@common
def add_note(escalation_id: str, text: str, tenant: str, config: Path | None, **flags: Any) -> None:
    """Add a note to the history."""
    _update((escalation_id,), "note", text, tenant, config, flags)


def _update(
    ids: Sequence[str], action: Action, text: str, tenant: str, config: Path | None, flags: dict[str, Any]
) -> None:
    """Each by itself, so that a wrong id keeps none of the others from being done."""
    asked = [checked(UpdateArguments, escalation_id=each, action=action, note=text) for each in dict.fromkeys(ids)]

    async def change(house: "House") -> list[str]:
        from tools.escalation.updating import update

        refused: list[str] = []
        for each in asked:
            try:
                with failures():
                    done = await update(house.services.escalations, Caller(tenant, "cli"), each)
                out(f"{one_line(done.escalation_id)}: {done.status}")
            except Failure as failure:
                refused.append(failure.message)
        return refused

    if refused := in_house(settings_from(config, **flags), change):
        raise Failure(" ".join(refused))


@command.command("deliveries")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@limit_option(20)
@json_option
@common
def list_deliveries(
    state: str | None, limit: int, as_json: bool, tenant: str, config: Path | None, **flags: Any
) -> None:
    """Whether people were told: each message to each channel, newest first."""

    async def read(db: Database) -> list[Delivery]:
        return await db.read(lambda c: outbox.listed(c, tenant, state, limit))

    found = in_database(settings_from(config, **flags), read)
    if as_json:
        out_json([views.delivery_record(each) for each in found])
    else:
        views.print_deliveries(found)


@command.command("retry")
@click.argument("delivery_ids", nargs=-1)
@common
def retry(delivery_ids: tuple[str, ...], tenant: str, config: Path | None, **flags: Any) -> None:
    """Have deliveries that were given up tried again: those named, or all."""
    named = list(dict.fromkeys(delivery_ids)) or None

    async def revive(db: Database) -> int:
        return await db.write(lambda c: outbox.revive(c, tenant, named, now()))

    revived = in_database(settings_from(config, **flags), revive)
    out(f"Waiting again: {revived:,}. A running server sends them.")
    if named and revived < len(named):
        raise Failure(
            f"{len(named) - revived:,} of them are not among those given up."
            " `satchel escalations deliveries --state dead` shows them."
        )
