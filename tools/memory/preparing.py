"""A text made ready to be kept as a memory: cleaned, hashed, embedded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.analysis import query_words
from storage.embedding.embedder import Embedder, EmbeddingFailed
from storage.memories.writes import spoken
from tools.errors import Refused
from tools.fields import Indexed
from tools.memory.cleanup import clean, digest, speaker, without_html
from tools.memory.duplicates import simhash
from tools.memory.memories import Memories
from tools.memory.policy import MemoryPolicy
from tools.retrieval.vectors import as_blob

HASHED_WORDS = 2_000
"""Of a text, for `fingerprint`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text ready to be kept, with its vector under each model that answered, and what it resembles."""

    content: str
    speaker: str
    digest: bytes
    simhash: int
    vectors: dict[str, bytes]
    similar: dict[int, float]


def cleaned(content: str, policy: MemoryPolicy) -> str:
    """The text as it is kept. Raises Refused where the policy is against it, or nothing is left."""
    try:
        text = clean(without_html(content, policy.html))
    except ValueError as error:
        raise Refused(f"content: {error}.") from error
    if not text:
        raise Refused("content: nothing is left of it after clean-up.")
    return text


def embedded(memories: Memories, content: str, metadata: dict[str, Any]) -> Prepared:
    """The text hashed and embedded, without a look at others."""
    who = speaker(content, metadata)
    vectors = _vectors(spoken(content, who), memories.embedders())
    return Prepared(content, who, digest(content), fingerprint(content, who), vectors, {})


def fingerprint(content: str, who: str) -> int:
    """The SimHash of the text as it is searched for, with who says it."""
    return simhash(query_words(spoken(content, who), limit=HASHED_WORDS))


def indexed(prepared: Prepared, embedders: Sequence[Embedder]) -> Indexed:
    """Whether the preferred model, the last, has seen the text."""
    return "ready" if embedders and embedders[-1].identity.key in prepared.vectors else "pending"


def _vectors(text: str, embedders: Sequence[Embedder]) -> dict[str, bytes]:
    """The text's vectors as blobs by model; empty where a model has none for it."""
    blobs: dict[str, bytes] = {}
    for embedder in embedders:
        try:
            blobs[embedder.identity.key] = as_blob(embedder.embed_passages([text])[0])
        except EmbeddingFailed:
            continue  # the memory waits without it and is embedded when the model works again
    return blobs
