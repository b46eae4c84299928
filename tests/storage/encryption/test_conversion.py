"""A store under a key: nobody reads it without, it changes keys whole or not at all, and damage is no wrong key."""

import hashlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from storage import attachments, backup
from storage.attachment_files import AttachmentFiles, folder_of
from storage.attachments import AttachmentRow
from storage.database import FILE_NAME, Database, connect, translated, under
from storage.encryption.conversion import convert, leftovers, sweep
from storage.encryption.data_key import MARK, PLAIN, DataKey, data_key
from storage.errors import Busy, Corrupt, NotFound, StorageError, WrongKey
from storage.index.indexer import Indexer, Pace
from storage.index.vectors import VectorStore
from storage.locks import OwnerLock
from storage.migrate import migrate, migrations
from tests.storage.keeping import Letters, keep

ROOT = Path(__file__).resolve().parents[3]
NOW = 1_795_000_000_123
WORD, TENANT, SESSION, FILE = "quokkaplum", "tenantmarlowe", "sessionzephyr", "filezinnober.txt"
CONTENT = b"uploadpistachio " * 400
ROW = AttachmentRow("att-1", FILE, len(CONTENT), hashlib.sha256(CONTENT).digest(), NOW, NOW)
SECRETS = [text.encode() for text in (WORD, TENANT, SESSION, FILE, "memorysirocco")] + [CONTENT[:15]]


def made_key(seed: int) -> DataKey:
    key = data_key(bytes([seed]) * 32)
    assert key is not None
    return key


KEY, OTHER = made_key(1), made_key(2)


async def fill(folder: Path, key: DataKey | None) -> None:
    """A closed data directory that holds a memory with its vector, full text and an attachment."""
    db = await Database.open(folder, under(key))
    await db.write(
        lambda c: keep(
            c, f"the {WORD} sings", tenant=TENANT, session_id=SESSION, memory_id="memorysirocco", embedder=Letters()
        )
    )
    await db.write(lambda c: attachments.put(c, TENANT, ROW, ""))
    AttachmentFiles(folder_of(folder, key), key).put(TENANT, "att-1", CONTENT, NOW)
    await db.close()


def filled(folder: Path, key: DataKey | None) -> Path:
    anyio.run(fill, folder, key)
    return folder


