"""A disk that is full: writes are refused in one clear line, reads go on, and with space again so do writes."""

import functools
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from storage.errors import StorageError
from tests.faults import truth
from tests.faults.house import house
from tests.faults.process import SERVE, Process, serving

pytestmark = pytest.mark.anyio
resource = pytest.importorskip("resource", reason="limits of a process are POSIX")

FULL = "The disk is full or failing; nothing was changed. Reading still works."
SMALL_DISK = 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"'


@functools.cache
def can_mount() -> bool:
    """Whether a file system of a test's own can be mounted, seen by nobody else."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size`` bytes: what a full disk does, for any library."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def store_until_full(server: Process) -> list[str]:
    """Store until refused; the ids acknowledged. The refusal is clear."""
    ids: list[str] = []
    for number in range(5_000):
        answer = await server.call("memory_store", content=f"Statement {number} " + "of many words " * 200)
        if answer.is_error:
            assert answer.text == FULL
            return ids
        ids.append(answer.data["memory_id"])
    pytest.fail("the disk never filled up")


async def assert_reads_go_on(server: Process) -> None:
    found = await server.call("memory_retrieve", query="statement 1 of many words")
    assert found.data["count"] > 0
    assert not (await server.call("memory_summarize")).is_error
    assert (await server.health())["status"] != "failing"  # a disk that is full is told of


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="another process's limits can be set on Linux only")
async def test_a_server_refuses_writes_while_files_cannot_grow(tmp_path: Path, draw: random.Random) -> None:
    home = tmp_path / "home"
    async with serving(home) as server:
        kept = [(await server.call("memory_store", content="The first one")).data["memory_id"]]
        size = (home / "data" / "satchel.sqlite-wal").stat().st_size + draw.randrange(500_000, 2_000_000)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        kept += await store_until_full(server)
        for memory_id in kept[:2]:
            changed = await server.call("memory_update", memory_id=memory_id, content="Changed " * 1_000)
            assert changed.text == FULL
        await assert_reads_go_on(server)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        kept.append((await server.call("memory_store", content="The last one")).data["memory_id"])
    assert truth.kept(home / "data").keys() == set(kept)
    await truth.assert_agrees(home / "data")


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="needs the right to mount a small disk")
async def test_a_server_lives_through_a_full_disk(tmp_path: Path, draw: random.Random) -> None:
    """The server alone sees the mounted disk; from here it is reached through /proc."""
    home = tmp_path / "home"
    home.mkdir()
    async with serving(home, ["unshare", "-m", "sh", "-c", SMALL_DISK, str(home), *SERVE]) as server:
        await server.health()
        mounted = Path(f"/proc/{server.process.pid}/root") / home.relative_to("/")
        assert mounted.is_mount()
        ballast = mounted / "ballast"
        ballast.write_bytes(bytes(draw.randrange(3_000_000, 5_000_000)))
        kept = await store_until_full(server)
        assert len(kept) > 20
        for _ in range(3):
            assert (await server.call("memory_store", content="Statement too many " * 300)).text == FULL
        await assert_reads_go_on(server)
        ballast.unlink()
        kept.append((await server.call("memory_store", content="The last one")).data["memory_id"])
        copy = tmp_path / "copy"
        shutil.copytree(mounted / "data", copy)
    assert truth.kept(copy).keys() == set(kept)
    await truth.assert_agrees(copy)


async def test_no_page_left_in_the_database_changes_nothing(tmp_path: Path, draw: random.Random) -> None:
    """Refused in the middle of a transaction, not at its end."""
    left = draw.randrange(3)
    async with house(tmp_path) as here:
        kept = (await here.call("memory_store", content="Prefers window seats")).data["memory_id"]
        pages = (await here.db.maintain(lambda db: db.execute("PRAGMA page_count").fetchone()))[0]
        await here.db.maintain(lambda db: db.execute(f"PRAGMA max_page_count = {pages + left}").fetchone())
        before = await here.db.read(truth.dump)
        refused = [
            await here.call("memory_store", content="A long story " * 700),
            await here.call("memory_store", content="A long story " * 700, supersedes=kept),
            await here.call("memory_update", memory_id=kept, content="A long story " * 700),
        ]
        assert [answer.text for answer in refused] == [FULL] * 3
        assert await here.db.read(truth.dump) == before
        found = await here.call("memory_retrieve", query="where does she like to sit?")
        assert [memory["content"] for memory in found.data["memories"]] == ["Prefers window seats"]
        await here.db.maintain(lambda db: db.execute(f"PRAGMA max_page_count = {2**30}").fetchone())
        assert not (await here.call("memory_store", content="A long story " * 700)).is_error
    await truth.assert_agrees(tmp_path)


async def test_a_copy_that_a_full_disk_cut_short_takes_no_tables_place(tmp_path: Path) -> None:
    """Lance writes some of such a file and says nothing; the table that was whole is to stay."""
    async with house(tmp_path) as here:
        await here.call("memory_store", content="The first one")
        assert await here.indexer.flush() == 1
        for number in range(40):
            await here.call("memory_store", content=f"Parcel {number} went to Lisbon")
        for size in range(1_000, 2_400, 100):
            with files_limited_to(size), pytest.raises(StorageError):
                await here.indexer.flush()
        assert await here.indexer.flush() == 40
    await truth.assert_agrees(tmp_path)


@pytest.mark.parametrize("has_table", [False, True])
async def test_the_indexer_survives_files_that_cannot_grow(
    tmp_path: Path, has_table: bool, draw: random.Random
) -> None:
    """Lance fails in a way of its own; the lines stay queued and searches find their rows without it."""
    async with house(tmp_path) as here:
        await here.call("memory_store", content="The first one")
        if has_table:
            assert await here.indexer.flush() == 1
        for number in range(40):
            await here.call("memory_store", content=f"Parcel {number} went to Lisbon")
        with files_limited_to(draw.randrange(1, 4_096)), pytest.raises((StorageError, OSError)), anyio.fail_after(30):
            await here.indexer.flush()
        found = await here.call("memory_retrieve", query="parcel 7", limit=1)
        assert [memory["content"] for memory in found.data["memories"]] == ["Parcel 7 went to Lisbon"]
        assert await here.indexer.flush() == (40 if has_table else 41)
    await truth.assert_agrees(tmp_path)
