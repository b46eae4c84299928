"""How a command runs on the store: opened, used, closed."""

import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import click

from server import logs
from server.cli.failures import Failure, failures
from server.cli.printing import spell_out
from server.config import Settings
from storage.database import FILE_NAME, Connection, Database, under
from storage.encryption.data_key import data_key

if TYPE_CHECKING:  # brings the SDK, half a second that half of the commands do not need
    from pydantic import BaseModel

    from server.house import House

T = TypeVar("T")
M = TypeVar("M", bound="BaseModel")


def in_house(settings: Settings, work: Callable[["House"], Awaitable[T]], *, create: bool = False) -> T:
    """What ``work`` returns, given the open store with nothing running beside it. Raises Failure."""
    return _run(settings, lambda: _in_house(settings, work), create=create)


def in_database(settings: Settings, work: Callable[[Database], Awaitable[T]], *, create: bool = False) -> T:
    """The same with the database alone, for commands that neither search nor index: opened in milliseconds."""
    return _run(settings, lambda: _in_database(settings, work), create=create)


async def read_out(db: Database, work: Callable[[Connection], T]) -> T:
    """What ``work`` returns, given one snapshot. It writes to a file of the user's: an OSError is not the store's."""

    def carried(connection: Connection) -> T | OSError:
        try:
            return work(connection)
        except OSError as error:
            return error

    result = await db.read(carried)
    if isinstance(result, OSError):
        raise result
    return result


def prepare(settings: Settings) -> None:
    """Set this process up for a command. The collector was switched off for the start."""
    gc.enable()
    logs.configure("debug" if settings.log_level == "debug" else "error")
    spell_out()


def _run(settings: Settings, work: Callable[[], Awaitable[T]], *, create: bool) -> T:
    prepare(settings)
    if not create and not (settings.data / FILE_NAME).exists():
        raise Failure(f"{settings.data}: nothing is kept here yet. Name another place with --data-dir or --home.")
    with failures():
        return anyio.run(work)


async def _in_house(settings: Settings, work: Callable[["House"], Awaitable[T]]) -> T:
    """An error is carried out by hand: the house's task group would wrap it in a group."""
    from server.lifespan import open_house

    async with open_house(settings, background=False) as house:
        try:
            return await work(house)
        except Exception as error:
            failure = error
    raise failure


async def _in_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    db = await Database.open(settings.data, under(data_key(settings.master_key)))
    try:
        return await work(db)
    finally:
        await db.close()


def refuse_existing(file: Path, *, force: bool) -> None:
    """Nothing is written over unless that is asked for."""
    if file.exists() and not force:
        raise Failure(f"{file}: is there already. Name another file, or pass --force to write over it.")


def checked(model: type[M], **given: Any) -> M:
    """The use case's arguments; what does not fit is a mistake in the command line."""
    from pydantic import ValidationError

    from server.complaints import complaint

    try:
        return model(**given)
    except ValidationError as error:
        raise click.UsageError(complaint(error)) from error
