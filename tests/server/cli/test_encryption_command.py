"""`satchel encryption`, and a server on an encrypted store: what is on the disk says nothing."""

import base64
import json
import os
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from storage.database import FILE_NAME
from storage.encryption.data_key import MARK, PLAIN
from tests.client import over_stdio
from tests.server.cli.conftest import Satchel
from tests.server.cli.test_beside_a_server import files_with

KEY, OTHER = "ab" * 32, "cd" * 32
GIVEN = {"SATCHEL_ENCRYPTION_KEY": "env:STORE_KEY", "STORE_KEY": KEY}
WRONG = GIVEN | {"STORE_KEY": OTHER}


def key_file(path: Path, text: str = KEY + "\n") -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def front(satchel: Satchel) -> bytes:
    return (satchel.data / FILE_NAME).read_bytes()[:16]


def refused(satchel: Satchel, *arguments: str | Path, **variables: str) -> str:
    """The one line it says."""
    done = satchel(*arguments, **variables)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.output
    return done.stderr


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    """A plain store with a memory."""
    satchel.takes({"content": "Prefers oat flat white", "memory_id": "m1"})
    return satchel


def test_a_key_is_32_new_bytes_alone_on_stdout(satchel: Satchel) -> None:
    first, second = (satchel.ok("encryption", "key").strip() for _ in range(2))
    assert len(bytes.fromhex(first)) == 32
    assert first != second


def test_a_new_store_is_encrypted_from_its_first_byte_on(satchel: Satchel) -> None:
    assert satchel.ok("encryption", "status", **GIVEN) == "Nothing is kept here yet. What comes will be encrypted.\n"
    satchel.ok("import", "-", given='{"content": "Prefers oat flat white"}', **GIVEN)
    assert front(satchel).startswith(MARK)
    assert satchel.ok("encryption", "status", **GIVEN) == "Encrypted, and the key fits.\n"
    assert "oat flat white" in satchel.ok("memories", "search", "drink", **GIVEN)


def test_on_another_key_and_off_again(filled: Satchel, tmp_path: Path) -> None:
    assert filled.ok("encryption", "status") == "Not encrypted.\n"
    assert "is not encrypted, but a key is set" in refused(filled, "encryption", "status", **GIVEN)
    assert filled.ok("encryption", "on", **GIVEN).startswith(f"Encrypted {filled.data}.")
    assert filled.ok("encryption", "on", **GIVEN).startswith("It was encrypted already. 0 files")
    new = key_file(tmp_path / "new", base64.b64encode(bytes.fromhex(OTHER)).decode())
    assert str(new) in filled.ok("encryption", "rotate", "--new-key-file", new, **GIVEN)
    assert "is encrypted with another key" in refused(filled, "encryption", "status", **GIVEN)
    with_file = {"SATCHEL_ENCRYPTION_KEY_FILE": str(new)}
    assert filled.ok("encryption", "status", **with_file) == "Encrypted, and the key fits.\n"
    filled.ok("encryption", "off", **with_file)
    assert front(filled) == PLAIN
    assert filled.ok("encryption", "off").startswith("It is not encrypted. 0 files")
    assert [memory["memory_id"] for memory in filled.exported()] == ["m1"]


@pytest.mark.parametrize("variables", [{}, WRONG])
def test_every_command_names_the_setting_when_the_key_does_not_fit(filled: Satchel, variables: dict[str, str]) -> None:
    filled.ok("encryption", "on", **GIVEN)
    before = (filled.data / FILE_NAME).read_bytes()
    for command in (["memories", "list"], ["backup", "copy"], ["export", "-"], ["encryption", "status"]):
        said = refused(filled, *command, **variables)
        assert "encrypted" in said
        assert "ENCRYPTION_KEY_FILE" in said.upper()
    for command in (["off"], ["rotate", "--new-key-file", str(key_file(filled.home / "new", "ef" * 32))]):
        assert "SATCHEL_ENCRYPTION_KEY" in refused(filled, "encryption", *command, **variables)
    assert (filled.data / FILE_NAME).read_bytes() == before


def test_a_plain_store_is_not_opened_with_a_key(filled: Satchel) -> None:
    said = refused(filled, "memories", "list", **GIVEN)
    assert said.startswith("satchel: The data is not encrypted, but a key is set. `satchel encryption status`")
    assert front(filled) == PLAIN


