"""The n-th commit fails, for every n: one clear line, nothing half done, and later calls work."""

import random
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from storage import embedding_models
from storage.database import Database, connect
from storage.errors import DiskFull
from tests.faults import truth
from tests.faults.house import House, house
from tests.faults.process import Answer

pytestmark = pytest.mark.anyio

FAULTS = {
    sqlite3.SQLITE_IOERR_FSYNC: ("disk I/O error", "The disk is full or failing; nothing was changed."),
    sqlite3.SQLITE_FULL: ("database or disk is full", "The disk is full or failing; nothing was changed."),
    sqlite3.SQLITE_BUSY: ("database is locked", "The store is busy with another process; nothing was changed."),
    sqlite3.SQLITE_READONLY: ("attempt to write a readonly database", "The data directory cannot be written; nothing"),
}
ENDS_IT = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_FSYNC)  # after these SQLite rolls back by itself

Step = Callable[[House, dict[str, str]], Awaitable[Answer]]


class Fault:
    """Which commit of a database is to fail, and how."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.left = -1
        self.has_struck = False

    def arm(self, code: int, left: int) -> None:
        """Strike at the ``left``-th commit from now on; with 0, at none."""
        self.code, self.left, self.has_struck = code, left or -1, False

    def strike(self, db: sqlite3.Connection) -> None:
        self.left -= 1
        if self.left == 0:
            self.has_struck = True
            if self.code in ENDS_IT:
                db.execute("ROLLBACK")
            error = sqlite3.OperationalError(FAULTS[self.code][0])
            error.sqlite_errorcode = self.code
            raise error


def failing(fault: Fault) -> Callable[[Path, bool], sqlite3.Connection]:
    """Opens connections whose commits may fail."""

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if sql == "COMMIT":
                fault.strike(self)
            return super().execute(sql, *values)  # type: ignore[arg-type]

    return lambda path, read_only: connect(path, read_only, Failing)


async def store(here: House, ids: dict[str, str]) -> Answer:
    answer = await here.call(
        "memory_store",
        content="Ada prefers tea",
        entities=[{"name": "Ada", "type": "person"}],
        relations=[{"source": "Ada", "relation": "drinks", "target": "tea"}],
    )
    ids["tea"] = answer.data.get("memory_id", "")
    return answer


async def store_again(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_store", content="Ada prefers tea", importance=0.9, tags=["drinks"])


async def replace(here: House, ids: dict[str, str]) -> Answer:
    answer = await here.call("memory_store", content="Ada prefers coffee", supersedes=ids["tea"])
    ids["coffee"] = answer.data.get("memory_id", "")
    return answer


async def update(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_update", memory_id=ids["coffee"], content="Ada prefers green tea", tags=["hot"])


async def archive(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_update", memory_id=ids["coffee"], action="archive")


async def judge(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_feedback", memory_id=ids["coffee"], useful=True, query="tea")


async def forget(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_forget", memory_ids=[ids["coffee"]])


async def restore(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_restore", memory_ids=[ids["coffee"]])


async def read(here: House, ids: dict[str, str]) -> Answer:
    return await here.call("memory_retrieve", query="what does Ada drink?")


CHANGES: tuple[Step, ...] = (store_again, update, archive, judge, forget, restore)
DRAWN = 30
SCRIPT: tuple[Step, ...] = (store, store_again, read, replace, update, archive, judge, forget, restore, read)


@pytest.mark.parametrize("code", FAULTS)
async def test_a_failing_commit_is_one_clear_line_and_changes_nothing(tmp_path: Path, code: int) -> None:
    """Over every commit of a script of calls; the call that failed is then repeated and succeeds."""
    number = 0
    has_struck = True
    while has_struck:
        number += 1
        fault = Fault(code)
        async with house(tmp_path / str(number), connect=failing(fault)) as here:
            fault.left = number
            await play(here, fault)
        await truth.assert_agrees(tmp_path / str(number))
        has_struck = fault.has_struck
    assert number == 1 + sum(step is not read for step in SCRIPT)


async def play(here: House, fault: Fault) -> None:
    ids: dict[str, str] = {}
    for step in SCRIPT:
        before = await here.db.read(truth.dump)
        answer = await step(here, ids)
        if answer.is_error:
            assert fault.has_struck
            assert answer.text.startswith(FAULTS[fault.code][1])
            assert len(answer.text.splitlines()) == 1
            assert await here.db.read(truth.dump) == before
            assert not (await step(here, ids)).is_error
    assert {ids["tea"], ids["coffee"]} == truth.kept(here.db.path.parent).keys()
    assert [memory["content"] for memory in (await read(here, ids)).data["memories"]] == ["Ada prefers green tea"]


async def test_whatever_commits_fail_in_whatever_order_nothing_is_half_done(
    tmp_path: Path, draw: random.Random, record_property: Callable[[str, object], None]
) -> None:
    """Calls in any order, with any fault at any commit; some are refused for what they ask, and change nothing."""
    fault = Fault(sqlite3.SQLITE_FULL)
    async with house(tmp_path, connect=failing(fault)) as here:
        ids: dict[str, str] = {}
        for step in (store, replace, *draw.choices(CHANGES, k=DRAWN)):
            before = await here.db.read(truth.dump)
            fault.arm(draw.choice(list(FAULTS)), draw.randrange(3) if ids.get("coffee") else 0)
            answer = await step(here, ids)
            if fault.has_struck:
                record_property("failed commits", 1)
                assert (answer.is_error, answer.text.startswith(FAULTS[fault.code][1])) == (True, True)
            if answer.is_error:
                assert await here.db.read(truth.dump) == before
    await truth.assert_agrees(tmp_path)


async def test_a_purge_whose_clean_up_fails_is_told_as_it_is_and_finished_later(tmp_path: Path) -> None:
    """The rows are gone with the first commit; what fails after it must not be called unchanged."""
    has_struck, number = True, 1  # the first commit is the purge itself, which refuses as any other call
    while has_struck:
        number += 1
        fault, data = Fault(sqlite3.SQLITE_IOERR_FSYNC), tmp_path / str(number)
        async with house(data, connect=failing(fault)) as here:
            memory_id = (await here.call("memory_store", content="The quokkasecret is out")).data["memory_id"]
            await here.indexer.flush()
            fault.left = number
            answer = await here.call("memory_forget", memory_ids=[memory_id], purge=True)
            assert "nothing was changed" not in answer.text
            assert memory_id not in truth.kept(data)
            fault.left = -1
            again = await here.call("memory_forget", memory_ids=[memory_id], purge=True)
            assert not again.is_error
        assert [file for file in data.rglob("*") if file.is_file() and b"quokkasecret" in file.read_bytes()] == []
        has_struck = fault.has_struck


async def test_a_read_that_the_disk_ends_says_so(tmp_path: Path) -> None:
    """SQLite has left the transaction by then; ending it once more would hide why."""

    def broken(db: sqlite3.Connection) -> None:
        db.execute("ROLLBACK")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error

    db = await Database.open(tmp_path)
    with pytest.raises(DiskFull):
        await db.read(broken)
    assert await db.read(embedding_models.numbers) == {}
    await db.close()
