"""Word documents: headings by the level of their style, paragraphs, lists, and tables row by row."""

import io
from typing import Any
from zipfile import BadZipFile

import docx
from docx.opc.exceptions import PackageNotFoundError
from lxml.etree import XMLSyntaxError

from tools.attachments.parsers import archive
from tools.attachments.parsers.content import Content, Writer, one_line
from tools.attachments.parsers.rows import Rows
from tools.errors import Refused

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HEADINGS = 6
LEVELS = 8

TRANSPARENT = frozenset({f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}smartTag", f"{W}customXml"})
"""Elements around paragraphs and tables that are no part of the text's order."""

WORDS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
UNREAD = frozenset({f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", f"{W}pPr", f"{W}rPr", FALLBACK})
"""What was deleted, computes a field, says how things look, or repeats a text box for older programs."""


def read(data: bytes) -> Content:
    """The body in its order. Raises Refused."""
    archive.check(data)
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
        styles = _styles(document)
    except (PackageNotFoundError, XMLSyntaxError, BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise Refused(archive.DAMAGED) from error
    writer = Writer()
    title = _write(writer, body, styles)
    properties = document.core_properties
    metadata = {
        "author": one_line(properties.author),
        "subject": one_line(properties.subject),
        "keywords": one_line(properties.keywords),
        "created": properties.created.isoformat() if properties.created else "",
        "modified": properties.modified.isoformat() if properties.modified else "",
    }
    return writer.content(one_line(properties.title) or title, metadata)


def _styles(document: Any) -> dict[str, str]:
    """The names of the paragraph styles, by the id that paragraphs use: "Heading 1" is "berschrift1" in German."""
    named: dict[str, str] = {}
    for style in document.styles.element.iterchildren(f"{W}style"):
        name = style.find(f"{W}name")
        if name is not None:
            named[style.get(f"{W}styleId", "")] = name.get(f"{W}val", "").lower()
    return named


def _write(writer: Writer, body: Any, styles: dict[str, str]) -> str:
    """Write the body's blocks; the first heading's words, for a title."""
    title = ""
    was_item = False
    waiting = list(reversed(body))
    while waiting and not writer.is_full:
        block = waiting.pop()
        if block.tag in TRANSPARENT:
            waiting.extend(reversed(block))
        elif block.tag == f"{W}tbl":
            _table(writer, block)
        elif block.tag == f"{W}p":
            mark, words = _mark(block, styles), _words(block)
            is_item = mark.endswith("- ")
            if words.strip():
                writer.add(mark + words.strip(), "\n" if is_item and was_item else "\n\n")
                was_item = is_item
                title = title or (one_line(words) if mark.startswith("#") else "")
    return title


def _mark(paragraph: Any, styles: dict[str, str]) -> str:
    """What a paragraph begins with: "## " for a heading, "- " for an item of a list."""
    properties = paragraph.find(f"{W}pPr")
    if properties is None:
        return ""
    style = properties.find(f"{W}pStyle")
    name = "" if style is None else styles.get(style.get(f"{W}val", ""), "")
    if name == "title":
        return "# "
    kind, _, level = name.partition(" ")
    if kind == "heading" and level.isdecimal():
        return "#" * min(max(int(level[:2]), 1), HEADINGS) + " "
    numbering = properties.find(f"{W}numPr")
    if numbering is None:
        return "- " if name.startswith("list") and name != "list paragraph" else ""
    depth = numbering.find(f"{W}ilvl")
    value = "0" if depth is None else depth.get(f"{W}val", "0")
    return "  " * min(int(value[:2]) if value.isdecimal() else 0, LEVELS) + "- "


def _words(element: Any) -> str:
    """The text of a paragraph or cell: as it stands with all changes accepted."""
    pieces: list[str] = []
    waiting = [element]
    while waiting:
        inner = waiting.pop()
        if inner.tag == f"{W}t":
            pieces.append(inner.text or "")
        elif inner.tag in WORDS:
            pieces.append(WORDS[inner.tag])
        elif inner.tag not in UNREAD:
            if inner.tag == f"{W}p":
                pieces.append("\n")
            waiting.extend(reversed(inner))
    return "".join(pieces)


def _table(writer: Writer, table: Any) -> None:
    """Write a table's rows. A table within a cell is told as the cell's text."""
    rows = Rows(writer)
    for row in table.iterchildren(f"{W}tr"):
        rows.add([_words(cell) for cell in row.iterchildren(f"{W}tc")])
        if writer.is_full:
            break
    rows.close()
