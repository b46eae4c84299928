"""`satchel tenants`: who is there, all of one tenant in a file, and all of one tenant gone, with proof."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from functools import partial
from pathlib import Path

import anyio
import pytest

from storage.attachment_files import AttachmentFiles
from storage.database import FILE_NAME, connect
from tests.client import ROOT, over_stdio
from tests.server.cli.conftest import Satchel
from tests.storage.keeping import NOW
from tests.storage.subjecting import attachment, content_of, dump, fill

WORDS = {"acme-trading": "zanzibar", "globex": "quokka"}


@pytest.fixture
def filled(satchel: Satchel) -> Satchel:
    """Two tenants with everything there is."""
    for tenant, word in WORDS.items():
        satchel.in_store(partial(fill, tenant=tenant, word=word))
        name = attachment(tenant, word).attachment_id
        AttachmentFiles(satchel.data / "uploads").put(tenant, name, content_of(word), NOW)
    return satchel


def holding(folder: Path, *words: bytes) -> set[str]:
    """The files that hold any of the words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if any(word in path.read_bytes().lower() for word in words)}


def test_tenants_are_listed_with_what_they_keep(filled: Satchel) -> None:
    found = json.loads(filled.ok("tenants", "list", "--json"))
    assert [(each["tenant"], each["memories"], each["chunks"], each["keys"]) for each in found] == [
        ("acme-trading", 8, 6, 1), ("globex", 8, 6, 1),
    ]  # fmt: skip
    assert found[0]["last_call_at"] == "2027-01-15T08:00:00.000Z"
    heading, line, _ = filled.ok("tenants", "list").splitlines()
    assert heading.split() == ["TENANT", "MEMORIES", "CHUNKS", "MIB", "KEYS", "LAST", "CALL"]
    assert line.split() == ["acme-trading", "8", "6", "0.0", "1", "2027-01-15", "08:00"]


def test_an_erased_tenant_is_in_no_file_and_the_other_stays_to_the_byte(filled: Satchel, tmp_path: Path) -> None:
    other = filled.in_store(lambda db: dump(db, "globex"))
    assert holding(filled.data, b"zanzibar", b"acme-trading") >= {FILE_NAME, attachment("acme-trading", "zanzibar").attachment_id}  # fmt: skip  # noqa: E501
    proof = tmp_path / "proof.json"
    done = filled("tenants", "erase", "acme-trading", "--yes", "--proof", proof, "--search-for", "Zanzibar")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Nothing is left."), done.output
    assert holding(filled.data, b"zanzibar", b"acme-trading") == set()
    assert filled.in_store(lambda db: dump(db, "globex")) == other
    assert AttachmentFiles(filled.data / "uploads").read("globex", attachment("globex", "quokka")) == content_of(
        "quokka"
    )
    assert "`satchel backup`" in done.stderr
    written = json.loads(proof.read_text("utf-8"))
    assert (written["erased"], written["is_clean"]) == ({"tenant": "acme-trading"}, True)
    told = {each["what"]: (each["before"], each["after"]) for each in written["counts"]}
    assert told["memories"] == (8, 0)
    assert told["uploaded files"] == (1, 0)
    assert {after for _, after in told.values()} == {0}
    files = written["files"]
    assert (files["found"], files["name"], files["words"]) == ([], True, 1)
    assert files["ids"] > 15
    assert files["searched"] >= 3
    assert "zanzibar" not in proof.read_text("utf-8").lower()


def test_its_audit_trail_keeps_one_line_that_names_nobody(filled: Satchel) -> None:
    filled.ok("tenants", "erase", "acme-trading", "--yes")
    sql = "SELECT tenant, action, outcome, length(json_extract(ids, '$[0]')) FROM audit WHERE tenant <> 'globex'"
    assert filled.in_store(lambda db: db.execute(sql).fetchall()) == [("", "tenants.erase", "ok", 16)]


