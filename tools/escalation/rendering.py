"""The text form of escalations: what customers and colleagues wrote stands between marks, as data."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tools.retrieval.rendering import fenced, item


class ShownSignal(Protocol):
    """What a line shows of a signal."""

    @property
    def name(self) -> str: ...
    @property
    def weight(self) -> float: ...
    @property
    def evidence(self) -> str: ...


class ShownMemory(Protocol):
    """What a line shows of a memory."""

    @property
    def memory_id(self) -> str: ...
    @property
    def content(self) -> str: ...


class ShownHandoff(Protocol):
    """What is shown of a brief."""

    @property
    def summary(self) -> str: ...
    @property
    def customer(self) -> Mapping[str, str]: ...
    @property
    def open_questions(self) -> Sequence[str]: ...
    @property
    def memories(self) -> Sequence[ShownMemory]: ...


class ShownEscalation(Protocol):
    """What a line of the queue shows."""

    @property
    def escalation_id(self) -> str: ...
    @property
    def session_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def created_at(self) -> str: ...


class ShownEvent(Protocol):
    """What a line of the history shows."""

    @property
    def at(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def note(self) -> str: ...


def signals(found: Sequence[ShownSignal]) -> str:
    """`anger 0.50  their words`, a line each; empty without any."""
    return fenced("signals", [item(f"{each.name} {each.weight:.2f}", each.evidence) for each in found]) if found else ""


def handoff(brief: ShownHandoff) -> str:
    """The brief for the person taking over."""
    lines = [item("summary:", brief.summary)]
    lines += [item("customer", f"{name}: {value}") for name, value in brief.customer.items()]
    lines += [item("open question:", question) for question in brief.open_questions]
    lines += [item(f"memory [{memory.memory_id}]", memory.content) for memory in brief.memories]
    return fenced("handoff", lines)


def queue(rows: Sequence[ShownEscalation]) -> str:
    """`[id] 2026-11-21T09:30 open high fraud in session  summary`, a line each."""
    return fenced("escalations", [item(_head(row), row.summary) for row in rows])


def history(events: Sequence[ShownEvent]) -> str:
    """`2026-11-21T09:30:00Z acknowledged by key  note`, a line each."""
    return fenced("history", [item(f"{each.at} {each.action} by {each.key}", each.note).rstrip() for each in events])


def _head(row: ShownEscalation) -> str:
    moment = row.created_at[:16]
    return f"[{row.escalation_id}] {moment} {row.status} {row.level} {row.category} in {row.session_id}"
