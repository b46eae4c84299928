"""Each format becomes text that reads well, with its title, its pages and what else the file says of itself."""

import datetime as dt
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.documents import CHINESE, GERMAN, pdf, picture, word, workbook
from tools.attachments.parsers import csv_rows, html_text, markdown
from tools.attachments.parsers import pdf as pdf_parser
from tools.attachments.parsers.html_tokens import tokens
from tools.attachments.parsing import FORMATS, Parsed, is_supported, parse
from tools.errors import Refused

pytestmark = pytest.mark.anyio


def page(parsed: Parsed, number: int) -> str:
    """The text of one page, from 0."""
    ends = [*parsed.pages[1:], len(parsed.text)]
    return parsed.text[parsed.pages[number] : ends[number]].strip()


async def test_plain_text_stays_as_it_is() -> None:
    parsed = await parse(f"{GERMAN}\r\n\r\n{CHINESE}\0".encode("utf-16"), "notes.TXT")
    assert parsed == Parsed("txt", f"{GERMAN}\n\n{CHINESE} ", "", (), {"encoding": "utf-16"}, ())


async def test_markdown_has_the_title_of_its_front_matter() -> None:
    text = '---\ntitle: "House rules"\nauthor: Anna\n---\n# Quiet\n\nNo noise after ten.\n'
    parsed = await parse(text.encode(), "rules.markdown")
    assert (parsed.format, parsed.text, parsed.title) == ("md", text, "House rules")
    assert parsed.metadata == {"encoding": "utf-8", "author": "Anna"}


def test_markdown_without_front_matter_has_the_title_of_its_first_heading() -> None:
    assert markdown.read(b"text\n\n# Quiet #\n\n# Loud\n").title == "Quiet"


