"""Several processes keep, replace, delete, embed, move and search the same documents at once; all of it stays whole."""

import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest

from storage.database import Database
from storage.documents import rows as documents
from tests.faults.process import ROOT
from tests.storage.documents.test_document_states import OUT_OF_STEP

pytestmark = pytest.mark.anyio

VERSIONS = 6
WRITER = """
import asyncio, random, sys
from pathlib import Path
from storage.backfill import Backfill
from storage.database import Database
from storage.embedding.static_table import static_table
from storage.index.indexer import Indexer
from storage.working_sets.chunks import chunk_contents
from storage.documents.chunk_filter import ChunkFilter
from storage.documents.chunk_search import ChunkSearch
from storage.index.vectors import VectorStore
from storage.working_sets.held import WorkingSets
from tools.errors import TryAgain
from tools.rag.adding import keep
from tools.rag.documents import Documents, Source
from tools.rag.removing import remove
from tools.rag.policy import RagPolicy
from tests.faults.test_document_races import VERSIONS, version

folder, seed, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

async def main():
    draw = random.Random(seed)
    db = await Database.open(folder)
    vectors = VectorStore(folder / "vectors")
    search = ChunkSearch(vectors, WorkingSets(chunk_contents(limit=draw.choice([-1, 10_000]))))
    documents = Documents(
        db=db, search=search, embedders=lambda: (static_table(),), reranker=lambda: None,
        policy=RagPolicy(), now=lambda: 1, wake=lambda lines: None,
    )
    backfill, indexer = Backfill(db, documents.embedders, folder), Indexer(db, vectors, folder)
    await backfill.register()
    print("ready", flush=True)
    for _ in range(times):
        name, collection = draw.choice("ab"), draw.choice(["x", "y"])
        what = draw.random()
        if what < 0.5:
            source = Source(collection=collection, document_id=name, text=version(draw.randrange(VERSIONS)))
            try:
                await keep(documents, "acme", source)
            except TryAgain:
                pass
        elif what < 0.65:
            await remove(documents, "acme", collection, [name])
        elif what < 0.75:
            await backfill.catch_up()
        elif what < 0.8:
            await indexer.catch_up()
        else:
            await db.read(lambda c: search.find(c, "acme", ChunkFilter(collection), "tea", documents.embedders()))
        print("done", flush=True)
    await db.close()

asyncio.run(main())
"""


def version(number: int) -> str:
    """A text of several chunks, some of which are those of the other versions."""
    parts = [f"# Part {part}\n\n" + f"Tea {part if part % 2 else (part, number)}. " * 300 for part in range(5)]
    return f"Version {number}\n\n" + "\n\n".join(parts[number % 3 :])


def writers(folder: Path, seeds: Sequence[int], times: int) -> list[subprocess.Popen[bytes]]:
    return [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(seed), str(times)], cwd=ROOT, stdout=subprocess.PIPE
        )
        for seed in seeds
    ]


async def assert_whole(folder: Path) -> None:
    db = await Database.open(folder)
    try:
        for name, sql in OUT_OF_STEP.items():
            if name != "queued":  # some have been moved
                assert (name, await db.read(lambda c, sql=sql: c.execute(sql).fetchall())) == (name, [])  # type: ignore[misc]
        rows = await db.read(lambda c: documents.newest(c, "acme", None, 100))
        for row in rows:
            chunks = await db.read(lambda c, row=row: documents.chunks_of(c, "acme", row.document_row))  # type: ignore[misc]
            assert [chunk.position for chunk in chunks] == list(range(row.chunks))
            assert documents.text_of(chunks) in {version(number) for number in range(VERSIONS)}
        assert await db.read(lambda c: c.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
    finally:
        await db.close()


@pytest.mark.processes
async def test_processes_that_change_the_same_documents_leave_whole_ones(tmp_path: Path, draw: random.Random) -> None:
    running = writers(tmp_path, [draw.randrange(2**32) for _ in range(3)], 60)
    for process in running:
        process.communicate(timeout=600)
    assert [process.returncode for process in running] == [0, 0, 0]
    await assert_whole(tmp_path)


@pytest.mark.crash
async def test_processes_killed_at_any_point_leave_whole_documents(
    tmp_path: Path, draw: random.Random, record_property: Callable[[str, object], None]
) -> None:
    for _ in range(4):
        running = writers(tmp_path, [draw.randrange(2**32) for _ in range(2)], 10_000)
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        assert running[0].stdout is not None
        for _ in range(draw.randrange(40)):
            assert running[0].stdout.readline() == b"done\n"
        await anyio.sleep(draw.uniform(0, 0.05))  # anywhere in the next step
        for process in running:
            process.kill()
            process.communicate()
            record_property("kills", 1)
        await assert_whole(tmp_path)
