"""A data directory that cannot be used as it is: one clear line for every call, and nothing touched."""

import functools
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from storage.database import FILE_NAME, Database
from storage.errors import Corrupt, NewerData
from tests.faults import truth
from tests.faults.house import house
from tests.faults.process import SERVE, Answer, Process, serving

pytestmark = pytest.mark.anyio

UNWRITABLE = "The data directory cannot be written; nothing was changed. Ask the owner to run doctor."
DAMAGED = "The store is damaged; nothing was changed. Ask the owner to run `satchel doctor`."
NEWER = "The data was written by a newer version of this server. Ask the owner to update it."
AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")

PROBE = """
import os, sys, tempfile
folder = tempfile.mkdtemp()
os.chmod(folder, 0o555)
is_writable = os.access(folder, os.W_OK)
os.rmdir(folder)
sys.exit(is_writable)
"""


@functools.cache
def without_privileges() -> Sequence[str] | None:
    """What to put before a command so that permissions hold for it, root or not; None where that cannot be had."""
    if sys.platform == "win32":
        return None
    probe = [sys.executable, "-c", PROBE]
    prefixes: tuple[tuple[str, ...], ...] = ((), AS_ANYBODY)
    for prefix in prefixes:
        is_there = not prefix or shutil.which(prefix[0])
        if is_there and subprocess.run([*prefix, *probe], capture_output=True, check=False).returncode == 0:
            return prefix
    return None


async def answers(server: Process) -> list[str]:
    """What a reading and a writing call are told, and health."""
    called: list[Answer] = [
        await server.call("memory_retrieve", query="tea"),
        await server.call("memory_store", content="Likes tea"),
    ]
    assert all(answer.is_error for answer in called)
    assert "tool.crashed" not in server.events()
    problems: list[str] = (await server.health())["problems"]
    return [answer.text for answer in called] + problems


def files(folder: Path) -> dict[str, bytes]:
    """The content of every file, but for the lock files, which are empty and mean nothing."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".lock"}


@pytest.mark.slow
@pytest.mark.skipif(without_privileges() is None, reason="permissions do not hold for this user")
@pytest.mark.parametrize("has_database", [False, True])
async def test_a_read_only_folder_is_told_until_it_can_be_written(tmp_path: Path, has_database: bool) -> None:
    home = tmp_path / "home"
    data = home / "data"
    data.mkdir(parents=True)
    if has_database:
        async with house(data) as here:
            await here.call("memory_store", content="Likes coffee")
    before = files(data)
    data.chmod(0o555)
    try:
        async with serving(home, [*(without_privileges() or ()), *SERVE]) as server:
            assert "tools" in (await server.request("tools/list", {}))["result"]
            assert await answers(server) == [UNWRITABLE] * 3
            assert files(data) == before
            data.chmod(0o755)
            with anyio.fail_after(30):
                while (await server.call("memory_store", content="Likes tea")).is_error:  # noqa: ASYNC110 - its own clock
                    await anyio.sleep(0.2)
    finally:
        data.chmod(0o755)
    assert len(truth.kept(data)) == 1 + has_database


@pytest.mark.skipif(without_privileges() is None, reason="permissions do not hold for this user")
async def test_a_read_only_file_is_not_made_writable(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with house(home / "data") as here:
        await here.call("memory_store", content="Likes coffee")
    file = home / "data" / FILE_NAME
    file.chmod(0o444)
    before = file.read_bytes()
    async with serving(home, [*(without_privileges() or ()), *SERVE]) as server:
        assert (await answers(server))[1] == UNWRITABLE
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (before, 0o400)


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    async with serving(tmp_path / "home", data_dir=str(tmp_path / "file" / "data")) as server:
        assert await answers(server) == [UNWRITABLE] * 3
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize(
    "content", [b"Dear diary, " * 1_000, b"SQLite format 3\x00" + b"\xff" * 8_000, b"\x00" * 5_000]
)
async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True)
    (data / FILE_NAME).write_bytes(content)
    async with serving(tmp_path / "home") as server:
        assert await answers(server) == [DAMAGED] * 3
    assert (data / FILE_NAME).read_bytes() == content


async def test_a_database_cut_short_is_told_as_damaged_and_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        for number in range(200):
            await here.call("memory_store", content=f"Statement {number} of many words " * 20)
    file = tmp_path / FILE_NAME
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(Corrupt):
        await _used(tmp_path)
    assert file.read_bytes() == whole[: len(whole) // 3]


def overwritten(file: Path, draw: random.Random) -> None:
    """A page of nonsense."""
    page = 4_096
    with file.open("r+b") as opened:
        opened.seek(page * draw.randrange(file.stat().st_size // page))
        opened.write(draw.randbytes(page))


def cut(file: Path, draw: random.Random) -> None:
    """Some of its end is missing."""
    os.truncate(file, draw.randrange(1, file.stat().st_size))


async def _used(data: Path) -> None:
    async with house(data) as here:
        answer = await here.call("memory_retrieve", query="statement")
        assert answer.text == DAMAGED
        await here.db.read(lambda db: db.execute("SELECT sum(length(content)) FROM memories").fetchone())


async def test_a_database_damaged_anywhere_answers_or_is_told_as_damaged(tmp_path: Path, draw: random.Random) -> None:
    """Not every page is read by every call; what is told is one of the two, and no call crashes."""
    home = tmp_path / "home"
    async with house(home / "data") as here:
        for number in range(100):
            await here.call("memory_store", content=f"Statement {number} of many words " * 20)
    draw.choice([overwritten, cut])(home / "data" / FILE_NAME, draw)
    async with serving(home) as server:
        called = [
            await server.call("memory_retrieve", query=f"statement {draw.randrange(100)}"),
            await server.call("memory_store", content="Likes tea"),
            await server.call("memory_summarize"),
        ]
        assert [answer.text for answer in called if answer.is_error and answer.text != DAMAGED] == []
        assert "tool.crashed" not in server.events()


async def test_newer_data_is_refused_and_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "home" / "data"
    async with house(data) as here:
        await here.call("memory_store", content="From the future")
    with truth.opened(data) as db:
        db.execute("PRAGMA user_version = 9999")
    before = truth_of(data)
    async with serving(tmp_path / "home") as server:
        assert await answers(server) == [NEWER] * 3
    assert truth_of(data) == before
    assert not (data / "backups").exists()
    with pytest.raises(NewerData):
        await Database.open(data)


def truth_of(data: Path) -> list[str]:
    """Everything in the database, and its version."""
    with truth.opened(data) as db:
        return [*truth.dump(db), str(db.execute("PRAGMA user_version").fetchone())]


async def test_a_database_that_another_program_holds_is_busy_not_broken(tmp_path: Path) -> None:
    """Busy is not corrupt: the call says when to come back, and nothing is touched."""
    async with house(tmp_path) as here:
        await here.db.maintain(lambda db: db.execute("PRAGMA busy_timeout = 50").fetchone())
        holder = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        refused = await here.call("memory_store", content="Likes tea")
        assert refused.text.startswith("The store is busy with another process; nothing was changed.")
        assert (await here.call("memory_retrieve", query="tea")).data["count"] == 0
        holder.execute("ROLLBACK")
        holder.close()
        assert (await here.call("memory_store", content="Likes tea")).data["action"] == "created"