def test_what_cannot_be_done_says_what_is_missing(satchel: Satchel, tmp_path: Path) -> None:
    assert "no key is set" in refused(satchel, "encryption", "on")
    for command in (["on"], ["off"]):
        assert "nothing is kept here yet" in refused(satchel, "encryption", *command, **GIVEN)
    satchel.takes({"content": "one"})
    assert "the present key is not set" in refused(
        satchel, "encryption", "rotate", "--new-key-file", key_file(tmp_path / "new")
    )
    satchel.ok("encryption", "on", **GIVEN)
    same = refused(satchel, "encryption", "rotate", "--new-key-file", key_file(tmp_path / "same"), **GIVEN)
    assert "in use already" in same
    bad = refused(satchel, "encryption", "rotate", "--new-key-file", key_file(tmp_path / "bad", "short"), **GIVEN)
    assert "32 bytes" in bad


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SATCHEL_ENCRYPTION_KEY": KEY}, "SATCHEL_ENCRYPTION_KEY: must be env:NAME"),
        ({"SATCHEL_ENCRYPTION_KEY": "env:STORE_KEY"}, "the variable STORE_KEY, which is not set"),
        (GIVEN | {"STORE_KEY": KEY[:-2]}, "SATCHEL_ENCRYPTION_KEY: must hold 32 bytes"),
        (GIVEN | {"STORE_KEY": "pass phrase"}, "SATCHEL_ENCRYPTION_KEY: must hold 32 bytes"),
        ({"SATCHEL_ENCRYPTION_KEY_FILE": "nowhere"}, "SATCHEL_ENCRYPTION_KEY_FILE: nowhere: cannot be read"),
        (GIVEN | {"SATCHEL_ENCRYPTION_KEY_FILE": "nowhere"}, "take one of both away"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line_without_the_key(
    satchel: Satchel, variables: dict[str, str], says: str
) -> None:
    said = refused(satchel, "memories", "list", **variables)
    assert says in said
    assert KEY[:8] not in said
    assert "pass phrase" not in said


@pytest.mark.skipif(os.name == "nt", reason="modes of files")
def test_a_key_file_that_others_may_read_is_refused(satchel: Satchel, tmp_path: Path) -> None:
    file = key_file(tmp_path / "key")
    file.chmod(0o640)
    said = refused(satchel, "memories", "list", SATCHEL_ENCRYPTION_KEY_FILE=str(file))
    assert "is open to other users (mode 640); chmod 600 it" in said


def test_the_doctor_says_whether_data_is_encrypted(filled: Satchel) -> None:
    def said(**variables: str) -> tuple[str, str]:
        checks = json.loads(filled("doctor", "--full", "--json", **variables).stdout)["checks"]
        (found,) = (check for check in checks if check["name"] == "encryption")
        assert all(check["status"] != "broken" for check in checks if check is not found)
        return found["status"], found["what"]

    assert said() == ("ok", "off: whoever reads the files reads everything")
    assert said(**GIVEN) == ("broken", "the data is not encrypted, but a key is set")
    filled.ok("encryption", "on", **GIVEN)
    status, what = said(**GIVEN)
    assert (status, what[:14]) == ("ok", "on: SQLCipher ")
    assert said() == ("broken", "the data is encrypted, and no key is set")
    assert said(**WRONG) == ("broken", "the data is encrypted with another key")
    (filled.data / "uploads" / "someone").mkdir(parents=True)
    (filled.data / "uploads" / "someone" / "att-1").write_text("left by a kill")
    assert said(**GIVEN) == ("warning", "a change was broken off: 1 files are left")
    assert "1 files of another state are left" in filled.ok("encryption", "status", **GIVEN)
    assert "1 files of another state were erased" in filled.ok("encryption", "on", **GIVEN)
    assert not (filled.data / "uploads").exists()


def test_damage_under_the_right_key_is_called_damage(filled: Satchel) -> None:
    filled.ok("encryption", "on", **GIVEN)
    content = bytearray((filled.data / FILE_NAME).read_bytes())
    content[1_000] ^= 1
    (filled.data / FILE_NAME).write_bytes(content)
    assert "damaged" in refused(filled, "memories", "list", **GIVEN)
    checks = json.loads(filled("doctor", "--json", **GIVEN).stdout)["checks"]
    assert [check["what"][:8] for check in checks if check["name"] == "database"] == ["damaged:"]


@pytest.mark.slow
@pytest.mark.anyio
async def test_nothing_on_the_disk_says_anything_while_a_server_runs_and_after(tmp_path: Path) -> None:
    """Words, ids, sessions and names of files: not in the database, its log, attachments or anything beside them."""
    secrets = ["xylzanthorp", "sessionzephyr", "filezinnober", "uploadpistachio", "chunkmarzipan", "tagkumquat"]
    (home := tmp_path / "home").mkdir()
    content = base64.b64encode(b"The uploadpistachio is inside. ").decode()

    async def named_in_files() -> list[str]:
        found = [anyio.to_thread.run_sync(files_with, home, secret.lower().encode()) for secret in secrets]
        return [name for each in found for name in await each]

    with anyio.fail_after(60):
        async with over_stdio(home, "auto", **GIVEN) as agent:
            secrets.append(await agent.store("the xylzanthorp sings", session_id="sessionzephyr", tags=["tagkumquat"]))
            saved = await agent.call("attachment_save", filename="filezinnober.txt", content_base64=content)
            done = await agent.call("attachment_process", attachment_id=saved["attachment_id"], chunk_for_rag=True)
            assert "uploadpistachio" in done["text"]
            await agent.call("rag_add_documents", documents=["A chunkmarzipan for tea."])
            assert len(await agent.found("xylzanthorp", session_id="sessionzephyr")) == 1
            assert await named_in_files() == []
            assert (home / "data" / f"{FILE_NAME}-wal").exists()
        assert await named_in_files() == []
        refusal = await anyio.to_thread.run_sync(lambda: refused(Satchel(home), "memories", "list"))
        assert "is encrypted, and no key is set" in refusal


@pytest.mark.processes
@pytest.mark.slow
@pytest.mark.anyio
async def test_a_running_server_keeps_its_store_as_it_is(tmp_path: Path) -> None:
    (home := tmp_path / "home").mkdir()
    with anyio.fail_after(60):
        async with over_stdio(home) as agent:
            await agent.store("Prefers oat flat white")
            said = await anyio.to_thread.run_sync(lambda: refused(Satchel(home), "encryption", "on", **GIVEN))
            assert "another process" in said.lower()
            assert await agent.contents("drink") == ["Prefers oat flat white"]
    assert front(Satchel(home)) == PLAIN
