"""Files made to hurt end in words an agent can act on, and what reads them is unharmed."""

import io
import zipfile

import anyio
import psutil
import pytest

from storage.child import ChildFailed, ChildLimits, run_limited
from tests.documents import huge_png, pdf, picture, with_part, word, workbook, zipped
from tools.attachments import parsing
from tools.attachments.parsers import csv_rows, html_text
from tools.attachments.parsing import parse
from tools.errors import Refused

pytestmark = pytest.mark.anyio

ENTITIES = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n<x>&b;</x>'
EXTERNAL = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<x>&a;</x>'


async def refusal(data: bytes, name: str) -> str:
    """What the agent is told."""
    with pytest.raises(Refused) as refused:
        await parse(data, name)
    assert not psutil.Process().children()
    return str(refused.value)


def lying(archive: bytes, name: str) -> bytes:
    """The archive with a part that unpacks to far more than its entries say."""
    packed = bytearray(with_part(archive, name, bytes(50 << 20)))
    size = (50 << 20).to_bytes(4, "little")
    return bytes(packed.replace(size, (1000).to_bytes(4, "little")))


@pytest.mark.parametrize("name", ["word/bomb.bin", "word/bomb.xml"])
async def test_a_zip_bomb_is_stopped_while_it_is_counted(name: str) -> None:
    assert "unpacks to more than 100 MiB" in await refusal(with_part(word(), name, b"<" * (101 << 20)), "a.docx")


async def test_a_zip_bomb_that_lies_about_its_size_is_damaged() -> None:
    assert "damaged" in await refusal(lying(word(), "word/bomb.bin"), "a.docx")


async def test_a_zip_of_very_many_parts_is_refused_by_their_number() -> None:
    parts = {"xl/workbook.xml": b"<x/>", **{f"xl/{number}": b"" for number in range(5_001)}}
    assert "5,002 parts; at most 5,000" in await refusal(zipped(parts), "a.xlsx")


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_a_workbook_with_entities_is_refused(part: str, encoding: str) -> None:
    body = ENTITIES.decode().encode(encoding)
    assert "DTD or entities" in await refusal(with_part(workbook({"a": [[1]]}), part, body), "a.xlsx")


async def test_a_document_with_an_external_entity_is_refused() -> None:
    assert "DTD or entities" in await refusal(with_part(word(), "word/document.xml", EXTERNAL), "a.docx")


async def test_office_xml_in_an_encoding_that_hides_a_dtd_is_refused() -> None:
    hidden = b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x+AD4 <x/>'
    assert "encoding" in await refusal(with_part(word(), "word/document.xml", hidden), "a.docx")


@pytest.mark.parametrize("body", [ENTITIES, EXTERNAL, b"<!DOCTYPE html><html/>"])
async def test_xml_with_a_dtd_is_refused(body: bytes) -> None:
    assert "DTD or entities is not read" in await refusal(body, "a.xml")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (pdf(["x"] * 20)[:1500], "a.pdf"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "a.pdf"),
        (word(paragraphs=["x"])[:20_000], "a.docx"),
        (with_part(word(), "word/document.xml", b"<x>"), "a.docx"),
        (with_part(workbook({"a": [[1]]}), "xl/workbook.xml", b"<workbook"), "a.xlsx"),
        (picture("PNG", (300, 300))[:-30], "a.png"),
        (picture("PNG")[:20], "a.png"),
        (picture("JPEG", (300, 300))[:-300], "a.jpg"),
    ],
)
async def test_a_damaged_file_says_that_it_is(data: bytes, name: str) -> None:
    assert "damaged" in await refusal(data, name)


async def test_a_protected_file_asks_for_a_copy_without_password() -> None:
    old_office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
    assert "password" in await refusal(pdf(["x"], encrypted=True), "a.pdf")
    assert "password" in await refusal(old_office + "EncryptedPackage".encode("utf-16-le"), "a.docx")
    assert "old Office file" in await refusal(old_office, "a.docx")


async def test_a_zip_with_encrypted_parts_asks_for_a_copy_without_password() -> None:
    locked = bytearray(word())
    with zipfile.ZipFile(io.BytesIO(locked)) as archive:
        start = archive.start_dir
    locked[start + 8] |= 1  # the flag of the directory's first entry
    assert "password" in await refusal(bytes(locked), "a.docx")


async def test_a_pdf_of_too_many_pages_is_refused_by_their_number() -> None:
    assert "100,000 pages; at most 2,000" in await refusal(pdf(["x"], claimed_pages=100_000), "a.pdf")


