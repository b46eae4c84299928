"""SIGKILL during `satchel ingest`: every document is wholly there or wholly absent, and the same command again
completes it."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from storage.database import FILE_NAME, connect
from storage.documents import rows

pytestmark = [pytest.mark.crash, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 6
FILES = 250
PATIENCE_SECONDS = 600
VERSION = "PRAGMA data_version"
"""Another number after each commit of another connection."""
COUNTS = "SELECT documents, chunks FROM collections WHERE tenant = 'local' AND collection = 'default'"
ORPHANS = """SELECT (SELECT count(*) FROM chunks_fts) - (SELECT count(*) FROM chunks),
    (SELECT count(*) FROM chunk_vectors WHERE row_id NOT IN (SELECT row_id FROM chunks)),
    (SELECT count(*) FROM document_fields WHERE document_row NOT IN (SELECT document_row FROM documents))"""


def write(folder: Path, number: int, draw: random.Random) -> None:
    """A document of several chunks, other than it was."""
    parts = [f"## Part {part}\n\n" + f"word{draw.getrandbits(16):x} " * draw.randrange(50, 400) for part in range(4)]
    (folder / f"{number:03}.md").write_text(f"# Document {number}\n\n" + "\n\n".join(parts), "utf-8")


def ingesting(home: Path, folder: Path) -> "subprocess.Popen[str]":
    environment = {
        "SATCHEL_HOME": str(home), "SATCHEL_EMBEDDING_MODEL": "static",
        "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"],
    }  # fmt: skip
    command = [sys.executable, "-m", "server", "ingest", str(folder)]
    return subprocess.Popen(command, env=environment, cwd=home.parent, stdout=subprocess.PIPE, text=True)


def summary(home: Path, folder: Path) -> str:
    """What the command says when it is let alone."""
    with ingesting(home, folder) as process:
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    return said


def kept(home: Path) -> dict[str, str]:
    """Each document's text, put together from its chunks; the counts that are kept agree with what is there."""
    if not (home / "data" / FILE_NAME).exists():
        return {}
    with closing(connect(home / "data" / FILE_NAME, True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not has_documents(db):
            return {}
        found = rows.newest(db, "local", "default", 2 * FILES)
        chunks = {row.document_id: rows.chunks_of(db, "local", row.document_row) for row in found}
        assert all(row.chunks == len(chunks[row.document_id]) for row in found)
        there = len(found), sum(map(len, chunks.values()))
        assert (db.execute(COUNTS).fetchone() or (0, 0)) == there
        assert db.execute(ORPHANS).fetchone() == (0, 0, 0)
        return {name: rows.text_of(parts) for name, parts in chunks.items()}


def has_documents(db: sqlite3.Connection) -> bool:
    """Whether the schema stood before the kill."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'documents'").fetchone() is not None


def is_running(process: "subprocess.Popen[str]", seconds: float) -> bool:
    """Whether it still is after that time."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is None


def await_commits(process: "subprocess.Popen[str]", home: Path, number: int) -> None:
    """Wait until it has committed so often, a migration or a document each time, or has ended."""
    while not (home / "data" / FILE_NAME).exists() and is_running(process, 0.001):
        pass
    with closing(connect(home / "data" / FILE_NAME, True)) as db:
        before = db.execute(VERSION).fetchone()
        while number and is_running(process, 0.001):
            if (after := db.execute(VERSION).fetchone()) != before:
                before, number = after, number - 1


def test_documents_are_whole_or_absent_whenever_ingestion_is_killed(
    tmp_path: Path, draw: random.Random, record_property: Callable[[str, object], None]
) -> None:
    home, folder = tmp_path / "home", tmp_path / "docs"
    folder.mkdir()
    ever: dict[str, set[str]] = {}
    for _ in range(ROUNDS):
        for number in draw.sample(range(FILES), FILES // 2):
            write(folder, number, draw)
        for path in folder.iterdir():
            ever.setdefault(f"docs/{path.name}", set()).add(path.read_text("utf-8"))
        with ingesting(home, folder) as process:
            await_commits(process, home, draw.randrange(FILES // 2))
            if is_running(process, draw.uniform(0, 0.02)):  # anywhere between two commits
                process.kill()
                record_property("kills", 1)
        found = kept(home)
        assert all(text in ever[name] for name, text in found.items())
        record_property("documents found whole", len(found))
    assert "skipped 0" in summary(home, folder)
    assert kept(home) == {f"docs/{path.name}": path.read_text("utf-8") for path in folder.iterdir()}
    assert f"Added 0, updated 0, unchanged {len(ever)}, deleted 0" in summary(home, folder)
