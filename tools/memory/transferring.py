"""Taking in memories from lines of JSON, as `satchel export` writes them or as another program may.

Only ``content`` is demanded of a line. Each batch is one transaction: all of its memories or none.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, StringConstraints, ValidationError, model_validator

from storage import transfer, usage
from storage.analysis import query_words
from storage.database import Connection
from storage.memory_writes import NewMemory, spoken
from storage.transfer import Incoming, Judgement, Link, Taken
from tools.fields import ContentType, Importance, Metadata, Moment, Name, SessionId, Tags, milliseconds
from tools.memory.cleanup import clean, digest, speaker, without_html
from tools.memory.duplicates import simhash
from tools.memory.memories import Memories, iso
from tools.memory.models import DEFAULT_SESSION, Content, EntityArgument, RelationArgument
from tools.memory.policy import MemoryPolicy
from tools.retrieval.budget import fitting
from tools.spec import Arguments, Part

BATCH = 500
BATCH_BYTES = 8 * 2**20
LONGEST_LINE = 4 * 2**20  # bytes; the largest memory with 50 judgements of long queries takes less
SHOWN = 10  # of the skipped lines; the others are only counted
MOST_LINKS = 10_000
PROVENANCE = {"origin": "import", "tool": "satchel import", "key": "cli"}
MOST_CLAIMED = 2_000
"""Bytes of what a file says of a memory's origin."""

Id = Annotated[Name, StringConstraints(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=0, lt=2**63)]


class LineFeedback(Part):
    useful: bool
    query: Annotated[str, Field(max_length=100_000)] = ""
    created_at: Moment


class MemoryLine(Arguments):
    """One line. What is left out is as if the memory were stored now."""

    content: Content
    memory_id: Id | None = None
    session_id: SessionId = DEFAULT_SESSION
    content_type: ContentType = "context"
    importance: Importance = 0.5
    tags: Tags = Field(default=[])
    metadata: Metadata = Field(default={})
    provenance: Metadata = Field(default={})
    speaker: Annotated[str, Field(max_length=80)] | None = None
    state: Literal["active", "archived", "deleted", "superseded"] = "active"
    superseded_by: Id | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    occurred_at: Moment | None = None
    expires_at: Moment | None = None
    state_at: Moment | None = None
    access_count: Count = 0
    accessed_at: Moment | None = None
    entities: list[EntityArgument] = Field(default=[], max_length=MOST_LINKS)
    relations: list[RelationArgument] = Field(default=[], max_length=MOST_LINKS)
    feedback: list[LineFeedback] = Field(default=[], max_length=50)

    @model_validator(mode="after")
    def _fits_together(self) -> "MemoryLine":
        if self.state == "superseded" and self.memory_id is None:
            raise ValueError("a superseded memory needs its memory_id")
        if self.superseded_by is not None and (self.state != "superseded" or self.superseded_by == self.memory_id):
            raise ValueError("superseded_by names another memory, and only where state is superseded")
        return self


class BadLine(Exception):
    """A line that holds no memory; nothing of its batch was written. The text says which line, and why."""


@dataclass(slots=True)
class Report:
    """What became of the lines so far. ``examples`` says of the first skipped lines which and why."""

    created: int = 0
    unchanged: int = 0
    skipped: int = 0
    examples: list[str] = field(default_factory=lambda: list[str]())
    links: list[Link] = field(default_factory=lambda: list[Link]())
    """Replaced memories whose replacement has not come yet."""

    def skip(self, number: int, reason: str) -> None:
        """One line was not taken."""
        self.skipped += 1
        if len(self.examples) < SHOWN:
            self.examples.append(f"line {number}: {reason}")


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line of the file and its number; ``text`` is None where it was too long to be read."""

    number: int
    text: bytes | None


async def take_in(
    memories: Memories,
    tenant: str,
    lines: Iterable[RawLine],
    report: Report,
    *,
    skip_invalid: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Store what the lines hold, counting in ``report``. Raises BadLine at the first bad one, unless those are skipped;
    the batches before it stay. So they do when it raises QuotaExceeded."""
    now = memories.now()
    for batch in _batches(lines):
        good, bad = _parsed(batch, memories.policy, now, skip_invalid=skip_invalid)
        taken, report.links = await memories.db.write(
            lambda db, good=good: _write(db, memories, tenant, [each for _, each in good], report.links)  # type: ignore[misc]
        )
        for number, reason in bad:
            report.skip(number, reason)
        _count(report, [number for number, _ in good], taken)
        progress()


