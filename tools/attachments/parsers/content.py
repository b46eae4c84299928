"""What every parser hands back, and the writer it collects the text with."""

import re
from typing import Any, NamedTuple

TEXT_LIMIT = 5_000_000
"""Characters a file may give; the rest is cut off, with a warning."""

VALUE_LIMIT = 500
"""Characters of a title, an author or any other value of the metadata."""

UNSEEN = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f]")
HALVES = re.compile("[\ud800-\udfff]")


class Content(NamedTuple):
    """A file's text and what is known about it. ``pages`` holds the offset in the text of each page.

    No dataclass here: their module alone is a fifth of the child's start.
    """

    text: str
    title: str
    pages: tuple[int, ...]
    metadata: dict[str, Any]
    warnings: tuple[str, ...]

    def described(self, kind: str) -> dict[str, Any]:
        """All but the text, as JSON."""
        return {
            "format": kind,
            "title": one_line(self.title),
            "pages": self.pages,
            "metadata": {name: value for name, value in self.metadata.items() if value not in ("", None, [], {})},
            "warnings": self.warnings,
        }


class Writer:
    """Collects a text piece by piece, cleaned, and takes no more than the limit."""

    def __init__(self, limit: int = TEXT_LIMIT) -> None:
        self._limit = limit
        self._pieces: list[str] = []
        self._length = 0
        self._pages: list[int] = []
        self._waiting = 0
        self.is_full = False

    def begin_page(self) -> None:
        """The next piece is the first of a page."""
        self._waiting += 1

    def add(self, text: str, gap: str = "\n\n") -> None:
        """Add a piece, set off by ``gap`` from the one before. One without anything to read is left out."""
        piece = clean(text)
        if self.is_full or not piece or piece.isspace():
            return
        if self._length:
            self._put(gap)
        self._pages += [self._length] * self._waiting
        self._waiting = 0
        self._put(piece)

    def _put(self, piece: str) -> None:
        room = self._limit - self._length
        self.is_full = self.is_full or len(piece) > room
        self._pieces.append(piece[:room])
        self._length += min(len(piece), room)

    def content(self, title: str = "", metadata: dict[str, Any] | None = None, *warnings: str) -> Content:
        """The whole. A page nothing was written on begins where the next one does."""
        cut = (f"The text was cut at {self._limit:,} characters.",) if self.is_full else ()
        pages = (*self._pages, *[self._length] * self._waiting)
        return Content("".join(self._pieces), title, pages, metadata or {}, (*warnings, *cut))


def clean(text: str) -> str:
    """The text with Unix line ends, spaces for control characters, and no half of a surrogate pair."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return HALVES.sub("\ufffd", UNSEEN.sub(" ", text))


def one_line(value: object) -> str:
    """A value of the metadata: one line, cut to a length that can be shown."""
    return " ".join(clean(str(value)).split())[:VALUE_LIMIT]
