"""`satchel ingest`: files become documents, and what could not be read is told."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import FILE_NAME, connect
from tests import documents as made
from tests.faults.test_disk import files_limited_to
from tests.server.cli.conftest import Satchel
from tests.server.cli.ingested import documents, line, search, texts
from tests.storage import documenting

HOSTILE = "[red]not markup \x1b[31m.md"


def test_a_folder_becomes_documents(satchel: Satchel, docs: Path) -> None:
    said = satchel.ok("ingest", docs).splitlines()
    assert line(said[0]) == "Added 3, updated 0, unchanged 0, deleted 0, skipped 0 (3 chunks)"
    assert said[1:] == ["  not a document format: .py 1"]
    assert texts(satchel) == {
        f"docs/{name}": (docs / name).read_text("utf-8") for name in ("intro.md", "guide/leave.md", "guide/refunds.txt")
    }


def test_a_document_says_where_it_comes_from(satchel: Satchel, docs: Path) -> None:
    os.utime(docs / "guide" / "refunds.txt", ns=(0, 1_790_000_000_123_456_789))
    satchel.ok("ingest", docs)
    row = documents(satchel)["docs/guide/refunds.txt"]
    assert (row.title, row.format, row.source) == ("refunds", "txt", str(docs / "guide" / "refunds.txt"))
    assert row.metadata == {
        "encoding": "utf-8",
        "path": "docs/guide/refunds.txt",
        "filename": "refunds.txt",
        "modified": "2026-09-21T14:13:20+00:00",
    }
    assert row.provenance == {"origin": "import", "tool": "satchel ingest", "key": "cli"}
    assert row.file is not None
    assert (row.file.size, row.file.modified_ns) == (36, 1_790_000_000_123_456_789)


def test_documents_with_headings_are_called_by_them(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs)
    assert documents(satchel)["docs/intro.md"].title == "Welcome"


def test_every_format_is_read_and_found(satchel: Satchel, tmp_path: Path) -> None:
    """A long PDF, a spreadsheet, a page of German and one of Chinese among them."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    pages = [f"Page {number} tells of " + ("nothing much" if number != 37 else "giraffes") for number in range(1, 61)]
    (folder / "long.pdf").write_bytes(made.pdf(pages))
    (folder / "sales.xlsx").write_bytes(made.workbook({"Sales": [["Region", "Turnover"], ["Tyrol", 4711]]}))
    (folder / "deutsch.txt").write_text(made.GERMAN, "utf-8")
    (folder / "chinese.md").write_text(made.CHINESE, "utf-8")
    (folder / "letter.docx").write_bytes(made.word(headings=[(1, "Offer")], paragraphs=["We supply forty bicycles."]))
    (folder / "page.html").write_text("<h1>News</h1><p>The lighthouse reopened.</p>", "utf-8")
    (folder / "list.csv").write_text("name,colour\nboat,green\n", "utf-8")
    assert line(satchel.ok("ingest", folder)).startswith("Added 7, updated 0, unchanged 0, deleted 0, skipped 0")
    for query, name in {
        "giraffes": "long.pdf", "turnover in Tyrol": "sales.xlsx", "Kündigungsfrist": "deutsch.txt",
        "退款申请": "chinese.md", "bicycles": "letter.docx", "lighthouse": "page.html", "green boat": "list.csv",
    }.items():  # fmt: skip
        assert search(satchel, query)[0]["document_id"] == f"mixed/{name}"
    assert search(satchel, "giraffes")[0]["location"]["page"] is not None


def test_hostile_files_are_skipped_with_their_reason_and_the_rest_goes_on(satchel: Satchel, docs: Path) -> None:
    (docs / "bomb.docx").write_bytes(made.zipped({"word/document.xml": b"<" * 5_000_000}))
    (docs / "cut.pdf").write_bytes(made.pdf(["Half of it"])[:200])
    (docs / "fake.png").write_text("no picture", "utf-8")
    (docs / "empty.md").write_bytes(b"")
    (docs / "binary.txt").write_bytes(bytes(range(256)))
    said = satchel.ok("ingest", docs)
    assert line(said) == "Added 3, updated 0, unchanged 0, deleted 0, skipped 5 (3 chunks)"
    reasons = [each for each in said.splitlines() if each.startswith("  skipped ")]
    assert {Path(each.split()[1].rstrip(":")).name for each in reasons} == {
        "bomb.docx", "cut.pdf", "fake.png", "empty.md", "binary.txt",
    }  # fmt: skip
    assert all(each.count(": ") and "fault" not in each for each in reasons)


