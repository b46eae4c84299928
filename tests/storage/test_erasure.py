"""After an erasure no file of the data directory holds what was erased, vector tables and uploads among them."""

import sqlite3
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from storage.attachment_files import AttachmentFiles
from storage.database import FILE_NAME, Database
from storage.documents import rows as documents
from storage.documents import writes as document_writes
from storage.erasure import Erasure
from storage.errors import Busy
from storage.index.indexer import Indexer
from storage.index.vectors import VectorStore
from storage.subjects import erasing
from storage.subjects.proof import Needles, forms_of, ids_of, search, vectors_of
from storage.subjects.tables import Subject, counts
from tests.storage.keeping import NOW, Letters
from tests.storage.subjecting import attachment, content_of, dump, fill, remember

pytestmark = pytest.mark.anyio

ACME, GLOBEX = Subject("acme-trading"), Subject("globex-holding")
PERSON = Subject("acme-trading", "acme-trading-person")
LETTERS = Letters().identity.key
WORDS = {ACME: "zanzibar", GLOBEX: "quokka"}


@dataclass(frozen=True)
class Store:
    """A data directory that keeps a table of every vector."""

    db: Database
    vectors: VectorStore
    indexer: Indexer
    files: AttachmentFiles
    folder: Path

    async def erase(self, subject: Subject, patience_seconds: float = 30) -> None:
        erasure = Erasure(self.db, self.indexer, self.folder)

        async def erase_files() -> None:
            if subject.session_id is None:
                self.files.drop(subject.tenant)
            await erasure.erase(patience_seconds, is_thorough=True)

        await erasing.erase(self.db, subject, erase_files, NOW, lambda done: None)

    async def vectors_of(self, subject: Subject) -> dict[str, int | None]:
        return await self.db.read(lambda db: vectors_of(db, self.vectors, subject))


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Store]:
    db = await Database.open(folder)
    vectors = VectorStore(folder / "vectors")
    try:
        yield Store(db, vectors, Indexer(db, vectors, folder), AttachmentFiles(folder / "uploads"), folder)
    finally:
        await db.close()


async def filled(store: Store, memories: int = 4) -> None:
    """Both tenants, in every kind of file there is."""
    for subject, word in WORDS.items():
        await store.db.write(lambda db, of=subject.tenant, word=word: fill(db, of, word, memories))  # type: ignore[misc]
        name = attachment(subject.tenant, word).attachment_id
        store.files.put(subject.tenant, name, content_of(word), NOW)
    await store.indexer.flush()
    backups = store.folder / "backups"
    backups.mkdir(exist_ok=True)
    (backups / "before-0099_later.sqlite").write_text("zanzibar of acme-trading", encoding="utf-8")


def found(folder: Path, ids: Iterable[bytes], *words: str) -> set[str]:
    """The folders and files that hold any of it; with the database closed."""
    needles = Needles(frozenset(ids), {word: forms_of(word) for word in words})
    return {file.split("/")[0] for file, _ in search(folder, needles, lambda done: None).found}


