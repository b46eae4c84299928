"""One JSON-RPC message in a body: what it asks for, or why it is none."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.web.layers.messages import DEEPEST, LARGEST_BUT_CALLS, MOST_VALUES, Malformed, Peek, peek

PARSE_ERROR, INVALID_REQUEST = -32700, -32600


def message(**changed: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "x"}} | changed).encode()


def with_params(params: str) -> bytes:
    return f'{{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {params}}}'.encode()


def refused(body: bytes) -> tuple[int, str | int | None]:
    with pytest.raises(Malformed) as caught:
        peek(body)
    assert "pydantic" not in caught.value.text
    return caught.value.code, caught.value.number


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (message(), Peek("tools/call", "x", True)),
        (message(id="a-1"), Peek("tools/call", "x", True)),
        (message(method="prompts/get", params={"name": "recall"}), Peek("prompts/get", "recall", True)),
        (
            message(method="resources/read", params={"uri": "satchel://health"}),
            Peek("resources/read", "satchel://health", True),
        ),
        (message(method="tools/list", params={}), Peek("tools/list", "", True)),
        (message(params={"name": 5}), Peek("tools/call", "", True)),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', Peek("notifications/initialized", "", False)),
        (b'{"jsonrpc":"2.0","id":1,"result":{"content":"x"}}', Peek("", "", False)),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}', Peek("", "", False)),
    ],
)
def test_a_message_says_what_it_asks_for(body: bytes, expected: Peek) -> None:
    assert peek(body) == expected


@pytest.mark.parametrize(
    "params",
    [
        '{"n": 9223372036854775807, "m": -9223372036854775808, "f": 1.5e300, "z": -0}',
        '{"text": "\\ud83d\\ude00 \\\\ud800 \\u0000 \\u00e9"}',
        '{"text": "' + "[" * 1000 + '"}',
        '{"name": {"name": 1}, "list": [{"name": 1}, {"name": 1}]}',
        '{"a": {"b": [' * 20 + '{"deep": 1}' + "]}}" * 20 + "}",
    ],
)
def test_what_is_unusual_but_right_is_taken(params: str) -> None:
    assert peek(with_params(params if params.count("{") == params.count("}") else params[:-1])).method == "tools/call"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"jsonrpc": "2.0", "id": 7,}',
        b"\xef\xbb\xbf" + message(),
        message().decode().encode("utf-16"),
        message().replace(b"x", b"\xff"),
        message().replace(b"x", b"\xed\xa0\x80"),
        message() + message(),
        message() + b"\0",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":"' + b'\\"' * 100_000,
        b"'a'",
    ],
)
def test_what_is_no_json_is_a_parse_error_without_an_id(body: bytes) -> None:
    assert refused(body) == (PARSE_ERROR, None)


@pytest.mark.parametrize(
    "params",
    [
        '{"n": 9223372036854775808}',
        '{"n": -9223372036854775809}',
        '{"n": ' + "9" * 10_000 + "}",
        '{"n": NaN}',
        '{"n": -Infinity}',
        '{"n": 1e999}',
        '{"text": "\\ud800"}',
        '{"text": "\\ude00\\ud83d"}',
        '{"\\udfff": 1}',
        '{"name": "a", "name": "b"}',
        '{"arguments": {"a": {"b": 1, "b": 2}}}',
        "[" * 64 + "]" * 64,
        '{"a": [' * 32 + "1" + "]}" * 32,
    ],
)
def test_what_parsers_read_differently_is_a_parse_error_with_the_id(params: str) -> None:
    assert refused(with_params(params)) == (PARSE_ERROR, 7)


@pytest.mark.parametrize("key", ["method", "params", "id", "jsonrpc"])
def test_a_key_that_is_there_twice_is_refused(key: str) -> None:
    """Who looks at the first and who looks at the last would see two messages."""
    assert refused(message()[:-1] + f', "{key}": "tools/list"}}'.encode())[0] == PARSE_ERROR


def test_sixty_four_levels_are_taken_and_one_more_is_not() -> None:
    inside = DEEPEST - 1  # the message itself is the first
    assert peek(with_params('{"a":' * (inside - 1) + "{}" + "}" * (inside - 1))).is_request
    assert refused(with_params('{"a":' * inside + "{}" + "}" * inside)) == (PARSE_ERROR, 7)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b"[" + message() + b"]", None),
        (b"[]", None),
        (b"5", None),
        (b"null", None),
        (b'"tools/call"', None),
        (b"{}", None),
        (message(jsonrpc="1.0"), 7),
        (message(method=5), 7),
        (message(params=[1]), 7),
        (message(id=1.5), None),
        (message(id=True), None),
        (message(id=None), None),
        (message(id=[1], method=None), None),
    ],
)
def test_json_that_is_no_message_is_an_invalid_request(body: bytes, number: int | None) -> None:
    assert refused(body) == (INVALID_REQUEST, number)


def test_more_values_than_any_tool_takes_are_refused_before_they_are_made() -> None:
    assert refused(with_params('{"a": [' + "[]," * MOST_VALUES + "[]]}")) == (PARSE_ERROR, None)
    assert peek(with_params('{"a": [' + "1," * (MOST_VALUES - 100) + "1]}")).is_request


@pytest.mark.parametrize("method", ["initialize", "subscriptions/listen", "prompts/get"])
def test_what_a_session_or_a_stream_would_keep_is_small(method: str) -> None:
    padding = LARGEST_BUT_CALLS - len(message(method=method, params={"text": ""}))
    assert peek(message(method=method, params={"text": "x" * padding})).method == method
    assert refused(message(method=method, params={"text": "x" * (padding + 1)})) == (INVALID_REQUEST, 7)


def test_a_call_and_an_answer_to_us_may_be_large() -> None:
    text = "x" * LARGEST_BUT_CALLS
    assert peek(message(params={"name": "x", "text": text})).name == "x"
    assert not peek(json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"text": text}}).encode()).is_request


def test_commas_and_brackets_in_texts_are_not_counted() -> None:
    assert peek(message(params={"name": "x", "text": ",[{" * MOST_VALUES + '\\"'})).name == "x"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50)
@given(params=st.dictionaries(st.text(), JSON, max_size=4), escaped=st.booleans())
def test_every_honest_message_is_taken(params: dict[str, Any], escaped: bool) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params | {"name": "n"}}
    assert peek(json.dumps(body, ensure_ascii=escaped).encode()) == Peek("tools/call", "n", True)


@settings(max_examples=50)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:0e-.\\ud8', max_size=60).map(str.encode))
def test_whatever_comes_is_taken_or_refused_in_our_words(body: bytes) -> None:
    try:
        outcome: object = peek(body)
    except Malformed as error:
        outcome = error.code
    assert isinstance(outcome, Peek) or outcome in (PARSE_ERROR, INVALID_REQUEST)
