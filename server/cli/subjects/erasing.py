"""Erasing what is kept of a tenant or of a session, and proving it: what `tenants erase` and `sessions erase` share."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio
import anyio.to_thread
import click

from server.cli.failures import Failure, failures
from server.cli.printing import Advance, progress
from server.cli.running import in_database, in_house
from server.cli.subjects.proof import Held, Proof, print_proof, what_to_do, write_proof
from server.cli.times import now
from server.config import Settings
from storage.database import Database
from storage.erasure import Erasure
from storage.errors import Busy, NotFound
from storage.subjects import erasing
from storage.subjects.proof import Needles, forms_of, ids_of, name_tells, search, vectors_of
from storage.subjects.tables import Subject, counts

if TYPE_CHECKING:
    from server.house import House

F = TypeVar("F", bound=Callable[..., object])

PATIENCE_SECONDS = 120.0  # for readers and the indexer of another process, and for large tables to be written anew
LEAST_WORD = 3
UNFINISHED = "{0}: not everything is erased yet. Run the same command again in a while; it goes on from there."


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """What was asked for: what to search for beside ids, and where the proof goes."""

    search_for: Sequence[str]
    proof: Path | None
    is_sure: bool


def erase_options(command: F) -> F:
    """`--yes`, `--proof`, `--search-for`."""
    for option in (
        click.option(
            "--search-for",
            metavar="WORD",
            multiple=True,
            callback=_words,
            help="Prove that no file holds this word either; may be given again.",
        ),
        click.option("--proof", type=click.Path(path_type=Path, dir_okay=False), help="Write the proof here, as JSON."),
        click.option("--yes", "is_sure", is_flag=True, help="Erase without asking."),
    ):
        command = option(command)
    return command


def erase(settings: Settings, subject: Subject, asked: ErasureRequest) -> None:
    """Erase, prove, print the proof. Raises Failure when it did not come to its end, and when something is left."""
    if asked.proof is not None:
        _check_place(settings, asked.proof)
    if not asked.is_sure:
        _confirm(settings, subject)
    proof = in_house(settings, lambda house: _erase(house, settings, subject))
    _search(settings, proof, asked.search_for)  # nothing is open any more
    with failures():
        write_proof(proof, asked.proof)
    print_proof(proof)
    if proof.is_clean:
        return
    in_database(settings, lambda db: db.write(lambda c: erasing.begin(c, subject)))  # so that it can be asked again
    raise Failure(what_to_do(proof))


def _words(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    if any(len(word.strip()) < LEAST_WORD for word in value):
        raise click.BadParameter(f"at least {LEAST_WORD} characters; shorter ones stand in any file.")
    return value


def _check_place(settings: Settings, proof: Path) -> None:
    """Whether the proof can be written: to find out afterwards would be too late."""
    if proof.resolve().is_relative_to(settings.data.resolve()):
        raise Failure(f"{proof}: is in the data directory, which is to forget the name. Name a file elsewhere.")
    if proof.exists():
        raise Failure(f"{proof}: is there already. Name another file for the proof.")
    if not os.access(proof.resolve().parent, os.W_OK):
        raise Failure(f"{proof}: cannot be written there. Name a file in a folder that is yours.")


def _confirm(settings: Settings, subject: Subject) -> None:
    """Have the name typed by whoever sits there, who is told how much there is."""

    async def count(db: Database) -> int:
        held, is_begun = await db.read(lambda c: (counts(c, subject), erasing.is_begun(c, subject)))
        return _some(subject, held, is_begun=is_begun)

    rows = in_database(settings, count)
    if not sys.stdin.isatty():
        raise Failure("There is no terminal to ask on. Pass --yes to erase without being asked.")
    click.echo(
        f"Erases {rows:,} rows of the {subject.noun} from every file of {settings.data}. It cannot be undone.", err=True
    )
    typed = click.prompt(f"Type the name of the {subject.noun}", default="", show_default=False, err=True)
    if typed != subject.name:
        raise Failure("Nothing was erased: that is not the name.")


def _some(subject: Subject, held: Mapping[str, int], *, is_begun: bool) -> int:
    if not any(held.values()) and not is_begun:
        raise NotFound(subject.noun, subject.name)
    return sum(held.values())


async def _erase(house: "House", settings: Settings, subject: Subject) -> Proof:
    is_begun = await house.db.read(lambda db: erasing.is_begun(db, subject))
    before, ids = await _held(house, subject), await house.db.read(lambda db: ids_of(db, subject))
    rows = _some(subject, before.rows, is_begun=is_begun)
    erasure, at = Erasure(house.db, house.indexer, settings.data), now()

    async def erase_files() -> None:
        if subject.session_id is None:
            await anyio.to_thread.run_sync(house.services.attachments.files.drop, subject.tenant)
        await erasure.erase(PATIENCE_SECONDS, is_thorough=True)

    with progress("Erasing") as advance:
        try:
            await erasing.erase(house.db, subject, erase_files, at, lambda done: advance(done, rows))
        except Busy as error:
            raise Failure(UNFINISHED.format(str(error).capitalize())) from error
    return Proof(
        subject=subject,
        at=at,
        before=before,
        after=await _held(house, subject),
        ids=ids,
        name_tells=await house.db.read(lambda db: name_tells(db, subject)),
        is_encrypted=settings.master_key is not None,
    )


async def _held(house: "House", subject: Subject) -> Held:
    files = house.services.attachments.files
    uploads = await anyio.to_thread.run_sync(files.count, subject.tenant) if subject.session_id is None else 0
    rows = await house.db.read(lambda db: counts(db, subject))
    return Held(rows, await house.db.read(lambda db: vectors_of(db, house.vectors, subject)), uploads)


def _search(settings: Settings, proof: Proof, search_for: Sequence[str]) -> None:
    forms = {f"word {number}": forms_of(word) for number, word in enumerate(search_for, 1)}
    if proof.name_tells:
        forms["the name"] = frozenset({proof.subject.name.lower().encode()})
    size = _size(settings.data)
    with failures(), progress("Searching the files") as advance:
        proof.searched = search(settings.data, Needles(proof.ids, forms), _told(advance, size))
    proof.words = len(search_for)


def _told(advance: Advance, size: int) -> Callable[[int], None]:
    return lambda done: advance(done, size)


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.lstat().st_size
    return size
