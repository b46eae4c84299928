"""What the backfill leaves behind: the vectors of models that nobody uses any more."""

import time
from pathlib import Path

import pytest

from storage import memory_vectors
from storage.backfill import DAY_MS, UNUSED_DAYS, Backfill
from storage.database import Database
from storage.embedding.static_table import static_table

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("days", "kept"), [(UNUSED_DAYS - 1, True), (UNUSED_DAYS + 1, False)])
async def test_a_model_that_no_process_had_for_a_week_is_forgotten(days: int, kept: bool, tmp_path: Path) -> None:
    db = await Database.open(tmp_path)
    try:
        then = int(time.time() * 1000) - days * DAY_MS
        await db.write(lambda c: memory_vectors.register(c, "old-model", 8, then))
        backfill = Backfill(db, lambda: [static_table()], tmp_path)
        await backfill.register()
        await backfill.catch_up()
        names = set(await db.read(memory_vectors.models))
    finally:
        await db.close()
    assert names == {static_table().identity.key} | ({"old-model"} if kept else set())
