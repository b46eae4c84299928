"""The server as hosts start it: a process on two pipes."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from tests.client import ROOT, Mode, environment, over_stdio
from tests.wire import Wire, serving

pytestmark = pytest.mark.anyio

SECRET = "Xylophone marmalade quartz"


async def test_what_is_stored_is_there_for_the_next_process(tmp_path: Path, mode: Mode) -> None:
    with anyio.fail_after(60):
        async with over_stdio(tmp_path, mode) as agent:
            memory_id = await agent.store("Prefers oat flat white", content_type="preference")
            (memory,) = await agent.found("what does she like to drink?")
            assert memory["memory_id"] == memory_id
        async with over_stdio(tmp_path, mode) as agent:
            (memory,) = await agent.found("what does she like to drink?")
            assert (memory["memory_id"], memory["content"]) == (memory_id, "Prefers oat flat white")


@pytest.mark.parametrize("ending", [None, signal.SIGTERM, signal.SIGINT], ids=["EOF", "SIGTERM", "SIGINT"])
def test_it_leaves_cleanly_with_what_it_was_told_kept(tmp_path: Path, ending: signal.Signals | None) -> None:
    with serving(tmp_path) as wire:
        assert not wire.call("memory_store", content=SECRET)["isError"]
        wire.call("memory_retrieve")
        rest, _ = wire.end(ending)
        assert (wire.process.returncode, rest) == (0, b"")
    with closing(sqlite3.connect(tmp_path / "data" / "satchel.sqlite")) as db:
        assert db.execute("SELECT content, access_count FROM memories").fetchall() == [(SECRET, 1)]


@pytest.mark.parametrize("ending", [None, signal.SIGTERM], ids=["EOF", "SIGTERM"])
def test_it_leaves_before_it_was_asked_anything(tmp_path: Path, ending: signal.Signals | None) -> None:
    with serving(tmp_path, greeted=ending is not None) as wire:
        rest, _ = wire.end(ending)
        assert (wire.process.returncode, rest) == (0, b"")


def test_stdout_is_the_protocols_and_stderr_is_lines_of_json_without_memories(tmp_path: Path) -> None:
    with serving(tmp_path, SATCHEL_LOG_LEVEL="debug") as wire:
        memory_id = wire.call("memory_store", content=SECRET, tags=["Zanzibar"])["structuredContent"]["memory_id"]
        wire.call("memory_retrieve", query="marmalade")
        wire.call("memory_store", content=SECRET, limt="Zanzibar")
        wire.call("memory_forget", memory_ids=[memory_id], purge=True)
        wire.ask("resources/read", uri="satchel://memories/Zanzibar")
        rest, errors = wire.end()
    for line in [*wire.said, *rest.splitlines()]:
        assert json.loads(line)["jsonrpc"] == "2.0"
    logged = [json.loads(line) for line in errors.splitlines()]
    calls = [line["tool"] for line in logged if line["event"] == "tool.called"]
    assert calls == ["memory_store", "memory_retrieve", "memory_store", "memory_forget"]
    assert all({"time", "level", "logger", "event"} <= line.keys() for line in logged)
    for word in (*SECRET.split(), "Zanzibar"):
        assert word.lower() not in errors.decode().lower()


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """One server for every line that it must survive."""
    with serving(tmp_path_factory.mktemp("home")) as connected:
        yield connected


def call_line(arguments: str) -> str:
    call = '{"name": "memory_store", "arguments": ' + arguments + "}"
    return '{"jsonrpc": "2.0", "method": "tools/call", "params": ' + call + ', "id": 777}'


@pytest.mark.parametrize(
    "arguments",
    [
        '{"content": "\\ud800 alone"}', '{"content": "x", "metadata": {"a": "\\udfff"}}',
        '{"content": "x", "metadata": {"\\ud800": 1}}', '{"content": "x", "tags": ["\\udc00"]}',
        '{"content": "x", "metadata": {"a": ' + "[" * 500 + "]" * 500 + "}}",
        '{"content": "x", "metadata": {"id": 5, "a": ' + "[" * 5_000 + "]" * 5_000 + "}}",
        '{"content": "x", "metadata": {"a": ' + "9" * 5_000 + "}}", '{"content": "x", "importance": 1e999}',
        '{"content": "x", "importance": NaN}', '{"content": "x", "metadata": {"a": NaN}}',
        '{"content": "x", "metadata": {"a": -Infinity}}', '{"content": "x", "ttl_hours": Infinity}',
        '{"content": "x", "metadata": {"a": 9223372036854775808}}', '{"content": "\\u0000\\u0000"}',
    ],
    ids=lambda arguments: arguments[:48],
)  # fmt: skip
def test_what_json_cannot_carry_is_answered_in_a_line(wire: Wire, arguments: str) -> None:
    wire.send(call_line(arguments))
    answer = wire.answer()
    assert answer["id"] == 777
    assert answer["result"]["isError"]
    text = answer["result"]["content"][0]["text"]
    assert text.count("\n") <= 1
    assert len(text) < 400
    assert wire.call("memory_retrieve")["structuredContent"]["count"] == 0


@pytest.mark.parametrize(
    "line", [b"nonsense", b"{", b'"text"', b"[]", b"\xff\xfe", b"{}", b'{"jsonrpc": "2.0"}', b"null", b"[" * 5_000]
)
def test_a_line_that_is_no_message_is_answered_and_the_next_one_served(wire: Wire, line: bytes) -> None:
    wire.send(b"")
    wire.send(line)
    assert wire.answer()["error"]["code"] in (-32700, -32600)
    assert not wire.call("memory_retrieve")["isError"]


def test_a_message_cut_off_is_answered_under_its_id(wire: Wire) -> None:
    wire.send('{"jsonrpc": "2.0", "id": "cut", "method": "prompts/get", "params": {"na')
    answer = wire.answer()
    assert (answer["id"], answer["error"]["code"]) == ("cut", -32602)


def test_an_unknown_method_is_told_so(wire: Wire) -> None:
    assert wire.ask("tools/burn")["error"]["code"] == -32601


BEFORE_THE_STORE = """
import sys, anyio
from pathlib import Path
from mcp import Client
from server import app
from tests.client import settings
app.AFTER_ANSWER_SECONDS = 3600
async def main(mode):
    server, _ = app.create_server(settings(Path(sys.argv[1])))
    async with Client(server, mode=mode) as client:
        await client.list_tools()
        await client.list_prompts()
        await client.list_resources()
        heavy = {"numpy", "lancedb", "pyarrow", "onnxruntime", "fastembed", "tokenizers", "aiosqlite"}
        heavy.add("storage.memories.search")
        print(sorted(heavy & sys.modules.keys()))
