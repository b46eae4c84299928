"""An older schema is brought up to date with a backup before, also when a kill comes in between."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.database import FILE_NAME, connect
from storage.migrate import Migration, migrate, migrations, schema_version
from tests.faults import truth
from tests.faults.house import house
from tests.faults.process import ROOT

pytestmark = pytest.mark.anyio

NEWEST = migrations()[-1][0]
NEXT: Migration = (
    NEWEST + 1,
    f"{NEWEST + 1:04}_mood",
    """ALTER TABLE memories ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';
CREATE TABLE moods (mood TEXT PRIMARY KEY);
INSERT INTO moods SELECT DISTINCT mood FROM memories;
CREATE INDEX memories_moods ON memories (mood);
""",
)
STEPS = [*migrations(), NEXT]
BACKUP = f"before-{NEXT[1]}.sqlite"

KILLED = """
import json, os, signal, sys
from pathlib import Path
from storage.database import connect
from storage.migrate import migrate, migrations

data, left = Path(sys.argv[1]), int(sys.argv[2])

def trace(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

db = connect(data / "satchel.sqlite", False)
db.set_trace_callback(trace)
migrate(db, data / "backups", [*migrations(), tuple(json.loads(sys.argv[3]))])
"""


async def fill(data: Path, number: int) -> None:
    async with house(data) as here:
        for at in range(number):
            await here.call("memory_store", content=f"Statement {at}")


def upgraded(data: Path) -> list[str]:
    """Migrate to the next schema; what was applied."""
    db = connect(data / FILE_NAME, False)
    try:
        return migrate(db, data / "backups", STEPS)
    finally:
        db.close()


def schema(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


async def test_a_migration_keeps_a_copy_of_what_was_before(tmp_path: Path) -> None:
    await fill(tmp_path, 5)
    with truth.opened(tmp_path) as db:
        before = truth.dump(db)
    assert upgraded(tmp_path) == [NEXT[1]]
    assert upgraded(tmp_path) == []
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [BACKUP]
    copy = sqlite3.connect(tmp_path / "backups" / BACKUP)
    assert (schema_version(copy), truth.dump(copy)) == (NEWEST, before)
    copy.close()
    with truth.opened(tmp_path) as db:
        assert [row[0] for row in db.execute("SELECT mood FROM memories")] == ["calm"] * 5


async def test_a_migrated_database_equals_a_fresh_one(tmp_path: Path) -> None:
    await fill(tmp_path / "old", 1)
    (tmp_path / "new").mkdir()
    upgraded(tmp_path / "old")
    upgraded(tmp_path / "new")
    with truth.opened(tmp_path / "old") as old, truth.opened(tmp_path / "new") as new:
        assert schema(old) == schema(new)
    assert not (tmp_path / "new" / "backups").exists()


async def test_a_failing_migration_leaves_the_schema_it_started_from(tmp_path: Path) -> None:
    await fill(tmp_path, 3)
    broken = (NEXT[0], NEXT[1], NEXT[2] + "INSERT INTO nowhere VALUES (1);\n")
    db = connect(tmp_path / FILE_NAME, False)
    before = truth.dump(db)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, tmp_path / "backups", [*migrations(), broken])
    assert (schema_version(db), truth.dump(db)) == (NEWEST, before)
    assert migrate(db, tmp_path / "backups", STEPS) == [NEXT[1]]
    db.close()


@pytest.mark.crash
@pytest.mark.slow
async def test_a_migration_killed_at_any_statement_is_done_by_the_next_start(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    left, returncode = 0, -signal.SIGKILL
    while returncode == -signal.SIGKILL:
        left += 1
        data = tmp_path / str(left)
        await fill(data, 3)
        with truth.opened(data) as db:
            before = truth.dump(db)
        command = [sys.executable, "-c", KILLED, str(data), str(left), json.dumps(NEXT)]
        returncode = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: ASYNC221 - nothing else runs
        with truth.opened(data) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if schema_version(db) == NEWEST:
                assert truth.dump(db) == before
        assert upgraded(data) == ([NEXT[1]] if returncode else [])
        copy = sqlite3.connect(data / "backups" / BACKUP)
        assert truth.dump(copy) == before
        copy.close()
    record_property("kills", left - 1)
    assert (returncode, left > 8) == (0, True)


@pytest.mark.processes
async def test_a_process_overtaken_by_another_keeps_the_others_copy(tmp_path: Path) -> None:
    """Two start on old data at once: the second one's backup would be of the new schema."""
    await fill(tmp_path, 2)
    overtaken: list[str] = []

    class Slow(sqlite3.Connection):
        def backup(self, *args: object, **kwargs: object) -> None:
            overtaken.extend(upgraded(tmp_path))
            super().backup(*args, **kwargs)  # type: ignore[arg-type]

    db = connect(tmp_path / FILE_NAME, False, Slow)
    assert migrate(db, tmp_path / "backups", STEPS) == []
    assert overtaken == [NEXT[1]]
    db.close()
    copy = sqlite3.connect(tmp_path / "backups" / BACKUP)
    assert schema_version(copy) == NEWEST
    copy.close()
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [BACKUP]