async def test_csv_becomes_a_line_for_each_row_under_its_headers() -> None:
    parsed = await parse('Name;Preis;Notiz\nTee;1,5;"grün;\nlose"\nKaffee;2,5;\n'.encode(), "prices.csv")
    assert parsed.text == "Name: Tee; Preis: 1,5; Notiz: grün; lose\nName: Kaffee; Preis: 2,5"
    assert parsed.metadata == {
        "encoding": "utf-8", "delimiter": ";", "rows": 2, "columns": ["Name", "Preis", "Notiz"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\nx, y\tz\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("only\none\n", ","),
        ('"x;y",b\n"1;2",3\n', ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_splits_rows_alike(text: str, delimiter: str) -> None:
    assert csv_rows.delimiter_of(text) == delimiter


def test_rows_without_a_header_are_told_by_their_values_alone() -> None:
    assert csv_rows.read(b"1,2\n3,4\n").text == "1; 2\n3; 4"
    assert csv_rows.read(b"a,b\n").text == "a; b"


def test_a_csv_formula_is_text() -> None:
    assert csv_rows.read(b"Name,Sum\nx,=1+1\n").text == "Name: x; Sum: =1+1"


async def test_json_becomes_a_line_for_each_value_or_flat_record() -> None:
    data = {
        "title": "Shop",
        "place": {"city": "Ulm", "open": True},
        "items": [{"name": "tea", "price": 3.10}, {"name": "set", "parts": [{"of": None}]}],
        "tags": ["a", "b"],
        "none": [],
    }
    parsed = await parse(json.dumps(data).encode(), "shop.json")
    assert parsed.title == "Shop"
    assert parsed.text.split("\n") == [
        "title: Shop",
        "place: city: Ulm; open: true",
        "items[0]: name: tea; price: 3.1",
        "items[1].name: set",
        "items[1].parts[0]: of: null",
        "tags: a, b",
    ]


async def test_json_numbers_keep_every_digit_and_half_characters_do_no_harm() -> None:
    parsed = await parse(b'{"n": ' + b"9" * 5000 + b', "half": "\\ud800"}', "n.json")
    assert parsed.text == ("n: " + "9" * 5000 + "\nhalf: \ufffd")


async def test_json_lines_are_read() -> None:
    assert (await parse(b'{"a": 1}\n\n{"a": 2}\n', "log.json")).text == "[0]: a: 1\n[1]: a: 2"


async def test_xml_becomes_indented_lines_with_attributes() -> None:
    head = '<?xml version="1.0" encoding="ISO-8859-1"?><b:book xmlns:b="urn:b" id="7">'
    body = "<title>Tür &amp; Tor</title><p>a <i>b</i> c</p></b:book>"
    parsed = await parse((head + body).encode("latin-1"), "book.xml")
    assert parsed.text == "book (id=7)\n  title: Tür & Tor\n  p: a\n    i: b\n  c"
    assert (parsed.title, parsed.metadata, parsed.warnings) == ("Tür & Tor", {"encoding": "iso-8859-1"}, ())


HTML = """<!DOCTYPE html><html lang=de><head><title>Haus &amp; Hof</title><meta name=author content='A "B" C'>
<meta property="article:published_time" content="2024-01-31"><style>p {}</style><script>if (a<b) "</p>"</script></head>
<body><h1>Über <b>uns</b></h1><p>Hallo <a href="https://x">Welt</a>,<br>neue   Zeile</p><!-- <p>weg</p> -->
<ul><li>eins<ul><li>innen</ul><li><p>zwei</p></ul><ol><li>a<li>b</ol>
<table><caption>Preise</caption><tr><th>Name<th>2024</tr><tr><td>Tee<td>3&nbsp;€</tr></table>
<pre><code>def x():
    pass</code></pre><h2>Mehr</h2>a < b && <code>x</code></body></html>"""


async def test_html_becomes_headings_paragraphs_lists_rows_and_fences() -> None:
    parsed = await parse(HTML.encode(), "page.htm")
    assert parsed.text == (
        "# Über uns\n\nHallo Welt,\nneue Zeile\n\n- eins\n  - innen\n- zwei\n\n1. a\n2. b\n\nPreise\n"
        "Name: Tee; 2024: 3 €\n\n```\ndef x():\n    pass\n```\n\n## Mehr\n\na < b && `x`"
    )
    assert parsed.title == "Haus & Hof"
    assert parsed.metadata == {"encoding": "utf-8", "language": "de", "author": 'A "B" C', "created": "2024-01-31"}


def test_html_in_the_encoding_it_declares() -> None:
    read = html_text.read(f'<meta charset="gbk"><p>{CHINESE}</p>'.encode("gbk"))
    assert (read.text, read.metadata["encoding"], read.warnings) == (CHINESE, "gbk", ())


@given(st.text(st.sampled_from("<>/!-\"'= abtd&#;\n")))
def test_no_text_between_tags_is_lost(text: str) -> None:
    """Text without markup comes through whole; any other goes through without an error."""
    html_text.read(text.encode())
    if "<" not in text and "&" not in text:
        assert "".join(map(str, tokens(text))) == text


async def test_pdf_pages_begin_where_they_say() -> None:
    data = pdf(
        ["Chapter One\nA docu-\nment (here) for Ein-\nund Ausgabe", "", "Straße\nlast page"],
        info={"Title": "A Book", "Author": "Anna", "CreationDate": "D:20240131120000+01'00'"},
        outline=[("Chapter One", 0), ("More", 2)],
    )
    parsed = await parse(data, "book.pdf")
    assert page(parsed, 0).startswith("# Chapter One\n\nA document (here) for Ein- und Ausgabe")
    assert page(parsed, 1) == ""
    assert page(parsed, 2) == "# More\n\nStraße\nlast page"
    assert parsed.title == "A Book"
    assert parsed.metadata == {"pages": 3, "author": "Anna", "created": "2024-01-31T12:00:00+01:00"}
    assert parsed.warnings == ("1 of 3 pages have no text: they are empty, or pictures.",)


async def test_a_pdf_of_pictures_says_that_it_has_no_text() -> None:
    parsed = await parse(pdf(["", ""]), "scan.pdf")
    assert (parsed.text, parsed.pages) == ("", (0, 0))
    assert parsed.warnings[0].startswith("The PDF has no text layer")


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("D:20240131", "2024-01-31T00:00:00"),
        ("D:20240131120000Z", "2024-01-31T12:00:00+00:00"),
        ("D:20241399", ""),
        ("yesterday", ""),
    ],
)
def test_pdf_dates_become_iso_8601(date: str, iso: str) -> None:
    assert pdf_parser.moment(date) == iso


async def test_word_documents_keep_headings_lists_and_tables_in_order() -> None:
    created = dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)
    data = word(
        headings=[(1, "Vertrag"), (2, "Fristen")],
        paragraphs=[GERMAN, CHINESE],
        items=["eins", "zwei"],
        rows=[["Name", "Alter"], ["Anna", "30"], ["Bert", ""]],
        properties={"title": "Arbeitsvertrag", "author": "Anna", "created": created},
    )
    parsed = await parse(data, "contract.docx")
    assert parsed.text == (
        f"# Vertrag\n\n{GERMAN}\n\n## Fristen\n\n{CHINESE}\n\n- eins\n- zwei\n\nName: Anna; Alter: 30\nName: Bert"
    )
    assert (parsed.title, parsed.metadata["author"]) == ("Arbeitsvertrag", "Anna")
    assert parsed.metadata["created"] == created.isoformat()


