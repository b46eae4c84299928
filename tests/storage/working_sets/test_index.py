"""The exact search in memory: BM25 as published, cosines as they are, within what may be seen."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.working_sets.columns import ScopeEntry
from storage.working_sets.index import K1, OWN, B, ScopeIndex
from storage.working_sets.turns import SITTING_MS

NOW = 1_800_000_000_000


def entry(row_id: int, text: str = "", **given: Any) -> ScopeEntry:
    defaults: dict[str, Any] = {
        "row_id": row_id, "session_id": "s", "words": text.split(), "beside": [], "is_turn": False, "occurred_at": NOW,
        "expires_at": None, "state": "active", "simhash": 0, "vector": None,
    }  # fmt: skip
    return ScopeEntry(**defaults | given)


def index_of(*entries: ScopeEntry, dimension: int = 0) -> ScopeIndex:
    index = ScopeIndex(dimension)
    index.apply(entries, [])
    return index


def scores(index: ScopeIndex, *words: str, **given: Any) -> dict[int, float]:
    asked: dict[str, Any] = {"now": NOW, "include_archived": False, "allowed": None, "limit": 64}
    hits = index.search(dict.fromkeys(words, 1.0), None, **asked | given)
    return {row_id: bm25 for row_id, bm25, _ in hits}


def test_words_score_as_bm25_says() -> None:
    texts = ["tea tea milk", "tea", "milk", "sugar and spice", "spoon"]
    index = index_of(*(entry(row_id, text) for row_id, text in enumerate(texts)))
    average = sum(len(text.split()) for text in texts) / 5
    rarity = math.log((5 - 2 + 0.5) / (2 + 0.5))

    def bm25(times: int, length: int) -> float:
        return rarity * (K1 + 1) * OWN * times / (OWN * times + K1 * (1 - B + B * length / average))

    assert scores(index, "tea") == pytest.approx({0: bm25(2, 3), 1: bm25(1, 1)}, rel=1e-5)


def test_a_word_no_memory_holds_finds_nothing() -> None:
    assert scores(index_of(entry(1, "tea")), "coffee") == {}
    assert scores(ScopeIndex(0), "coffee") == {}


def test_meaning_is_the_cosine_and_only_positive_ones_count() -> None:
    vectors = np.eye(3, dtype="<f4")
    entries = [entry(row_id, vector=vectors[row_id].tobytes()) for row_id in range(3)]
    index = index_of(*entries, entry(3, vector=b""), entry(4), dimension=3)
    query = np.array([0.6, 0.8, -0.1], np.float32)
    hits = index.search({}, query, now=NOW, include_archived=False, allowed=None, limit=9)
    assert {row_id: round(cosine or 0, 4) for row_id, _, cosine in hits} == {0: 0.6, 1: 0.8}
    assert index.missing == {4}


@pytest.mark.parametrize(
    ("given", "asked", "is_seen"),
    [
        ({"state": "archived"}, {}, False), ({"state": "archived"}, {"include_archived": True}, True),
        ({"state": "deleted"}, {"include_archived": True}, False), ({"expires_at": NOW}, {}, False),
        ({"expires_at": NOW + 1}, {}, True), ({}, {"allowed": [2]}, False), ({}, {"allowed": [1]}, True),
        ({}, {"allowed": []}, False),
    ],
)  # fmt: skip
def test_what_may_not_be_seen_is_not(given: dict[str, Any], asked: dict[str, Any], is_seen: bool) -> None:
    index = index_of(entry(1, "tea", **given), entry(9, "milk"), entry(8, "sugar"))
    assert (1 in scores(index, "tea", **asked)) == is_seen


def test_a_changed_memory_takes_the_place_of_the_old() -> None:
    index = index_of(entry(1, "tea"), entry(2, "milk"), entry(3, "sugar"))
    index.apply([entry(1, "coffee")], [])
    assert (scores(index, "tea"), list(scores(index, "coffee"))) == ({}, [1])
    index.apply([], [1])
    assert scores(index, "coffee") == {}


def test_it_grows_beyond_what_it_was_made_for() -> None:
    index = index_of(*(entry(row_id, f"word{row_id}") for row_id in range(1_000)))
    assert list(scores(index, "word999")) == [999]
    assert list(scores(index, "word0")) == [0]


def test_the_best_come_back_with_those_that_equal_the_last_of_them() -> None:
    """Which of equals is shown is for importance and time to decide, not for their place here."""
    index = index_of(
        *(entry(row_id, "tea " * (1 + row_id % 7)) for row_id in range(50)), entry(99, "x"), entry(98, "y")
    )
    everything = scores(index, "tea")
    few = scores(index, "tea", limit=5)
    cutoff = sorted(everything.values())[-5]
    assert few == {row_id: score for row_id, score in everything.items() if score >= cutoff}


def test_neighbours_of_one_sitting_lend_their_words() -> None:
    others = [entry(row_id, f"other{row_id}") for row_id in range(10, 30)]
    turns = [
        entry(1, "apple", is_turn=True), entry(2, "pear", is_turn=True), entry(3, "plum", is_turn=True),
        entry(4, "fig", is_turn=True), entry(5, "kiwi", is_turn=True, occurred_at=NOW + SITTING_MS + 1),
        entry(6, "lime", is_turn=True, session_id="two"),
    ]  # fmt: skip
    found = scores(index_of(*others, *turns), "apple")
    assert found.keys() == {1, 2, 3}
    assert found[1] > found[2]
    assert scores(index_of(*others, *turns), "kiwi").keys() == {5}
    assert scores(index_of(*others, *turns), "lime").keys() == {6}


def test_words_of_a_fifth_of_the_memories_are_common() -> None:
    entries = [entry(row_id, "anna" if row_id % 3 == 0 else "bob" if row_id == 1 else "x") for row_id in range(60)]
    assert index_of(*entries).common(["anna", "bob", "zoe"]) == {"anna"}
    assert index_of(*entries[:40]).common(["anna"]) == frozenset()


def test_near_duplicates_differ_in_few_bits() -> None:
    index = index_of(entry(1, simhash=0b0111), entry(2, simhash=-1), entry(3, simhash=0b1, state="archived"))
    assert index.near_duplicates(0b0001, now=NOW, distance=3) == [(1, 2)]
    assert index.near_duplicates(-2, now=NOW, distance=3) == [(2, 1)]
    assert index.near_duplicates(2**62, now=NOW, distance=63) == [(1, 4), (2, 63)]


TURNS = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.sampled_from(["active", "deleted", "archived"]),
        st.booleans(),
        st.sampled_from(["a", "b"]),
    ),
    max_size=30,
)


@given(history=TURNS, gone=st.sets(st.integers(1, 9), max_size=3))
def test_an_index_that_grew_answers_as_one_made_anew(history: list[tuple[int, str, bool, str]], gone: set[int]) -> None:
    """Else a ranking would depend on how long the process has lived."""
    session_of: dict[int, str] = {}
    grown = ScopeIndex(0)
    latest: dict[int, ScopeEntry] = {}
    for row_id, state, is_turn, session_id in history:
        session = session_of.setdefault(row_id, session_id)
        latest[row_id] = entry(row_id, f"w{row_id}", state=state, is_turn=is_turn, session_id=session)
        grown.apply([latest[row_id]], [])
    grown.apply([], gone)
    fresh = index_of(*(latest[row_id] for row_id in sorted(latest) if row_id not in gone))
    for row_id in range(1, 10):
        assert scores(grown, f"w{row_id}") == pytest.approx(scores(fresh, f"w{row_id}"))
