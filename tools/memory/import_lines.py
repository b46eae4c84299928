"""A memory as a line of JSON. Only ``content`` is demanded."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, StringConstraints, ValidationError, model_validator

from storage.memories.transfer import Incoming, Judgement
from storage.memories.writes import NewMemory
from tools.fields import DEFAULT_SESSION, ContentType, Importance, Metadata, Moment, Name, SessionId, Tags
from tools.memory.cleanup import clean, digest, speaker, without_html
from tools.memory.models import Content, EntityArgument, RelationArgument
from tools.memory.policy import MemoryPolicy
from tools.memory.preparing import fingerprint
from tools.retrieval.budget import fitting, utf8_size
from tools.spec import Arguments, Part
from tools.times import iso, milliseconds

LONGEST_LINE = 4 * 2**20  # bytes; the largest memory with 50 judgements of long queries takes less
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
    memory = _memory(line, content, now)
    return Incoming(
        memory=memory,
        state_at=_moment(line.state_at, _moment(line.updated_at, memory.created_at)),
        superseded_by=line.superseded_by,
        entities=[(entity.name, entity.type) for entity in line.entities],
        relations=[(each.source, each.relation, each.target) for each in line.relations],
        feedback=[Judgement(each.useful, each.query, milliseconds(each.created_at)) for each in line.feedback],
    )


def _memory(line: MemoryLine, content: str, now: int) -> NewMemory:
    who = speaker(content, line.metadata) if line.speaker is None else line.speaker
    created_at = _moment(line.created_at, now)
    return NewMemory(
        memory_id=line.memory_id,
        session_id=line.session_id,
        content=content,
        content_type=line.content_type,
        importance=line.importance,
        metadata=line.metadata,
        tags=list(dict.fromkeys(line.tags)),
        provenance=_provenance(line.provenance, now),
        digest=digest(content),
        simhash=fingerprint(content, who),
        speaker=who,
        created_at=created_at,
        updated_at=_moment(line.updated_at, created_at),
        occurred_at=_moment(line.occurred_at, created_at),
        expires_at=None if line.expires_at is None else milliseconds(line.expires_at),
        access_count=line.access_count,
        accessed_at=None if line.accessed_at is None else milliseconds(line.accessed_at),
        state=line.state,
    )


def _provenance(claimed: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Where it came from, which is the file; what that says of it is a claim, kept apart from what we know. Of one that
    was imported before, the first claim."""
    said = claimed.get("imported", claimed)
    claims = said if isinstance(said, dict) else claimed
    plain = {name: value for name, value in claims.items() if not isinstance(value, dict | list)}
    kept = fitting(plain, MOST_CLAIMED, utf8_size)
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
