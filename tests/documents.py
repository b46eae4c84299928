"""Builds the files that the tests of parsing and ingestion read: nothing made by others is kept here."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import docx
import openpyxl
from PIL import Image

GERMAN = "Die Kündigungsfrist beträgt drei Monate zum Quartalsende. Überstunden werden in Freizeit ausgeglichen."
CHINESE = "退款申请须在购买后三十天内提交。超过期限的申请不予受理。"


def pdf(
    pages: Sequence[str],
    *,
    info: Mapping[str, str] | None = None,
    outline: Sequence[tuple[str, int]] = (),
    encrypted: bool = False,
    claimed_pages: int | None = None,
) -> bytes:
    """A PDF written by hand: a line of Helvetica for each line of a page's text, in Latin-1.

    ``outline`` holds titles and page numbers from 0.
    """
    objects: dict[int, bytes] = {
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    }
    kids = [10 + 2 * index for index in range(len(pages))]
    for number, text in zip(kids, pages, strict=True):
        objects[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (number + 1)
        )
        objects[number + 1] = _stream(_lines(text))
    listed = b" ".join(b"%d 0 R" % number for number in kids)
    objects[2] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (claimed_pages or len(pages), listed)
    catalog = b"<< /Type /Catalog /Pages 2 0 R"
    first = 10 + 2 * len(pages)
    if outline:
        catalog += b" /Outlines 4 0 R"
        last = first + len(outline) - 1
        objects[4] = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (first, last, len(outline))
        for index, (title, page) in enumerate(outline):
            following = b"/Next %d 0 R " % (first + index + 1) if index + 1 < len(outline) else b""
            objects[first + index] = b"<< /Title (%s) /Parent 4 0 R %s/Dest [%d 0 R /Fit] >>" % (
                title.encode("latin-1"), following, kids[page],
            )  # fmt: skip
    objects[1] = catalog + b" >>"
    trailer = b"/Root 1 0 R"
    if info:
        objects[5] = b"<< %s >>" % b" ".join(f"/{name} ({value})".encode("latin-1") for name, value in info.items())
        trailer += b" /Info 5 0 R"
    if encrypted:
        secret = b"<" + b"5A" * 32 + b">"
        objects[6] = b"<< /Filter /Standard /V 1 /R 2 /O %s /U %s /P -44 >>" % (secret, secret)
        trailer += b" /Encrypt 6 0 R /ID [<01> <01>]"
    return _assembled(objects, trailer)


def _lines(text: str) -> bytes:
    shown = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.split("\n")]
    body = b" ".join(b"(%s) Tj T*" % line.encode("cp1252") for line in shown)
    return b"BT /F1 12 Tf 14 TL 50 780 Td %s ET" % body


def _stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def _assembled(objects: Mapping[int, bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places: dict[int, int] = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, trailer, start)
    return bytes(out)


def word(
    *,
    headings: Sequence[tuple[int, str]] = (),
    paragraphs: Sequence[str] = (),
    items: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    properties: Mapping[str, Any] | None = None,
) -> bytes:
    """A Word document: headings, each followed by a paragraph while there are some; then a list, then a table."""
    document = docx.Document()
    left = list(paragraphs)
    for level, text in headings:
        document.add_heading(text, level)
        if left:
            document.add_paragraph(left.pop(0))
    for text in left:
        document.add_paragraph(text)
    for item in items:
        document.add_paragraph(item, style="List Bullet")
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for cells, row in zip(rows, table.rows, strict=True):
            for text, cell in zip(cells, row.cells, strict=True):
                cell.text = text
    for name, value in (properties or {}).items():
        setattr(document.core_properties, name, value)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]], **properties: Any) -> bytes:
    """A workbook of sheets by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    for name, value in properties.items():
        setattr(book.properties, name, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def picture(kind: str, size: tuple[int, int] = (8, 6), exif: Image.Exif | None = None) -> bytes:
    """A picture of one colour; ``kind`` is "PNG" or "JPEG"."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(out, kind, **({} if exif is None else {"exif": exif}))
    return out.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel, all white, which is small however large it says it is."""
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """A zip archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def with_part(archive: bytes, name: str, body: bytes) -> bytes:
    """The archive with one part replaced or added."""
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        parts = {part: held.read(part) for part in held.namelist()}
    return zipped({**parts, name: body})
