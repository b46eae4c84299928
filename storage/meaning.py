"""Compares texts by meaning: by which model, the query's vector, and exact cosines with vectors kept as blobs."""

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from storage.embedding.embedder import Embedder, EmbeddingFailed
from storage.embedding_models import Content, is_complete, number_of

Floats = NDArray[np.float32]


def preferred(db: sqlite3.Connection, embedders: Sequence[Embedder], content: Content) -> Embedder | None:
    """The last of the embedders, the preferred one, that has seen every memory or chunk; else the first one."""
    for embedder in reversed(embedders):
        if is_complete(db, number_of(db, embedder.identity.key), content):
            return embedder
    return embedders[0] if embedders else None


def embedded(embedder: Embedder | None, text: str) -> tuple[Floats | None, Embedder | None]:
    """The query's vector; nothing where the model fails or knows none of its words."""
    if embedder is None:
        return None, None
    try:
        vector = embedder.embed_query(text)
    except EmbeddingFailed:
        return None, None
    return (vector, embedder) if vector.any() else (None, None)


def exact(blobs: Sequence[tuple[int, bytes]], vector: Floats) -> list[tuple[int, float]]:
    """The cosine of each blob, a unit vector as those of one model, with the query's vector."""
    if not blobs:
        return []
    matrix = np.frombuffer(b"".join(blob for _, blob in blobs), "<f4").reshape(len(blobs), -1)
    return [(row_id, float(cosine)) for (row_id, _), cosine in zip(blobs, matrix @ vector, strict=True)]
