"""Joins words and meaning into one score, for memories as for anything else that is searched.

Scores are fused, not ranks: rank fusion gives a weak arm the same say as a strong one and on chats loses to full text
alone (measured; see benchmarks/).
"""

from collections.abc import Sequence
from typing import Protocol


class Scored(Protocol):
    """A candidate with its score of each kind."""

    @property
    def lexical(self) -> float: ...
    @property
    def cosine(self) -> float | None: ...


class Scale(Protocol):
    """How a model's cosines read: ``floor`` is unrelated, ``scale`` a full match, ``weight`` its share of the score."""

    @property
    def floor(self) -> float: ...
    @property
    def scale(self) -> float: ...
    @property
    def weight(self) -> float: ...


def relevance(candidates: Sequence[Scored], scale: Scale | None) -> list[float]:
    """A relevance for each candidate, 0 for none; about 1 for a memory that matches best in both ways.

    The best bm25 counts as 1, because bm25 has no scale of its own; without a model it is the whole score.
    """
    best = max((candidate.lexical for candidate in candidates), default=0.0) or 1.0
    if scale is None:
        return [candidate.lexical / best for candidate in candidates]
    return [
        (1 - scale.weight) * candidate.lexical / best + scale.weight * _match(candidate.cosine, scale)
        for candidate in candidates
    ]


def _match(cosine: float | None, scale: Scale) -> float:
    return 0.0 if cosine is None else max(0.0, (cosine - scale.floor) / (scale.scale - scale.floor))
