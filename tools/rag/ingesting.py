"""Ingestion: files become documents, and follow what happens to their files.

Several workers read, parse, cut, embed and write side by side; each document is one transaction, so whatever ends the
process, it is wholly there or wholly absent, and the next round does what is left.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath

import anyio
import anyio.to_thread

from storage.database import Connection
from storage.documents import rows
from storage.documents import writes as document_writes
from storage.errors import Invalid, QuotaExceeded, StorageError
from storage.files import stamped_files
from storage.files.file_tree import Skipped
from storage.files.stamped_files import FileStamp
from tools.attachments.parsing import Parsed, parse
from tools.attachments.processing import title_of
from tools.errors import AgentError, translated
from tools.fields import MAX_METADATA_BYTES
from tools.rag.adding import keep
from tools.rag.documents import Documents, Source
from tools.rag.ingest_plan import Asked, Job, Known, Plan
from tools.rag.removing import remove
from tools.retrieval.budget import as_json, fitting, utf8_size

logger = logging.getLogger("satchel.ingest")

DELETED_AT_ONCE = 100


@dataclass(slots=True)
class Outcome:
    """What a round came to, as far as it went."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    chunks: int = 0
    """Of what was added and updated."""
    pending: int = 0
    """Documents of which the preferred model has yet to see some."""
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    is_stopped: bool = False

    @property
    def has_changes(self) -> bool:
        """Whether any document is another than before."""
        return bool(self.added or self.updated or self.deleted)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What carries a plan out. ``keep_up`` hears after each document how many chunks came, and keeps the tables and the
    log in order; ``is_stopping`` says whether to leave the rest undone; ``advance`` hears how many files are done."""

    documents: Documents
    workers: int
    keep_up: Callable[[int], Awaitable[None]]
    is_stopping: Callable[[], bool]
    advance: Callable[[int], None]


async def ingest(workshop: Workshop, asked: Asked, plan: Plan, outcome: Outcome) -> None:
    """Carry the plan out; ``outcome`` grows with it. A file that fails is skipped and said so. Raises StorageError
    once the documents in hand are done."""
    outcome.unchanged += len(plan.unchanged)
    outcome.skipped += plan.skipped
    round_ = _Round(workshop, asked, iter(plan.jobs), outcome)
    async with anyio.create_task_group() as tasks:
        for _ in range(workshop.workers):
            tasks.start_soon(round_.work)
    if round_.failure is not None:
        raise round_.failure
    outcome.is_stopped = workshop.is_stopping()
    if not outcome.is_stopped:
        await _delete(workshop.documents, asked, plan, outcome)


async def changed(jobs: Sequence[Job], most_bytes: int) -> set[Job]:
    """The jobs whose files hold something else than their documents were read from, or cannot be read."""
    return {job for job in jobs if await anyio.to_thread.run_sync(_is_changed, job, most_bytes)}


def _is_changed(job: Job, most_bytes: int) -> bool:
    if job.known is None:
        return True
    try:
        _, stamp = stamped_files.read(Path(job.file.path), most_bytes)
    except (OSError, Invalid):
        return True
    return stamp.digest != job.known.stamp.digest


class _Round:
    """The workers' common state. They take from one iterator, so no more than one file each is in memory."""

    def __init__(self, workshop: Workshop, asked: Asked, jobs: Iterator[Job], outcome: Outcome) -> None:
        self.failure: StorageError | None = None
        self._workshop = workshop
        self._asked = asked
        self._jobs = jobs
        self._outcome = outcome
        self._done = 0

    async def work(self) -> None:
        """Do one job after the other until there are no more, or the store fails."""
        try:
            while self.failure is None and not self._workshop.is_stopping() and (job := next(self._jobs, None)):
                await self._do(job)
                self._done += 1
                self._workshop.advance(self._done)
        except StorageError as error:
            self.failure = self.failure or error

    async def _do(self, job: Job) -> None:
        try:
            await self._read(job)
        except (AgentError, Invalid) as refused:
            self._skip(job, str(refused))
        except OSError as error:
            self._skip(job, f"cannot be read ({error.strerror})")
        except QuotaExceeded as error:  # a smaller file may have room, and one that is gone makes some
            self._skip(job, str(translated(error)))
        except StorageError:
            raise
        except Exception as error:  # the outermost loop of a document: one never stops the others
            logger.exception("ingest.failed")
            self._skip(job, f"a fault in Satchel ({type(error).__name__})")

    async def _read(self, job: Job) -> None:
        documents = self._workshop.documents
        content, stamp = await anyio.to_thread.run_sync(stamped_files.read, Path(job.file.path), self._asked.most_bytes)
        if job.known and job.known.stamp.digest == stamp.digest:
            await _touch(documents, self._asked, job.known, stamp)
            self._outcome.unchanged += 1
            return
        parsed = await parse(content, PurePath(job.file.path).name)
        kept = await keep(documents, self._asked.tenant, _source(job, parsed, stamp, self._asked.collection))
        self._outcome.added += kept.action == "created"
        self._outcome.updated += kept.action == "updated"
        self._outcome.unchanged += kept.action == "unchanged"
        if kept.action != "unchanged":
            self._outcome.chunks += kept.chunks
            self._outcome.pending += kept.indexed == "pending" and bool(documents.embedders())
            await self._workshop.keep_up(kept.chunks)

    def _skip(self, job: Job, reason: str) -> None:
        kept = "; the document stays as it was" if job.known else ""
        self._outcome.skipped.append(Skipped(job.file.path, reason.rstrip(".") + kept))


async def _touch(documents: Documents, asked: Asked, known: Known, stamp: FileStamp) -> None:
    """Note that the file was written again with the same content, so that it need not be read the next time."""

    def touch(db: Connection) -> None:
        row = rows.fetch(db, asked.tenant, asked.collection, known.document_id)
        if row is not None and row.file is not None and row.file.digest == stamp.digest:
            document_writes.touch_file(db, asked.tenant, row, stamp)

    await documents.db.write(touch)


async def _delete(documents: Documents, asked: Asked, plan: Plan, outcome: Outcome) -> None:
    ids = [each.document_id for each in plan.deletions]
    for at in range(0, len(ids), DELETED_AT_ONCE):
        done = await remove(documents, asked.tenant, asked.collection, ids[at : at + DELETED_AT_ONCE])
        outcome.deleted += len(done.deleted)


def _source(job: Job, parsed: Parsed, stamp: FileStamp, collection: str) -> Source:
    path = PurePath(job.file.path)
    modified = datetime.fromtimestamp(stamp.modified_ns // 10**9, UTC).isoformat()
    about = {"path": job.file.relative, "filename": path.name, "modified": modified}
    return Source(
        collection=collection,
        document_id=job.document_id,
        text=parsed.text,
        title=title_of(parsed, path.name),
        source=job.file.path,
        format=parsed.format,
        metadata={**fitting(parsed.metadata, MAX_METADATA_BYTES - utf8_size(as_json(about)), utf8_size), **about},
        provenance={"origin": "import", "tool": "satchel ingest", "key": "cli"},
        pages=parsed.pages,
        file=stamp,
    )
