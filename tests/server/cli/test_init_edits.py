"""Edits of JSON with comments: what is asked for changes, everything else stays byte for byte."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cli.hosts.edits import add_item, drop, drop_item, find, put
from server.cli.hosts.jsonc import DEEPEST, Malformed, parse, value_of

PATH = ("mcpServers", "satchel")
ENTRY = {"command": "/opt/satchel", "args": ["serve"]}
KEYS = st.sampled_from([*PATH, "other", 'é"\\']) | st.text(max_size=4)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
TRIVIA = ("", "", " ", "\t", "\n", "\n    ", '// {" ,\n', "// \u00a0\n", '/* "} */', "/*\n*/")


@dataclass(frozen=True)
class Written:
    """A value, and a way to write it."""

    value: Any
    text: str


@st.composite
def trivia(draw: st.DrawFn) -> str:
    return "".join(draw(st.lists(st.sampled_from(TRIVIA), max_size=2)))


@st.composite
def nodes(draw: st.DrawFn, depth: int = 0) -> Written:
    kinds = ["object", "array", "scalar"] if depth < 2 else ["scalar"]
    kind = "object" if depth == 0 else draw(st.sampled_from(kinds))
    if kind == "scalar":
        value = draw(SCALARS)
        return Written(value, json.dumps(value, ensure_ascii=draw(st.booleans())))
    keys: list[str] = draw(st.lists(KEYS, max_size=3, unique=True))
    children = [draw(nodes(depth=depth + 1)) for _ in keys]
    texts = [child.text for child in children]
    if kind == "object":
        texts = [
            f"{json.dumps(key)}{draw(trivia())}:{draw(trivia())}{text}" for key, text in zip(keys, texts, strict=True)
        ]
    parts = [f"{draw(trivia())}{text}{draw(trivia())}" for text in texts]
    has_trailing_comma = draw(st.booleans()) and bool(parts)
    inside = ",".join(parts) + ("," if has_trailing_comma else "") + draw(trivia())
    values = [child.value for child in children]
    if kind == "array":
        return Written(values, f"[{inside}]")
    return Written(dict(zip(keys, values, strict=True)), f"{{{inside}}}")


@st.composite
def documents(draw: st.DrawFn) -> Written:
    root = draw(nodes())
    text = f"{draw(trivia())}{root.text}{draw(trivia())}"
    return Written(root.value, text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))))


def read(text: str) -> Any:
    root = parse(text)
    assert root is not None
    return value_of(text, root)


def squeezed(text: str) -> str:
    return "".join(text.split())


def has_room(value: Any) -> bool:
    """Whether the entry can be put there."""
    return isinstance(value.get(PATH[0], {}), dict)


@given(document=documents())
def test_what_is_written_with_comments_is_read_as_it_was_meant(document: Written) -> None:
    assert read(document.text) == document.value


@given(document=documents())
def test_a_put_changes_that_member_and_nothing_else(document: Written) -> None:
    if not has_room(document.value):
        with pytest.raises(Malformed):
            put(document.text, PATH, ENTRY)
        return
    expected = document.value | {PATH[0]: document.value.get(PATH[0], {}) | {PATH[1]: ENTRY}}
    assert read(put(document.text, PATH, ENTRY)) == expected


@given(document=documents(), other=st.dictionaries(st.text(max_size=3), SCALARS, max_size=2))
def test_a_member_is_replaced_in_its_place(document: Written, other: dict[str, Any]) -> None:
    if not has_room(document.value):
        return
    first = put(document.text, PATH, ENTRY)
    second = put(first, PATH, other)
    old, new = find(first, PATH), find(second, PATH)
    assert old is not None
    assert new is not None
    assert first[: old.value.start] == second[: new.value.start]
    assert first[old.value.end :] == second[new.value.end :]


@given(document=documents())
def test_what_was_put_in_is_taken_out_without_a_trace(document: Written) -> None:
    """But for blanks where the file is written unlike any other."""
    holder = document.value.get(PATH[0])
    if not isinstance(holder, dict) or PATH[1] in holder:
        return
    assert squeezed(drop(put(document.text, PATH, ENTRY), PATH)) == squeezed(document.text)


@given(
    others=st.dictionaries(st.text(min_size=1, max_size=4), SCALARS, min_size=1),
    indent=st.sampled_from([None, 1, 4, "\t"]),
)
def test_in_a_file_that_a_program_wrote_not_even_blanks_are_left(
    others: dict[str, Any], indent: int | str | None
) -> None:
    others.pop(PATH[1], None)
    text = json.dumps({"a": 1, PATH[0]: others or {"b": 2}, "z": [{}]}, indent=indent)
    assert drop(put(text, PATH, ENTRY), PATH) == text


@given(document=documents(), key=KEYS)
def test_a_drop_takes_that_member_and_nothing_else(document: Written, key: str) -> None:
    assert read(drop(document.text, [key])) == {name: each for name, each in document.value.items() if name != key}


@given(document=documents())
def test_an_item_is_added_to_a_list_once_and_taken_out_again(document: Written) -> None:
    item = {"id": "key"}
    text = drop(document.text, ["inputs"])
    value = {name: each for name, each in document.value.items() if name != "inputs"}
    once = add_item(text, ["inputs"], item)
    assert read(once) == value | {"inputs": [item]}
    assert add_item(once, ["inputs"], item) == once
    more = add_item(once, ["inputs"], {"id": "other"})
    assert read(drop_item(more, ["inputs"], item)) == value | {"inputs": [{"id": "other"}]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("// mine", '// mine\n{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{"c": 2}\n', '{"c": 2, "a": {"b": 1}}\n'),
        ('{\n\t"c": 2\n}\n', '{\n\t"c": 2,\n\t"a": {\n\t\t"b": 1\n\t}\n}\n'),
        ('{\n  "a": {}\n}', '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{\n  "a": {\n    // none\n  }\n}', '{\n  "a": {\n    // none\n    "b": 1\n  }\n}'),
        ('{\n  "a": {\n    "c": 2 // two\n  }\n}', '{\n  "a": {\n    "c": 2, // two\n    "b": 1\n  }\n}'),
        ('{\n  "a": {\n    "c": 2, // two\n  }\n}', '{\n  "a": {\n    "c": 2, // two\n    "b": 1,\n  }\n}'),
        ("{\n  // none\u00a0\n}", '{\n  // none\u00a0\n  "a": {\n    "b": 1\n  }\n}'),
        ('{\r\n    "c": 2\r\n}', '{\r\n    "c": 2,\r\n    "a": {\r\n        "b": 1\r\n    }\r\n}'),
    ],
)
def test_a_new_member_is_written_as_the_others_are(before: str, after: str) -> None:
    assert put(before, ["a", "b"], 1) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{\n  "a": 1,\n  "b": 2\n}', '{\n  "b": 2\n}'),
        ('{\n  "b": 2, // two\n  "a": 1\n}', '{\n  "b": 2 // two\n}'),
        ('{\n  // one\n  "a": 1, "b": 2\n}', '{\n  // one\n   "b": 2\n}'),
        ('{"b": 2, "a": 1}', '{"b": 2}'),
        ('{"a": 1}', "{}"),
    ],
)
def test_a_line_goes_with_its_member_and_comments_stay(before: str, after: str) -> None:
    assert drop(before, ["a"]) == after


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"mcpServers": [\n]}', "line 1, column 16: expected an object"),
        ('{"mcpServers": null}', "line 1, column 16: expected an object"),
        ("[]", "line 1, column 1: expected an object"),
        ('{\n  "mcpServers": {},\n  "mcpServers": {}\n}', 'line 3, column 3: "mcpServers" is there a second time'),
        ('{"mcpServers": {"satchel": 1,\n "satchel": 2}}', 'line 2, column 2: "satchel" is there a second time'),
        ('{"a": 1\n "b": 2}', "line 2, column 2: expected a comma or }"),
        ('{"a": 1', "line 1, column 8: expected a comma or }"),
        ('{"a" 1}', "line 1, column 6: expected a colon"),
        ("{a: 1}", "line 1, column 2: expected a name in quotation marks"),
        ('{"a": yes}', "line 1, column 7: expected a value"),
        ('{"a": 01}', "line 1, column 8: expected a comma or }"),
        ('{"a": "b\nc"}', "line 1, column 7: expected a value"),
        ('{"a": "\\x"}', "line 1, column 7: expected a value"),
        ("{} {}", "line 1, column 4: expected the end of the file"),
        ("{/* …", "line 1, column 2: expected a name in quotation marks"),
        ('{"a": ' + "[" * 100_000, f"line 1, column {6 + DEEPEST}: is nested deeper than {DEEPEST} levels"),
        ('{"a": "' + "\\u0041" * 100_000, "line 1, column 7: expected a value"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_line_and_column(text: str, told: str) -> None:
    with pytest.raises(Malformed) as refused:
        put(text, PATH, ENTRY)
    assert str(refused.value).startswith(told)
