"""A directory of the first release is opened by this one: nothing of it is lost, and a purge reaches all copies."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.backup import restore
from storage.database import FILE_NAME, Database, connect
from storage.documents.rows import fetch
from storage.migrate import migrate, migrations, schema_version
from tests.faults import truth
from tests.faults.house import NOON, house
from tests.storage.documenting import put
from tests.storage.keeping import Letters, keep

pytestmark = pytest.mark.anyio

SECRET = b"wisteria"
BACKUP = "before-0002_documents.sqlite"
TABLES = """SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'models'
    AND name NOT LIKE '%fts%' ORDER BY name"""


def first_release(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Make the directory; what its tables hold."""
    data.mkdir(parents=True, exist_ok=True)
    with closing(connect(data / FILE_NAME, False)) as db:
        migrate(db, data / "backups", migrations()[:1])
        for number in range(50):
            keep(db, f"Anna planted {SECRET.decode()} {number}", memory_id=f"m{number}", embedder=Letters())
        return contents(db, tables(db))


def holding(data: Path, needle: bytes) -> list[str]:
    """The files that hold it."""
    return [path.name for path in data.rglob("*") if path.is_file() and needle in path.read_bytes()]


def tables(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute(TABLES)]


def contents(db: sqlite3.Connection, names: list[str]) -> dict[str, list[tuple[object, ...]]]:
    return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}


async def test_memories_of_the_first_release_are_kept_with_a_copy(tmp_path: Path) -> None:
    before = first_release(tmp_path)
    db = await Database.open(tmp_path)
    try:
        assert await db.read(lambda c: contents(c, list(before))) == before
        assert await db.read(lambda c: c.execute("SELECT name, chunks_complete FROM models").fetchall())
        await db.write(lambda c: put(c, "d", "green tea", embedder=Letters()))
    finally:
        await db.close()
    with closing(sqlite3.connect(tmp_path / "backups" / BACKUP)) as copy:
        assert (schema_version(copy), contents(copy, list(before))) == (1, before)


async def test_a_copy_of_the_first_release_can_be_put_back(tmp_path: Path) -> None:
    before = first_release(tmp_path)
    db = await Database.open(tmp_path)
    await db.write(lambda c: put(c, "d", "green tea"))
    await db.close()
    restore(tmp_path / "backups" / BACKUP, tmp_path, NOON)
    db = await Database.open(tmp_path)
    try:
        assert await db.read(lambda c: contents(c, list(before))) == before
        assert await db.read(lambda c: fetch(c, "acme", "default", "d")) is None
    finally:
        await db.close()


async def test_a_purge_reaches_the_copy_made_before_the_upgrade(tmp_path: Path) -> None:
    first_release(tmp_path)
    with truth.opened(tmp_path) as db:
        db.execute("UPDATE memories SET tenant = 'local'")
        db.commit()
    async with house(tmp_path) as here:
        assert (tmp_path / "backups" / BACKUP).exists()
        await here.call("rag_add_documents", documents=["Green tea. " * 2_000], ids=["kept"])
        ids = [f"m{number}" for number in range(50)]
        answer = await here.call("memory_forget", memory_ids=ids, purge=True)
        assert not answer.is_error, answer.text
        assert holding(tmp_path, SECRET) == []
        found = await here.call("rag_search", query="green tea")
        assert "kept" in found.text