def _batches(lines: Iterable[RawLine]) -> Iterator[list[RawLine]]:
    batch: list[RawLine] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.text or b"")
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parsed(
    batch: list[RawLine], policy: MemoryPolicy, now: int, *, skip_invalid: bool
) -> tuple[list[tuple[int, Incoming]], list[tuple[int, str]]]:
    good: list[tuple[int, Incoming]] = []
    bad: list[tuple[int, str]] = []
    for line in batch:
        try:
            good.append((line.number, incoming(line.text, policy, now)))
        except ValueError as error:
            if not skip_invalid:
                raise BadLine(f"line {line.number}: {error}") from None
            bad.append((line.number, str(error)))
    return good, bad


def _write(
    db: Connection, memories: Memories, tenant: str, batch: list[Incoming], links: list[Link]
) -> tuple[list[Taken], list[Link]]:
    with usage.within(db, tenant, memories.quota(tenant)):
        taken = [transfer.take(db, tenant, each) for each in batch]
    new = [
        (each.memory.memory_id, each.superseded_by)
        for each, done in zip(batch, taken, strict=True)
        if each.memory.memory_id and each.superseded_by and done.outcome != "skipped"
    ]
    return taken, transfer.link(db, tenant, [*links, *new])


def _count(report: Report, numbers: list[int], taken: list[Taken]) -> None:
    outcomes = Counter(each.outcome for each in taken)
    report.created += outcomes["created"]
    report.unchanged += outcomes["unchanged"]
    for number, each in zip(numbers, taken, strict=True):
        if each.outcome == "skipped":
            report.skip(number, each.reason)


def incoming(text: bytes | None, policy: MemoryPolicy, now: int) -> Incoming:
    """The memory in a line. Raises ValueError, whose text says what is wrong and never what the line holds."""
    if text is None:
        raise ValueError(f"is longer than {LONGEST_LINE:,} bytes")
    try:
        line = MemoryLine.model_validate(_json(text))
    except ValidationError as error:
        raise ValueError(_complaint(error)) from None
    content = clean(line.content if line.provenance else without_html(line.content, policy.html))
    if not content:
        raise ValueError("content: nothing is left of it after clean-up")
    return _incoming(line, content, now)


def _incoming(line: MemoryLine, content: str, now: int) -> Incoming:
    who = speaker(content, line.metadata) if line.speaker is None else line.speaker
    created_at = _moment(line.created_at, now)
    updated_at = _moment(line.updated_at, created_at)
    memory = NewMemory(
        memory_id=line.memory_id,
        session_id=line.session_id,
        content=content,
        content_type=line.content_type,
        importance=line.importance,
        metadata=line.metadata,
        tags=list(dict.fromkeys(line.tags)),
        provenance=_provenance(line.provenance, now),
        digest=digest(content),
        simhash=simhash(query_words(spoken(content, who), limit=2_000)),
        speaker=who,
        created_at=created_at,
        updated_at=updated_at,
        occurred_at=_moment(line.occurred_at, created_at),
        expires_at=None if line.expires_at is None else milliseconds(line.expires_at),
        access_count=line.access_count,
        accessed_at=None if line.accessed_at is None else milliseconds(line.accessed_at),
        state=line.state,
    )
    return Incoming(
        memory=memory,
        state_at=_moment(line.state_at, updated_at),
        superseded_by=line.superseded_by,
        entities=[(entity.name, entity.type) for entity in line.entities],
        relations=[(each.source, each.relation, each.target) for each in line.relations],
        feedback=[Judgement(each.useful, each.query, milliseconds(each.created_at)) for each in line.feedback],
    )


def _provenance(claimed: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Where it came from, which is the file; what that says of it is a claim, kept apart from what we know. Of one that
    was imported before, the first claim."""
    said = claimed.get("imported", claimed)
    claims = said if isinstance(said, dict) else claimed
    plain = {name: value for name, value in claims.items() if not isinstance(value, dict | list)}
    kept = fitting(plain, MOST_CLAIMED, lambda text: len(text.encode()))
    return PROVENANCE | {"imported_at": iso(now)} | ({"imported": kept} if kept else {})


def _moment(text: str | None, otherwise: int) -> int:
    return otherwise if text is None else milliseconds(text)


def _json(text: bytes) -> Any:
    try:
        held = json.loads(text.decode("utf-8"), parse_constant=_no_number)
    except RecursionError:
        raise ValueError("is nested too deep") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(held, dict):
        raise ValueError("is not a JSON object")
    return held


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"holds {name}, which is not JSON")


def _complaint(error: ValidationError) -> str:
    """The first thing that is wrong; names from the line are cut short and kept printable."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part)[:64].encode("ascii", "backslashreplace").decode() for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "no such field"
    return f"{where}: {message[:1].lower()}{message[1:]}" if where else f"{message[:1].lower()}{message[1:]}"
