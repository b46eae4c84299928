"""An engine's message as it may be told: one line, without addresses, paths and names that are not shared."""

import re
from collections.abc import Iterable

LONGEST = 300
UNTOLD = "…"

ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
PATH = re.compile(r"(?<![\w\\/])(?:[A-Za-z]:)?(?:[\\/][\w.%+@~ -]*[\w%+@~-])+")


def scrubbed(message: str, untold: Iterable[str] = ()) -> str:
    """The message with addresses, file paths and the names ``untold`` left out, at most 300 characters."""
    line = "".join(char if char.isprintable() else " " for char in message)
    line = without_names(PATH.sub(UNTOLD, ADDRESS.sub(UNTOLD, " ".join(line.split()))), untold)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + UNTOLD


def without_names(text: str, untold: Iterable[str]) -> str:
    """The text with an ellipsis for each of the names, in any case."""
    names = sorted((name for name in untold if name), key=len, reverse=True)
    if not names:
        return text
    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", UNTOLD, text, flags=re.IGNORECASE)
