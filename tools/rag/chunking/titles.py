"""What a heading says, as plain text, and headings written in HTML."""

import html
import re
from typing import NamedTuple

from tools.rag.chunking.clusters import joined, whole

TITLE_CHARS = 200
_READ_CHARS = 1_000  # of a heading; what is longer is cut before it is cleaned, or is no HTML heading at all

_OPENING = re.compile(r"<h([1-6])(?=[\s>])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)h([1-6])(?=[\s>])", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_MARKS = re.compile(r"(?<!\\)(?:\*\*|__|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


class HtmlHeading(NamedTuple):
    """``text[start:stop]`` from the opening tag to the end of the closing one."""

    start: int
    stop: int
    level: int
    title: str


def markdown_title(raw: str) -> str:
    """The words of a Markdown heading without emphasis, code marks, link targets and tags."""
    kept = _LINK.sub(r"\1", _without_tags(raw[:_READ_CHARS]))
    return _short(html.unescape(_ESCAPE.sub(r"\1", _MARKS.sub("", kept))))


def html_heading(text: str, start: int, stop: int) -> HtmlHeading | None:
    """The first heading that opens between ``start`` and ``stop`` and closes before another one opens."""
    for opening in _OPENING.finditer(text, start, stop):
        closing = _TAG.search(text, opening.end(), opening.end() + _READ_CHARS)
        if closing is None or not closing[1] or closing[2] != opening[1]:
            continue
        inner = text.find(">", opening.end(), closing.start()) + 1
        end = text.find(">", closing.end(), closing.end() + TITLE_CHARS) + 1
        if inner and end:
            while joined(text, end):
                end += 1
            title = _short(html.unescape(_without_tags(text[inner : closing.start()])))
            return HtmlHeading(opening.start(), end, int(opening[1]), title)
    return None


def _without_tags(raw: str) -> str:
    """What stands outside of <…>; a lone < stays. Scans: a pattern would be slow on a run of <."""
    parts: list[str] = []
    at = 0
    while (opened := raw.find("<", at)) >= 0:
        closed = raw.find(">", opened)
        if closed < 0:
            break
        is_tag = raw[opened + 1].isalpha() or raw[opened + 1] in "/!"
        parts.append(raw[at:opened] if is_tag else raw[at : opened + 1])
        at = closed + 1 if is_tag else opened + 1
    return "".join([*parts, raw[at:]])


def _short(title: str) -> str:
    """One line of at most 200 characters."""
    title = " ".join(title.split())
    return title if len(title) <= TITLE_CHARS else title[: whole(title, TITLE_CHARS, 0)].rstrip()
