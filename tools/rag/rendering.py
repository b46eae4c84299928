"""The text form of passages and documents, and how a passage is cited."""

import re
from typing import Protocol

from tools.retrieval.budget import shortened
from tools.retrieval.rendering import in_a_line, item

CITED = re.compile(r"\[(?P<document>[^\[\]]{1,765})#(?P<chunk>[a-z0-9]{1,64})\]")
TITLE_TOKENS = 20
BRACKETS = {"[": "%5B", "]": "%5D"}
"""How brackets of a document's id are written in a citation."""


class Place(Protocol):
    """Where a passage stands."""

    @property
    def page(self) -> int | None: ...
    @property
    def section(self) -> list[str]: ...


class Shown(Protocol):
    """What a line shows of a passage."""

    @property
    def citation(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def text(self) -> str: ...


class ShownDocument(Protocol):
    """What a line shows of a document."""

    @property
    def document_id(self) -> str: ...
    @property
    def collection(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def chunks(self) -> int: ...
    @property
    def updated_at(self) -> str: ...


def citation(title: str, place: Place, document_id: str, chunk_id: str) -> str:
    """What to quote as the source, for a person to read and for rag_verify_citation to look up:
    `Handbook, p. 3, Returns › Refunds [handbook#k3jd82hsk1]`."""
    section = [heading for heading in place.section if heading != title]
    parts = [_short(title) or document_id]
    parts += [f"p. {place.page}"] if place.page is not None else []
    parts += [" › ".join(map(_short, section))] if section else []
    return f"{', '.join(parts)} [{cited_id(document_id)}#{chunk_id}]"


def cited(text: str) -> tuple[str, str] | None:
    """The document's id as it is cited and the chunk's; a bare chunk id does as well, without a document."""
    if found := list(CITED.finditer(text)):
        return found[-1]["document"], found[-1]["chunk"]
    bare = text.strip()
    return ("", bare) if re.fullmatch("[a-z0-9]{1,64}", bare) else None


def passage(shown: Shown) -> str:
    """`0.82 Handbook, p. 3 [handbook#k3jd82hsk1]  text`, further lines of the text indented."""
    return item(f"{shown.score:.2f} {shown.citation}", shown.text)


def collection_line(collection: str, documents: int, chunks: int) -> str:
    """`default: 3 documents, 40 chunks`."""
    return in_a_line(f"{collection}: {documents} documents, {chunks} chunks")


def document_line(shown: ShownDocument) -> str:
    """`[id] 2026-11-21 12 chunks in default  title`."""
    head = f"[{shown.document_id}] {shown.updated_at[:10]} {shown.chunks} chunks in {shown.collection}"
    return item(head, _short(shown.title))


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), TITLE_TOKENS)


def cited_id(document_id: str) -> str:
    """An id as it stands in a citation."""
    return "".join(BRACKETS.get(char, char) for char in document_id)


def uncited_id(cited: str) -> str:
    """The id again. One that holds such an escape by itself is not told apart."""
    return cited.replace("%5B", "[").replace("%5D", "]")
