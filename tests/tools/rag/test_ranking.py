"""The order of passages, and that they do not repeat each other."""

from storage.documents.chunk_search import Candidate
from storage.embedding.embedder import Calibration
from tools.rag.ranking import Ranked, ranked, varied

SCALE = Calibration(scale=0.7, weight=0.9, document_weight=0.5, duplicate=0.9)


def candidate(row_id: int, lexical: float = 0.0, cosine: float | None = None, document: int = 1) -> Candidate:
    """One of 100 characters, of which ten are also in the one before."""
    return Candidate(row_id, lexical, cosine, document, row_id, row_id * 90, row_id * 90 + 100)


def ids(chosen: list[Ranked]) -> list[int]:
    return [one.candidate.row_id for one in chosen]


def test_words_and_meaning_weigh_as_documents_want_it() -> None:
    ranking = ranked([candidate(1, 4.0, 0.0), candidate(2, 2.0, 0.7), candidate(3, 0.0, 0.1)], SCALE)
    assert ids(ranking) == [2, 1, 3]
    assert [round(one.score, 2) for one in ranking] == [0.75, 0.5, 0.07]


def test_what_matches_in_no_way_is_left_out() -> None:
    assert ids(ranked([candidate(1, 0.0, -0.2), candidate(2, 1.0, None)], SCALE)) == [2]
    assert ids(ranked([candidate(1, 0.0), candidate(2, 1.0)], None)) == [2]


def test_a_passage_that_overlaps_a_better_one_gives_way() -> None:
    ranking = [Ranked(candidate(1), 0.9), Ranked(candidate(2), 0.8), Ranked(candidate(9), 0.7)]
    assert ids(varied(ranking, 2)) == [1, 9]


def test_with_nothing_else_to_show_it_is_shown() -> None:
    ranking = [Ranked(candidate(1), 0.9), Ranked(candidate(2), 0.8), Ranked(candidate(3), 0.7)]
    assert ids(varied(ranking, 3)) == [1, 2, 3]


def test_one_document_does_not_fill_the_answer() -> None:
    ranking = [Ranked(candidate(2 * number), 0.9 - number / 100) for number in range(1, 7)]
    ranking.append(Ranked(candidate(50, document=2), 0.6))
    assert ids(varied(ranking, 4)) == [2, 4, 6, 50]


def test_what_hardly_answers_does_not_take_the_place_of_a_neighbour() -> None:
    ranking = [Ranked(candidate(1), 0.9), Ranked(candidate(2), 0.8), Ranked(candidate(50, document=2), 0.1)]
    assert ids(varied(ranking, 2)) == [1, 2]
