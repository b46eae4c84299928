"""What the text2sql tools take and give. The descriptions are what an agent's model reads: when to use, not how."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr

from tools.fields import SessionId, not_blank, without_controls
from tools.spec import Arguments, Part, Result
from tools.text2sql import rendering
from tools.text2sql.gate.limits import MAX_CHARS

MAX_QUESTION = 1_000
MAX_RULE = 500
MAX_ROWS = 1_000

Status = Literal["answered", "needs_sql", "needs_clarification", "refused"]
AnsweredBy = Literal["pattern", "built_in", "api_model", "client_model", "agent", ""]
ChartArgument = Literal["auto", "off", "png"]
RuleKind = Literal["preference", "constraint", "transformation", "validation"]
Cell = str | int | float | bool | None

SourceName = Annotated[str, Field(min_length=1, max_length=64)]
PatternId = Annotated[str, Field(min_length=1, max_length=64)]
Sql = Annotated[str, Field(max_length=MAX_CHARS), AfterValidator(not_blank)]


class AskArguments(Arguments):
    question: Annotated[str, AfterValidator(not_blank)] = Field(max_length=MAX_QUESTION, description="In plain words")
    data_source: SourceName | None = Field(None, description="Which, if several")
    session_id: Annotated[SessionId | None, Field(description="For follow-ups")] = None
    sql: Sql | None = Field(None, description="Your SELECT")
    execute: bool = Field(True, description="false: only the SQL")
    max_rows: int = Field(100, ge=1, le=MAX_ROWS, description="Up to 1000")
    chart: ChartArgument = Field("auto", description="png: a picture too")


class FeedbackArguments(Arguments):
    pattern_id: PatternId = Field(description="From text2sql")
    rating: int = Field(ge=1, le=5, description="1 wrong, 5 right")
    corrected_sql: Sql | None = Field(None, description="What was right")


class RulesArguments(Arguments):
    action: Literal["list", "add", "remove"] = Field("list", description="What to do")
    kind: RuleKind | None = Field(None, description="For add")
    text: Annotated[str, AfterValidator(without_controls)] = Field(
        "", max_length=MAX_RULE, description="churned means customers.left = 1; orders.test = 0"
    )
    rule_id: PatternId | None = Field(None, description="For remove")
    data_source: SourceName | None = Field(None, description="Only there")


class ReadingPart(Part):
    """One way to read a question."""

    reading: str


class Answer(Result):
    """``explanation`` says how the question was read, or why not; ``context`` is what to write the SQL from."""

    status: Status
    data_source: str
    dialect: str
    sql: str = ""
    provider: AnsweredBy = ""
    columns: list[str] = Field(default=[])
    rows: list[list[Cell]] = Field(default=[])
    row_count: int = 0
    truncated: bool = False
    explanation: str = ""
    confidence: float = 0.0
    warnings: list[str] = Field(default=[])
    insights: list[str] = Field(default=[])
    chart: dict[str, Any] | None = None
    context: str | None = None
    clarification: list[ReadingPart] = Field(default=[])
    pattern_id: str | None = None
    _text: str = PrivateAttr("")
    _picture: bytes | None = PrivateAttr(None)

    def told(self, text: str, picture: bytes | None = None) -> "Answer":
        """The same, with the text that a model reads of it and a picture of the chart."""
        self._text, self._picture = text, picture
        return self

    def text(self) -> str:
        return self._text

    def picture(self) -> bytes | None:
        return self._picture


class Rated(Result):
    """What became of the pattern; ``corrected_id`` is the one that the correction made."""

    pattern_id: str
    state: Literal["confirmed", "rejected", "ran", "failed"]
    corrected_id: str | None = None

    def text(self) -> str:
        corrected = f" The correction is kept as [{self.corrected_id}]." if self.corrected_id else ""
        return f"{self.state} [{self.pattern_id}].{corrected}"


class RulePart(Part):
    rule_id: str
    kind: RuleKind
    text: str
    data_source: str = ""


class Rules(Result):
    """The rules that hold, and what was done to one."""

    rules: list[RulePart]
    added: str | None = None
    removed: str | None = None
    note: str = ""
    _max_tokens: int = PrivateAttr(2_000)

    def within(self, max_tokens: int) -> "Rules":
        """The same, with a text of about that size."""
        self._max_tokens = max_tokens
        return self

    def text(self) -> str:
        done = [f"added [{self.added}]." if self.added else "", f"removed [{self.removed}]." if self.removed else ""]
        held = rendering.rules(self.rules, self._max_tokens) if self.rules else "No rule holds."
        return "\n".join(part for part in (*done, held, self.note) if part)
