"""Puts memories into a database as storing them does, for tests of what reads them."""

import hashlib
import sqlite3
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage import embedding_models
from storage.embedding.embedder import Calibration, ModelIdentity
from storage.memories import vectors as memory_vectors
from storage.memories import writes as memory_writes
from storage.memories.writes import NewMemory

NOW = 1_800_000_000_000
HOUR = 3_600_000


class Letters:
    """An embedder whose vectors count letters: texts of the same letters are the same to it."""

    calibration = Calibration(scale=1.0, weight=0.4, document_weight=0.4, duplicate=0.99)

    def __init__(self, name: str = "letters") -> None:
        self.identity = ModelIdentity(name, 32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        counts = np.zeros(32, np.float32)
        for char in text.lower():
            if char.isalpha():
                counts[ord(char) % 32] += 1
        length = float(np.linalg.norm(counts))
        return counts / length if length else counts

    def embed_passages(self, texts: Any) -> NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])


def new(content: str, **given: Any) -> NewMemory:
    """A memory about to be stored, plain but for what is given."""
    defaults: dict[str, Any] = {
        "session_id": "s", "content": content, "content_type": "fact", "importance": 0.5, "metadata": {}, "tags": [],
        "provenance": {}, "digest": hashlib.sha256(content.encode()).digest(), "simhash": 0, "speaker": "",
        "created_at": NOW, "occurred_at": NOW, "expires_at": None,
    }  # fmt: skip
    return NewMemory(**defaults | given)


def keep(
    db: sqlite3.Connection, content: str, *, tenant: str = "acme", embedder: Letters | None = None, **given: Any
) -> int:
    """Store a memory, with its vector where there is a model; its row number."""
    row_id, _ = memory_writes.insert(db, tenant, new(content, **given))
    if embedder is not None:
        embedding_models.register(db, embedder.identity.key, embedder.identity.dimension, NOW)
        blob = embedder.embed_query(content).astype("<f4").tobytes()
        memory_vectors.put(db, row_id, {embedder.identity.key: blob})
    return row_id
