"""After a purge no file of the data directory holds the text, its words or its vector."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from server.house import House
from server.lifespan import open_house
from storage.erasure import Erasure
from storage.index.indexer import Indexer, Pace
from storage.migrate import migrate, migrations
from tests.client import Clock, over_stdio, settings
from tools.memory.models import FeedbackArguments, ForgetArguments, StoreArguments, UpdateArguments
from tools.memory.removing import forget
from tools.memory.storing import store
from tools.memory.updating import update
from tools.services import LOCAL

pytestmark = pytest.mark.anyio

TEXT = "Xylophone marmalade belongs to quagga Wilhelmina"
FIRST = "Trombone chutney belongs to okapi Bartholomew"
LEFT = "The weather in Hamburg is fine"


def holding(folder: Path, needles: list[bytes]) -> list[tuple[str, bytes]]:
    """Which files hold which of the needles, whatever the case of their letters."""
    found = []
    for file in folder.rglob("*"):
        content = file.read_bytes().lower() if file.is_file() else b""
        found += [(str(file.relative_to(folder)), needle) for needle in needles if needle.lower() in content]
    return found


def needles_of(*texts: str) -> list[bytes]:
    """Each text, and each of its words that says something, as full text keeps it."""
    words = [word for text in texts for word in text.split() if len(word) > 5 and word != "belongs"]
    return [text.encode() for text in texts] + [word[:6].encode() for word in words]


@asynccontextmanager
async def house_with_tables(home: Path) -> AsyncGenerator[House]:
    """An open house that keeps vector tables from the first memory on."""
    async with open_house(settings(home), background=False, now=Clock()) as house:
        folder = settings(home).data
        indexer = Indexer(house.db, house.vectors, folder, pace=Pace())
        memories = replace(house.memories, erase=Erasure(house.db, indexer, folder).erase)
        yield replace(house, indexer=indexer, services=replace(house.services, memories=memories))


async def fill(house: House) -> tuple[str, list[bytes]]:
    """A memory with a past of every kind among others; its id and the vectors it had."""
    await store(house.memories, LOCAL, StoreArguments(content=LEFT))
    first = await store(house.memories, LOCAL, StoreArguments(content=FIRST, metadata={"note": "Kaleidoscope"}))
    second = await store(
        house.memories,
        LOCAL,
        StoreArguments(
            content=f"Earlier wording: {TEXT}",
            supersedes=first.memory_id,
            tags=["Zanzibar"],
            entities=StoreArguments.model_validate({"content": "x", "entities": [{"name": "Wilhelmina"}]}).entities,
        ),
    )
    await house.indexer.flush()
    await update(house.memories, LOCAL, UpdateArguments(memory_id=second.memory_id, content=TEXT))
    from tools.memory.judging import judge

    await judge(
        house.memories, LOCAL, FeedbackArguments(memory_id=second.memory_id, useful=True, query="quagga Wilhelmina")
    )
    await house.indexer.flush()
    vectors = await house.db.read(
        lambda db: db.execute(
            "SELECT vector FROM memory_vectors JOIN memories USING (row_id) WHERE content <> ?", (LEFT,)
        ).fetchall()
    )
    return second.memory_id, [vector[0] for vector in vectors]


ALL = [*needles_of(TEXT, FIRST), b"kaleido", b"zanzib"]


async def test_no_file_holds_a_purged_text_its_words_or_its_vector(tmp_path: Path) -> None:
    async with house_with_tables(tmp_path) as house:
        memory_id, vectors = await fill(house)
        assert {file.split("/")[1] for file, _ in holding(tmp_path, vectors)} >= {"vectors", "satchel.sqlite-wal"}
        done = await forget(house.memories, LOCAL, ForgetArguments(memory_ids=[memory_id], purge=True))
        assert (done.count, done.note) == (1, "")
        assert holding(tmp_path, [*ALL, *vectors]) == []
        assert await house.db.read(lambda db: db.execute("SELECT content FROM memories").fetchall()) == [(LEFT,)]
    assert holding(tmp_path, [*ALL, *vectors]) == []
    assert holding(tmp_path, [LEFT.encode()]) != []


async def test_copies_from_before_migrations_go_too(tmp_path: Path) -> None:
    async with house_with_tables(tmp_path) as house:
        memory_id, vectors = await fill(house)
        backups = settings(tmp_path).data / "backups"
        later = [*migrations(), (99, "0099_later", "CREATE TABLE later (x);")]
        await house.db.maintain(lambda db: migrate(db, backups, later))
        (backups / ".before-0098_x.sqlite.0a1b2c3d.partial").write_text(TEXT, encoding="utf-8")
        assert len({file for file, _ in holding(backups, [TEXT.encode()])}) == 2
        await forget(house.memories, LOCAL, ForgetArguments(memory_ids=[memory_id], purge=True))
    assert holding(tmp_path, [*ALL, *vectors]) == []


async def test_another_process_on_the_directory_keeps_no_copy_on_disk(tmp_path: Path) -> None:
    async with over_stdio(tmp_path) as other, house_with_tables(tmp_path) as house:
        memory_id, vectors = await fill(house)
        assert any(TEXT in text for text in await other.contents("quagga"))
        await forget(house.memories, LOCAL, ForgetArguments(memory_ids=[memory_id], purge=True))
        assert holding(tmp_path, [*ALL, *vectors]) == []
        assert await other.contents("quagga marmalade", strategy="relevant") in ([], [LEFT])
        await other.store("Bob plays tennis")
        assert holding(tmp_path, [*ALL, *vectors]) == []
    assert holding(tmp_path, [*ALL, *vectors]) == []


async def test_a_reader_that_holds_an_old_copy_is_named_and_the_rest_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.erasure.PATIENCE_SECONDS", 0.2)
    async with house_with_tables(tmp_path) as house:
        memory_id, vectors = await fill(house)
        with closing(sqlite3.connect(house.db.path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM memories").fetchone()
            await house.db.maintain(lambda db: db.execute("PRAGMA busy_timeout = 100"))
            done = await forget(house.memories, LOCAL, ForgetArguments(memory_ids=[memory_id], purge=True))
            assert (done.count, done.purged) == (1, True)
            assert "could not be erased yet" in done.note
        from tools.memory import lifecycle

        await lifecycle.maintain(house.memories)
        assert holding(tmp_path, [*ALL, *vectors]) == []