def test_a_word_that_others_keep_is_told_and_ends_with_1(filled: Satchel) -> None:
    done = filled("tenants", "erase", "acme-trading", "--yes", "--search-for", "zanzibar", "--search-for", "quokka")
    assert done.exit_code == 1
    assert f"word 2 in {FILE_NAME}" in done.stdout
    assert "word 1" not in done.stdout
    assert "Every row and every id is gone" in done.stderr
    done = filled("tenants", "erase", "acme-trading", "--yes")  # it may be asked again
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Nothing is left.")
    assert filled("tenants", "erase", "acme-trading", "--yes").exit_code == 1


@pytest.mark.parametrize("arguments", [["erase", "nobody", "--yes"], ["export", "nobody", "-"], ["erase", "nobody"]])
def test_an_unknown_tenant_is_told_in_one_line(filled: Satchel, arguments: list[str]) -> None:
    done = filled("tenants", *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "satchel: No tenant 'nobody'. `satchel tenants list` shows their names.\n"


def test_without_a_terminal_nothing_is_erased_unasked(filled: Satchel) -> None:
    done = filled("tenants", "erase", "globex", given="globex\n")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "Pass --yes" in done.stderr
    assert len(json.loads(filled.ok("tenants", "list", "--json"))) == 2


@pytest.mark.parametrize(("typed", "code", "left"), [("globe", 1, 2), ("globex", 0, 1)])
def test_whoever_sits_there_types_the_name(filled: Satchel, typed: str, code: int, left: int) -> None:
    ours, theirs = pytest.importorskip("pty").openpty()
    command = [sys.executable, "-m", "server", "tenants", "erase", "globex"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | filled.environment
    with subprocess.Popen(command, stdin=theirs, stdout=-1, stderr=-1, env=environment) as process:
        os.write(ours, typed.encode() + b"\n")
        _, said = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, said
    assert b"Erases " in said
    assert len(json.loads(filled.ok("tenants", "list", "--json"))) == left


@pytest.mark.parametrize(
    "arguments",
    [["erase", "a b", "--yes"], ["erase"], ["erase", "globex", "--search-for", "ab"], ["export", "globex"]],
)
def test_a_mistake_in_the_command_line_ends_with_2(filled: Satchel, arguments: list[str]) -> None:
    assert filled("tenants", *arguments).exit_code == 2


@pytest.mark.parametrize("place", ["home/data/proof.json", "nowhere/proof.json", "there.json"])
def test_a_proof_that_cannot_be_put_there_is_refused_before_anything_is_erased(
    filled: Satchel, tmp_path: Path, place: str
) -> None:
    (tmp_path / "there.json").touch()
    done = filled("tenants", "erase", "globex", "--yes", "--proof", tmp_path / place)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert len(json.loads(filled.ok("tenants", "list", "--json"))) == 2


def test_an_export_is_lines_of_json(filled: Satchel, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in filled.ok("tenants", "export", "acme-trading", "-").splitlines()]
    assert lines[0]["from"] == "manifest"
    manifest = lines[0]["record"]
    assert manifest["of"] == {"tenant": "acme-trading"}
    for kind, count in manifest["counts"].items():
        assert sum(line["from"] == kind for line in lines) == count > 0
    (content,) = [line["record"]["content_base64"] for line in lines if line["from"] == "attachments"]
    assert content == "VGhlIGF0dGFjaG1lbnQgb2YgemFuemliYXI="
    file = tmp_path / "acme.jsonl"
    assert filled.ok("tenants", "export", "acme-trading", file) == f"Exported {len(lines) - 1} records to {file}.\n"
    assert filled("tenants", "export", "acme-trading", file).exit_code == 1


def test_a_zip_holds_a_file_a_kind_and_the_attachments(filled: Satchel, tmp_path: Path) -> None:
    file = tmp_path / "acme.zip"
    filled.ok("tenants", "export", "acme-trading", file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        counted = json.loads(archive.read("manifest.json"))["counts"]
        for kind, count in counted.items():
            assert len(archive.read(f"{kind}.jsonl").splitlines()) == count
        kept = json.loads(archive.read("attachments.jsonl"))
        assert archive.read(kept["file"]) == b"The attachment of zanzibar"
        memories = archive.read("memories.jsonl")
    assert (kept["filename"], Path(kept["file"]).suffix) == ("zanzibar.txt", ".txt")
    assert filled.ok("import", "-", "--tenant", "again", given=memories).startswith("Created 8")


BEGUN = "SELECT 1 FROM maintenance WHERE task LIKE 'erase %'"
NO_MEMORIES = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM memories WHERE tenant = 'acme-trading')"
NO_ROWS = "SELECT 1 FROM maintenance WHERE task = 'chunks erasure owed'"


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.parametrize("moment", [BEGUN, NO_MEMORIES, NO_ROWS], ids=["begun", "no memories", "no rows"])
def test_killed_in_the_middle_the_same_command_goes_on_where_it_was(satchel: Satchel, moment: str) -> None:
    for tenant, word in WORDS.items():
        satchel.in_store(partial(fill, tenant=tenant, word=word, memories=100))
    other = satchel.in_store(lambda db: dump(db, "globex"))
    command = [sys.executable, "-m", "server", "tenants", "erase", "acme-trading", "--yes"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | satchel.environment
    with (
        subprocess.Popen(command, stdout=-1, stderr=-1, env=environment) as process,
        closing(connect(satchel.data / FILE_NAME, True)) as db,
    ):
        while process.poll() is None and not db.execute(moment).fetchone():
            pass
        process.send_signal(signal.SIGKILL)
    with closing(connect(satchel.data / FILE_NAME, True)) as db:
        assert db.execute(BEGUN).fetchone(), "killed too late to tell anything"
    done = satchel("tenants", "erase", "acme-trading", "--yes", "--search-for", "zanzibar")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Nothing is left."), done.output
    assert holding(satchel.data, b"zanzibar", b"acme-trading") == set()
    assert satchel.in_store(lambda db: dump(db, "globex")) == other


@pytest.mark.processes
@pytest.mark.slow
@pytest.mark.anyio
async def test_a_running_server_serves_nothing_of_an_erased_tenant(satchel: Satchel) -> None:
    """It has held memories and chunks in memory; afterwards it goes on with what comes anew."""
    satchel.home.mkdir()
    with anyio.fail_after(120):
        async with over_stdio(satchel.home) as agent:
            await agent.store("The zanzibar parrot likes mangos", session_id="customer-zanzibar")
            await agent.call("rag_add_documents", documents=["A zanzibar handbook of parrots"], ids=["book"])
            await agent.call("attachment_save", filename="a.txt", content_base64="emFuemliYXI=")
            assert await agent.contents("parrot", session_id="customer-zanzibar")
            assert (await agent.call("rag_search", query="parrots"))["count"] == 1
            done = await anyio.to_thread.run_sync(
                lambda: satchel("tenants", "erase", "local", "--yes", "--search-for", "zanzibar")
            )
            assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "Nothing is left."), done.output
            assert await agent.contents("parrot", session_id="customer-zanzibar") == []
            assert await agent.contents("parrot", scope="tenant") == []
            assert (await agent.call("rag_search", query="parrots"))["count"] == 0
            await agent.store("Parrots fly", session_id="customer-zanzibar")
            await agent.call("rag_add_documents", documents=["A new handbook of parrots"], ids=["book"])
            assert await agent.contents("parrot", session_id="customer-zanzibar") == ["Parrots fly"]
            found = await agent.call("rag_search", query="parrots")
            assert [each["text"] for each in found["results"]] == ["A new handbook of parrots"]
    assert holding(satchel.data, b"mangos") == set()
    with closing(sqlite3.connect(satchel.data / FILE_NAME)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