anyio.run(main, sys.argv[2])
"""


def test_the_first_answers_need_no_heavy_import(tmp_path: Path, mode: Mode) -> None:
    command = [sys.executable, "-c", BEFORE_THE_STORE, str(tmp_path / "home"), mode]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / "home").exists()


def test_the_working_directory_is_not_trusted(tmp_path: Path) -> None:
    """A repository may hold any satchel.toml and .env it likes."""
    (tmp_path / "satchel.toml").write_text('data_dir = "stolen"\nnonsense = 1\n', encoding="utf-8")
    (tmp_path / ".env").write_text("SATCHEL_DATA_DIR=stolen\n", encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "server", "serve"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(home), input=b"", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "stolen").exists()


def test_what_was_sent_before_the_end_of_input_is_done_and_answered(tmp_path: Path) -> None:
    """As when somebody tries the server with a pipe."""
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "pipe", "version": "1"}}
    messages: list[dict[str, object]] = [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": client},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]
    for number in range(1, 21):
        call = {"name": "memory_store", "arguments": {"content": f"Piped in as number {number}"}}
        messages.append({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": call})
    command = [sys.executable, "-m", "server", "serve"]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), input=lines, capture_output=True, text=True, timeout=60
    )
    answers = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert (done.returncode, sorted(answers)) == (0, list(range(21)))
    assert all("created" in answers[number]["result"]["content"][0]["text"] for number in range(1, 21))


def test_nothing_is_reported_to_the_makers_of_the_parts(tmp_path: Path) -> None:
    """onnxruntime keeps an identity of the device, and sends events, unless it is told not to."""
    variables = environment(tmp_path) | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "server", "models", "list"]
    subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, timeout=60, check=True)
    assert [str(path) for path in tmp_path.rglob("*") if "icrosoft" in path.name or "onnxruntime" in path.name] == []
