"""Vectors as they are kept beside a text until the index takes them."""

from storage.embedding.embedder import Vectors


def as_blob(vector: Vectors) -> bytes:
    """The vector's bytes; none where it is all zeros, by which a model says that it has none for the text."""
    return vector.astype("<f4").tobytes() if vector.any() else b""