def test_a_named_file_of_another_format_gets_its_reason(satchel: Satchel, docs: Path) -> None:
    done = satchel("ingest", docs / "tool.py", docs / "intro.md")
    assert done.exit_code == 0
    assert f"  skipped {docs / 'tool.py'}: .py files are not read." in done.stdout


def test_a_file_without_extension_stays_a_document_once_it_was_named(satchel: Satchel, docs: Path) -> None:
    (docs / "NOTES").write_text("Plain words.", "utf-8")
    satchel.ok("ingest", docs / "NOTES")
    assert "updated 0, unchanged 1, deleted 0" in satchel.ok("ingest", docs)
    (docs / "NOTES").write_text("Other words.", "utf-8")
    assert "updated 1" in satchel.ok("ingest", docs)
    assert texts(satchel)["NOTES"] == "Other words."


def test_when_all_fails_the_exit_code_says_so(satchel: Satchel, docs: Path) -> None:
    (docs / "empty.md").write_bytes(b"")
    assert satchel("ingest", docs / "empty.md").exit_code == 1
    assert satchel("ingest", docs / "tool.py").exit_code == 1
    assert satchel("ingest", docs / "empty.md", docs / "intro.md").exit_code == 0


def test_an_empty_folder_is_no_failure(satchel: Satchel, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert line(satchel.ok("ingest", tmp_path / "empty")).startswith("Added 0")


def test_two_folders_of_one_name_do_not_replace_each_other(satchel: Satchel, tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place / "docs").mkdir(parents=True)
        (tmp_path / place / "docs" / "x.md").write_text(f"from {place}", "utf-8")
    satchel.ok("ingest", tmp_path / "a" / "docs", tmp_path / "b" / "docs")
    found = texts(satchel)
    assert found["docs/x.md"] == "from a"
    (other,) = found.keys() - {"docs/x.md"}
    assert (other[:10], len(other), found[other]) == ("docs/x.md-", 18, "from b")
    (tmp_path / "a" / "docs" / "x.md").rename(tmp_path / "a" / "docs" / "x.py")
    (tmp_path / "b" / "docs" / "x.md").write_text("new from b", "utf-8")
    satchel.ok("ingest", tmp_path / "a" / "docs", tmp_path / "b" / "docs")
    assert texts(satchel) == {other: "new from b"}


def test_an_agents_document_of_the_same_id_is_not_replaced(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs / "intro.md", "--collection", "other")  # makes the store
    with closing(connect(satchel.data / FILE_NAME, False)) as db:
        documenting.put(db, "intro.md", "an agent's", tenant="local")
    satchel.ok("ingest", docs / "intro.md")
    assert texts(satchel)["intro.md"] == "an agent's"
    assert len(documents(satchel)) == 2


def test_any_path_becomes_an_id(satchel: Satchel, tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["d" * 100] * 4)
    deep.mkdir(parents=True)
    (deep / "long.md").write_text("long", "utf-8")
    (tmp_path / "d" / "tab\there.md").parent.mkdir()
    (tmp_path / "d" / "tab\there.md").write_text("tab", "utf-8")
    satchel.ok("ingest", tmp_path / ("d" * 100), tmp_path / "d")
    long, short = sorted(documents(satchel), key=len, reverse=True)
    assert (len(long), short) == (255, "d/tab_here.md")
    assert "unchanged 2" in satchel.ok("ingest", tmp_path / ("d" * 100), tmp_path / "d")


def test_collections_and_tenants_are_apart(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs, "--collection", "Handbücher; DROP TABLE")
    satchel.ok("ingest", docs / "intro.md", "--tenant", "acme")
    assert len(documents(satchel, collection="Handbücher; DROP TABLE")) == 3
    assert (len(documents(satchel, "acme")), len(documents(satchel))) == (1, 0)


def test_what_would_happen_is_told_without_doing_it(satchel: Satchel, docs: Path, tmp_path: Path) -> None:
    (docs / ".gitignore").write_text("leave.md", "utf-8")
    assert satchel.ok("ingest", docs, docs / "tool.py", "--dry-run").splitlines() == [
        "add       docs/intro.md",
        "add       docs/guide/refunds.txt",
        f"  skipped {docs / 'tool.py'}: .py files are not read."
        " Formats: csv, docx, htm, html, jpeg, jpg, json, markdown, md, pdf, png, txt, xlsx, xml.",
        "  not a document format: .py 1",
    ]
    assert not satchel.home.exists()
    satchel.ok("ingest", docs)
    (docs / ".gitignore").write_text("refunds.txt", "utf-8")
    (docs / "intro.md").write_text("# Changed", "utf-8")
    assert satchel.ok("ingest", docs, "--dry-run").splitlines() == [
        "update    docs/intro.md",
        "add       docs/guide/leave.md",
        "delete    docs/guide/refunds.txt",
        "  not a document format: .py 1",
    ]
    assert sorted(documents(satchel)) == ["docs/guide/refunds.txt", "docs/intro.md"]


def test_a_file_that_was_only_written_again_would_not_change(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs / "intro.md")
    os.utime(docs / "intro.md", ns=(0, 0))
    assert satchel.ok("ingest", docs / "intro.md", "--dry-run") == "unchanged intro.md\n"


def test_a_mistyped_path_makes_no_store(satchel: Satchel, tmp_path: Path) -> None:
    done = satchel("ingest", tmp_path / "dosc")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert not satchel.home.exists()


def test_our_own_data_is_not_ingested(satchel: Satchel, tmp_path: Path, docs: Path) -> None:
    (satchel.data / "attachments").mkdir(parents=True)
    (satchel.data / "attachments" / "x.md").write_text("an attachment", "utf-8")
    satchel.ok("ingest", tmp_path)
    assert len(documents(satchel)) == 3


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_are_printed_as_inert_text(satchel: Satchel, docs: Path) -> None:
    (docs / HOSTILE).write_bytes(b"")
    (docs / "x.\x1b[31m").write_bytes(b"")
    said = satchel.ok("ingest", docs)
    assert "[red]not markup ⟨U+001B⟩[31m.md: " in said
    assert "\x1b" not in said


def test_many_that_were_skipped_are_counted(satchel: Satchel, docs: Path) -> None:
    for number in range(25):
        (docs / f"empty{number:02}.md").write_bytes(b"")
    said = satchel.ok("ingest", docs)
    assert said.count("  skipped ") == 20
    assert "  and 5 more\n" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["x", "--exclude", "[z-a]"],
        ["x", "--collection", " "],
        ["x", "--collection", "a\nb"],
        ["x", "--tenant", "a b"],
    ],
)
def test_a_mistake_in_the_command_line_ends_with_2(satchel: Satchel, arguments: list[str]) -> None:
    assert satchel("ingest", *arguments).exit_code == 2
    assert not satchel.home.exists()


def test_without_a_model_words_are_still_found(satchel: Satchel, docs: Path) -> None:
    said = satchel.ok("ingest", docs, SATCHEL_EMBEDDING_MODEL="none")
    assert "have yet to be embedded" not in said
    assert search(satchel, "fortnight")[0]["document_id"] == "docs/guide/refunds.txt"


def test_a_full_disk_ends_it_with_what_was_done_told(satchel: Satchel, tmp_path: Path) -> None:
    """What was done stays, whole; with space again the same command does the rest."""
    many = tmp_path / "many"
    many.mkdir()
    for number in range(200):
        (many / f"{number:03}.md").write_text(f"# Note {number}\n\n" + f"word{number} " * 400, "utf-8")
    satchel.ok("ingest", many / "000.md")
    with files_limited_to((satchel.data / FILE_NAME).stat().st_size + 2_000_000):
        done = satchel("ingest", many)
    assert done.exit_code == 1
    assert "Free some space, then run it again." in done.stderr
    kept = len(documents(satchel))
    assert f"Added {kept - 1}, updated 0, unchanged " in done.stdout
    assert 1 < kept < 201
    satchel.ok("ingest", many)
    assert {text.split()[2] for text in texts(satchel).values()} == {str(number) for number in range(200)}
