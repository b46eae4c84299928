"""The text form of memories: one line each, the facts in front."""

from typing import Protocol

from tools.retrieval.rendering import item


class Shown(Protocol):
    """What a line shows of a memory."""

    @property
    def memory_id(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def occurred_at(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def related_by(self) -> str | None: ...
    @property
    def archived(self) -> bool: ...
    @property
    def session_id(self) -> str: ...


def memory_line(memory: Shown, *, with_session: bool = False) -> str:
    """`[id] 2026-11-21 fact 0.82  text`, further lines of the text indented."""
    head = f"[{memory.memory_id}] {memory.occurred_at[:10]} {memory.content_type} {memory.score:.2f}"
    if with_session:
        head += f" in {memory.session_id}"
    if memory.archived:
        head += " archived"
    if memory.related_by:
        head += " related"
    return item(head, memory.content)


def dated_line(memory_id: str, occurred_at: str, content: str) -> str:
    """`[id] 2026-11-21  text`, for a list whose heading says the kind."""
    return item(f"[{memory_id}] {occurred_at[:10]}", content)


def notes(*, pending: bool, expires: str | None) -> str:
    """What else to know of a stored memory, in brackets; empty when there is nothing."""
    parts = ["found by words only for now"] if pending else []
    parts += [f"expires {expires[:16]}"] if expires else []
    return f" ({'; '.join(parts)})" if parts else ""
