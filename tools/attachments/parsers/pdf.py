"""PDF: the text of each page by PDFium, with the outline's entries as headings."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pypdfium2
from pypdfium2 import raw

from tools.attachments.parsers.content import Content, Writer, one_line
from tools.errors import Refused

PAGES = 2_000
OUTLINE_ENTRIES = 5_000
OUTLINE_LEVELS = 6

HYPHEN = re.compile("(?:[\x02\ufffe]|(?<=[^\\W\\d_])[-\u2010\u00ad]\n)(\\w*)")
"""A hyphen at a line's end and the word after it. PDFium puts a mark of its own in the place of most."""

AFTER_PART = frozenset({"und", "oder", "bzw", "sowie", "and", "or"})
"""Words after a hyphen that stands for a part left out: "Ein- und Ausgabe"."""

DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?|(Z))?")


def read(data: bytes) -> Content:
    """The pages' text. Raises Refused."""
    document = _opened(data)
    count = len(document)
    if count > PAGES:
        raise Refused(f"The PDF has {count:,} pages; at most {PAGES:,} are read. Split it.")
    outline = _outline(document)
    writer = Writer()
    unread = textless = 0
    for index in range(count):
        text = _page(document, index)
        unread += text is None
        textless += text is not None and not text.strip()
        writer.begin_page()
        writer.add(_with_headings(text or "", outline.get(index, [])))
        if writer.is_full:
            break
    if unread == count:
        raise Refused("The PDF is damaged: none of its pages can be read. Open it where it was made and save it again.")
    metadata = _metadata(document)
    title = metadata.pop("title", "")
    return writer.content(title, {"pages": count, **metadata}, *_warnings(count, unread, textless))


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise Refused("The PDF is protected by a password. Save a copy without one.") from error
        raise Refused(
            "The PDF is damaged or cut off and cannot be opened. Open it where it was made and save it again."
        ) from error


def _page(document: pypdfium2.PdfDocument, index: int) -> str | None:
    """A page's text, its hyphenated words joined; None for a page that cannot be read."""
    try:
        page = document[index]
        try:
            text = str(page.get_textpage().get_text_bounded())
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return None
    return HYPHEN.sub(_joined, text.replace("\r\n", "\n"))


def _joined(match: re.Match[str]) -> str:
    following = match[1]
    if following in AFTER_PART:
        return f"- {following}"
    return following if following[:1].islower() else f"-{following}"


def _outline(document: pypdfium2.PdfDocument) -> dict[int, list[str]]:
    """The outline's entries as headings, by the page they point at."""
    headings: dict[int, list[str]] = {}
    for level, title, page in _entries(document):
        headings.setdefault(page, []).append("#" * (level + 1) + " " + title)
    return headings


def _entries(document: pypdfium2.PdfDocument) -> Iterator[tuple[int, str, int]]:
    """Yield level, title and page of an outline's entries. One that is broken ends it: headings are an extra."""
    try:
        for count, entry in enumerate(document.get_toc(max_depth=OUTLINE_LEVELS)):
            if count == OUTLINE_ENTRIES:
                return
            target = entry.get_dest()
            page = None if target is None else target.get_index()
            if page is not None and (title := one_line(entry.get_title())):
                yield entry.level, title, page
    except pypdfium2.PdfiumError:
        return


def _with_headings(text: str, headings: list[str]) -> str:
    """The page with its headings marked where a line says the same, and the others put before it."""
    if not headings:
        return text
    lines = text.split("\n")
    places = {one_line(line).casefold(): number for number, line in reversed(list(enumerate(lines)))}
    missing: list[str] = []
    for heading in headings:
        place = places.pop(heading.lstrip("# ").casefold(), None)
        if place is None:
            missing.append(heading)
        else:
            lines[place] = f"\n{heading}\n"
    return "\n\n".join([*missing, "\n".join(lines).strip("\n")])


def _metadata(document: pypdfium2.PdfDocument) -> dict[str, Any]:
    said = document.get_metadata_dict()
    return {
        "title": one_line(said.get("Title", "")),
        "author": one_line(said.get("Author", "")),
        "subject": one_line(said.get("Subject", "")),
        "keywords": one_line(said.get("Keywords", "")),
        "created": moment(said.get("CreationDate", "")),
        "modified": moment(said.get("ModDate", "")),
    }


def moment(date: str) -> str:
    """A PDF date ("D:20240131120000+01'00'") in ISO 8601; "" for one that is none."""
    if (found := DATE.match(date.strip())) is None:
        return ""
    year, month, day, hour, minute, second, sign, hours, minutes, zulu = found.groups()
    zone = "+00:00" if zulu else f"{sign}{hours}:{minutes or '00'}" if sign else ""
    try:
        return datetime.fromisoformat(
            f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone}"
        ).isoformat()
    except ValueError:
        return ""


def _warnings(count: int, unread: int, textless: int) -> list[str]:
    told: list[str] = []
    if unread:
        told.append(f"{unread} of {count} pages are damaged and were left out.")
    if textless + unread == count:
        told.append("The PDF has no text layer: its pages are pictures. Run OCR on it first, then read the result.")
    elif textless:
        told.append(f"{textless} of {count} pages have no text: they are empty, or pictures.")
    return told
