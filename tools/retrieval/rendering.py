"""Shows stored text to a model as data: between marks no text can know, with what is invisible made visible."""

import re
import secrets
import unicodedata
from collections.abc import Iterable

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ZERO_WIDTH = frozenset("\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u180e\u3164\uffa0")
JOINERS = frozenset("\u200c\u200d")
TAGS = range(0xE0000, 0xE0080)
BLACK_FLAG = "\U0001f3f4"
LINE_END = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What some reader takes for the end of a line."""


def fenced(name: str, lines: Iterable[str]) -> str:
    """The lines between an opening and a closing mark that is new each time, so that no stored text can close it."""
    mark = f"{name} {secrets.token_hex(2)}"
    return "\n".join([f"<{mark}>", *lines, f"</{mark}>"])


def item(head: str, text: str) -> str:
    """One item: our facts in front, the text behind; its further lines are indented, so that none looks like a head."""
    indented = LINE_END.sub(r"\g<0>  ", visible(text))
    return f"{in_a_line(head)}  {indented}"


def in_a_line(text: str) -> str:
    """The text as part of a line of ours, such as a name: what is hidden or would end the line is spelled out."""
    return LINE_END.sub(lambda end: "".join(f"⟨U+{ord(char):04X}⟩" for char in end[0]), visible(text))


def visible(text: str) -> str:
    """The text with hidden characters spelled out as ⟨U+202E⟩; joiners and marks that words need stay."""
    if not hidden(text):
        return text
    return "".join(f"⟨U+{ord(char):04X}⟩" if _hides(text, at) else char for at, char in enumerate(text))


def hidden(text: str) -> bool:
    """Whether the text holds characters that a person would not see but a model reads."""
    return not text.isascii() and any(_hides(text, at) for at in range(len(text)))


def _hides(text: str, at: int) -> bool:
    char = text[at]
    if char.isascii():
        return False
    if char in BIDI or char in ZERO_WIDTH:
        return True
    if char in JOINERS:  # Persian, Indic scripts and emoji need them after a letter of theirs; ASCII never does
        return at == 0 or text[at - 1].isascii() or text[at - 1] in JOINERS
    if ord(char) in TAGS:
        return BLACK_FLAG not in text[max(0, at - 8) : at]  # a flag of a region is a black flag and tags
    if 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF:
        return at > 0 and unicodedata.name(text[at - 1], "").startswith("VARIATION SELECTOR")
    return False
