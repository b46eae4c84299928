"""How much a tenant may keep. Alone here, because settings are read before anything opens a database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """The most memories, chunks of documents and bytes of texts, metadata and files; 0 is no limit."""

    memories: int = 0
    chunks: int = 0
    bytes: int = 0
