"""Cuts HTML into tags and text by one pass that never goes back.

The standard library's parser takes quadratic time on some inputs in the Pythons we run on; this one is linear on all.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

OPENING = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,60})")
ATTRIBUTES = re.compile(r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*+>")
ATTRIBUTE = re.compile(r"([^\s=\"'>/]{1,60})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
ATTRIBUTES_CHARS = 10_000
"""Of a longer tag, only this much is looked at for attributes."""

BARE = re.compile(r"<+(?=<)|<")
"""A run of "<" that begin no tag; the last of them may."""

RAW_END = {
    name: re.compile(rf"</{name}[^>]*>?", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "noembed", "noframes", "iframe")
}
"""Elements whose content is no markup, up to their own end tag."""

LONG_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
"""References beyond any character: `html.unescape` would turn a million digits into a number first."""


class Tag(NamedTuple):
    """A start or end tag; ``source`` is what follows its name."""

    name: str
    is_end: bool
    source: str = ""

    def attributes(self) -> dict[str, str]:
        """Names in lower case and values, read when they are asked for."""
        found = ATTRIBUTE.findall(self.source[:ATTRIBUTES_CHARS])
        return {name.lower(): unescape("".join(values)) for name, *values in found}


def unescape(text: str) -> str:
    """The text with its character references resolved."""
    return html.unescape(LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def tokens(text: str) -> Iterator[Tag | str]:
    """Yield tags and the text between them; comments, declarations and instructions are left out."""
    position = 0
    while (start := text.find("<", position)) >= 0:
        if start > position:
            yield unescape(text[position:start])
        if text.startswith(("<!", "<?"), start):
            position = _after_declaration(text, start)
        elif opening := OPENING.match(text, start):
            closing = ATTRIBUTES.match(text, opening.end())
            if closing is None:  # the file ends within the tag: what follows is told as it stands
                yield text[start:]
                return
            name, is_end = opening[2].lower(), bool(opening[1])
            yield Tag(name, is_end, closing[0])
            position = closing.end()
            if name in RAW_END and not is_end:
                raw, position = _raw(text, position, name)
                yield unescape(raw)
                yield Tag(name, is_end=True)
        elif bare := BARE.match(text, start):
            yield bare[0]
            position = bare.end()
    if position < len(text):
        yield unescape(text[position:])


def _after_declaration(text: str, start: int) -> int:
    """Where a comment or declaration ends; an unfinished one reaches to the end of the file."""
    mark = "-->" if text.startswith("<!--", start) else "]]>" if text.startswith("<![CDATA[", start) else ">"
    end = text.find(mark, start + 2)
    return len(text) if end < 0 else end + len(mark)


def _raw(text: str, position: int, name: str) -> tuple[str, int]:
    """The content of an element without markup, and where its end tag ends."""
    end = RAW_END[name].search(text, position)
    return (text[position:], len(text)) if end is None else (text[position : end.start()], end.end())
