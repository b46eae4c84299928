"""The argument types that tools share."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tools.fields import MemoryIds, Metadata, Moment, SessionId, Tag, Tags
from tools.memory.models import ForgetArguments, RetrieveArguments, StoreArguments
from tools.times import milliseconds

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


def accepts(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), JSON, max_size=4))
def test_metadata_is_any_json_of_five_levels(metadata: dict[str, Any]) -> None:
    assert accepts(Metadata, metadata) == (depth(metadata) <= 5)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 2**63, -(2**63), "\ud800", {"\udfff": 1}, b"x", object()]
)
def test_metadata_refuses_what_json_or_the_database_cannot_keep(value: object) -> None:
    assert not accepts(Metadata, {"a": value})
    assert not accepts(Metadata, {"a": [value]})


@pytest.mark.parametrize("field", ["importance", "ttl_hours"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1"])
def test_no_number_is_odd(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        StoreArguments.model_validate({"content": "x", field: value})


@pytest.mark.parametrize("field", ["time_window_hours", "min_importance", "min_similarity"])
@pytest.mark.parametrize("value", [math.nan, math.inf, True, "1"])
def test_no_filter_is_odd(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        RetrieveArguments.model_validate({field: value})
    with pytest.raises(ValidationError):
        ForgetArguments.model_validate({"older_than_hours": value})


@given(st.text(max_size=300))
def test_a_session_id_is_of_letters_digits_underscore_and_hyphen(text: str) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    assert accepts(SessionId, text) == (0 < len(text) <= 255 and set(text) <= allowed)


@pytest.mark.parametrize("text", ["a\n", "a\r", "\na", "ａ", "٣"])
def test_a_session_id_ends_where_it_ends(text: str) -> None:
    assert not accepts(SessionId, text)


@pytest.mark.parametrize("tag", ["%", "*", "a b", "ä", "👍", "'", '"', "a,b", "\\", "x" * 64, "\u202e"])
def test_a_tag_is_any_visible_text(tag: str) -> None:
    assert accepts(Tag, tag)


@pytest.mark.parametrize(("text", "kind"), [('["a"]', Tags), ('["a","b"]', MemoryIds), ('{"a": 1}', Metadata)])
def test_json_text_is_read_as_what_it_says(text: str, kind: Any) -> None:
    assert accepts(kind, text)


@pytest.mark.parametrize("text", ["[", "{", "[" * 100_000, '{"a"', "null", "5", '"[]"', "[1, 2]"])
def test_other_text_is_no_list(text: str) -> None:
    assert not accepts(Tags, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", 0), ("1970-01-01T00:00:01", 1_000), ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.250Z", 250), ("1969-12-31T23:59:59Z", -1_000),
        ("2026-11-21T09:30:00Z", 1_795_253_400_000),
    ],
)  # fmt: skip
def test_a_moment_is_counted_in_milliseconds_of_utc(text: str, expected: int) -> None:
    assert milliseconds(text) == expected


@given(st.datetimes())
def test_every_moment_that_can_be_written_is_taken(moment: Any) -> None:
    assert accepts(Moment, moment.isoformat())
    assert milliseconds(moment.isoformat()) == pytest.approx(
        (moment - moment.__class__(1970, 1, 1)).total_seconds() * 1000, abs=1.01
    )