def words_in(folder: Path) -> list[bytes]:
    """The secrets that some file holds, or whose name does."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = [path.read_bytes().lower() + str(path.relative_to(folder)).encode() for path in files]
    return [secret for secret in SECRETS if any(secret in text for text in texts)]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".lock", "")
    }


def found(folder: Path, key: DataKey | None) -> tuple[list[str], bytes]:
    """What the store finds by a word, and the attachment."""
    with closing(connect(folder / FILE_NAME, True, key=key)) as db:
        contents = [
            row[0]
            for row in db.execute(
                "SELECT content FROM memories_fts f JOIN memories m ON m.row_id = f.rowid WHERE memories_fts MATCH ?",
                (f"own: {WORD}",),
            )
        ]
    return contents, AttachmentFiles(folder_of(folder, key), key).read(TENANT, ROW)


WHOLE = ([f"the {WORD} sings"], CONTENT)


def test_the_search_for_secrets_finds_them_in_a_plain_store(tmp_path: Path) -> None:
    """Else the tests below could not fail."""
    assert words_in(filled(tmp_path, None)) == SECRETS


def test_no_file_of_an_encrypted_store_holds_anything_readable(tmp_path: Path) -> None:
    assert words_in(filled(tmp_path, KEY)) == []
    assert found(tmp_path, KEY) == WHOLE


@pytest.mark.anyio
async def test_nor_does_the_write_ahead_log_while_it_is_open(tmp_path: Path) -> None:
    db = await Database.open(tmp_path, under(KEY))
    await db.write(lambda c: keep(c, WORD, tenant=TENANT, session_id=SESSION))
    assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size > 0
    assert words_in(tmp_path) == []
    await db.close()


@pytest.mark.parametrize(
    ("kept", "given", "says"),
    [
        (KEY, None, "the data is encrypted, and no key is set"),
        (KEY, OTHER, "the data is encrypted with another key"),
        (None, KEY, "the data is not encrypted, but a key is set"),
    ],
)
@pytest.mark.anyio
async def test_a_key_that_does_not_fit_is_refused_and_nothing_is_changed(
    tmp_path: Path, kept: DataKey | None, given: DataKey | None, says: str
) -> None:
    await fill(tmp_path, kept)
    before = snapshot(tmp_path)
    with pytest.raises(WrongKey, match=f"^{says}$"):
        await Database.open(tmp_path, under(given))
    with pytest.raises(WrongKey, match=says):
        connect(tmp_path / FILE_NAME, True, key=given)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda old: old[:2_000] + b"\xff" + old[2_001:],
        lambda old: b"garbage" * 2_000,
        lambda old: bytes(len(old)),
    ],
    ids=["first page", "garbage", "zeros"],
)
@pytest.mark.anyio
async def test_damage_is_not_taken_for_a_wrong_key(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    await fill(tmp_path, KEY)
    path = tmp_path / FILE_NAME
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Corrupt):
        await Database.open(tmp_path, under(KEY))


@pytest.mark.anyio
async def test_a_page_that_was_tampered_with_is_noticed(tmp_path: Path) -> None:
    """SQLCipher checks each page when it reads it."""
    await fill(tmp_path, KEY)
    path = tmp_path / FILE_NAME
    with closing(connect(path, True, key=KEY)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'memories'").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4_096 + 50] ^= 1
    path.write_bytes(content)
    store = await Database.open(tmp_path, under(KEY))
    with pytest.raises(Corrupt):
        await store.read(lambda c: c.execute("SELECT * FROM memories").fetchall())
    await store.close()


def test_errors_are_those_of_sqlite(tmp_path: Path) -> None:
    """Whatever catches them need not know which library they come from."""
    filled(tmp_path, KEY)
    with (
        closing(connect(tmp_path / FILE_NAME, False, key=KEY)) as db,
        closing(connect(tmp_path / FILE_NAME, False, key=KEY)) as second,
    ):
        with pytest.raises(sqlite3.IntegrityError) as broken:
            db.executemany("INSERT INTO models (model_id, name, dimension) VALUES (?, 'same', 1)", [(8,), (9,)])
        assert broken.value.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CONSTRAINT
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            db.execute("SELECT * FROM nowhere")
        second.execute("PRAGMA busy_timeout = 0")
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy), translated():
            second.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError):
            list(second.execute("SELECT abs(-9223372036854775807 - value) FROM json_each('[0, 1]')"))


@pytest.mark.parametrize("key", [None, KEY])
def test_a_backup_is_encrypted_as_the_store_is_and_goes_back(tmp_path: Path, key: DataKey | None) -> None:
    live, copy = filled(tmp_path / "live", key), tmp_path / "copy.sqlite"
    with closing(connect(live / FILE_NAME, True, key=key)) as db:
        backup.save(db, copy)
    assert copy.read_bytes()[:16] == (PLAIN if key is None else key.front)
    assert (words_in(tmp_path) == []) is (key is not None)
    with closing(connect(live / FILE_NAME, False, key=key)) as db:
        db.execute("DELETE FROM memories")
    kept = backup.restore(copy, live, NOW, key=key)
    assert found(live, key) == WHOLE
    assert kept is not None
    assert kept.read_bytes()[:16] == copy.read_bytes()[:16]
    assert backup.restore(copy, tmp_path / "fresh", NOW, key=key) is None
    assert (words_in(tmp_path) == []) is (key is not None)


@pytest.mark.parametrize(
    ("of_copy", "of_store", "says"),
    [
        (KEY, None, "copy.sqlite: is encrypted, and no key is set"),
        (KEY, OTHER, "copy.sqlite: is encrypted with another key"),
        (None, KEY, "copy.sqlite: is not encrypted, but a key is set"),
    ],
)
def test_a_backup_that_the_key_does_not_open_changes_nothing(
    tmp_path: Path, of_copy: DataKey | None, of_store: DataKey | None, says: str
) -> None:
    with closing(connect(filled(tmp_path / "other", of_copy) / FILE_NAME, True, key=of_copy)) as db:
        backup.save(db, tmp_path / "copy.sqlite")
    live = filled(tmp_path / "live", of_store)
    before = snapshot(live)
    with pytest.raises(WrongKey, match=says):
        backup.restore(tmp_path / "copy.sqlite", live, NOW, key=of_store)
    assert snapshot(live) == before


def test_a_store_under_another_key_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    """Restoring puts damaged ones aside; this one, others may be using."""
    with closing(connect(filled(tmp_path / "other", KEY) / FILE_NAME, True, key=KEY)) as db:
        backup.save(db, tmp_path / "copy.sqlite")
    live = filled(tmp_path / "live", OTHER)
    with pytest.raises(WrongKey, match="the data is encrypted with another key"):
        backup.restore(tmp_path / "copy.sqlite", live, NOW, key=KEY)
    assert found(live, OTHER) == WHOLE


def test_the_copy_before_a_migration_is_encrypted(tmp_path: Path) -> None:
    filled(tmp_path, KEY)
    newest = migrations()[-1][0]
    with closing(connect(tmp_path / FILE_NAME, False, key=KEY)) as db:
        migrate(db, tmp_path / "backups", [(newest + 1, "more", "CREATE TABLE more (x);")])
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.read_bytes()[:16] == KEY.front
    assert words_in(tmp_path) == []


@pytest.mark.anyio
async def test_nothing_goes_to_vector_tables_and_purged_rows_leave_the_queue(tmp_path: Path) -> None:
    await fill(tmp_path, KEY)
    db = await Database.open(tmp_path, under(KEY))
    indexer = Indexer(
        db, VectorStore(tmp_path / "vectors"), tmp_path, pace=Pace(first={"memories": None, "chunks": None})
    )
    await indexer.reconcile()
    await indexer.maintain()
    assert not (tmp_path / "vectors").exists()
    assert await db.read(lambda c: c.execute("SELECT count(*) FROM index_queue").fetchone()) == (1,)
    await db.write(lambda c: c.execute("DELETE FROM memories"))
    await indexer.flush()
    assert await db.read(lambda c: c.execute("SELECT count(*) FROM index_queue").fetchone()) == (0,)
    await db.close()


def test_an_attachment_opens_under_its_key_its_tenant_and_its_id_only(tmp_path: Path) -> None:
    files = AttachmentFiles(tmp_path, KEY)
    files.put("anna", "att-1", CONTENT, NOW)
    assert files.read("anna", ROW) == CONTENT
    (held,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert CONTENT[:15] not in held.read_bytes()
    for other in (AttachmentFiles(tmp_path, OTHER), AttachmentFiles(tmp_path)):
        with pytest.raises(NotFound):
            other.read("anna", ROW)
    files.put("ben", "att-1", b"x", NOW)
    (bens,) = (path for path in tmp_path.rglob("*") if path.is_file() and path != held)
    bens.write_bytes(held.read_bytes())
    with pytest.raises(NotFound):
        files.read("ben", ROW)
    held.write_bytes(b"short")
    with pytest.raises(NotFound):
        files.read("anna", ROW)


def dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        return [*sorted(db.iterdump()), *map(str, db.execute("SELECT rowid, * FROM memory_vectors"))]


def test_on_to_another_key_and_off_again_everything_is_as_it_was(tmp_path: Path) -> None:
    filled(tmp_path, None)
    before = dump(tmp_path)
    (tmp_path / "vectors" / "x.lance" / "data").mkdir(parents=True)
    (tmp_path / "vectors" / "x.lance" / "data" / "part").write_text(WORD)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "before-restore-1.sqlite").write_bytes((tmp_path / FILE_NAME).read_bytes())
    for old, new in ((None, KEY), (KEY, OTHER), (OTHER, None)):
        convert(tmp_path, old, new)
        assert found(tmp_path, new) == WHOLE
        assert leftovers(tmp_path, new) == []
        assert (words_in(tmp_path) == []) is (new is not None)
        if new is not None:
            assert not (tmp_path / "vectors").exists()
            assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert dump(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="names of open files")
def test_the_former_file_is_overwritten(tmp_path: Path) -> None:
    """Not only unlinked: another name of it shows what it holds afterwards."""
    filled(tmp_path, None)
    os.link(tmp_path / FILE_NAME, tmp_path / "name.before")
    convert(tmp_path, None, KEY)
    assert set((tmp_path / "name.before").read_bytes()) == {0}


@pytest.mark.parametrize("given", [None, OTHER])
def test_a_change_with_a_key_that_does_not_fit_changes_nothing(tmp_path: Path, given: DataKey | None) -> None:
    """Least of all may it take what it cannot read for something left over."""
    filled(tmp_path, KEY)
    with pytest.raises(WrongKey):
        convert(tmp_path, given, made_key(3))
    with pytest.raises(WrongKey):
        sweep(tmp_path, given)
    assert found(tmp_path, KEY) == WHOLE
    assert leftovers(tmp_path, KEY) == []


@pytest.mark.anyio
async def test_a_change_is_refused_while_somebody_has_the_store_open(tmp_path: Path) -> None:
    await fill(tmp_path, KEY)
    db = await Database.open(tmp_path, under(KEY))
    with pytest.raises(Busy, match="another process"):
        convert(tmp_path, KEY, OTHER)
    await db.close()
    convert(tmp_path, KEY, OTHER)
    assert found(tmp_path, OTHER) == WHOLE


@pytest.mark.anyio
async def test_nobody_opens_the_store_while_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited for the old file would write to one that nobody reads."""
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 50)
    lock = OwnerLock(tmp_path / "opening.lock")
    assert lock.try_acquire()
    with pytest.raises(Busy, match="opens the data directory"):
        await Database.open(tmp_path)
    assert not (tmp_path / FILE_NAME).exists()
    with pytest.raises(Busy):
        convert(tmp_path, None, KEY)
    lock.release()


