"""`satchel ingest` a second time: documents follow what happened to their files."""

import os
import shutil
from contextlib import closing
from pathlib import Path

from storage.database import FILE_NAME, connect
from tests import documents as made
from tests.server.cli.conftest import Satchel
from tests.server.cli.ingested import chunk_ids, documents, line, search, texts
from tests.storage import documenting


def test_what_did_not_change_is_not_read_again(satchel: Satchel, docs: Path) -> None:
    """Another content behind the same size and time would be seen only by reading it."""
    satchel.ok("ingest", docs)
    intro = docs / "intro.md"
    before = intro.stat()
    intro.write_text(intro.read_text("utf-8").replace("nine", "five"), "utf-8")
    os.utime(intro, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert line(satchel.ok("ingest", docs)) == "Added 0, updated 0, unchanged 3, deleted 0, skipped 0 (0 chunks)"


def test_a_file_written_again_with_the_same_content_is_the_same(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs)
    before = documents(satchel)["docs/intro.md"]
    os.utime(docs / "intro.md", ns=(0, 5_000_000_000))
    assert line(satchel.ok("ingest", docs)).startswith("Added 0, updated 0, unchanged 3")
    after = documents(satchel)["docs/intro.md"]
    assert after.file is not None
    assert after.file.modified_ns == 5_000_000_000
    assert after.updated_at == before.updated_at


def test_a_changed_file_keeps_the_chunks_that_did_not_change(satchel: Satchel, docs: Path) -> None:
    sections = [f"## Part {number}\n\n" + f"word{number} " * 300 for number in range(3)]
    (docs / "intro.md").write_text("\n\n".join(sections), "utf-8")
    satchel.ok("ingest", docs)
    before = chunk_ids(satchel, "docs/intro.md")
    sections[1] = sections[1].replace("word1", "other")
    (docs / "intro.md").write_text("\n\n".join(sections), "utf-8")
    assert line(satchel.ok("ingest", docs)) == "Added 0, updated 1, unchanged 2, deleted 0, skipped 0 (3 chunks)"
    after = chunk_ids(satchel, "docs/intro.md")
    assert (before[0], before[2]) == (after[0], after[2])
    assert before[1] != after[1]


def test_deletions_are_followed(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs)
    (docs / "intro.md").unlink()
    assert line(satchel.ok("ingest", docs)) == "Added 0, updated 0, unchanged 2, deleted 1, skipped 0 (0 chunks)"
    assert sorted(documents(satchel)) == ["docs/guide/leave.md", "docs/guide/refunds.txt"]
    assert search(satchel, "when does the office open?", "--threshold", "0.5") == []


def test_what_is_excluded_now_is_deleted(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs)
    assert "deleted 2" in satchel.ok("ingest", docs, "--exclude", "guide/")
    (docs / ".satchelignore").write_text("intro.md", "utf-8")
    assert "deleted 1" in satchel.ok("ingest", docs, "--exclude", "guide/")
    assert documents(satchel) == {}


def test_a_file_that_was_named_and_is_gone_is_deleted(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs / "intro.md")
    assert list(documents(satchel)) == ["intro.md"]
    (docs / "intro.md").unlink()
    assert "deleted 1" in satchel.ok("ingest", docs / "intro.md")
    assert satchel("ingest", docs / "intro.md").exit_code == 1


def test_deletions_stay_in_the_folder_that_was_named(satchel: Satchel, docs: Path, tmp_path: Path) -> None:
    """docs-old begins with the same letters; and what agents added comes from no file."""
    old = tmp_path / "docs-old"
    old.mkdir()
    (old / "x.md").write_text("old", "utf-8")
    satchel.ok("ingest", docs, old)
    with closing(connect(satchel.data / FILE_NAME, False)) as db:
        documenting.put(db, "agent's", "text", tenant="local", source=str(docs / "none.md"))
    (old / "x.md").unlink()
    assert "deleted 0" in satchel.ok("ingest", docs)
    assert len(documents(satchel)) == 5


def test_a_folder_that_is_not_there_deletes_nothing(satchel: Satchel, docs: Path) -> None:
    """It may be on a disk that is not plugged in."""
    satchel.ok("ingest", docs)
    docs.rename(docs.with_name("away"))
    done = satchel("ingest", docs)
    assert (done.exit_code, line(done.stdout)) == (
        1, "Added 0, updated 0, unchanged 0, deleted 0, skipped 0 (0 chunks)",
    )  # fmt: skip
    assert done.stderr == f"satchel: {docs}: is not there; nothing was deleted for it. Check the path.\n"
    assert len(documents(satchel)) == 3


def test_a_file_that_cannot_be_read_any_more_keeps_its_document(satchel: Satchel, docs: Path) -> None:
    (docs / "report.pdf").write_bytes(made.pdf(["Giraffes are tall."]))
    (docs / "big.txt").write_text("small still", "utf-8")
    satchel.ok("ingest", docs)
    (docs / "report.pdf").write_bytes(made.pdf(["Giraffes are tall."], encrypted=True))
    (docs / "big.txt").write_bytes(b"x" * ((1 << 20) + 1))
    said = satchel.ok("ingest", docs, SATCHEL_MAX_FILE_MB="1")
    assert line(said) == "Added 0, updated 0, unchanged 3, deleted 0, skipped 2 (0 chunks)"
    assert f"  skipped {docs / 'big.txt'}: is 1,048,577 bytes, at most 1,048,576 are read\n" in said
    assert "the document stays as it was" in said
    assert (texts(satchel)["docs/big.txt"], len(documents(satchel))) == ("small still", 5)


def test_an_emptied_folder_may_be_a_disk_that_is_not_there(satchel: Satchel, docs: Path) -> None:
    satchel.ok("ingest", docs)
    before = documents(satchel)
    shutil.rmtree(docs)
    docs.mkdir()
    done = satchel("ingest", docs)
    assert "is empty; what was read from it is kept" in done.output
    assert done.exit_code == 1
    assert documents(satchel) == before