async def test_no_file_holds_anything_of_an_erased_tenant(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await filled(store)
        other = await store.db.read(lambda db: dump(db, GLOBEX.tenant))
        ids = await store.db.read(lambda db: ids_of(db, ACME))
        held = await store.vectors_of(ACME)
        assert held == {f"memories by {LETTERS}": 2, "chunks by words": 6, f"chunks by {LETTERS}": 6}
    assert found(tmp_path, ids, "zanzibar", "acme-trading") == {FILE_NAME, "vectors", "uploads", "backups"}
    async with opened(tmp_path) as store:
        await store.erase(ACME)
        assert await store.vectors_of(ACME) == dict.fromkeys(held, 0)
        assert await store.vectors_of(GLOBEX) == held
        assert await store.db.read(lambda db: dump(db, GLOBEX.tenant)) == other
        assert store.files.read(GLOBEX.tenant, attachment(GLOBEX.tenant, "quokka")) == content_of("quokka")
    assert found(tmp_path, ids, "zanzibar", "acme-trading") == set()
    assert found(tmp_path, (), "quokka") == {FILE_NAME, "vectors", "uploads"}


async def test_no_file_holds_anything_of_an_erased_session(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await filled(store)
        ids = await store.db.read(lambda db: ids_of(db, PERSON))
        assert await store.vectors_of(PERSON) == {f"memories by {LETTERS}": 1}
    assert found(tmp_path, ids, "acme-trading-person") >= {FILE_NAME, "vectors"}
    async with opened(tmp_path) as store:
        await store.erase(PERSON)
        assert await store.vectors_of(ACME) == {
            f"memories by {LETTERS}": 1,
            "chunks by words": 6,
            f"chunks by {LETTERS}": 6,
        }
    assert found(tmp_path, ids, "acme-trading-person") == set()


async def test_what_had_left_the_tables_before_leaves_the_files_too(tmp_path: Path) -> None:
    """Documents that an agent deleted: the next compactions would have seen to it, some day."""
    async with opened(tmp_path) as store:
        await filled(store)
        await store.db.write(delete_documents)
        await store.indexer.flush()
    assert "vectors" in found(tmp_path, (), "zanzibar")
    async with opened(tmp_path) as store:
        await store.erase(ACME)
    assert found(tmp_path, (), "zanzibar", "acme-trading") == set()


def delete_documents(db: sqlite3.Connection) -> None:
    rows = documents.newest(db, ACME.tenant, "default", 10)
    assert document_writes.delete(db, ACME.tenant, "default", rows) == 6


async def test_many_rows_of_two_tenants_side_by_side_leave_nothing(tmp_path: Path) -> None:
    """Pages of the database that both share have been split and joined on the way."""
    async with opened(tmp_path) as store:
        for part in range(12):
            await filled_again(store, part)
        ids = await store.db.read(lambda db: ids_of(db, ACME))
        assert len(ids) > 900
        await store.erase(ACME)
        assert set((await store.db.read(lambda db: counts(db, ACME))).values()) == {0}
    assert found(tmp_path, ids, "zanzibar", "acme-trading") == set()


async def filled_again(store: Store, part: int) -> None:
    def work(db: sqlite3.Connection) -> None:
        for subject, word in WORDS.items():
            for number in range(8):
                remember(
                    db, subject.tenant, f"{subject.tenant}-{part}", f"{word} {part} {number} {'x' * number * 9}", 12
                )

    await store.db.write(work)


async def test_a_reader_of_an_old_copy_is_waited_for_and_the_rest_is_done_by_the_next_call(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await filled(store)
        ids = await store.db.read(lambda db: ids_of(db, ACME))
        with closing(sqlite3.connect(store.db.path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM memories").fetchone()
            await store.db.maintain(lambda db: db.execute("PRAGMA busy_timeout = 100"))
            with pytest.raises(Busy):
                await store.erase(ACME, 0.3)
        assert await store.db.read(lambda db: erasing.is_begun(db, ACME))
        await store.erase(ACME)
        assert not await store.db.read(lambda db: erasing.is_begun(db, ACME))
    assert found(tmp_path, ids, "zanzibar", "acme-trading") == set()


async def test_the_indexer_of_another_process_does_the_tables(tmp_path: Path) -> None:
    async with opened(tmp_path) as store, opened(tmp_path) as server:
        await filled(store)
        ids = await store.db.read(lambda db: ids_of(db, ACME))
        async with anyio.create_task_group() as tasks:
            with anyio.fail_after(30):
                tasks.start_soon(serve, server.indexer)
                await store.erase(ACME)
            tasks.cancel_scope.cancel()
    assert found(tmp_path, ids, "zanzibar", "acme-trading") == set()


async def serve(indexer: Indexer) -> None:
    """As a server does, without its pauses."""
    while True:
        await indexer.flush()
        await anyio.lowlevel.checkpoint()


async def test_what_is_left_is_one_line_that_names_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await filled(store)
        await store.erase(PERSON)
        await store.erase(ACME)
        left = await store.db.read(
            lambda db: db.execute("SELECT tenant, key, action, outcome, session_id, ids FROM audit").fetchall()
        )
    own = [row for row in left if row[0] != GLOBEX.tenant]
    assert own == [("", "cli", "tenants.erase", "ok", "", f'["{erasing.mark(ACME)}"]')]
