"""Changes to the text of a JSON file that leave the rest of it as it is: comments, order, indentation, line ends."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from server.cli.hosts.jsonc import Child, Malformed, Node, member, parse, value_of

Path = Sequence[str]
"""Names of members, from the document inward."""

DEFAULT_INDENT = "  "
BLANKS = " \t\r\n"
"""Other blanks, which Python strips as well, stand in comments only."""
SAME_LINE = re.compile(r"(?:[ \t]*+/\*[^\r\n]*?\*/)*+(?:[ \t]*+//[^\r\n]*+)?")
REST_IS_BLANK = re.compile(r"[ \t]*+(?:\r?\n|\Z)")


def find(text: str, path: Path) -> Child | None:
    """The member at the path, if it is there. Raises Malformed."""
    node, found = parse(text), None
    for key in path:
        if node is None or (found := member(text, node, key)) is None:
            return None
        node = found.value
    return found


def put(text: str, path: Path, value: object) -> str:
    """The text with the value at the path, in place of what was there. Raises Malformed."""
    node = parse(text)
    if node is None:
        return _document(text, _nested(path, value))
    for depth, key in enumerate(path):
        found = member(text, node, key)
        if found is None:
            return _insert(text, node, key, _nested(path[depth + 1 :], value))
        node, last = found.value, depth == len(path) - 1
        if last:
            return replace(text, found, _rendered(text, value, _indent_before(text, found.start)))
    raise ValueError("a path names at least one member")


def replace(text: str, found: Child, value: str) -> str:
    """The text with another value, already in JSON, for the member."""
    return _spliced(text, (found.value.start, found.value.end, value))


def drop(text: str, path: Path) -> str:
    """The text without the member at the path. Raises Malformed."""
    found, holder = find(text, path), find(text, path[:-1]) if path[:-1] else None
    node = holder.value if holder else parse(text)
    return text if found is None or node is None else _without(text, node, found)


def add_item(text: str, path: Path, item: Mapping[str, Any]) -> str:
    """The text with the item in the list at the path, unless one with its ``id`` is there. Raises Malformed."""
    found = find(text, path)
    if found is None:
        return put(text, path, [item])
    return text if _item(text, found.value, item) else _insert(text, found.value, None, item)


def drop_item(text: str, path: Path, item: Mapping[str, Any]) -> str:
    """The text without the item of that ``id`` in the list at the path. Raises Malformed."""
    if (found := find(text, path)) is None or (child := _item(text, found.value, item)) is None:
        return text
    return _without(text, found.value, child)


def _item(text: str, node: Node, item: Mapping[str, Any]) -> Child | None:
    if node.kind != "array":
        raise Malformed(text, node.start, "expected a list, [ … ]")
    values = ((child, value_of(text, child.value)) for child in node.children)
    return next((child for child, each in values if isinstance(each, dict) and each.get("id") == item["id"]), None)


def _document(text: str, value: object) -> str:
    """A whole document after what is there, at most blanks and comments."""
    newline = _newline(text)
    between = newline if text.strip() and not text.endswith("\n") else ""
    return f"{text}{between}{_rendered(text, value, '')}{newline}"


def _nested(path: Path, value: object) -> object:
    for key in reversed(path):
        value = {key: value}
    return value


def _insert(text: str, node: Node, key: str | None, value: object) -> str:
    """With one more child behind the others."""
    if not node.children:
        return _fill(text, node, key, value)
    last = node.children[-1]
    before = _indent_before(text, last.start)
    added = _child_text(text, key, value, before)
    comma = "" if last.comma is None else ","
    end = last.value.end if last.comma is None else last.comma + 1
    separator = (last.value.end, last.value.end, "" if comma else ",")
    if before is None:
        return _spliced(text, separator, (end, end, f" {added}{comma}"))
    if found := SAME_LINE.match(text, end):  # a comment on its line stays with it
        end = found.end()
    return _spliced(text, separator, (end, end, f"{_newline(text)}{before}{added}{comma}"))


def _fill(text: str, node: Node, key: str | None, value: object) -> str:
    """With a first child, below the comments that are in there."""
    outer = _line_indent(text, node.start)
    inner = outer + _unit(text)
    at = node.start + 1 + len(text[node.start + 1 : node.end - 1].rstrip(BLANKS))
    closing = "" if "\n" in text[at : node.end - 1] else _newline(text) + outer
    return _spliced(text, (at, at, f"{_newline(text)}{inner}{_child_text(text, key, value, inner)}{closing}"))


def _without(text: str, node: Node, child: Child) -> str:
    end = child.value.end
    commas = [(child.comma, child.comma + 1, "")] if child.comma is not None else []
    at = node.children.index(child)
    if not commas and at and (before := node.children[at - 1].comma) is not None:
        commas = [(before, before + 1, "")]
    start = child.start
    after = (child.comma + 1) if child.comma is not None else end
    if _indent_before(text, start) is None:
        start = len(text[:start].rstrip(" \t"))
    elif REST_IS_BLANK.match(text, after):  # the line goes, too
        start = len(text[:start].rstrip(" \t").removesuffix("\n").removesuffix("\r"))
    return _spliced(text, *commas, (start, end, ""))


def _child_text(text: str, key: str | None, value: object, indent: str | None) -> str:
    name = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
    return name + _rendered(text, value, indent)


def _rendered(text: str, value: object, indent: str | None) -> str:
    """The value in the style of the text, its lines after the first indented; on one line if ``indent`` is None."""
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    lines = json.dumps(value, ensure_ascii=False, indent=_unit(text)).split("\n")
    return f"{_newline(text)}{indent}".join(lines)


def _spliced(text: str, *changes: tuple[int, int, str]) -> str:
    """With the parts between two places replaced. What is given later stands behind what begins at the same place."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(changes, key=lambda change: change[0]):
        parts += text[at:start], new
        at = end
    return "".join(parts) + text[at:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    """What one level is indented by."""
    root = parse(text)
    first = root.children[0] if root and root.children else None
    return (first and _indent_before(text, first.start)) or DEFAULT_INDENT


def _indent_before(text: str, at: int) -> str | None:
    """The blanks from the line's begin to there; None where something else is in between."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return None if before.strip(" \t") else before


def _line_indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]