async def test_a_workbook_has_a_page_for_each_sheet_and_a_line_for_each_row() -> None:
    day = dt.datetime(2024, 1, 2)
    data = workbook(
        {
            "Prices": [["Item", "Price", "Since"], ["Tea", 3.0, day], [None, 2.5, None], ["Milk", True, None]],
            "Empty": [],
            "Other": [["All of 2024"], [], ["Month", "Sum"], ["May", 7]],
        },
        title="Shop",
        creator="Anna",
    )
    parsed = await parse(data, "shop.xlsx")
    assert page(parsed, 0) == (
        "## Prices\n\nItem: Tea; Price: 3; Since: 2024-01-02\nPrice: 2.5\nItem: Milk; Price: TRUE"
    )
    assert page(parsed, 1) == "## Empty"
    assert page(parsed, 2) == "## Other\n\nAll of 2024\nMonth: May; Sum: 7"
    assert (parsed.title, parsed.metadata["author"]) == ("Shop", "Anna")
    assert parsed.metadata["sheets"] == ["Prices", "Empty", "Other"]
    assert parsed.metadata["rows"] == {"Prices": 3, "Empty": 0, "Other": 2}


@pytest.fixture
def exif() -> Image.Exif:
    held = Image.Exif()
    held[0x010E] = "A red door"
    held[0x013B] = "Anna"
    held[0x0132] = "2024:01:31 12:00:00"
    held[0x8825] = {1: "N", 2: (48.0, 30.0, 0.0), 3: "W", 4: (9.0, 0.0, 36.0)}
    return held


@pytest.mark.parametrize(("kind", "name"), [("PNG", "door.png"), ("JPEG", "door.jpeg")])
async def test_pictures_tell_size_and_exif(
    kind: str, name: str, exif: Image.Exif, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    parsed = await parse(picture(kind, (8, 6), exif), name)
    assert (parsed.text, parsed.title) == ("", "A red door")
    assert parsed.metadata == {
        "width": 8,
        "height": 6,
        "author": "Anna",
        "created": "2024:01:31 12:00:00",
        "exif": {
            "ImageDescription": "A red door",
            "Artist": "Anna",
            "DateTime": "2024:01:31 12:00:00",
            "latitude": 48.5,
            "longitude": -9.01,
        },
    }
    assert parsed.warnings == (
        "Text in pictures is not read: no OCR engine is installed. With tesseract installed it is.",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
@pytest.mark.parametrize(
    ("script", "text", "warnings"),
    [
        ("cat >/dev/null; echo RED DOOR", "RED DOOR", ()),
        ("cat >/dev/null", "", ("The OCR engine found no text in the picture.",)),
        ("exit 3", "", ("The OCR engine failed or took too long; the picture's text was not read.",)),
    ],
)
async def test_pictures_are_read_where_an_engine_is_installed(
    script: str, text: str, warnings: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is a stand-in: a script of its name that is called as it would be."""
    engine = tmp_path / "tesseract"
    engine.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    parsed = await parse(picture("PNG"), "door.png")
    assert (parsed.text, parsed.warnings) == (text, warnings)


async def test_a_name_without_extension_goes_by_the_content() -> None:
    assert (await parse(pdf(["x"]), "report")).format == "pdf"
    assert (await parse(b"<!doctype html><p>x", "page")).format == "html"
    assert (await parse(b"hello", "README")).format == "txt"


@pytest.mark.parametrize(
    ("name", "advice"),
    [("old.doc", "save it as .docx"), ("old.xls", "save it as .xlsx"), ("a.tar.zip", "unpack it"), ("x.exe", "")],
)
async def test_a_format_that_is_not_read_says_what_to_do(name: str, advice: str) -> None:
    with pytest.raises(Refused, match="Formats: csv, docx") as refused:
        await parse(b"x", name)
    assert advice in str(refused.value)


def test_supported_names_are_known_by_their_extension() -> None:
    assert is_supported("a/b.c/Report.PDF")
    assert is_supported("x.jpeg")
    assert not any(map(is_supported, ["README", ".md", "a.doc", "dir.md/file", ""]))
    assert {"pdf", "docx", "xlsx", "htm", "markdown", "jpeg"} <= FORMATS
