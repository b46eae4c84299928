"""The vector tables deleted or damaged under a server: searches go on, and the tables are made anew behind them.

A session of more than 20,000 memories is searched through the tables; a smaller one would never notice.
"""

import shutil
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from storage.embedding.static_table import static_table
from storage.index.kinds import MEMORIES
from storage.index.vectors import VectorStore
from storage.memories import vectors as memory_vectors
from storage.memories import writes as memory_writes
from storage.memories.writes import NewMemory
from storage.working_sets.index import LIMIT
from tests.faults.house import NOON, house
from tests.faults.process import Process, serving

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ROWS = LIMIT + 100
NEEDLE, BY_MEANING, BY_WORDS = "Plays the cello on Sundays", "violin music", "cello on sundays"
LATER, LATER_BY_MEANING = "Takes the night train to Vienna", "railway journey in Austria"
WAIT_SECONDS = 30


def text(number: int) -> str:
    return NEEDLE if number == 777 else f"Parcel {number} to harbour {number % 97} on pallet {number * 31 % 1009}"


def fill(db: sqlite3.Connection) -> None:
    """Memories as `memory_store` writes them, without its checks."""
    model = static_table()
    vectors = model.embed_passages([text(number) for number in range(ROWS)])
    for number, vector in enumerate(vectors):
        new = NewMemory(
            session_id="default",
            content=text(number),
            content_type="fact",
            importance=0.5,
            metadata={},
            tags=[],
            provenance={"origin": "agent"},
            digest=sha256(text(number).encode()).digest(),
            simhash=number,
            speaker="",
            created_at=NOON,
            occurred_at=NOON,
            expires_at=None,
        )
        row_id, _ = memory_writes.insert(db, "local", new)
        memory_vectors.put(db, row_id, {model.identity.key: vector.astype("<f4").tobytes()})


@pytest.fixture(scope="module")
async def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a session too large to be held in memory, its vectors in a table."""
    data = tmp_path_factory.mktemp("large")
    async with house(data) as here:
        await here.db.write(fill)
        await here.backfill.catch_up()
        assert await here.indexer.flush() == ROWS
    return data


def deleted(vectors: Path) -> None:
    shutil.rmtree(vectors)


def without_entry(vectors: Path) -> None:
    for file in vectors.glob("*.json"):
        file.write_text("{")


def without_rows(vectors: Path) -> None:
    for file in vectors.rglob("*.lance"):
        if file.is_file():
            file.write_bytes(b"\xff" * 100)


def without_manifests(vectors: Path) -> None:
    for file in vectors.rglob("*.manifest"):
        file.write_bytes(b"")


DAMAGES = (without_entry, without_rows, without_manifests, deleted)


async def contents(server: Process, query: str) -> list[str]:
    answer = await server.call("memory_retrieve", query=query, limit=3)
    assert not answer.is_error
    return [memory["content"] for memory in answer.data["memories"]]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_searches_outlive_their_tables(large: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    home = tmp_path / "home"
    shutil.copytree(large, home / "data")
    vectors = VectorStore(home / "data" / "vectors")
    async with serving(home) as server:
        await server.call("memory_store", content="The first one")
        await moved(server)
        assert (await contents(server, BY_MEANING))[0] == NEEDLE
        damage(home / "data" / "vectors")
        assert (await contents(server, BY_WORDS))[0] == NEEDLE
        await server.call("memory_store", content=LATER)
        assert (await contents(server, LATER_BY_MEANING))[0] == LATER
        with anyio.fail_after(WAIT_SECONDS):
            while await anyio.to_thread.run_sync(rows, vectors) < ROWS + 2:
                await contents(server, BY_MEANING)
                await anyio.sleep(0.2)
        assert (await contents(server, BY_MEANING))[0] == NEEDLE
        assert "tool.crashed" not in server.events()


async def test_searches_outlive_a_deleted_folder(large: Path, tmp_path: Path) -> None:
    """The next start makes the tables anew."""
    home = tmp_path / "home"
    shutil.copytree(large, home / "data")
    async with serving(home) as server:
        await server.call("memory_store", content=LATER)
        await moved(server)
        deleted(home / "data" / "vectors")
        assert (await contents(server, BY_WORDS))[0] == NEEDLE
        assert LATER in await contents(server, "night train")
    async with serving(home) as server:
        with anyio.fail_after(WAIT_SECONDS):
            for query, text in ((BY_MEANING, NEEDLE), (LATER_BY_MEANING, LATER)):
                while (await contents(server, query))[:1] != [text]:  # noqa: ASYNC110 - its own clock
                    await anyio.sleep(0.1)


async def moved(server: Process) -> None:
    """Wait until the server's indexer has looked at everything there is."""
    with anyio.fail_after(WAIT_SECONDS):
        while (await server.health())["index"]["queued"]:  # noqa: ASYNC110 - its own clock
            await anyio.sleep(0.1)


def rows(vectors: VectorStore) -> int:
    """How many rows are in the table; 0 while it cannot be read."""
    table = static_table()
    return len(vectors.search(MEMORIES.name, table.identity.key, "local", None, table.embed_query("train"), 2 * ROWS))
