"""Words that a query calls to mind."""

from storage.analysis import query_words
from storage.thesaurus import WEIGHT, related


def test_a_query_keeps_its_own_words_at_full_weight() -> None:
    weights = related(query_words("what does she like to drink?"))
    assert [word for word, weight in weights.items() if weight == 1] == ["like", "drink"]
    assert weights["prefer"] == weights["flat" if "flat" in weights else "oat"] == WEIGHT


def test_members_of_a_category_do_not_call_the_category_to_mind() -> None:
    assert related(["coffe"]) == {"coffe": 1.0}


def test_a_word_of_its_own_is_never_weighed_less() -> None:
    assert related(query_words("love and enjoy"))["enjoy"] == 1.0


def test_no_words_call_nothing_to_mind() -> None:
    assert related([]) == {}
