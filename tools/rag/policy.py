"""The settings of documents, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RagPolicy:
    """How documents are cut and how long an answer may be."""

    chunk_words: int = 500
    chunk_overlap: int = 50
    max_tokens: int = 2_000
    embed_seconds: float = 8.0
    """How long a tool call spends on a transformer; what is left over is embedded in the background."""
