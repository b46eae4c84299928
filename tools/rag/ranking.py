"""Orders passages, and sees to it that they do not repeat each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from storage.embedding.embedder import Calibration
from tools.retrieval.fusion import Scored, relevance

PER_DOCUMENT = 3  # passages of one document that come before those of others
FOLLOWS = 0.5  # what scores less than this share of the best does not come before a repetition


class Placed(Scored, Protocol):
    """What ranking reads of a candidate."""

    @property
    def row_id(self) -> int: ...
    @property
    def document_row(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def stop(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score."""

    candidate: Placed
    score: float


def ranked(candidates: Sequence[Placed], scale: Calibration | None) -> list[Ranked]:
    """The candidates that answer, best first. In documents vectors weigh as ``scale.document_weight`` says."""
    weighed = None if scale is None else replace(scale, weight=scale.document_weight)
    scored = [
        Ranked(candidate, score)
        for candidate, score in zip(candidates, relevance(candidates, weighed), strict=True)
        if score > 0
    ]
    return sorted(scored, key=lambda one: (-one.score, one.candidate.document_row, one.candidate.position))


def varied(ranking: Sequence[Ranked], k: int) -> list[Ranked]:
    """The best ``k``, where a passage that overlaps a better one, or is one more of a document that has had its share,
    gives way to others that answer nearly as well; with nothing else to show it is shown."""
    chosen: list[Ranked] = []
    spare: list[Ranked] = []
    of_document = Counter[int]()
    for one in ranking:
        repeats = of_document[one.candidate.document_row] >= PER_DOCUMENT or _overlaps(one, chosen)
        is_weak = one.score < FOLLOWS * ranking[0].score
        (spare if repeats or is_weak else chosen).append(one)
        of_document[one.candidate.document_row] += not repeats
        if len(chosen) == k:
            break
    return sorted((chosen + sorted(spare, key=lambda one: -one.score))[:k], key=lambda one: -one.score)


def _overlaps(one: Ranked, chosen: Sequence[Ranked]) -> bool:
    return any(
        other.candidate.document_row == one.candidate.document_row
        and one.candidate.start < other.candidate.stop
        and other.candidate.start < one.candidate.stop
        for other in chosen
    )
