"""Reading filters as agents write them."""

from typing import Any

import pytest

from storage.documents.metadata_filter import All, Condition, Either, Not
from tools.errors import Refused
from tools.rag.filters import parsed


def test_fields_operators_and_junctions_are_read() -> None:
    given = {"lang": "de", "year": {"gte": 2020, "lt": 2025}, "or": [{"a": 1}, {"b": True}], "not": {"c": None}}
    assert parsed(given) == All(
        (
            Condition("lang", "eq", "de"),
            All((Condition("year", "gte", 2020), Condition("year", "lt", 2025))),
            Either((All((Condition("a", "eq", 1),)), All((Condition("b", "eq", True),)))),
            Not(All((Condition("c", "eq", None),))),
        )
    )


def test_operators_with_a_dollar_sign_are_the_same() -> None:
    given = {"$and": [{"year": {"$in": [1, 2]}}, {"$not": {"x": {"$exists": True}}}]}
    plain = {"and": [{"year": {"in": [1, 2]}}, {"not": {"x": {"exists": True}}}]}
    assert parsed(given) == parsed(plain)


def test_nothing_and_an_empty_object_let_everything_through() -> None:
    assert parsed(None) is None
    assert parsed({}) is None


def test_a_field_may_be_called_like_a_junction() -> None:
    assert parsed({"and": {"eq": 1}}) == All((All((Condition("and", "eq", 1),)),))


def nested(levels: int) -> dict[str, Any]:
    return {"a": 1} if levels == 1 else {"not": nested(levels - 1)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"year": {"near": 1}}, "no operator 'near'. There is: eq, ne, in"),
        ({"year": [1, 2]}, "write {'year': {\"in\": […]}}"),
        ({"year": {"in": 1}}, "in takes a list"),
        ({"year": {"in": [[1]]}}, "compare with a text"),
        ({"year": {"gt": None}}, "gt takes a number"),
        ({"year": {"lt": True}}, "lt takes a number"),
        ({"year": {"exists": 1}}, "exists takes true or false"),
        ({"year": {"eq": {"x": 1}}}, "compare with a text"),
        ({"year": 2**63}, "within 64 bits"),
        ({"year": float("inf")}, "compare with a text"),
        ({"or": ["x"]}, "each part is an object"),
        ({"x\ud800": 1}, "unpaired surrogate"),
        ({"x": "\ud800"}, "unpaired surrogate"),
        (nested(9), "nested deeper than 8"),
        ({"x": {"in": list(range(101))}}, "101 terms, at most 100"),
        ({f"k{number}": number for number in range(101)}, "101 terms"),
    ],
)
def test_what_is_no_filter_is_refused_with_a_reason(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed(given)
    assert said in str(refused.value)


def test_the_deepest_and_the_longest_filter_are_taken() -> None:
    assert parsed(nested(8)) is not None
    assert parsed({"x": {"in": list(range(100))}}) is not None
