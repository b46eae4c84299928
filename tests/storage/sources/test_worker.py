"""A worker process: whatever happens in it, its owner gets an answer in time, and nothing stays behind."""

import subprocess
import sys
import time
from pathlib import Path

import anyio
import psutil
import pytest

from storage.sources.engine import EngineFailed
from storage.sources.worker import Gone, Worker
from tests.storage.sources.shop import make_sqlite, shop

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[3]
BOMB = "SELECT printf('%.*c', 1000000000, 'x')"
"""One call that nothing within the process can interrupt."""


def job(sql: str, seconds: float = 5.0) -> dict[str, object]:
    return {"call": "run", "sql": sql, "limits": {"seconds": seconds}, "reads_masked": False}


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_sqlite(tmp_path / "shop.sqlite")


async def test_a_worker_answers_one_job_after_the_other(database: Path) -> None:
    worker = await Worker.start(shop("sqlite", database))
    for number in range(3):
        assert (await worker.ask(job(f"SELECT {number}"), 5))["rows"] == [[number]]
    assert not worker.is_over
    await worker.end()
    assert children() == set()


async def test_a_failed_job_leaves_the_worker_as_it_was(database: Path) -> None:
    worker = await Worker.start(shop("sqlite", database))
    with pytest.raises(EngineFailed) as failed:
        await worker.ask(job("SELECT nope FROM orders"), 5)
    assert (failed.value.failure, failed.value.name) == ("unknown_column", "nope")
    assert (await worker.ask(job("SELECT 1"), 5))["rows"] == [[1]]
    await worker.end()


@pytest.mark.slow
async def test_a_late_worker_is_killed(database: Path) -> None:
    worker = await Worker.start(shop("sqlite", database))
    started = time.monotonic()
    with pytest.raises(EngineFailed) as failed:
        await worker.ask(job(BOMB), 0.5)
    assert time.monotonic() - started < 1.5
    assert failed.value.failure == "deadline"
    assert worker.is_over
    assert children() == set()


async def test_a_cancelled_caller_leaves_no_worker_behind(database: Path) -> None:
    worker = await Worker.start(shop("sqlite", database))
    with anyio.move_on_after(0.1) as scope:
        await worker.ask(job(BOMB), 60)
    assert scope.cancelled_caught
    assert worker.is_over
    assert children() == set()


async def test_a_start_that_is_cancelled_at_any_moment_leaves_no_worker_behind(database: Path) -> None:
    for milliseconds in range(0, 12, 3):
        with anyio.move_on_after(milliseconds / 1000):
            worker = await Worker.start(shop("sqlite", database))
            await worker.end()
        assert children() == set()


async def test_a_worker_that_dies_says_so(database: Path) -> None:
    worker = await Worker.start(shop("sqlite", database))
    await worker.ask(job("SELECT 1"), 5)
    psutil.Process(worker.pid).terminate()
    with pytest.raises(EngineFailed) as failed:
        await worker.ask(job("SELECT 1"), 5)
    assert failed.value.failure == "other"
    assert worker.is_over


async def test_a_worker_that_nobody_needs_ends_by_itself(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sources.worker.MODULE", "tests.storage.sources.impatient")
    worker = await Worker.start(shop("sqlite", database))
    with anyio.fail_after(5):
        await worker._process.wait()  # by its owner: psutil would take its exit code away
    with pytest.raises(Gone):
        await worker.ask(job("SELECT 1"), 5)
    assert children() == set()


async def test_a_worker_knows_nothing_of_its_owner(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment, and no location where a list of processes shows it."""
    monkeypatch.setenv("SATCHEL_SECRET", "key")
    worker = await Worker.start(shop("sqlite", database))
    await worker.ask(job("SELECT 1"), 5)
    process = psutil.Process(worker.pid)
    assert "SATCHEL_SECRET" not in process.environ()
    assert str(database) not in " ".join(process.cmdline())
    await worker.end()


OWNER = """
import sys, anyio
from pathlib import Path
from storage.sources.worker import Worker
from tests.storage.sources.shop import shop

async def main():
    worker = await Worker.start(shop("sqlite", Path(sys.argv[1])))
    job = {"call": "run", "sql": "SELECT 1", "limits": {"seconds": 60}, "reads_masked": False}
    await worker.ask(job, 60)
    print(worker.pid, flush=True)
    await worker.ask(job | {"sql": sys.argv[2]}, 60)
    sys.stdin.read()

anyio.run(main)
"""


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal that cannot be caught")
@pytest.mark.parametrize("sql", ["SELECT 2", BOMB], ids=["idle", "at work"])
def test_a_worker_ends_with_its_owner(database: Path, sql: str) -> None:
    command = [sys.executable, "-c", OWNER, str(database), sql]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        worker = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
    _, alive = psutil.wait_procs([worker], timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
