"""`satchel memories`: list, search, show and forget."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from server.cli import memory_views as views
from server.cli.failures import Failure
from server.cli.model_loading import load_model_searched_by
from server.cli.options import json_option, limit_option, settings_from, settings_options, tenant_option
from server.cli.printing import note, note_total, out, out_json
from server.cli.running import checked, in_database, in_house
from server.config import Settings
from storage.database import Connection, Database
from storage.memories import listing as memory_listing
from storage.memories import rows
from storage.memories import transfer as memory_transfer
from tools.fields import ContentType
from tools.memory.models import ForgetArguments, Forgotten, RetrieveArguments, Retrieved
from tools.services import Caller

if TYPE_CHECKING:
    from server.house import House

F = TypeVar("F", bound=Callable[..., object])

ALL = "all"
AT_ONCE = 100  # ids that one call of the use case takes

session_option = click.option("--session", help="Only of this session.")
type_option = click.option("--type", "content_type", type=click.Choice(get_args(ContentType)), help="Only this kind.")
tag_option = click.option("--tag", "tags", multiple=True, help="Only with this tag; may be given again.")


@click.group("memories")
def command() -> None:
    """List, search, show and forget memories."""


def common(function: F) -> F:
    """The options of every command here."""
    return tenant_option(settings_options(function))


@command.command("list")
@session_option
@type_option
@tag_option
@click.option(
    "--state",
    type=click.Choice([*memory_listing.STATES, ALL]),
    default="active",
    show_default=True,
    help="In this state.",
)
@limit_option(20)
@json_option
@common
def list_memories(
    session: str | None,
    content_type: str | None,
    tags: tuple[str, ...],
    state: str,
    limit: int,
    as_json: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """The memories stored last, newest first."""
    states = memory_listing.STATES if state == ALL else (state,)
    wanted = memory_listing.ListingFilter(states=states, session_id=session, content_type=content_type, tags=tags)

    async def read(db: Database) -> tuple[list[rows.MemoryRow], int]:
        return await db.read(
            lambda c: (memory_listing.listed(c, tenant, wanted, limit), memory_listing.count(c, tenant, wanted))
        )

    found, total = in_database(settings_from(config, **flags), read)
    if as_json:
        out_json([views.record(row) for row in found])
        return
    views.print_rows(found)
    note_total(len(found), total)


@command.command("search")
@click.argument("query")
@session_option
@type_option
@tag_option
@limit_option(10, most=100)
@click.option("--archived", is_flag=True, help="Also what was archived.")
@json_option
@common
def search_memories(
    query: str,
    session: str | None,
    content_type: Any,
    tags: tuple[str, ...],
    limit: int,
    archived: bool,
    as_json: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """What an agent would find for QUERY, in every session unless one is named. Looking does not change the ranking."""
    settings = settings_from(config, **flags).model_copy(update={"offline": True})
    asked = checked(
        RetrieveArguments,
        query=query,
        session_id=session or "default",
        scope="session" if session else "tenant",
        content_type=content_type,
        tags=list(tags),
        limit=limit,
        include_archived=archived,
        max_tokens=100_000,
    )
    found = in_house(settings, lambda house: _search(house, tenant, asked))
    if as_json:
        out_json(found.model_dump(mode="json"))
        return
    views.print_hits(found)
    note(f"{found.count} found by {found.mode} search." + (f" {found.note}" if found.note else ""))


async def _search(house: "House", tenant: str, asked: RetrieveArguments) -> Retrieved:
    from tools.memory.retrieving import retrieve

    await load_model_searched_by(house)
    try:
        return await retrieve(house.memories, Caller(tenant, "cli"), asked)
    finally:
        house.memories.accesses.waiting.clear()


@command.command("show")
@click.argument("memory_id")
@json_option
@common
def show_memory(memory_id: str, as_json: bool, tenant: str, config: Path | None, **flags: Any) -> None:
    """Everything that is kept of one memory, with what it replaced."""

    def read(db: Connection) -> tuple[dict[str, Any], list[rows.MemoryRow]]:
        row = rows.fetch(db, tenant, memory_id)
        return next(memory_transfer.exported(db, tenant, memory_id)), rows.history(db, tenant, row.row_id)

    async def both(db: Database) -> tuple[dict[str, Any], list[rows.MemoryRow]]:
        return await db.read(read)

    memory, replaced = in_database(settings_from(config, **flags), both)
    if as_json:
        out_json({**memory, "replaced": [views.record(row) for row in replaced]})
    else:
        views.print_memory(memory, replaced)


@command.command("forget")
@click.argument("memory_ids", nargs=-1)
@session_option
@type_option
@tag_option
@click.option("--older-than", type=click.FloatRange(0), metavar="HOURS", help="Only what happened before.")
@click.option("--purge", is_flag=True, help="Erase for good, from every file, with what they replaced.")
@click.option("--yes", is_flag=True, help="Purge without asking.")
@common
def forget_memories(
    memory_ids: tuple[str, ...],
    session: str | None,
    content_type: Any,
    tags: tuple[str, ...],
    older_than: float | None,
    purge: bool,
    yes: bool,
    tenant: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Forget memories by id, or those of --session that pass the filters.

    Agents can bring them back with memory_restore, unless --purge erases them.
    """
    filters = {"content_type": content_type, "tags": list(tags), "older_than_hours": older_than}
    asked = _asked(memory_ids, session, filters, purge=purge)
    settings = settings_from(config, **flags)
    if purge and not yes:
        _confirm(settings, len(memory_ids), session)
    done = in_house(settings, lambda house: _forget(house, tenant, asked))
    out(f"{'Erased for good' if purge else 'Forgot'}: {sum(each.count for each in done):,}.")
    if notes := {each.note for each in done if each.note}:
        note(notes.pop())
    if missing := [name for each in done for name in each.not_found]:
        raise Failure(f"Not found: {views.names(missing)}. `satchel memories list` shows ids.")


def _asked(
    ids: Sequence[str], session: str | None, filters: Mapping[str, Any], *, purge: bool
) -> list[ForgetArguments]:
    """What the use case is to forget, by ids or by filters. Raises UsageError."""
    is_filtered = any(value is not None and value != [] for value in filters.values())
    if bool(ids) == is_filtered:
        raise click.UsageError("Give ids, or --session with --type, --tag or --older-than (0: all of the session).")
    if is_filtered and session is None:
        raise click.UsageError("Filters need --session.")
    by_ids: list[Mapping[str, Any]] = [{"memory_ids": batch} for batch in _batches(ids)]
    return [checked(ForgetArguments, session_id=session, purge=purge, **each) for each in by_ids or [filters]]


async def _forget(house: "House", tenant: str, asked: Sequence[ForgetArguments]) -> list[Forgotten]:
    from tools.memory.removing import MOST, forget

    done: list[Forgotten] = []
    for each in asked:
        done.append(await forget(house.memories, Caller(tenant, "cli"), each))
        while each.memory_ids is None and done[-1].count == MOST:
            done.append(await forget(house.memories, Caller(tenant, "cli"), each))
    return done


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(ids))
    yield from (unique[at : at + AT_ONCE] for at in range(0, len(unique), AT_ONCE))


def _confirm(settings: Settings, ids: int, session: str | None) -> None:
    what = f"{ids:,} memories" if ids else f"the matching memories of session {session}"
    click.confirm(f"Erase {what} from every file of {settings.data}? This cannot be undone.", err=True, abort=True)
