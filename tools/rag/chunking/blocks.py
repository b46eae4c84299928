"""Splits a text into blocks: headings, paragraphs, list items, tables and fenced code, of Markdown or plain text.

Line by line, each line looked at once: time grows with the length of the text whatever it holds. Not a Markdown parser:
it knows what matters for cutting, and a block it mistakes is still all there.
"""

import re
from enum import Enum, auto
from typing import NamedTuple

from tools.rag.chunking.titles import html_heading, markdown_title

_LINE_END = re.compile(r"\r\n?|[\n\f\u2028\u2029]")
_ATX = re.compile(r"(#{1,6})(?![^ \t])")
_ATX_CLOSING = re.compile(r"(?<![^ \t])#+$")
_BULLET = re.compile(r"[-*+][ \t]")
_ORDINAL = re.compile(r"(\d{1,9})[.)][ \t]")
_FRONT_MATTER_END = re.compile(r"\n---[ \t]*\r?(?:\n|\Z)")
_FRONT_MATTER_CHARS = 10_000
_DELIMITER = frozenset("|:- \t")
_SETEXT_LINES = 3  # a longer paragraph over a line of dashes is a paragraph and a rule, whatever Markdown says


class Kind(Enum):
    HEADING = auto()
    TEXT = auto()
    ITEM = auto()
    TABLE = auto()
    FENCE = auto()


class Block(NamedTuple):
    """``text[start:stop]``; blank lines belong to the block before them. Level and title are a heading's."""

    start: int
    stop: int
    kind: Kind
    level: int = 0
    title: str = ""


class _Fence(NamedTuple):
    char: str
    length: int
    indent: int


def blocks(text: str) -> list[Block]:
    """The blocks in order, without a gap: the first begins at 0, the last ends with the text. None in a blank text."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks the lines; ``_kind`` and ``_start`` are of the block being read, ``_broken`` asks for a new one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[Block] = []
        self._kind: Kind | None = None
        self._start = 0
        self._level = 0
        self._title = ""
        self._lines = 0
        self._broken = False
        self._fence: _Fence | None = None
        self._item_indent = 0
        self._html = "<h" in text or "<H" in text

    def scan(self) -> list[Block]:
        at = self._front_matter()
        line_stop = at
        while at < len(self._text):
            if at >= line_stop:
                line_stop = end.end() if (end := _LINE_END.search(self._text, at)) else len(self._text)
            at = self._step(at, line_stop)
        self._close(len(self._text))
        return self._found

    def _front_matter(self) -> int:
        """Where the text begins behind its YAML head, which is a paragraph and holds no heading."""
        if not self._text.startswith(("---\n", "---\r\n")):
            return 0
        end = _FRONT_MATTER_END.search(self._text, 4, _FRONT_MATTER_CHARS)
        if end is None or not self._text[3 : end.start()].strip():
            return 0
        self._begin(Kind.TEXT, 0)
        self._broken = True
        return end.end()

    def _step(self, at: int, line_stop: int) -> int:
        """Read a line, or its part before an HTML heading and that heading. Returns where to go on."""
        heading = html_heading(self._text, at, line_stop) if self._html and self._fence is None else None
        stop = heading.start if heading else line_stop
        if stop > at:
            self._line(self._text[at:stop], at)
        if heading is None or self._fence is not None:
            return line_stop
        self._heading(heading.start, heading.level, heading.title)
        return heading.stop

    def _line(self, line: str, at: int) -> None:
        if self._fence is not None:
            self._fenced(line, self._fence)
        elif stripped := line.strip():
            self._read(stripped, _indent(line), at)
            self._lines += 1
        else:
            self._broken = True
        if line.endswith("\f"):
            self._fence = None
            self._broken = True

    def _fenced(self, line: str, fence: _Fence) -> None:
        stripped = line.strip()
        closes = len(stripped) >= fence.length and not stripped.strip(fence.char) and _indent(line) <= fence.indent
        if closes:
            self._fence = None
            self._broken = True

    def _read(self, line: str, indent: int, at: int) -> None:
        """A line that is not blank, stripped, outside of a fence."""
        self._item_indent = min(self._item_indent, indent)
        if indent <= 3 and (mark := _ATX.match(line)):
            self._heading(at, len(mark[1]), markdown_title(_ATX_CLOSING.sub("", line[mark.end() :])))
        elif line[0] in "`~" and self._opens_fence(line, indent):
            self._begin(Kind.FENCE, at)
        elif line[0] in "=-" and indent <= 3 and not line.strip(line[0]) and len(line) > (line[0] == "-"):
            self._underline(line[0], at)
        elif self._starts_item(line):
            self._begin(Kind.ITEM, at)
            self._item_indent = indent + 4
        else:
            self._prose(line, at)

    def _opens_fence(self, line: str, indent: int) -> bool:
        length = len(line) - len(line.lstrip(line[0]))
        allowed = 3 + self._item_indent
        if length < 3 or indent > allowed or (line[0] == "`" and "`" in line[length:]):
            return False
        self._fence = _Fence(line[0], length, allowed)
        return True

    def _underline(self, char: str, at: int) -> None:
        """A line of = or -: makes the short paragraph above a heading, otherwise it is a rule."""
        if self._kind is Kind.TEXT and not self._broken and self._lines <= _SETEXT_LINES:
            self._kind = Kind.HEADING
            self._level = 1 if char == "=" else 2
            self._title = markdown_title(self._text[self._start : at])
        else:
            self._begin(Kind.TEXT, at)
        self._broken = True

    def _starts_item(self, line: str) -> bool:
        """As in Markdown, a number other than 1 begins no list in the middle of a paragraph."""
        if _BULLET.match(line):
            return True
        ordinal = _ORDINAL.match(line)
        return ordinal is not None and (self._broken or self._kind is not Kind.TEXT or ordinal[1] == "1")

    def _prose(self, line: str, at: int) -> None:
        going_on = not self._broken
        if going_on and self._kind is Kind.TABLE and "|" in line:
            return
        if going_on and self._kind is Kind.TEXT and self._lines == 1 and _is_delimiter(line):
            self._kind = Kind.TABLE
        elif line[0] == "|":
            self._begin(Kind.TABLE, at)
        elif not (going_on and self._kind in (Kind.TEXT, Kind.ITEM)):
            self._begin(Kind.TEXT, at)

    def _heading(self, at: int, level: int, title: str) -> None:
        self._begin(Kind.HEADING, at)
        self._level, self._title = level, title
        self._broken = True

    def _begin(self, kind: Kind, at: int) -> None:
        """Close the block before and begin one. Blanks at the very beginning belong to the first block."""
        self._close(at)
        self._start = at if self._found else 0
        self._kind = kind
        self._level, self._title, self._lines, self._broken = 0, "", 0, False

    def _close(self, at: int) -> None:
        if self._kind is not None:
            self._found.append(Block(self._start, at, self._kind, self._level, self._title))


def _indent(line: str) -> int:
    """Columns before the first letter, a tab counting as four."""
    lead = line[: len(line) - len(line.lstrip(" \t"))]
    return len(lead) + 3 * lead.count("\t")


def _is_delimiter(line: str) -> bool:
    """Whether it is the row of dashes under a table's header."""
    return "|" in line and "-" in line and set(line) <= _DELIMITER
