"""How a command runs on the store: opened, used, closed; what goes wrong told in one line."""

import errno
import gc
import re
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import click

from server import logs
from server.cli import Failure
from server.config import Settings
from storage import errors as storage
from storage.data_key import data_key
from storage.database import FILE_NAME, Connection, Database, under
from tools.errors import AgentError

if TYPE_CHECKING:  # brings the SDK, half a second that half of the commands do not need
    from pydantic import BaseModel

    from server.house import House

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])
M = TypeVar("M", bound="BaseModel")

FAILURES: dict[type[storage.StorageError], str] = {
    storage.NotFound: "{0}. {finder}",
    storage.Busy: "{0}. Try again in a few seconds, or end that process first.",
    storage.DiskFull: "{0}; nothing was changed. Free some space, then run it again.",
    storage.ReadOnly: "{0}. `satchel doctor` says whose it is and what it allows.",
    storage.NewerData: "a newer version wrote this data: {0}. Update this program.",
    storage.QuotaExceeded: "{0}, and this would be more. `satchel memories forget --purge` makes room; the settings"
    " quota_memories, quota_chunks and quota_mb allow more.",
    storage.WrongKey: "{0}. `satchel encryption status` says what to do with encryption_key or encryption_key_file.",
    storage.Corrupt: "{0}. `satchel doctor` looks closer; `satchel restore FILE` puts a backup in its place.",
}
FINDERS = {
    "memory": "`satchel memories list` and `satchel memories search WORDS` show ids.",
    "escalation": "`satchel escalations list` shows ids.",
    "key": "`satchel keys list` shows ids.",
    "tenant": "`satchel tenants list` shows their names.",
    "session": "`satchel sessions list` shows their names, and with --tenant those of another tenant.",
}


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


@contextmanager
def failures() -> Generator[None]:
    """What goes wrong inside as a Failure: one line that says what to do next."""
    try:
        yield
    except AgentError as error:
        raise Failure(str(error)) from error
    except storage.StorageError as error:
        hint = next((text for kind, text in FAILURES.items() if isinstance(error, kind)), "{0}")
        finder = FINDERS.get(error.noun, "") if isinstance(error, storage.NotFound) else ""
        raise Failure(_sentence(hint.format(error, finder=finder))) from error
    except UnicodeEncodeError as error:  # bytes of the command line that are no text
        raise Failure("an argument is not valid text. Check the encoding of the terminal.") from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # the reader of our output has had enough; click ends quietly
            raise
        raise Failure(f"{error.filename or 'file'}: {error.strerror or error}. Check the path.") from error


def prepare(settings: Settings) -> None:
    """Set this process up for a command. The collector was switched off for the start."""
    gc.enable()
    logs.configure("debug" if settings.log_level == "debug" else "error")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows few letters


def tenant_option(command: F) -> F:
    """`--tenant`: whose data."""
    return click.option(
        "--tenant", default="local", show_default=True, callback=_tenant, help="Whose data; stdio serves `local`."
    )(command)


def _tenant(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise click.BadParameter("1 to 64 letters, digits, _ and -.")
    return value


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


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a file's name."""
    return f"{text[:1].upper()}{text[1:]}" if text.partition(" ")[0].isalpha() else text


def refuse_existing(file: Path, *, force: bool) -> None:
    """Nothing is written over unless that is asked for."""
    if file.exists() and not force:
        raise Failure(f"{file}: is there already. Name another file, or pass --force to write over it.")


def checked(model: type[M], **given: Any) -> M:
    """The use case's arguments; what does not fit is a mistake in the command line."""
    from pydantic import ValidationError

    from server.schemas import complaint

    try:
        return model(**given)
    except ValidationError as error:
        raise click.UsageError(complaint(error)) from error
