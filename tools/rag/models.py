"""What the document tools take and give. The descriptions are what an agent's model reads: when to use, not how."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from tools.fields import Collection, DocumentId, FromJson, Indexed, MaxTokens, Metadata, not_blank
from tools.rag.rendering import collection_line, document_line, passage
from tools.retrieval.rendering import fenced, in_a_line, item
from tools.spec import Arguments, Part, Result

DEFAULT_COLLECTION = "default"
MAX_DOCUMENTS = 100
MAX_CHARACTERS = 50_000
Action = Literal["created", "updated", "unchanged"]
SourceState = Literal["unchanged", "changed", "missing", "unchecked"]
InCollection = Annotated[Collection, Field(description="Which set")]
DocumentText = Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS), AfterValidator(not_blank)]


class SearchArguments(Arguments):
    query: Annotated[str, AfterValidator(not_blank)] = Field(
        min_length=1, max_length=1_000, description="Question or key words"
    )
    k: int = Field(5, ge=1, le=20, description="Up to 20")
    threshold: float | None = Field(None, ge=0, le=1, description="Least similarity, 0 to 1")
    filter: Annotated[dict[str, Any] | None, FromJson] = Field(
        None,
        description='On metadata: {"lang":"de","year":{"gte":2020}}; eq ne in gt gte lt lte contains exists and or not',
    )
    collection: InCollection = DEFAULT_COLLECTION
    rerank: Literal["auto", "off"] = Field("auto", description="off: faster")
    max_tokens: MaxTokens | None = Field(None, description="Size limit")


class AddArguments(Arguments):
    documents: Annotated[list[DocumentText], FromJson] = Field(
        min_length=1, max_length=MAX_DOCUMENTS, description="Text, Markdown or HTML"
    )
    metadatas: Annotated[list[Metadata] | None, FromJson] = Field(None, description="One each: title, source, own keys")
    ids: Annotated[list[DocumentId] | None, FromJson] = Field(None, description="One each; the same id replaces")
    chunk: bool = Field(True, description="false: keep each whole")
    collection: InCollection = DEFAULT_COLLECTION


class ListArguments(Arguments):
    collection: Collection | None = Field(None, description="Only this one")
    limit: int = Field(20, ge=1, le=100, description="Up to 100")
    cursor: str | None = Field(None, max_length=64, description="next_cursor")


class DeleteArguments(Arguments):
    ids: Annotated[list[DocumentId], FromJson] = Field(min_length=1, max_length=100, description="Document ids")
    collection: InCollection = DEFAULT_COLLECTION


class VerifyArguments(Arguments):
    citation: Annotated[str, AfterValidator(not_blank)] = Field(max_length=1_000, description="As rag_search gave it")
    quote: str | None = Field(None, max_length=5_000, description="Words to find there")


class Location(Part):
    """Where a passage stands: ``start`` and ``end`` count the document's characters."""

    page: int | None = None
    section: list[str] = Field(default=[])
    start: int
    end: int


class Passage(Part):
    """A chunk that answers. ``score`` orders the results; ``similarity`` is closeness in meaning from 0 (unrelated) to
    1 (a full match), on one scale for all models."""

    chunk_id: str
    document_id: str
    title: str
    source: str = ""
    text: str
    score: float
    similarity: float | None = None
    location: Location
    metadata: dict[str, Any] = Field(default={})
    citation: str
    truncated: bool = False
    flags: list[str] = Field(default=[])


class Found(Result):
    results: list[Passage]
    count: int
    mode: Literal["hybrid", "keyword"]
    omitted: int
    note: str = ""

    def text(self) -> str:
        if not self.results:
            return f"Nothing found. {self.note}".rstrip()
        lines = [passage(one) for one in self.results]
        rest = f"\n{self.omitted} more did not fit max_tokens." if self.omitted else ""
        return fenced("passages", lines) + rest + (f"\n{self.note}" if self.note else "")


class Added(Part):
    document_id: str
    chunks: int
    action: Action
    indexed: Indexed = "ready"


class AddedAll(Result):
    documents: list[Added]
    collection: str
    note: str = ""

    def text(self) -> str:
        lines = [in_a_line(f"{one.action} [{one.document_id}]: {one.chunks} chunks") for one in self.documents]
        return "\n".join([*lines, *([self.note] if self.note else [])])


class Listed(Part):
    document_id: str
    collection: str
    title: str
    source: str = ""
    format: str
    chunks: int
    characters: int
    updated_at: str


class CollectionSize(Part):
    collection: str
    documents: int
    chunks: int


class Documents(Result):
    documents: list[Listed]
    count: int
    next_cursor: str | None
    collections: list[CollectionSize] = Field(default=[])
    more_collections: int = 0
    note: str = ""

    def text(self) -> str:
        if not self.documents:
            return self.note
        sizes = [collection_line(one.collection, one.documents, one.chunks) for one in self.collections]
        told = [fenced("documents", [*sizes, *map(document_line, self.documents)])]
        if self.more_collections:
            told.append(f"{self.more_collections:,} more collections; the documents name theirs.")
        if self.next_cursor:
            told.append(f"More with cursor {self.next_cursor!r}.")
        return "\n".join(told)


class Deleted(Result):
    deleted: list[str]
    chunks: int
    not_found: list[str]

    def text(self) -> str:
        said = f"Deleted {len(self.deleted)} documents, {self.chunks} chunks."
        if not self.not_found:
            return said
        missing = in_a_line(", ".join(self.not_found))
        return f"{said} Not in this collection: {missing}. rag_list_documents says which are where."


class Verified(Result):
    """``status``: current (it stands there), moved (elsewhere in the document), changed (not there any more), gone (no
    such document). ``source``: the file it was read from, which may have changed since. ``citation``: of what stands
    there now."""

    status: Literal["current", "moved", "changed", "gone"]
    source: SourceState
    document_id: str | None = None
    title: str = ""
    location: Location | None = None
    passage: str = ""
    citation: str = ""

    def text(self) -> str:
        said = {
            "current": "The document still says so.",
            "moved": "It stands elsewhere in the document now.",
            "changed": "The document does not say so now. Search again.",
            "gone": "There is no such document any more. Search again.",
        }[self.status]
        files = {"changed": " Its file has changed since it was read.", "missing": " Its file is not there any more."}
        shown = f"\n{fenced('passage', [item(self.citation, self.passage)])}" if self.passage else ""
        return said + files.get(self.source, "") + shown