def test_a_damaged_store_is_not_rewritten(tmp_path: Path) -> None:
    filled(tmp_path, None)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'feedback'").fetchone()
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[(page - 1) * 4_096 : page * 4_096] = b"\xff" * 4_096
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StorageError):
        convert(tmp_path, None, KEY)
    assert (tmp_path / FILE_NAME).read_bytes()[4_096:] == content[4_096:]  # the first page names the journal's mode


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from storage import attachments, durable
from storage.encryption import conversion
from storage.encryption.data_key import data_key
from storage.database import FILE_NAME

at, folder, old, new = sys.argv[1], Path(sys.argv[2]), *(data_key(bytes.fromhex(word)) if word != "-" else None
    for word in sys.argv[3:])
module, name, when, count = at.split()
module = {"conversion": conversion, "durable": durable, "os": os}[module]
original, left = getattr(module, name), int(count)

def wrapped(*given, **named):
    global left
    left -= 1
    if when == "before" and not left:
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(*given, **named)
    if when == "after" and not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(module, name, wrapped)
conversion.convert(folder, old, new)
"""


BEFORE, AFTER = "os replace before 2", "os replace after 2"  # the first is the attachment's, the second the database's


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize(
    ("old", "new", "at", "is_done"),
    [
        (None, KEY, "os replace before 1", False),
        (None, KEY, "conversion _carry_contents after 1", False),
        (None, KEY, "conversion _export after 1", False),
        (None, KEY, BEFORE, False),
        (None, KEY, AFTER, True),
        (None, KEY, "conversion _overwrite after 1", True),
        (None, KEY, "conversion _erase after 1", True),
        (KEY, OTHER, BEFORE, False),
        (KEY, OTHER, AFTER, True),
    ],
)
@pytest.mark.anyio
async def test_a_change_that_is_killed_leaves_one_state_whole(
    tmp_path: Path, old: DataKey | None, new: DataKey, at: str, is_done: bool
) -> None:
    await fill(tmp_path, old)
    words = ["-" if key is None else "0102"[2 * (key == OTHER) :][:2] * 32 for key in (old, new)]
    done = await anyio.run_process([sys.executable, "-c", KILLED_AT, at, str(tmp_path), *words], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    state = new if is_done else old
    assert found(tmp_path, state) == WHOLE
    with pytest.raises(WrongKey):
        connect(tmp_path / FILE_NAME, True, key=old if is_done else new)
    if is_done:
        sweep(tmp_path, new)
    else:
        convert(tmp_path, old, new)
    assert found(tmp_path, new) == WHOLE
    assert leftovers(tmp_path, new) == []
    assert words_in(tmp_path) == []


def test_keys_tell_each_other_apart_and_do_not_show_themselves() -> None:
    assert KEY.front.startswith(MARK)
    assert len(KEY.front) == 16
    assert KEY.front != OTHER.front
    assert data_key(b"\x01" * 32) == KEY
    assert data_key(None) is None
    assert "_database" not in repr(KEY)
    assert KEY.for_sqlcipher not in repr(KEY)
