"""Turns the tags and texts of an HTML page into Markdown-like blocks."""

import re
from typing import Any

from tools.attachments.parsers.content import Content, Writer, one_line
from tools.attachments.parsers.html_table import Table
from tools.attachments.parsers.html_tokens import Tag

HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
LISTS = frozenset({"ul", "ol"})
BLOCKS = frozenset(
    """address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form
    head header hr html legend main menu nav optgroup option p search section select summary""".split()
)
"""Elements that stand on lines of their own."""

SKIPPED = frozenset({"script", "style", "template", "svg", "iframe", "object", "noembed", "noframes", "canvas", "math"})
"""Elements that hold nothing to read."""

METADATA = {
    "author": "author",
    "dc.creator": "author",
    "date": "created",
    "dc.date": "created",
    "dcterms.created": "created",
    "article:published_time": "created",
    "article:modified_time": "modified",
    "last-modified": "modified",
    "dcterms.modified": "modified",
    "description": "description",
    "keywords": "keywords",
}
"""Names of <meta> elements, and ours."""

LEVELS = 8
"""Levels of a list that are shown by spaces."""

SPACE = re.compile(r"\s+")
BACKTICKS = re.compile("`{3,}")


class Page:
    """Receives tags and texts in order, and writes the blocks they make.

    What is open is counted, not nested: a page may be as deep as it likes.
    """

    def __init__(self) -> None:
        self._writer = Writer()
        self._metadata: dict[str, Any] = {}
        self._title: list[str] = []
        self._heading = ""
        self._inline: list[str] = []
        self._prefix = ""
        self._gap = "\n\n"
        self._lists: list[int] = []  # the number of each open list's next item; 0 where items have none
        self._skipped = ""
        self._skipped_depth = 0
        self._is_title = False
        self._is_preformatted = False
        self._table: Table | None = None

    @property
    def is_full(self) -> bool:
        """Whether the rest of the page would be cut off anyway."""
        return self._writer.is_full

    def text(self, text: str) -> None:
        """Text between two tags."""
        if self._is_title:
            self._title.append(text)
        elif not self._skipped:
            self._put(text if self._is_preformatted else SPACE.sub(" ", text))

    def start(self, tag: Tag) -> None:
        """A start tag."""
        name = tag.name
        if self._skipped:
            self._skipped_depth += name == self._skipped and not tag.source.endswith("/>")
        elif name in SKIPPED:
            self._skipped, self._skipped_depth = ("", 0) if tag.source.endswith("/>") else (name, 1)
        elif name in {"html", "img", "meta", "title"}:
            self._describe(tag)
        elif name == "code" and not self._is_preformatted:
            self._put("`")
        elif self._table is not None:
            self._table.start(name)
        else:
            self._start_block(name)

    def end(self, tag: Tag) -> None:
        """An end tag, of something open or not."""
        name = tag.name
        if self._skipped:
            self._skipped_depth -= name == self._skipped
            self._skipped = self._skipped if self._skipped_depth else ""
        elif name == "title":
            self._is_title = False
        elif name == "code" and not self._is_preformatted:
            self._put("`")
        elif self._table is not None:
            self._table.end(name)
            self._table = self._table if self._table.is_open else None
        else:
            self._end_block(name)

    def content(self, metadata: dict[str, Any], *warnings: str) -> Content:
        """The whole page; what was left open is closed."""
        if self._table is not None:
            self._table.close()
        self._flush()
        title = one_line("".join(self._title)) or self._heading
        return self._writer.content(title, {**metadata, **self._metadata}, *warnings)

    def _put(self, text: str) -> None:
        if self._table is None:
            self._inline.append(text)
        else:
            self._table.text(text)

    def _describe(self, tag: Tag) -> None:
        """Take what a tag says by its attributes."""
        attributes = tag.attributes()
        if tag.name == "title":
            self._is_title = not self._title
        elif tag.name == "img":
            self._put(attributes.get("alt", ""))
        elif tag.name == "html":
            self._metadata["language"] = one_line(attributes.get("lang", ""))
        else:
            said = (attributes.get(key, "") for key in ("name", "property", "http-equiv"))
            known = next((METADATA[name.lower()] for name in said if name.lower() in METADATA), "")
            if known:
                self._metadata.setdefault(known, one_line(attributes.get("content", "")))

    def _start_block(self, name: str) -> None:
        if name == "br":
            self._put("\n")
        elif name in HEADINGS or name in LISTS or name in {"li", "pre", "table"}:
            self._flush()
            self._begin(name)
        elif name in BLOCKS:
            if self._has_words():
                self._flush()
            self._inline.clear()  # but not the prefix: a paragraph right in an item stays behind its mark

    def _begin(self, name: str) -> None:
        if name in HEADINGS:
            self._prefix = HEADINGS[name]
        elif name in LISTS:
            self._lists.append(int(name == "ol"))
        elif name == "li":
            self._prefix = self._item()
        elif name == "pre":
            self._is_preformatted = True
        else:
            self._table = Table(self._writer)

    def _end_block(self, name: str) -> None:
        if name in HEADINGS or name in BLOCKS or name in LISTS or name in {"li", "pre"}:
            self._flush()
        if name in LISTS and self._lists:
            self._lists.pop()
            self._gap = "\n" if self._lists else "\n\n"
        elif name == "pre":
            self._is_preformatted = False

    def _item(self) -> str:
        """The mark of the next list item."""
        indent = "  " * min(max(len(self._lists) - 1, 0), LEVELS)
        if not self._lists or not self._lists[-1]:
            return indent + "- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1] - 1}. "

    def _has_words(self) -> bool:
        return any(piece and not piece.isspace() for piece in self._inline)

    def _flush(self) -> None:
        """Write the block that was collected, and begin another."""
        text, prefix = "".join(self._inline), self._prefix
        self._inline.clear()
        self._prefix = ""
        if not text or text.isspace():
            return
        if self._is_preformatted:
            self._writer.add(prefix + fenced(text))
            return
        lines = [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]
        if prefix.startswith("#"):
            lines = [" ".join(lines)]
            self._heading = self._heading or one_line(lines[0])
        self._writer.add(prefix + "\n".join(lines), self._gap)
        self._gap = "\n" if self._lists else "\n\n"


def fenced(code: str) -> str:
    """Code between fences longer than any in it."""
    fence = "`" * max([3, *(len(found) + 1 for found in BACKTICKS.findall(code))])
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"
