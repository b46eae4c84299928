"""JSON as people edit it, with comments and trailing commas, read so that every value knows where it stands."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Kind = Literal["object", "array", "scalar"]

DEEPEST = 100  # levels; what is nested deeper is no settings file
LONGEST_INTEGER = 300  # digits; Python refuses to convert very long ones
TRIVIA = re.compile(r"(?:[ \t\r\n]++|//[^\r\n]*+|/\*.*?\*/)*+", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null")
CLOSING = {"object": "}", "array": "]"}
OPENING: dict[str, Literal["object", "array"]] = {"{": "object", "[": "array"}


class Malformed(ValueError):
    """The text cannot be used as it is; says where and why."""

    def __init__(self, text: str, at: int, what: str) -> None:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        super().__init__(f"line {line}, column {column}: {what}")


@dataclass(frozen=True, slots=True)
class Node:
    """A value, from its first character to after its last."""

    kind: Kind
    start: int
    end: int
    children: tuple["Child", ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """A member of an object, which begins with its key, or an element of an array. ``comma`` is the one behind it."""

    key: str | None
    start: int
    value: Node
    comma: int | None


@lru_cache(maxsize=4)  # an edit asks several times, and a settings file may have megabytes
def parse(text: str) -> Node | None:
    """The document; None where there are only blanks and comments. Raises Malformed."""
    reader = _Reader(text)
    if reader.skip() == len(text):
        return None
    root = reader.value(0)
    if reader.skip() != len(text):
        raise Malformed(text, reader.at, "expected the end of the file")
    return root


def member(text: str, node: Node, key: str) -> Child | None:
    """The object's member of that name. Raises Malformed for what is no object, and for two: hosts disagree which one
    counts."""
    if node.kind != "object":
        raise Malformed(text, node.start, "expected an object, { … }")
    found = [child for child in node.children if child.key == key]
    if len(found) > 1:
        raise Malformed(text, found[1].start, f"{json.dumps(key)} is there a second time")
    return found[0] if found else None


def value_of(text: str, node: Node) -> Any:
    """What the node stands for, in Python's types."""
    if node.kind == "object":
        return {child.key: value_of(text, child.value) for child in node.children}
    if node.kind == "array":
        return [value_of(text, child.value) for child in node.children]
    return json.loads(text[node.start : node.end], parse_int=_integer)


def texts_in(text: str, node: Node) -> Iterator[Node]:
    """Yield each string in the node, however deep, but no names of members."""
    if node.kind == "scalar" and text[node.start] == '"':
        yield node
    for child in node.children:
        yield from texts_in(text, child.value)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


class _Reader:
    """Reads from ``at`` on; each method leaves it after what it has read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> int:
        """Over blanks and comments; where that ends."""
        if found := TRIVIA.match(self.text, self.at):
            self.at = found.end()
        return self.at

    def value(self, depth: int) -> Node:
        start = self.skip()
        if kind := OPENING.get(self.text[start : start + 1]):
            return self._container(kind, depth)
        found = STRING.match(self.text, start) or PLAIN.match(self.text, start)
        if not found:
            raise self._expected("a value")
        self.at = found.end()
        return Node("scalar", start, self.at)

    def _container(self, kind: Literal["object", "array"], depth: int) -> Node:
        if depth >= DEEPEST:
            raise Malformed(self.text, self.at, f"is nested deeper than {DEEPEST} levels")
        start, closing = self.at, CLOSING[kind]
        self.at += 1
        children: list[Child] = []
        while not self._takes(closing):
            if children and children[-1].comma is None:
                raise self._expected(f"a comma or {closing}")
            children.append(self._child(kind, depth))
        return Node(kind, start, self.at, tuple(children))

    def _child(self, kind: Kind, depth: int) -> Child:
        start = self.at
        key = self._key() if kind == "object" else None
        value = self.value(depth + 1)
        comma = self.skip()
        return Child(key, start, value, comma if self._takes(",") else None)

    def _key(self) -> str:
        found = STRING.match(self.text, self.at)
        if not found:
            raise self._expected("a name in quotation marks")
        self.at = found.end()
        if not self._takes(":"):
            raise self._expected("a colon")
        return str(json.loads(found[0]))

    def _takes(self, char: str) -> bool:
        """Whether that comes next; it is read then."""
        is_next = self.text.startswith(char, self.skip())
        self.at += is_next
        return is_next

    def _expected(self, what: str) -> Malformed:
        return Malformed(self.text, self.at, f"expected {what}")
