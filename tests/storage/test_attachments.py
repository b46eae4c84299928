"""Files handed over: whole or not at all, a tenant's own, and gone when nobody uses them."""

import hashlib
import sqlite3
import stat
from pathlib import Path

import pytest

from storage import attachments
from storage.attachment_files import AttachmentFiles, remove
from storage.attachments import AttachmentRow
from storage.errors import DiskFull, NotFound

HOUR = 3_600_000
NOON = 1_700_000_000_000


def row(content: bytes = b"hello", attachment_id: str = "att-1", at: int = NOON) -> AttachmentRow:
    return AttachmentRow(attachment_id, "a.txt", len(content), hashlib.sha256(content).digest(), at, at)


@pytest.fixture
def files(tmp_path: Path) -> AttachmentFiles:
    return AttachmentFiles(tmp_path / "uploads")


def held(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]


def test_a_content_comes_back_and_only_its_owner_may_read_it(tmp_path: Path, files: AttachmentFiles) -> None:
    files.put("anna", "att-1", b"hello", NOON)
    assert files.read("anna", row()) == b"hello"
    (path,) = held(tmp_path)
    assert path.name == "att-1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_tenant_is_no_path(tmp_path: Path, files: AttachmentFiles) -> None:
    files.put("../../x/", "att-1", b"hello", NOON)
    (path,) = held(tmp_path)
    assert path.parent.parent == tmp_path / "uploads"


def test_another_tenants_attachment_is_not_found(connection: sqlite3.Connection, files: AttachmentFiles) -> None:
    files.put("anna", "att-1", b"hello", NOON)
    attachments.put(connection, "anna", row(), "k")
    with pytest.raises(NotFound):
        attachments.use(connection, "ben", "att-1", NOON)
    with pytest.raises(NotFound):
        files.read("ben", row())


def test_using_and_putting_again_count_as_use(connection: sqlite3.Connection) -> None:
    attachments.put(connection, "anna", row(), "k")
    assert attachments.use(connection, "anna", "att-1", NOON + HOUR).used_at == NOON + HOUR
    attachments.put(connection, "anna", row(at=NOON + 2 * HOUR), "k")
    found = attachments.use(connection, "anna", "att-1", NOON)
    assert (found.created_at, found.used_at) == (NOON, NOON + 2 * HOUR)


@pytest.mark.parametrize("content", [b"hullo", b"hello and more", b"", None])
def test_a_content_that_is_not_what_was_put_is_not_found(
    tmp_path: Path, files: AttachmentFiles, content: bytes | None
) -> None:
    files.put("anna", "att-1", b"hello", NOON)
    (path,) = held(tmp_path)
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(NotFound):
        files.read("anna", row())


def test_the_unused_go_with_their_files_and_others_stay(
    tmp_path: Path, connection: sqlite3.Connection, files: AttachmentFiles
) -> None:
    for tenant, attachment_id, at in (("anna", "old", NOON), ("anna", "new", NOON + 1), ("ben", "old", NOON)):
        files.put(tenant, attachment_id, b"hello", at)
        attachments.put(connection, tenant, row(attachment_id=attachment_id, at=at), "k")
    assert attachments.tenants(connection) == ["anna", "ben"]
    assert attachments.delete_unused(connection, "anna", NOON) == 1
    assert remove(files.stray(connection, NOON + HOUR)) == 1
    assert files.read("anna", row(attachment_id="new")) == files.read("ben", row(attachment_id="old")) == b"hello"
    with pytest.raises(NotFound):
        files.read("anna", row(attachment_id="old"))


def test_a_file_is_a_stray_once_its_row_is_not_to_be_expected(
    tmp_path: Path, connection: sqlite3.Connection, files: AttachmentFiles
) -> None:
    """What a process left that was killed between the file and the row."""
    files.put("anna", "att-1", b"hello", NOON)
    assert files.stray(connection, NOON - 1) == []
    assert files.stray(connection, NOON) == held(tmp_path)
    files.put("anna", "att-1", b"hello", NOON + HOUR)
    assert files.stray(connection, NOON) == []


def test_nothing_is_half_there_where_it_cannot_be_written(tmp_path: Path, files: AttachmentFiles) -> None:
    (tmp_path / "uploads").write_bytes(b"in the way")
    with pytest.raises(DiskFull):
        files.put("anna", "att-1", b"hello", NOON)


def test_there_are_no_strays_before_there_is_anything(connection: sqlite3.Connection, files: AttachmentFiles) -> None:
    assert files.stray(connection, NOON) == []
