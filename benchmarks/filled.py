"""A store full of made-up memories, written in bulk and indexed."""

import os
import subprocess
import sys
from pathlib import Path

import anyio

from server.config import Settings
from server.lifespan import open_house
from storage.analysis import query_words
from storage.database import Connection
from storage.embedding.static_table import static_table
from storage.memories import vectors as memory_vectors
from storage.memories import writes as memory_writes
from storage.memories.writes import NewMemory
from tools.memory.cleanup import digest
from tools.memory.duplicates import simhash

AT_ONCE = 2_000


def fill(home: Path, texts: list[str], sessions: int = 1) -> None:
    """Keep the texts in one session, or in turn in so many, with the built-in table's vectors."""
    anyio.run(_fill, home, texts, sessions)


def maintain(home: Path, **settings: str) -> None:
    """Run `satchel maintain`, which embeds by the settings' model whatever is not."""
    environment = os.environ | {"SATCHEL_HOME": str(home)} | {name.upper(): value for name, value in settings.items()}
    subprocess.run(
        [sys.executable, "-P", "-m", "server", "maintain"], env=environment, check=True, stdout=subprocess.DEVNULL
    )


async def _fill(home: Path, texts: list[str], sessions: int) -> None:
    async with open_house(Settings(home=home, embedding_model="static"), background=False) as house:
        table = static_table()

        def write(db: Connection, at: int) -> None:
            batch = texts[at : at + AT_ONCE]
            vectors = table.embed_passages(batch)
            for number, (text, vector) in enumerate(zip(batch, vectors, strict=True)):
                session_id = "default" if sessions == 1 else f"s{number % sessions}"
                row_id, _ = memory_writes.insert(db, "local", _row(text, session_id))
                memory_vectors.put(db, row_id, {table.identity.key: vector.astype("<f4").tobytes()})

        for at in range(0, len(texts), AT_ONCE):
            await house.db.write(lambda db, at=at: write(db, at))  # type: ignore[misc]
        await house.backfill.catch_up()
        await house.indexer.maintain()


def _row(text: str, session_id: str) -> NewMemory:
    return NewMemory(
        session_id=session_id,
        content=text,
        content_type="context",
        importance=0.5,
        metadata={},
        tags=[],
        provenance={"origin": "import"},
        digest=digest(text),
        simhash=simhash(query_words(text)),
        speaker="",
        created_at=1_760_000_000_000,
        occurred_at=1_760_000_000_000,
        expires_at=None,
    )
