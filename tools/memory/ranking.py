"""Orders memories: what they are worth, how they answer a query, which of them together say most."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tools.retrieval.fusion import Scale, Scored, relevance
from tools.times import DAY_MS

Strategy = Literal["auto", "relevant", "recent", "balanced", "diverse"]

NAMED = 0.1  # the memory's speaker is the one person the question names
LENGTH = 0.04  # longer memories say more: times log(1 + words)
FEEDBACK = 0.05  # what one judgement moves, up to three of them
MAX_FEEDBACK = 0.15
PROMOTION = 0.2  # what a promotion adds to the importance
QUALITY = {"auto": (0.10, 0.05), "diverse": (0.10, 0.05), "relevant": (0.0, 0.0), "balanced": (0.5, 0.5)}
RECENT_SHARE = 0.4  # "recent" orders by time what is at least so relevant, measured against the best
NOVELTY = 0.3  # what "diverse" takes off for words another result has already said


@dataclass(frozen=True, slots=True)
class Value:
    """Effective importance: importance x 2^(-age / half-life) + min(0.2, 0.02 x accesses), within 0 and 1."""

    now: int
    half_life_days: float

    def __call__(self, importance: float, occurred_at: int, access_count: int) -> float:
        return worth(importance, self.recency(occurred_at), access_count)

    def of(self, memory: "Valued") -> float:
        """The same, for a memory."""
        return self(memory.importance, memory.occurred_at, memory.access_count)

    def recency(self, occurred_at: int) -> float:
        """1 for now and for what is yet to happen, halved every half-life."""
        age_days = max(0, self.now - occurred_at) / DAY_MS
        return math.exp2(-age_days / self.half_life_days)


def worth(importance: float, recency: float, access_count: int) -> float:
    """The effective importance, for a recency that is known."""
    return max(0.0, min(1.0, importance * recency + min(0.2, 0.02 * access_count)))


def newest(importance: float, occurred_at: int, access_count: int) -> float:
    """Ranks by when it happened alone, in place of `Value`."""
    return float(occurred_at)


class Valued(Protocol):
    """What a memory's value is reckoned from."""

    @property
    def importance(self) -> float: ...
    @property
    def occurred_at(self) -> int: ...
    @property
    def access_count(self) -> int: ...


class Rankable(Scored, Valued, Protocol):
    """What ranking reads of a candidate."""

    @property
    def row_id(self) -> int: ...
    @property
    def speaker(self) -> str: ...
    @property
    def length(self) -> int: ...


def ranked(
    candidates: Sequence[Rankable],
    scale: Scale | None,
    *,
    value: Value,
    strategy: Strategy,
    named: Callable[[str], bool],
    feedback: dict[int, float],
) -> list[tuple[int, float]]:
    """(row number, score) with the best first.

    ``named`` says whether the question names a speaker; ``feedback`` is what judgements add to a row.
    """
    speakers = {candidate.speaker for candidate in candidates if candidate.speaker}
    asked_of = [speaker for speaker in speakers if named(speaker)]
    scored: list[tuple[Rankable, float]] = []
    for candidate, match in zip(candidates, relevance(candidates, scale), strict=True):
        if match <= 0:
            continue
        prior = LENGTH * math.log(1 + candidate.length) + feedback.get(candidate.row_id, 0.0)
        prior += NAMED if len(asked_of) == 1 and candidate.speaker == asked_of[0] else 0.0
        scored.append((candidate, max(0.0, match + prior) * _quality(candidate, value, strategy)))
    scored.sort(key=lambda pair: (-pair[1], -pair[0].occurred_at, -pair[0].row_id))
    if strategy == "recent" and scored:
        floor = RECENT_SHARE * scored[0][1]
        scored = [pair for pair in scored if pair[1] >= floor]
        scored.sort(key=lambda pair: (-pair[0].occurred_at, -pair[0].row_id))
    return [(candidate.row_id, score) for candidate, score in scored]


def _quality(candidate: Rankable, value: Value, strategy: Strategy) -> float:
    """A factor near 1: importance and recency order equals, they do not outrank relevance."""
    by_importance, by_recency = QUALITY.get(strategy, (0.0, 0.0))
    if not by_importance and not by_recency:
        return 1.0
    recency = value.recency(candidate.occurred_at)
    return 1 + by_importance * worth(candidate.importance, recency, candidate.access_count) + by_recency * recency


def diverse(
    ranking: Sequence[tuple[int, float]], words: dict[int, frozenset[str]], limit: int
) -> list[tuple[int, float]]:
    """The ranking reordered so that each result adds something: maximal marginal relevance over shared words
    (Carbonell and Goldstein, "The Use of MMR", SIGIR 1998)."""
    left = list(ranking)
    chosen: list[tuple[int, float]] = []
    while left and len(chosen) < limit:
        best = max(left, key=lambda pair: pair[1] - NOVELTY * _overlap(words[pair[0]], chosen, words))
        left.remove(best)
        chosen.append(best)
    return chosen


def _overlap(own: frozenset[str], chosen: Sequence[tuple[int, float]], words: dict[int, frozenset[str]]) -> float:
    """The largest share of words that this text and a chosen one have in common (Jaccard)."""
    return max((len(own & words[row_id]) / (len(own | words[row_id]) or 1) for row_id, _ in chosen), default=0.0)


def judged(verdicts: Sequence[tuple[int, bool, frozenset[str]]], query: frozenset[str]) -> dict[int, float]:
    """What judgements (row, useful, words of the query judged) add to each row for this query, bounded both ways.

    A judgement given for a query counts for queries that share at least half of its words.
    """
    moved: dict[int, float] = {}
    for row_id, useful, asked in verdicts:
        if not asked or len(asked & query) * 2 >= len(asked):
            moved[row_id] = moved.get(row_id, 0.0) + (FEEDBACK if useful else -FEEDBACK)
    return {row_id: max(-MAX_FEEDBACK, min(MAX_FEEDBACK, by)) for row_id, by in moved.items()}
