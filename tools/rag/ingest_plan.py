"""What a round of ingestion is to do: files compared with the documents that were read from them before."""

import hashlib
import os
import unicodedata
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread

from storage.database import Connection, Database
from storage.documents import rows
from storage.files import named_paths
from storage.files.file_tree import FileFilter, FoundFile, Skipped, Survey
from storage.files.ignore_rules import Rules
from storage.files.stamped_files import FileStamp
from tools.attachments import sniffing
from tools.attachments.parsing import is_supported
from tools.errors import Refused
from tools.fields import MAX_ID_CHARS

EMPTY = "is empty; what was read from it is kept, in case it is a disk that is not there now"
LOOKED_UP_AT_ONCE = 1_000  # ids in one read, so that no snapshot is held for long


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be ingested, and where to. ``barred`` are our own folders, without links."""

    named: Sequence[str]
    tenant: str
    collection: str
    exclude: Rules
    barred: Sequence[Path]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Known:
    """A document that was read from a file."""

    document_id: str
    source: str
    stamp: FileStamp


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read. ``known`` is the document it became before."""

    file: FoundFile
    document_id: str
    known: Known | None


@dataclass(slots=True)
class Plan:
    """A round: what to read, what is as it was, what to delete, and what was passed over."""

    jobs: list[Job] = field(default_factory=list[Job])
    unchanged: list[Known] = field(default_factory=list[Known])
    deletions: list[Known] = field(default_factory=list[Known])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    errors: list[Skipped] = field(default_factory=list[Skipped])
    formats: dict[str, int] = field(default_factory=dict[str, int])


async def planned(db: Database | None, asked: Asked) -> Plan:
    """Look at everything that was named. Without a database nothing is known yet. Raises StorageError."""
    known = await db.read(lambda db: _known(db, asked.tenant, asked.collection)) if db else []
    by_source = {each.source: each for each in reversed(known)}
    wanted = FileFilter(
        accepts=lambda path: is_supported(path) or path in by_source,
        exclude=asked.exclude,
        barred=asked.barred,
        most_bytes=asked.most_bytes,
    )
    survey = await anyio.to_thread.run_sync(named_paths.survey, asked.named, wanted, abandon_on_cancel=True)
    plan = Plan(skipped=survey.skipped, errors=survey.errors, formats=dict(survey.formats))
    new = _sorted_out(survey.files.values(), by_source, plan)
    taken = {each.document_id: each.source for each in known}
    for at in range(0, len(new), LOOKED_UP_AT_ONCE):
        part = new[at : at + LOOKED_UP_AT_ONCE]
        held = await db.read(lambda db, part=part: _held(db, asked, part)) if db else {}  # type: ignore[misc]
        plan.jobs += [Job(file, _free_id(file, ChainMap(taken, held), taken), None) for file in part]
    plan.deletions = _deleted(survey, known)
    emptied = [folder for folder in survey.empty if any(_is_below(each.source, [folder]) for each in known)]
    plan.skipped += [Skipped(folder, EMPTY) for folder in emptied]
    plan.errors += [Skipped(path, "is not there") for path in survey.gone if path not in by_source]
    return plan


def _known(db: Connection, tenant: str, collection: str) -> list[Known]:
    found = rows.read_from_files(db, tenant, collection)
    return [Known(row.document_id, row.source, row.file) for row in found if row.file is not None]


def _sorted_out(files: Iterable[FoundFile], known: Mapping[str, Known], plan: Plan) -> list[FoundFile]:
    """The files that are new; the others are in the plan then."""
    new: list[FoundFile] = []
    for file in files:
        if (before := known.get(file.path)) is None:
            new.append(file)
        elif (before.stamp.size, before.stamp.modified_ns) == (file.size, file.modified_ns):
            plan.unchanged.append(before)
        else:
            plan.jobs.append(Job(file, before.document_id, before))
    return [file for file in new if not _is_refused(file, plan)]


def _is_refused(file: FoundFile, plan: Plan) -> bool:
    """Whether its name alone says that it is not read, which is told."""
    try:
        sniffing.claimed(file.path)
    except Refused as refused:
        plan.skipped.append(Skipped(file.path, str(refused)))
        return True
    return False


def _deleted(survey: Survey, known: Sequence[Known]) -> list[Known]:
    """The documents whose files are gone or excluded now, as far as that can be seen."""
    named = {*survey.gone, *survey.excluded}
    return [
        each
        for each in known
        if each.source not in survey.files
        and (each.source in named or _is_below(each.source, survey.folders))
        and not _is_below(each.source, survey.unread)
    ]


def _is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of these or inside one."""
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _held(db: Connection, asked: Asked, files: Sequence[FoundFile]) -> dict[str, str]:
    """The ids that these files might have and that are taken, whoever took them, with the source of the document."""
    ids = {document_id for file in files for document_id in _ids(file)}
    found = ((each, rows.fetch(db, asked.tenant, asked.collection, each)) for each in ids)
    return {each: row.source for each, row in found if row is not None}


def _free_id(file: FoundFile, held: Mapping[str, str], taken: dict[str, str]) -> str:
    """The first id that no document from elsewhere has; it is ``taken`` then."""
    ids = _ids(file)
    chosen = next((each for each in ids if held.get(each, file.path) == file.path), ids[-1])
    taken[chosen] = file.path
    return chosen


def _ids(file: FoundFile) -> list[str]:
    """The path below the folder that was named, and two more in case that a document from elsewhere has it."""
    plain = "".join("_" if unicodedata.category(char) == "Cc" else char for char in file.relative)
    digest = hashlib.sha256(file.path.encode()).hexdigest()
    marked = [f"{plain[: MAX_ID_CHARS - 1 - length]}-{digest[:length]}" for length in (8, 64)]
    return marked if len(plain) > MAX_ID_CHARS or not plain.strip() else [plain, *marked]
