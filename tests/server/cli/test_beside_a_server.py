"""Commands on the directory of a running `satchel serve`, every one in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from storage.database import FILE_NAME

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.anyio


class Shell:
    """Runs the command as a shell does, on one home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = {"SATCHEL_HOME": str(folder / "home"), "SATCHEL_EMBEDDING_MODEL": "static", "PYTHONPATH": str(ROOT)}
        self.environment = {name: os.environ[name] for name in ("PATH",)} | settings

    def server(self) -> StdioServerParameters:
        return StdioServerParameters(
            command=sys.executable, args=["-m", "server", "serve"], env=self.environment, cwd=self.folder
        )

    async def run(self, *arguments: str, given: str = "", code: int = 0) -> tuple[str, str]:
        """What it says on stdout and stderr."""
        command = [sys.executable, "-m", "server", *arguments]
        done = await anyio.run_process(
            command, input=given.encode(), cwd=self.folder, env=self.environment, check=False
        )
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


async def call(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    done = await client.call_tool(name, arguments)
    assert not done.is_error, done.content
    result: dict[str, Any] | None = done.structured_content
    assert result is not None
    return result


@pytest.mark.processes
@pytest.mark.slow
async def test_everything_but_restoring_works_beside_a_server(shell: Shell) -> None:
    copy = str(shell.folder / "copy.sqlite")
    with anyio.fail_after(120):
        async with Client(shell.server()) as client:
            stored = await call(client, "memory_store", content="Prefers oat flat white")
            secret = await call(client, "memory_store", content="The password is zanzibar")
            assert (await shell.run("memories", "list", "--json"))[0].count("memory_id") == 2
            assert "oat flat white" in (await shell.run("memories", "search", "drink"))[0]
            line = '{"content": "Works at Acme", "memory_id": "m1"}'
            assert (await shell.run("import", "-", given=line))[0].startswith("Created 1")
            found = await call(client, "memory_retrieve", query="where does she work?")
            assert "m1" in [memory["memory_id"] for memory in found["memories"]]
            assert "Exported 3" in (await shell.run("export", "out.jsonl"))[0]
            await shell.run("memories", "forget", secret["memory_id"], "--purge", "--yes")
            assert (await shell.run("backup", copy))[0].startswith(f"Backed up to {copy}")
            assert "✗" not in (await shell.run("doctor"))[0]
            assert "Memories: 0 promoted" in (await shell.run("maintain"))[0]
            refused = (await shell.run("restore", copy, code=1))[1]
            assert refused.count("\n") == 1
            assert "another process" in refused.lower()
            await call(client, "memory_forget", memory_ids=[stored["memory_id"]])
        said, _ = await shell.run("restore", copy)
    assert said.startswith(f"Restored {copy} to {shell.folder / 'home' / 'data'}.")
    memories = json.loads((await shell.run("memories", "list", "--json"))[0])
    assert sorted(each["content"] for each in memories) == ["Prefers oat flat white", "Works at Acme"]
    assert await anyio.to_thread.run_sync(files_with, shell.folder / "home", b"zanzibar") == []


def files_with(folder: Path, word: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word in path.read_bytes().lower()]


@pytest.mark.slow
async def test_a_server_finds_what_a_restore_brought_back(shell: Shell) -> None:
    """By meaning too: the vector tables of the other memories are gone, row numbers or not."""
    with anyio.fail_after(120):
        await shell.run("import", "-", given='{"content": "Prefers oat flat white"}')
        await shell.run("backup", "copy.sqlite")
        await shell.run("memories", "forget", "--session", "default", "--older-than", "0", "--purge", "--yes")
        await shell.run("import", "-", given='{"content": "The invoice is due"}')
        await shell.run("restore", "copy.sqlite")
        async with Client(shell.server()) as client:
            found = await call(client, "memory_retrieve", query="what does she like to drink?")
    assert [memory["content"] for memory in found["memories"]] == ["Prefers oat flat white"]


async def test_output_is_results_and_nothing_else(shell: Shell) -> None:
    """stdout can be piped; what is said beside it goes to stderr."""
    await shell.run("import", "-", given='{"content": "one"}')
    exported, said = await shell.run("export", "-")
    assert [json.loads(line)["content"] for line in exported.splitlines()] == ["one"]
    assert said == "Exported 1 memories.\n"


async def test_a_reader_that_has_had_enough_ends_an_export_quietly(shell: Shell) -> None:
    lines = "\n".join(json.dumps({"content": f"{number} " + "x" * 5_000}) for number in range(100))
    await shell.run("import", "-", given=lines)
    code, said = await anyio.to_thread.run_sync(read_a_little, shell)
    assert (code, said) == (1, b"")


def read_a_little(shell: Shell) -> tuple[int, bytes]:
    export = [sys.executable, "-m", "server", "export", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(export, cwd=shell.folder, env=shell.environment, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
    return process.returncode, said


async def test_commands_speak_where_the_terminal_knows_few_letters(shell: Shell) -> None:
    shell.environment["PYTHONIOENCODING"] = "ascii"
    await shell.run("import", "-", given='{"content": "東京"}')
    assert "\\u6771\\u4eac" in (await shell.run("memories", "list"))[0]
    await shell.run("doctor")


async def test_a_store_nobody_can_write_is_told_in_one_line(shell: Shell) -> None:
    (shell.folder / "home" / "data" / FILE_NAME).mkdir(parents=True)
    said = (await shell.run("memories", "list", code=1))[1]
    assert (said.count("\n"), "satchel doctor" in said) == (1, True)
    assert "✗ database" in (await shell.run("doctor", code=1))[0]
