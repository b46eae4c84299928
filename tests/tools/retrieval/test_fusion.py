"""Words and meaning as one score."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.retrieval.fusion import relevance


@dataclass(frozen=True)
class Candidate:
    lexical: float
    cosine: float | None


@dataclass(frozen=True)
class Scale:
    floor: float = 0.5
    scale: float = 0.9
    weight: float = 0.4


def test_the_best_in_both_ways_counts_as_one() -> None:
    candidates = [Candidate(12.0, 0.9), Candidate(6.0, 0.7), Candidate(0.0, 0.5), Candidate(3.0, None)]
    assert relevance(candidates, Scale()) == pytest.approx([1.0, 0.5, 0.0, 0.15])


def test_without_a_model_words_are_the_whole_score() -> None:
    assert relevance([Candidate(12.0, None), Candidate(3.0, 0.9)], None) == [1.0, 0.25]


def test_what_is_unrelated_takes_nothing_away() -> None:
    assert relevance([Candidate(1.0, -1.0)], Scale()) == pytest.approx([0.6])


@given(st.lists(st.builds(Candidate, st.floats(0, 50), st.none() | st.floats(-1, 1)), max_size=20))
def test_scores_follow_each_arm(candidates: list[Candidate]) -> None:
    scores = relevance(candidates, Scale())
    assert all(score >= 0 for score in scores)
    for one, its_score in zip(candidates, scores, strict=True):
        for other, score in zip(candidates, scores, strict=True):
            if one.lexical >= other.lexical and (one.cosine or -1) >= (other.cosine or -1):
                assert its_score >= score - 1e-9
