"""What every embedder is: an identity, a calibration, and two methods.

Vectors of different identities must never meet: two 384-dimensional models raise no error when mixed, they just
answer nonsense. Everything here is cheap to import; the models are in the modules beside it.

* StorageError
  x EmbeddingFailed     the model could not turn these texts into vectors; keep the texts, embed them later
  x ModelRefused        this name or folder will never work as it is: says why, and what to use instead
  x ModelUnavailable    the model is not on this machine and cannot be fetched now
    + ModelDamaged      there is a copy on this machine, and it does not load
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from storage.errors import StorageError

Vectors = NDArray[np.float32]


class EmbeddingFailed(StorageError):
    """The model could not turn these texts into vectors; a later attempt, or another model, may."""


class ModelRefused(StorageError):
    """This model name or folder will not work, now or later; the text says what would."""


class ModelUnavailable(StorageError):
    """The model is not on this machine and cannot be fetched now; the text says what to do."""


class ModelDamaged(ModelUnavailable):
    """There is a copy of the model on this machine, and it does not load."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What a vector was made by. ``revision`` stands for the files, see `folder.fingerprint`."""

    name: str
    dimension: int
    query_prefix: str = ""
    passage_prefix: str = ""
    revision: str = ""

    @property
    def key(self) -> str:
        """A stable text, starting with the name, that changes when anything that changes vectors changes.

        Prefixes and revision go in as a digest: they may be long, and hold blanks and line breaks.
        """
        rest = json.dumps([self.query_prefix, self.passage_prefix, self.revision])
        return f"{self.name}:{self.dimension}:{hashlib.sha256(rest.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How to read a model's cosines, which mean different things in different models.

    ``floor`` is the cosine of unrelated texts and ``scale`` that of a full match; ``weight`` is the share of vectors
    in the fused score of a memory and ``document_weight`` that of a document; from ``duplicate`` on two texts are near
    duplicates.
    """

    scale: float
    weight: float
    document_weight: float
    duplicate: float
    floor: float = 0.0

    def similarity(self, cosine: float) -> float:
        """The cosine on a common scale: 0 for unrelated texts, 1 for a full match; may exceed 1."""
        return max(0.0, (cosine - self.floor) / (self.scale - self.floor))


class Embedder(Protocol):
    """Turns text into unit vectors. Synchronous and thread-safe; call it from worker threads."""

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def calibration(self) -> Calibration: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """One row a text, of unit length; all zeros where this model has no vector. Raises EmbeddingFailed."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The vector to compare passages with; all zeros where there is none. Raises EmbeddingFailed."""
        ...


def unit_rows(vectors: Vectors) -> Vectors:
    """The rows scaled to length one. Zero rows stay zero; numbers that are none raise EmbeddingFailed."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise EmbeddingFailed("the model returned numbers that are not finite")
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
