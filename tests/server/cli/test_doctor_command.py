"""`satchel doctor`: what is well, what is not, how to mend it; and that looking changes nothing."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server.cli.doctor import machine_checks
from server.config import Settings
from storage import inspection
from storage.database import FILE_NAME
from storage.locks import OwnerLock
from tests import tiny_model
from tests.server.cli.conftest import Satchel

Checks = dict[str, tuple[str, str, str]]


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    satchel.takes({"content": "Prefers oat flat white", "memory_id": "m1"}, {"content": "Works at Acme"})
    return satchel


def checks(satchel: Satchel, *arguments: str, **variables: str) -> Checks:
    """Each check's status, finding and remedy."""
    found = json.loads(satchel("doctor", "--json", *arguments, **variables).stdout)
    assert not any(check["status"] != "ok" and not check["mend"] for check in found["checks"])
    return {check["name"]: (check["status"], check["what"], check["mend"]) for check in found["checks"]}


def statement(satchel: Satchel, sql: str) -> None:
    with closing(sqlite3.connect(satchel.data / FILE_NAME, isolation_level=None)) as db:
        db.execute(sql)


def test_a_sound_store_has_nothing_to_mend(filled: Satchel) -> None:
    done = filled("doctor")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "All is well." in done.stdout
    assert "✓ memories: 2 (2 active)" in done.stdout
    assert {line[0] for line in done.stdout.splitlines() if line} == {"✓", "A"}


def test_every_question_of_the_contract_is_asked(filled: Satchel) -> None:
    """Python, directory, SQLite, vector tables, model, truth against index, disk."""
    assert list(checks(filled, "--full")) == [
        "python",
        "sqlite",
        "settings",
        "data directory",
        "disk",
        "embedding model",
        "encryption",
        "database",
        "integrity",
        "memories",
        "full text",
        "documents",
        "usage",
        "keys",
        "write-ahead log",
        "vectors",
        "vector tables",
        "chunk tables",
        "queue",
        "notifications",
        "processes",
    ]


@pytest.mark.parametrize("arguments", [[], ["--full"]])
def test_looking_changes_nothing(filled: Satchel, arguments: list[str]) -> None:
    filled.ok("maintain")
    before = {path: path.read_bytes() for path in filled.data.rglob("*") if path.is_file()}
    filled.ok("doctor", *arguments)
    after = {path: path.read_bytes() for path in filled.data.rglob("*") if path.is_file()}
    transient = {filled.data / f"{FILE_NAME}-wal", filled.data / f"{FILE_NAME}-shm"}
    assert {path: after[path] for path in after.keys() - transient} == before
    assert after.get(filled.data / f"{FILE_NAME}-wal", b"") == b""


def test_before_the_first_start_there_is_nothing_to_check(satchel: Satchel) -> None:
    found = checks(satchel)
    assert found["data directory"][0] == "warning"
    assert "database" not in found
    assert not satchel.home.exists()


def test_the_settings_file_in_use_is_named(filled: Satchel, tmp_path: Path) -> None:
    (filled.home / "satchel.toml").write_text("log_level = 'error'\n")
    assert checks(filled)["settings"] == ("ok", f"read from {filled.home / 'satchel.toml'}", "")
    (tmp_path / "mine.toml").write_text("")
    assert checks(filled, "--config", str(tmp_path / "mine.toml"))["settings"][1].endswith("mine.toml")


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_a_directory_that_others_can_read_is_worth_a_look(filled: Satchel) -> None:
    filled.data.chmod(0o755)
    assert checks(filled)["data directory"][0] == "warning"
    assert filled("doctor").exit_code == 0


def test_a_directory_that_is_a_file_is_broken(satchel: Satchel) -> None:
    satchel.home.mkdir()
    satchel.data.write_text("")
    assert checks(satchel)["data directory"][0] == "broken"
    assert satchel("doctor").exit_code == 1


@pytest.mark.parametrize(("free", "status"), [(2**40, "ok"), (2**28, "warning"), (2**20, "broken")])
def test_room_on_the_disk_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    assert machine_checks.disk(tmp_path / "not" / "there").status == status


def garbled(path: Path) -> None:
    path.write_bytes(b"garbage" * 1_000)


