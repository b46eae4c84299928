"""`satchel maintain`: everything that is due, now."""

from datetime import UTC, datetime, timedelta

from storage.locks import OwnerLock
from tests.server.cli.conftest import Satchel

LONG_AGO = (datetime.now(UTC) - timedelta(days=400)).isoformat()
SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()


def test_what_is_due_is_done_and_told(satchel: Satchel) -> None:
    satchel.takes(
        {"content": "used often", "memory_id": "used", "expires_at": SOON, "access_count": 9},
        {"content": "past its time", "memory_id": "past", "expires_at": LONG_AGO},
        {"content": "old and unimportant", "memory_id": "old", "created_at": LONG_AGO, "importance": 0.1},
        {"content": "forgotten long ago", "memory_id": "gone", "state": "deleted", "state_at": LONG_AGO},
    )
    done = satchel.ok("maintain")
    assert done.splitlines()[0] == "Memories: 1 promoted, 1 expired, 1 archived, 1 purged."
    states = {each["memory_id"]: each["state"] for each in satchel.exported()}
    assert states == {"used": "active", "past": "deleted", "old": "archived"}
    assert satchel.ok("maintain").splitlines()[0] == "Memories: 0 promoted, 0 expired, 0 archived, 0 purged."


def test_what_was_stored_without_embedding_is_embedded(satchel: Satchel) -> None:
    satchel.ok("import", "-", given='{"content": "one"}\n{"content": "two"}', SATCHEL_EMBEDDING_MODEL="none")
    assert "Vectors: 2 made; minilm-static-256 serves." in satchel.ok("maintain")
    assert "Vectors: 0 made; minilm-static-256 serves." in satchel.ok("maintain")


def test_nothing_is_embedded_where_that_is_off(satchel: Satchel) -> None:
    satchel.takes({"content": "one"})
    assert "Vectors: embedding is switched off." in satchel.ok("maintain", SATCHEL_EMBEDDING_MODEL="none")


def test_the_index_is_left_to_the_process_that_holds_it(satchel: Satchel) -> None:
    satchel.takes({"content": "one"})
    lock = OwnerLock(satchel.data / "indexer.lock")
    assert lock.try_acquire()
    done = satchel.ok("maintain")
    lock.release()
    assert done.splitlines()[-1].startswith("Index: left to the server that runs on this directory")
    assert satchel.ok("maintain").splitlines()[-1].startswith("Index: 0 rows moved")


def test_embedding_is_left_to_the_process_that_is_at_it(satchel: Satchel) -> None:
    satchel.ok("import", "-", given='{"content": "one"}', SATCHEL_EMBEDDING_MODEL="none")
    lock = OwnerLock(satchel.data / "backfill.lock")
    assert lock.try_acquire()
    done = satchel.ok("maintain")
    lock.release()
    assert "Vectors: 0 made; minilm-static-256 serves. 1 are left to another process." in done
