"""What the memory tools take and give. The descriptions are what an agent's model reads: when to use, not how."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from tools.fields import (
    DEFAULT_SESSION,
    SHOWN_AS_OBJECTS,
    SHOWN_AS_TEXT,
    ContentType,
    FromJson,
    Hours,
    Importance,
    Indexed,
    MaxTokens,
    MemoryId,
    MemoryIds,
    Metadata,
    Moment,
    Name,
    SessionId,
    Tags,
    not_blank,
    without_controls,
)
from tools.memory.rendering import memory_line, notes
from tools.retrieval.rendering import fenced, item
from tools.spec import Arguments, Part, Result

Session = Annotated[SessionId, Field(description="Customer, project or chat")]
IDS_SHOWN = 20
ListBudget = Annotated[MaxTokens | None, Field(description="Size limit")]


class EntityArgument(Part):
    name: Name
    type: Annotated[str, AfterValidator(without_controls)] = Field("", max_length=64)


class RelationArgument(Part):
    source: Name
    relation: Name
    target: Name


Content = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(not_blank)]


class StoreArguments(Arguments):
    content: Content = Field(description="One self-contained statement")
    session_id: Session = DEFAULT_SESSION
    content_type: ContentType = Field("context", description="Kind")
    importance: Importance = Field(0.5, description="1: must never be missed")
    metadata: Metadata = Field(default={}, description="Your own keys")
    tags: Tags = Field(default=[], description="Labels")
    ttl_hours: Hours | None = Field(None, description="Hours it stays true")
    occurred_at: Moment | None = Field(None, description="ISO 8601, if not now")
    entities: Annotated[list[EntityArgument], FromJson, SHOWN_AS_OBJECTS] = Field(
        default=[], max_length=50, description="What it is about: {name, type}"
    )
    relations: Annotated[list[RelationArgument], FromJson, SHOWN_AS_OBJECTS] = Field(
        default=[], max_length=50, description="{source, relation: works at, target}"
    )
    supersedes: MemoryId | None = Field(None, description="memory_id this corrects")


class RetrieveArguments(Arguments):
    query: str = Field("", max_length=10_000, description="Question or key words; without: the most important")
    session_id: Session = DEFAULT_SESSION
    content_type: Annotated[ContentType | None, SHOWN_AS_TEXT] = Field(None, description="Only this kind")
    tags: Tags = Field(default=[], description="With all of these")
    limit: int = Field(10, ge=1, le=100, description="Up to 100")
    time_window_hours: float | None = Field(None, ge=1, le=720, description="Only the last so many")
    min_importance: Importance = Field(0.0, description="0 to 1")
    min_similarity: float | None = Field(None, ge=0, le=1, description="0 to 1")
    scope: Literal["session", "tenant"] = Field("session", description="tenant: all sessions")
    include_archived: bool = Field(False, description="Archived ones too")
    max_tokens: ListBudget = None
    strategy: Literal["auto", "relevant", "recent", "balanced", "diverse"] = Field(
        "auto", description="What comes first"
    )


class SummarizeArguments(Arguments):
    session_id: Session = DEFAULT_SESSION
    max_items_per_type: int = Field(3, ge=1, le=50, description="Of each kind")
    max_tokens: ListBudget = None


class UpdateArguments(Arguments):
    memory_id: MemoryId = Field(description="Which memory")
    content: Content | None = Field(None, description="New wording")
    importance: Importance | None = Field(None, description="0 to 1")
    content_type: Annotated[ContentType | None, SHOWN_AS_TEXT] = Field(None, description="New kind")
    tags: Tags | None = Field(None, description="Replaces them")
    metadata: Metadata | None = Field(None, description="Replaces it")
    ttl_hours: Hours | None = Field(None, description="Forget it after")
    action: Literal["promote", "archive", "unarchive"] | None = Field(
        None, description="promote: for good; archive: out of searches"
    )


class ForgetArguments(Arguments):
    memory_ids: MemoryIds | None = Field(None, description="Ids, or use filters")
    session_id: Annotated[SessionId | None, Field(description="In this session")] = None
    content_type: Annotated[ContentType | None, SHOWN_AS_TEXT] = Field(None, description="Only this kind")
    tags: Tags = Field(default=[], description="With all of these")
    older_than_hours: float | None = Field(None, ge=0, description="Only older")
    purge: bool = Field(False, description="Erase for good, only when asked to")


class RestoreArguments(Arguments):
    memory_ids: MemoryIds = Field(description="From memory_forget")


class FeedbackArguments(Arguments):
    memory_id: MemoryId = Field(description="Which memory")
    useful: bool = Field(description="It helped")
    query: str = Field("", max_length=10_000, description="What it was found by")


class GraphArguments(Arguments):
    entity: Name | None = Field(None, description="Start here; without: the most mentioned")
    depth: int = Field(1, ge=1, le=3, description="Steps away, 1 to 3")
    limit: int = Field(50, ge=1, le=200, description="Nodes at most")


class Similar(Part):
    memory_id: str
    similarity: float
    content: str


class Stored(Result):
    memory_id: str
    action: Literal["created", "updated", "superseded"]
    content_type: ContentType
    importance: float
    expires_at: str | None
    indexed: Indexed
    similar: list[Similar]

    def text(self) -> str:
        head = f"{self.action} [{self.memory_id}]" + notes(pending=self.indexed == "pending", expires=self.expires_at)
        if not self.similar:
            return head
        lines = [item(f"[{other.memory_id}] {other.similarity:.2f}", other.content) for other in self.similar]
        return f"{head}\nSimilar ones are kept too; pass supersedes to replace one:\n" + fenced("memories", lines)


class Memory(Part):
    memory_id: str
    content: str
    content_type: ContentType
    importance: float
    effective_importance: float
    score: float
    created_at: str
    occurred_at: str
    access_count: int
    tags: list[str]
    metadata: dict[str, Any]
    provenance: dict[str, Any]
    truncated: bool
    session_id: str
    archived: bool = False
    related_by: str | None = None
    flags: list[str] = Field(default=[])


class Retrieved(Result):
    memories: list[Memory]
    count: int
    mode: Literal["hybrid", "keyword", "recent"]
    omitted: int
    note: str = ""
    scope: Literal["session", "tenant"] = "session"

    def text(self) -> str:
        if not self.memories:
            return self.note or "No memory matches. Try other words, or scope=tenant."
        lines = [memory_line(memory, with_session=self.scope == "tenant") for memory in self.memories]
        more = f"{self.omitted} more fit the limit but not max_tokens; raise it to see them." if self.omitted else ""
        return "\n".join(part for part in (fenced("memories", lines), more, self.note) if part)


class Summary(Result):
    summary: str
    memory_ids: list[str]
    omitted: int

    def text(self) -> str:
        return self.summary


class Updated(Result):
    memory_id: str
    changed: list[str]
    content_type: ContentType
    importance: float
    expires_at: str | None
    archived: bool
    indexed: Indexed

    def text(self) -> str:
        what = ", ".join(self.changed)
        return f"updated [{self.memory_id}]: {what}" + notes(pending=False, expires=self.expires_at)


def _listed(memory_ids: list[str]) -> str:
    more = f" and {len(memory_ids) - IDS_SHOWN} more" if len(memory_ids) > IDS_SHOWN else ""
    return ", ".join(memory_ids[:IDS_SHOWN]) + more


class Forgotten(Result):
    memory_ids: list[str]
    count: int
    not_found: list[str]
    purged: bool
    note: str = ""

    def text(self) -> str:
        verb = "Erased for good" if self.purged else "Forgot"
        missing = f" Not found: {', '.join(self.not_found)}." if self.not_found else ""
        undo = "" if self.purged or not self.count else f" memory_restore brings them back: {_listed(self.memory_ids)}."
        return f"{verb}: {self.count}.{missing}{undo} {self.note}".rstrip()


class Restored(Result):
    memory_ids: list[str]
    count: int
    not_found: list[str]

    def text(self) -> str:
        missing = f" Not among the forgotten: {', '.join(self.not_found)}." if self.not_found else ""
        return f"Restored: {self.count}.{missing}"


class Judged(Result):
    memory_id: str
    useful: int
    not_useful: int

    def text(self) -> str:
        return f"noted [{self.memory_id}]: {self.useful} useful, {self.not_useful} not"


class GraphNode(Part):
    name: str
    type: str
    memory_ids: list[str]
    memory_count: int


class GraphEdge(Part):
    source: str
    relation: str
    target: str
    memory_ids: list[str]


class Graph(Result):
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    is_cut: bool = False

    def text(self) -> str:
        if not self.nodes:
            return "The graph is empty. Pass entities and relations to memory_store."
        nodes = [
            item(node.name + (f" ({node.type})" if node.type else ""), " ".join(f"[{m}]" for m in node.memory_ids[:5]))
            for node in self.nodes
        ]
        edges = [item(f"{edge.source} -{edge.relation}-> {edge.target}", "") for edge in self.edges]
        more = "\nThere are more; raise limit, or start at an entity." if self.is_cut else ""
        return fenced("graph", nodes + edges) + more
