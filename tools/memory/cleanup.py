"""What happens to a memory's text before it is kept, and what makes two texts the same."""

import hashlib
import re
import unicodedata
from html.parser import HTMLParser
from typing import Literal

HtmlPolicy = Literal["keep", "strip", "reject"]

_FENCE = re.compile(r"[ \t]*(```|~~~)")
_BLANKS = re.compile(r"(?<=[^ \t])[ \t]{2,}")
_SPEAKER = re.compile(r"([A-Z][\w .'-]{0,38}[\w.]|[A-Z]):[ \t]")
SPEAKER_KEYS = ("speaker", "author")


def clean(text: str) -> str:
    """The text as it is kept: control characters become a space, runs of blanks inside a line one blank (indentation
    and fenced code stay), more than two newlines two, ends are trimmed. Nothing else changes."""
    text = text.replace("\r\n", "\n")
    text = "".join(" " if unicodedata.category(char) == "Cc" and char not in "\n\t" else char for char in text)
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = found[1] if (found := _FENCE.match(line)) else ""
        if mark and mark == fence:
            fence = ""
        elif mark and not fence:
            fence = mark
        lines.append(line if fence else _BLANKS.sub(" ", line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def without_html(text: str, policy: HtmlPolicy) -> str:
    """The text under the setting for HTML. Raises ValueError where tags are refused."""
    if policy == "keep" or "<" not in text:
        return text
    parser = _Text()
    parser.feed(text)
    parser.close()
    if policy == "reject" and parser.tags:
        raise ValueError("holds HTML, which this server refuses")
    return "".join(parser.parts) if parser.tags else text


def digest(text: str) -> bytes:
    """SHA-256 of the normalised text: lower case, single spaces, no trailing punctuation."""
    normalised = " ".join(text.lower().split()).rstrip(".,!?;: ")
    return hashlib.sha256(normalised.encode()).digest()


def speaker(text: str, metadata: dict[str, object]) -> str:
    """Who says it, for turns of a conversation: from the metadata, or from "Name: …" at its beginning."""
    for key in SPEAKER_KEYS:
        if isinstance(name := metadata.get(key), str) and 0 < len(name) <= 80:
            return name
    return found[1] if (found := _SPEAKER.match(text)) else ""


class _Text(HTMLParser):
    """Collects the text between tags; what scripts and styles hold is not text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.tags = 0
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        self._silent += tag in ("script", "style")
        if tag in ("br", "p", "div", "li", "tr"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.tags += 1
        self._silent = max(0, self._silent - (tag in ("script", "style")))

    def handle_comment(self, data: str) -> None:
        self.tags += 1

    def handle_decl(self, decl: str) -> None:
        self.tags += 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