def with_a_broken_page(path: Path) -> None:
    """One that opening the database does not read."""
    with closing(sqlite3.connect(path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'feedback'").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4_096 : page * 4_096] = b"\xff" * 4_096
    path.write_bytes(content)


@pytest.mark.parametrize(("damage", "check"), [(garbled, "database"), (with_a_broken_page, "integrity")])
def test_a_damaged_database_is_broken_and_needs_a_backup(
    filled: Satchel, damage: Callable[[Path], None], check: str
) -> None:
    damage(filled.data / FILE_NAME)
    status, _, mend = checks(filled)[check]
    assert (status, "satchel restore" in mend) == ("broken", True)
    assert filled("doctor").exit_code == 1


@pytest.mark.parametrize(
    ("lived", "left", "status"),
    [(80, 10, "warning"), (80, 15, "ok"), (1, 6, "ok"), (80, -1, "ok")],
    ids=["soon", "later", "made for a week", "over"],
)
def test_a_key_that_is_about_to_end_is_named(filled: Satchel, lived: int, left: int, status: str) -> None:
    filled.ok("keys", "add", "--scopes", "read")
    (key,) = json.loads(filled.ok("keys", "list", "--json"))
    day = 86_400_000
    statement(
        filled, f"UPDATE api_keys SET expires_at = created_at + {left * day}, created_at = created_at - {lived * day}"
    )
    told, what, _ = checks(filled)["keys"]
    assert (told, key["key_id"] in what) == (status, status == "warning")


def test_a_key_that_was_rotated_or_never_ends_is_not(filled: Satchel) -> None:
    filled.ok("keys", "add", "--scopes", "read", "--expires", "never")
    filled.ok("keys", "add", "--scopes", "read", "--label", "old")
    old = next(key for key in json.loads(filled.ok("keys", "list", "--json")) if key["label"] == "old")
    filled.ok("keys", "rotate", old["key_id"], "--grace", "5d")
    assert checks(filled)["keys"][:2] == ("ok", "3 can be used over HTTP, none ends within 14 days")


def test_a_database_of_a_newer_version_is_broken(filled: Satchel) -> None:
    statement(filled, "PRAGMA user_version = 9999")
    assert checks(filled)["database"][0] == "broken"


@pytest.mark.parametrize(
    ("sql", "check", "status"),
    [
        ("DELETE FROM memories_fts WHERE rowid = 1", "full text", "broken"),
        ("INSERT INTO chunks_fts (rowid, own) VALUES (7, 'x')", "documents", "broken"),
        ("INSERT INTO collections VALUES ('local', 'c', 1, 0, 0)", "documents", "broken"),
        ("DELETE FROM memory_vectors WHERE row_id = 1", "vectors", "warning"),
        ("DELETE FROM models", "vectors", "warning"),
        ("DELETE FROM index_queue", "vector tables", "warning"),
    ],
)
def test_what_disagrees_with_the_memories_is_found(filled: Satchel, sql: str, check: str, status: str) -> None:
    statement(filled, sql)
    assert checks(filled)[check][0] == status


def test_maintain_mends_what_doctor_sends_to_it(filled: Satchel) -> None:
    statement(filled, "DELETE FROM index_queue")
    statement(filled, "DELETE FROM memory_vectors WHERE row_id = 1")
    found = checks(filled)
    assert {found[name][2].split(",")[0] for name in ("vectors", "vector tables")} == {"satchel maintain"}
    filled.ok("maintain")
    found = checks(filled)
    assert {found[name][0] for name in ("vectors", "vector tables")} == {"ok"}


def test_a_damaged_full_text_index_is_found_by_the_full_check(filled: Satchel) -> None:
    statement(filled, "DELETE FROM memories_fts_idx")
    statement(filled, "UPDATE memories_fts_data SET block = x'00' WHERE id > 10")
    assert checks(filled, "--full")["full text"][0] == "broken"


def test_a_held_lock_means_a_server_and_a_lock_file_alone_does_not(filled: Satchel) -> None:
    filled.ok("maintain")
    assert (filled.data / "indexer.lock").exists()
    assert "no lock is held" in checks(filled)["processes"][1]
    lock = OwnerLock(filled.data / "indexer.lock")
    assert lock.try_acquire()
    assert checks(filled)["processes"] == ("ok", "a server keeps this directory", "")
    lock.release()


def test_what_a_killed_copy_left_is_named(filled: Satchel) -> None:
    (filled.data / ".satchel.sqlite.12ab34cd.partial").write_text("")
    assert "12ab34cd" in checks(filled)["leftovers"][1]


@pytest.mark.parametrize(
    ("version", "has_race"),
    [
        *(((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 50, 7), False)),
        *(((3, 51, 2), True), ((3, 51, 3), False), ((3, 52, 0), False), ((4, 0, 0), False)),
    ],
)
def test_the_releases_of_sqlite_that_carry_the_fix_are_known(version: tuple[int, int, int], has_race: bool) -> None:
    assert inspection.has_log_race(version) is has_race


def test_a_model_that_is_not_here_is_worth_a_look(filled: Satchel) -> None:
    status, what, mend = checks(filled, SATCHEL_EMBEDDING_MODEL="auto", SATCHEL_OFFLINE="0")["embedding model"]
    assert (status, "built-in table serves" in what, "satchel models pull" in mend) == ("warning", True, True)


def test_a_model_that_cannot_be_is_broken(filled: Satchel) -> None:
    assert checks(filled, SATCHEL_EMBEDDING_MODEL="nobody/knows-it")["embedding model"][0] == "broken"


def test_a_model_that_is_here_serves_and_lacks_memories_until_maintain(filled: Satchel, tmp_path: Path) -> None:
    folder = tiny_model.build(tmp_path / "all-MiniLM-L6-v2")
    chosen = {"SATCHEL_EMBEDDING_MODEL": "auto", "SATCHEL_EMBEDDING_PATH": str(folder)}
    found = checks(filled, **chosen)
    assert found["embedding model"] == ("ok", "sentence-transformers/all-MiniLM-L6-v2 serves", "")
    assert found["vectors"][0] == "warning"
    assert "2 made; sentence-transformers/all-MiniLM-L6-v2 serves" in filled.ok("maintain", **chosen)
    assert checks(filled, **chosen)["vectors"][0] == "ok"


def test_a_model_that_does_not_open_in_time_is_still_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "MODEL_SECONDS", 0.0)
    folder = tiny_model.build(tmp_path / "all-MiniLM-L6-v2")
    finding, transformer = machine_checks.model(Settings(home=tmp_path, embedding_path=folder))
    assert (finding.status, "still loading" in finding.what, transformer) == ("warning", True, None)
