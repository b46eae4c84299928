"""What the backfill leaves behind: the vectors of models that nobody uses any more."""

import sqlite3
import time
from pathlib import Path

import pytest

from storage import embedding_models
from storage.backfill import DAY_MS, UNUSED_DAYS, Backfill
from storage.database import Database
from storage.documents import chunk_vectors
from storage.embedding.static_table import static_table
from tests.storage.documenting import put
from tests.storage.keeping import Letters

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("days", "kept"), [(UNUSED_DAYS - 1, True), (UNUSED_DAYS + 1, False)])
async def test_a_model_that_no_process_had_for_a_week_is_forgotten(days: int, kept: bool, tmp_path: Path) -> None:
    db = await Database.open(tmp_path)
    try:
        then = int(time.time() * 1000) - days * DAY_MS
        await db.write(lambda c: embedding_models.register(c, "old-model", 8, then))
        backfill = Backfill(db, lambda: [static_table()], tmp_path)
        await backfill.register()
        await backfill.catch_up()
        names = set(await db.read(embedding_models.numbers))
    finally:
        await db.close()
    assert names == {static_table().identity.key} | ({"old-model"} if kept else set())


async def test_a_model_in_use_again_is_not_forgotten_halfway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.backfill.DROP_AT_ONCE", 1)
    model, db = Letters("again"), await Database.open(tmp_path)
    try:
        await db.write(lambda c: put(c, "d", "one", "two", "three", embedder=model))
        then = int(time.time() * 1000) - (UNUSED_DAYS + 1) * DAY_MS
        await db.write(lambda c: embedding_models.register(c, model.identity.key, 32, then))
        drop_some = chunk_vectors.drop_some

        def interrupted(c: sqlite3.Connection, model_id: int, limit: int) -> int:
            dropped = drop_some(c, model_id, limit)
            embedding_models.register(c, model.identity.key, 32, then + 2 * UNUSED_DAYS * DAY_MS)
            return dropped

        monkeypatch.setattr(chunk_vectors, "drop_some", interrupted)
        unused = Backfill(db, list, tmp_path)
        await unused.register()
        await unused.catch_up()
        assert await db.read(lambda c: chunk_vectors.pending(c, 1)) == 1
        again = Backfill(db, lambda: [model], tmp_path)
        await again.register()
        assert (await again.catch_up(), await db.read(lambda c: chunk_vectors.pending(c, 1))) == (1, 0)
    finally:
        await db.close()


async def test_a_model_forgotten_while_its_process_slept_embeds_all_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of a model may be given again, to itself or to another one."""
    model, db = Letters(), await Database.open(tmp_path)
    try:
        await db.write(lambda c: put(c, "d", "one", "two"))
        backfill = Backfill(db, lambda: [model], tmp_path)
        await backfill.register()
        assert await backfill.catch_up() == 2
        await db.write(lambda c: embedding_models.drop(c, 1))
        monkeypatch.setattr("storage.backfill.DAY_MS", -1)
        await backfill.register()
        monkeypatch.undo()
        assert (await backfill.catch_up(), await db.read(lambda c: chunk_vectors.pending(c, 1))) == (2, 0)
    finally:
        await db.close()