async def test_a_picture_of_too_many_points_is_never_decoded() -> None:
    assert "20,000 × 20,000 pixels; at most 50 million" in await refusal(huge_png(20_000, 20_000), "a.png")


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (picture("PNG"), "a.pdf", "looks like a png file, the name says .pdf: rename it to .png"),
        (picture("JPEG"), "a.png", "looks like a jpg file, the name says .png"),
        (word(), "a.xlsx", "looks like a docx file, the name says .xlsx"),
        (b"hello", "a.pdf", "looks like plain text, the name says .pdf"),
        (pdf(["x"]), "a.txt", "looks like a pdf file, the name says .txt"),
        (zipped({"a": b"b"}), "a.docx", "looks like a zip archive"),
        (b"GIF89a\0\0", "a.png", "looks like a gif image"),
        (b"\x7fELF\x02\x01\x01\0", "a.txt", "looks like a program"),
        (b"a\0b", "a.csv", "looks like binary data"),
        (b"{\\rtf1 x}", "a.txt", "looks like an rtf document"),
        (b"", "a.md", "empty"),
    ],
)
async def test_a_wrong_extension_is_told_from_the_content(data: bytes, name: str, told: str) -> None:
    assert told in await refusal(data, name)


async def test_a_text_about_pdf_is_text() -> None:
    assert (await parse(b"A PDF begins with %PDF-1.7", "a.txt")).format == "txt"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"[" * 100_000, "a.json"),
        (b"[" * 100_000 + b"]" * 100_000, "a.json"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "a.json"),
        (b"<a>" * 100_000, "a.xml"),
    ],
)
async def test_deep_nesting_is_refused_by_the_number_of_levels(data: bytes, name: str) -> None:
    assert "nested more than 200 levels" in await refusal(data, name)


@pytest.mark.parametrize(("data", "name"), [(b'{"a": ', "a.json"), (b"<a><b></a>", "a.xml")])
async def test_a_broken_text_names_the_place(data: bytes, name: str) -> None:
    assert "line 1, column" in await refusal(data, name)


async def test_deep_html_is_read() -> None:
    parsed = await parse(b"<div>" * 50_000 + b"<ul><li>" * 50_000 + b"deep", "a.html")
    assert parsed.text.strip() == "- deep"


@pytest.mark.parametrize(
    "piece", ["<", "<a ", '<a "', "<!--", "<p> ", "&#9", "&", "<td>", "<li>", "<title>", "<svg>", "<h1>x", "<a ='>"]
)
def test_html_takes_linear_time_on_any_repetition(piece: str) -> None:
    """Quadratic time would take minutes here."""
    html_text.read(piece.encode() * 100_000)


async def test_ten_megabytes_of_an_opening_bracket_are_cut() -> None:
    parsed = await parse(b"<" * (10 << 20), "a.html")
    assert len(parsed.text) == 5_000_000
    assert parsed.warnings == ("The text was cut at 5,000,000 characters.",)


def test_a_csv_field_of_megabytes_is_a_cell() -> None:
    field = "x" * (4 << 20)
    assert csv_rows.read(f'a,b\n"{field}",2\n'.encode()).text == f"a: {field}; b: 2"


async def test_a_sheet_that_claims_every_cell_costs_only_those_it_has() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        b'<sheetData><row r="1048576"><c r="B1048576"><v>7</v></c></row></sheetData></worksheet>'
    )
    assert (await parse(with_part(workbook({"a": [[1]]}), "xl/worksheets/sheet1.xml", sheet), "a.xlsx")).text == (
        "## a\n\n7"
    )


async def test_a_cell_far_to_the_right_hurts_nobody() -> None:
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 2_000))
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + rows
        + b"</sheetData></worksheet>"
    )
    parsed = await parse(with_part(workbook({"a": [[1]]}), "xl/worksheets/sheet1.xml", sheet), "a.xlsx")
    assert parsed.metadata["rows"] == {"a": 1_999}


@pytest.mark.parametrize("reason", ["timeout", "memory", "crashed", "too_much_output"])
async def test_each_end_of_a_child_is_told_as_what_to_do(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> bytes:
        raise ChildFailed(reason)  # type: ignore[arg-type]

    monkeypatch.setattr(parsing, "run_limited", fails)
    assert (await refusal(b"x", "a.csv")).startswith("The file ")


async def test_a_parser_without_memory_says_so() -> None:
    """The limit itself, on the real parsers: half a gigabyte is much, this is not."""
    data = b'{"filename": "a.json", "tesseract": null}\n[' + b"[1]," * 2_000_000 + b"1]"
    with pytest.raises(ChildFailed, match="memory"):
        await run_limited(parsing.CHILD, data, ChildLimits(memory_bytes=64 << 20), output_bytes=1 << 20)


async def test_no_more_than_two_files_are_parsed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    async def counted(*_: object, **__: object) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        running -= 1
        return b'{"format": "txt", "title": "", "pages": [], "metadata": {}, "warnings": []}\n'

    monkeypatch.setattr(parsing, "run_limited", counted)
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(parse, b"x", "a.csv")
    assert most == 2


async def test_utf8_text_costs_no_process_and_anything_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> bytes:
        raise ChildFailed("crashed")

    monkeypatch.setattr(parsing, "run_limited", fails)
    assert (await parse("# Größe\n\nja".encode(), "a.md")).title == "Größe"
    for data in (b"\xff\xfeA\0", b"gr\xfc\xdfe", b"%PDF-1.7 x", b"PK\x03\x04x", b"\0", b""):
        await refusal(data, "a.md")
