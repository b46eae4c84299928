"""What the escalation tools take and give. The descriptions are what an agent's model reads: when to use, not how."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tools.escalation import rendering
from tools.fields import SHOWN_AS_OBJECTS, FromJson, Metadata, SessionId, not_blank
from tools.retrieval.budget import fit
from tools.spec import Arguments, Part, Result

MAX_HISTORY = 50
MAX_CHARACTERS = 5_000
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Everything of Unicode's categories Cc and Cs but line ends and tabs."""
HISTORY_TOKENS = 1_000

Level = Literal["none", "low", "medium", "high", "critical"]
Status = Literal["open", "acknowledged", "resolved"]
Action = Literal["acknowledge", "resolve", "note"]


def _plain(text: str) -> str:
    """The text, if all it holds beside letters is line ends and tabs. Raises ValueError."""
    if CONTROLS.search(text):
        raise ValueError("holds control characters; only line ends and tabs may be in a text")
    return text


def _plain_inside(value: object) -> None:
    if isinstance(value, str):
        _plain(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _plain_inside(key)
            _plain_inside(inner)
    elif isinstance(value, list):
        for inner in value:
            _plain_inside(inner)


def _plain_metadata(metadata: dict[str, object]) -> dict[str, object]:
    _plain_inside(metadata)
    return metadata


Said = Annotated[str, Field(max_length=MAX_CHARACTERS), AfterValidator(_plain)]
EscalationId = Annotated[str, Field(min_length=1, max_length=64)]


class HistoryMessage(Part):  # docstrings of arguments would be shown to the model
    role: Literal["user", "assistant", "system", "tool"]  # all that hosts have, so that they need not sort it out
    content: Said


class CheckArguments(Arguments):
    message: Annotated[Said, AfterValidator(not_blank)] = Field(description="What the customer wrote")
    message_history: Annotated[list[HistoryMessage], FromJson, SHOWN_AS_OBJECTS] = Field(
        default=[], max_length=MAX_HISTORY, description="Earlier {role, content}, oldest first"
    )
    confidence_threshold: float = Field(0.7, ge=0, le=1, description="Escalate from here")
    metadata: Annotated[Metadata, AfterValidator(_plain_metadata)] = Field(default={}, description="About the customer")
    session_id: Annotated[SessionId | None, Field(description="The chat")] = None  # else told by its messages


class ListArguments(Arguments):
    status: Status | None = Field(None, description="Else unresolved")
    session_id: SessionId | None = Field(None, description="Only this")
    limit: int = Field(20, ge=1, le=100, description="At most")


class UpdateArguments(Arguments):
    escalation_id: EscalationId = Field(description="From escalation_list")
    action: Action = Field(description="What to do")
    note: Annotated[str, Field(max_length=2_000), AfterValidator(_plain)] = Field("", description="For colleagues")


class SignalPart(Part):
    name: str
    weight: float
    evidence: str
    message_index: int


class MemoryPart(Part):
    memory_id: str
    content: str


class HandoffPart(Part):
    """What the person taking over needs. All but the ids is the customer's or remembered: data."""

    summary: str
    customer: dict[str, str] = Field(default={})
    open_questions: list[str] = Field(default=[])
    memories: list[MemoryPart] = Field(default=[])


class EscalationPart(Part):
    escalation_id: str
    session_id: str
    status: Status
    level: Level
    category: str
    confidence: float
    summary: str
    raised: int
    created_at: str
    updated_at: str


class EventPart(Part):
    at: str
    action: str
    key: str
    note: str = ""


class Checked(Result):
    should_escalate: bool
    confidence: float
    level: Level
    category: str
    signals: list[SignalPart]
    recommended_action: str
    version: str
    handoff: HandoffPart | None = None
    escalation_id: str | None = None
    note: str = ""

    def text(self) -> str:
        answer = "yes" if self.should_escalate else "no"
        if not self.signals and not self.should_escalate:
            return "\n".join(part for part in (f"escalate: {answer}", self.note) if part)
        recorded = f" [{self.escalation_id}]" if self.escalation_id else ""
        head = f"escalate: {answer} · {self.level} · {self.confidence:.2f} · {self.category}{recorded}"
        brief = rendering.handoff(self.handoff) if self.handoff else ""
        parts = (head, self.recommended_action, rendering.signals(self.signals), brief, self.note)
        return "\n".join(part for part in parts if part)


class Listed(Result):
    """The most urgent first, and of those the oldest. ``count`` is how many there are in all."""

    escalations: list[EscalationPart]
    count: int
    omitted: int

    def text(self) -> str:
        if not self.escalations:
            return "No escalation matches."
        more = f"\n{self.omitted} more; raise limit, or narrow by status or session_id." if self.omitted else ""
        return rendering.queue(self.escalations) + more


class Changed(Result):
    escalation_id: str
    session_id: str
    status: Status
    level: Level
    category: str

    def text(self) -> str:
        return f"{self.status} [{self.escalation_id}] {self.level} {self.category}"


class Shown(Result):
    """One escalation with all there is to know of it."""

    escalation: EscalationPart
    signals: list[SignalPart]
    handoff: HandoffPart
    history: list[EventPart]

    def text(self) -> str:
        shown = self.escalation
        head = f"[{shown.escalation_id}] {shown.status} · {shown.level} · {shown.confidence:.2f} · {shown.category}"
        often = f", called for {shown.raised} times" if shown.raised > 1 else ""
        where = f"session {shown.session_id}, since {shown.created_at}{often}"
        seen, brief = rendering.signals(self.signals), rendering.handoff(self.handoff)
        return "\n".join(part for part in (head, where, seen, brief, self._history()) if part)

    def _history(self) -> str:
        """The newest of it: there is no end to the notes that colleagues may add."""
        newest = self.history[::-1]
        fitted = fit([event.note for event in newest], HISTORY_TOKENS)
        shown = [
            event.model_copy(update={"note": text}) for event, (text, _) in zip(newest, fitted.texts, strict=False)
        ]
        earlier = f"\n{fitted.omitted} earlier entries are left out." if fitted.omitted else ""
        return rendering.history(shown[::-1]) + earlier
