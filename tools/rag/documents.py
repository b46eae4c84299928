"""What every document use case works on, and what it is given to keep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from storage.database import Database
from storage.documents.chunk_search import ChunkSearch
from storage.embedding.embedder import Embedder
from storage.files.stamped_files import FileStamp
from tools.quota import Quotas, unlimited
from tools.rag.policy import RagPolicy


class Reranker(Protocol):
    """Reads a question and a passage together: slower than comparing vectors, and better."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers, from 0 to 1. Raises EmbeddingFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Documents:
    """The store, how to search it, which models there are, the rules, and a clock in milliseconds.

    ``reranker`` gives the reranker, None where none is set up or it is not on this machine; it may take a moment to
    load. ``wake`` tells the background that so many chunks came; ``quota`` says how much a tenant may keep.
    """

    db: Database
    search: ChunkSearch
    embedders: Callable[[], Sequence[Embedder]]
    reranker: Callable[[], Reranker | None]
    policy: RagPolicy
    now: Callable[[], int]
    wake: Callable[[int], None]
    quota: Quotas = unlimited


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document to keep. ``pages`` holds the offset at which each page begins; ``file`` tells which file it was."""

    collection: str
    document_id: str
    text: str
    title: str = ""
    source: str = ""
    format: str = "text"
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    provenance: Mapping[str, Any] = field(default_factory=dict[str, Any])
    pages: Sequence[int] = ()
    file: FileStamp | None = None
    whole: bool = False
    """Keep it as a single chunk."""
