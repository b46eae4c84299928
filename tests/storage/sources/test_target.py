"""What tools see of a source: calls that end, do not disturb each other, and leave nothing behind."""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import anyio
import psutil
import pytest

from storage.sources.engine import EngineFailed, Limits
from storage.sources.target import Target
from tests.storage.sources.shop import failure, make_sqlite, rows, shop

pytestmark = pytest.mark.anyio

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
BOMB = "SELECT printf('%.*c', 1000000000, 'x')"


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    target = Target(shop("sqlite", make_sqlite(tmp_path / "shop.sqlite")))
    yield target
    await target.close()
    assert children() == set()


async def test_a_warm_worker_answers_again(target: Target) -> None:
    await target.run("SELECT 1", Limits())
    first = children()
    await target.schema()
    assert children() == first
    assert len(first) == 1


async def test_the_schema_comes_through_whole(target: Target) -> None:
    schema = await target.schema()
    assert schema.dialect == "sqlite"
    assert [table.name for table in schema.tables] == ["customers", "orders", "v_sales"]
    assert schema.hidden == {"customers": ("notes",)}


async def test_a_result_comes_through_whole(target: Target) -> None:
    answer = await target.run("SELECT id, joined_on FROM customers ORDER BY id", Limits(max_rows=1))
    assert (answer.columns, answer.roles) == (("id", "joined_on"), ("number", "date"))
    assert (answer.rows, answer.is_truncated, answer.cut_cells) == (((1, "2024-01-02"),), True, 0)
    assert answer.elapsed_ms > 0


async def test_two_calls_run_side_by_side(target: Target) -> None:
    """And the loop goes on meanwhile: the others are answered while the first is still at work."""
    done: list[str] = []

    async def slow() -> None:
        await failure(target, ENDLESS, Limits(seconds=1.0))
        done.append("slow")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(slow)
        for number in range(20):
            assert await rows(target, f"SELECT {number}") == [(number,)]
        done.append("quick")
        assert len(children()) == 2
    assert done == ["quick", "slow"]


async def test_more_calls_than_workers_wait_their_turn(target: Target) -> None:
    found: list[int] = []

    async def ask(number: int) -> None:
        ((value,),) = await rows(target, f"SELECT {number}")
        found.append(int(str(value)))

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(ask, number)
    assert sorted(found) == list(range(10))
    assert len(children()) == 2


@pytest.mark.slow
async def test_a_turn_that_does_not_come_fails_in_time(tmp_path: Path) -> None:
    target = Target(shop("sqlite", make_sqlite(tmp_path / "shop.sqlite")), workers=1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(failure, target, ENDLESS, Limits(seconds=3.0))
        await anyio.wait_all_tasks_blocked()
        started = time.monotonic()
        late = await failure(target, "SELECT 1", Limits(seconds=0.2))
        assert time.monotonic() - started < 1.2
    assert late.failure == "busy"
    assert "other queries" in late.detail
    await target.close()


@pytest.mark.slow
@pytest.mark.parametrize("sql", [ENDLESS, BOMB], ids=["interruptible", "uninterruptible"])
async def test_a_bomb_ends_within_its_deadline_and_a_second(target: Target, sql: str) -> None:
    started = time.monotonic()
    assert (await failure(target, sql, Limits(seconds=0.5))).failure == "deadline"
    assert time.monotonic() - started < 1.5
    assert await rows(target, "SELECT count(*) FROM orders") == [(3,)]


async def test_a_cancelled_call_leaves_the_target_usable(target: Target) -> None:
    with anyio.move_on_after(0.1) as scope:
        await target.run(BOMB, Limits(seconds=60))
    assert scope.cancelled_caught
    assert children() == set()
    assert await rows(target, "SELECT 1") == [(1,)]


@pytest.mark.crash
async def test_a_worker_killed_from_outside_is_replaced(target: Target) -> None:
    await target.run("SELECT 1", Limits())
    (pid,) = children()
    psutil.Process(pid).kill()
    with suppress(EngineFailed):  # where its end is not yet known
        await target.run("SELECT 1", Limits())
    assert await rows(target, "SELECT 1") == [(1,)]


async def test_a_worker_is_replaced_after_so_many_jobs(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sources.worker.JOBS", 2)
    seen: set[int] = set()
    for _ in range(4):
        await target.run("SELECT 1", Limits())
        seen |= children()
    assert len(seen) == 2


async def test_an_answer_that_is_too_large_is_not_read(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sources.worker.ANSWER_BYTES", 100)
    assert (await failure(target, "SELECT hex('" + "x" * 200 + "')")).failure == "memory"
    assert children() == set()


async def test_nothing_is_there_before_the_first_call(tmp_path: Path) -> None:
    target = Target(shop("sqlite", tmp_path / "missing.sqlite"))
    assert children() == set()
    assert (await failure(target, "SELECT 1")).failure == "down"
    make_sqlite(tmp_path / "missing.sqlite")
    assert await rows(target, "SELECT 1") == [(1,)]
    await target.close()


async def test_a_call_at_work_when_its_target_closes_ends_its_worker(target: Target) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(failure, target, ENDLESS)
        await anyio.wait_all_tasks_blocked()
        await target.close()
    assert children() == set()


async def test_an_engine_without_its_driver_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sources.worker.MODULE", "tests.storage.sources.driverless")
    target = Target(shop("duckdb", tmp_path / "shop.duckdb"))
    failed = await failure(target, "SELECT 1")
    assert (failed.failure, failed.detail) == ("down", "needs the extra: pip install 'satchel-mcp[duckdb]'")
    await target.close()
