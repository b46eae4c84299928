"""Text of a database as a chart or a sentence may show it: one line, short, nothing hidden."""

import re
import unicodedata

TITLE_CHARS = 80
ENDING = "…"
BLANKS = re.compile(r"\s+")


def cleaned(text: str, most: int) -> str:
    """The text in one line of at most ``most`` characters, without control, format and private characters."""
    # twice the room is enough to look at: what is removed is rare, and a cell may be long
    shown = (" " if char.isspace() else char for char in text[: most * 2 + 1])
    line = BLANKS.sub(" ", "".join(char for char in shown if unicodedata.category(char)[0] != "C")).strip()
    is_cut = len(line) > most or len(text) > most * 2 + 1
    return line[: most - 1].rstrip() + ENDING if is_cut else line


def title(name: str) -> str:
    """A name as a Vega-Lite title. Vega-Lite 5.8 writes titles into expressions between quotes, unescaped (5.21 still
    fails on line ends), so a title holds no double quote, backslash or line end."""
    return cleaned(name, TITLE_CHARS).replace('"', "'").replace("\\", "/") or "value"
