"""`satchel ingest` in a process of its own: stopped by Ctrl-C, watching, beside a running server."""

import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from storage.database import FILE_NAME, connect
from tests.faults.process import ROOT, serving

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C there"),
]

PATIENCE_SECONDS = 60


class Running:
    """The command, with what it has said on stdout."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.said = ""

    async def says(self, text: str) -> str:
        """All it has said since, once the text is in it."""
        assert self.process.stdout is not None
        with anyio.fail_after(PATIENCE_SECONDS):
            while text not in self.said:
                self.said += (await self.process.stdout.receive()).decode()
        said, self.said = self.said, ""
        return said

    async def interrupt(self) -> tuple[int, str]:
        """Ctrl-C: the exit code and what it still said."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        with anyio.fail_after(PATIENCE_SECONDS):
            rest = "".join([part async for part in TextReceiveStream(self.process.stdout)])
            return await self.process.wait(), self.said + rest


@asynccontextmanager
async def ingesting(home: Path, *arguments: str | Path) -> AsyncGenerator[Running]:
    environment = {
        "SATCHEL_HOME": str(home), "SATCHEL_EMBEDDING_MODEL": "static", "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"],
    }  # fmt: skip
    command = [sys.executable, "-m", "server", "ingest", *map(str, arguments)]
    process = await anyio.open_process(command, env=environment, cwd=home.parent, stderr=None)
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.aclose()


def fill(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:04}.md").write_text(f"# Note {number}\n\n" + f"word{number} " * 900, "utf-8")


def documents(home: Path) -> int:
    """How many documents there are; 0 while there is no store."""
    if not (home / "data" / FILE_NAME).exists():
        return 0
    with closing(connect(home / "data" / FILE_NAME, True)) as db, suppress(sqlite3.OperationalError):
        return int(db.execute("SELECT count(*) FROM documents").fetchone()[0])
    return 0


async def test_ctrl_c_ends_it_after_the_documents_in_hand(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "docs"
    fill(folder, 1_000)
    async with ingesting(home, folder) as running:
        with anyio.fail_after(PATIENCE_SECONDS):
            while not documents(home):
                await anyio.lowlevel.checkpoint()
        code, said = await running.interrupt()
    kept = documents(home)
    assert (code, 0 < kept < 1_000) == (130, True)
    assert said.startswith(f"Added {kept}, updated 0, unchanged 0, deleted 0, skipped 0")
    assert "the same command does the rest" in said


async def test_a_watch_follows_changes_until_ctrl_c(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "docs"
    fill(folder, 2)
    alone = tmp_path / "alone.md"
    alone.write_text("one", "utf-8")
    async with ingesting(home, folder, alone, "--watch") as running:
        assert (await running.says("\n")).startswith("Added 3, updated 0")
        (folder / "new.md").write_text("Something new.", "utf-8")
        assert "Added 1, updated 0, unchanged 3, deleted 0" in await running.says("\n")
        alone.write_text("another", "utf-8")
        assert "Added 0, updated 1, unchanged 3, deleted 0" in await running.says("\n")
        (folder / ".satchelignore").write_text("0000.md", "utf-8")
        assert "Added 0, updated 0, unchanged 3, deleted 1" in await running.says("\n")
        (folder / "new.md").rename(folder / "moved.md")
        assert "Added 1, updated 0, unchanged 2, deleted 1" in await running.says("\n")
        assert await running.interrupt() == (0, "")
    assert documents(home) == 3


@pytest.mark.processes
async def test_a_running_server_finds_what_is_ingested_beside_it(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "docs"
    fill(folder, 30)
    async with serving(home) as server:
        async with ingesting(home, folder) as running:
            await running.says("Added 30")
        found = await server.call("rag_search", query="word17")
        assert found.data["results"][0]["document_id"] == "docs/0017.md"
        (folder / "0017.md").unlink()
        async with ingesting(home, folder) as running:
            await running.says("deleted 1")
        found = await server.call("rag_search", query="word17")
        assert "docs/0017.md" not in [each["document_id"] for each in found.data["results"]]
