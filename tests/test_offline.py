"""The first start on a machine without a network: everything works at once, and what lacks is said in words that help.

Each process runs in a network namespace of its own, in which there is nothing, not even the loopback.
"""

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from storage.embedding.catalogue import DEFAULT_MODEL, find
from tests import tiny_model
from tests.client import ROOT, Agent
from tests.installing import plain_environment

pytestmark = pytest.mark.anyio

ALONE = ("unshare", "-rn")
SATCHEL = (sys.executable, "-m", "server")
DATA_SOURCE = '[data_sources.shop]\nurl = "sqlite:///shop.sqlite"\n'
PATIENCE_SECONDS = 60
NAME = DEFAULT_MODEL.rpartition("/")[2]


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    """Skips where this system gives no process a network namespace."""
    if shutil.which(ALONE[0]) is None or subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs unshare, and a system that lets us use it")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a database in its settings, and a file to read."""
    (tmp_path / "data/attachments").mkdir(parents=True)
    (tmp_path / "data/attachments/note.txt").write_text("The ferry leaves at nine.", "utf-8")
    (tmp_path / "satchel.toml").write_text(DATA_SOURCE, "utf-8")
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as db, db:
        db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL)")
        db.executemany("INSERT INTO orders (status) VALUES (?)", [("paid",), ("paid",), ("late",)])
    return tmp_path


def environment(home: Path, **given: str) -> dict[str, str]:
    return plain_environment(home, PYTHONPATH=str(ROOT), SATCHEL_HOME=str(home), **given)


@contextmanager
def log_of(home: Path) -> Iterator[TextIO]:
    with (home / "log.jsonl").open("w", encoding="utf-8") as file:
        yield file


@pytest.fixture
async def agent(home: Path) -> AsyncGenerator[Agent]:
    command, *arguments = (*ALONE, *SATCHEL, "serve")
    started = StdioServerParameters(command=command, args=arguments, env=environment(home), cwd=home)
    with log_of(home) as log:
        async with Client(stdio_client(started, errlog=log)) as client:
            yield Agent(client)


def events(home: Path) -> list[tuple[str, str]]:
    """What was logged so far: level and event."""
    lines = [json.loads(line) for line in (home / "log.jsonl").read_text("utf-8").splitlines() if line.endswith("}")]
    return [(line["level"], line["event"]) for line in lines]


def run(home: Path, *command: str, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ALONE, *command],
        cwd=home,
        env=environment(home, **given),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE_SECONDS,
    )


async def test_every_family_answers_at_once(agent: Agent, home: Path) -> None:
    """Memories and documents by meaning, too: the built-in table serves."""
    await agent.store("The harbour has nine lamps")
    remembered = await agent.call("memory_retrieve", query="How many lights are there at the port?")
    assert (remembered["mode"], len(remembered["memories"])) == ("hybrid", 1)
    await agent.call("rag_add_documents", documents=["A refund takes a week."], ids=["refunds"])
    passages = await agent.call("rag_search", query="when do I get my money back?")
    assert (passages["mode"], passages["results"][0]["document_id"]) == ("hybrid", "refunds")
    assert (await agent.call("escalation_check", message="Let me talk to a human."))["should_escalate"]
    note = str(home / "data/attachments/note.txt")
    assert "leaves at nine" in await agent.read("attachment_process", file_path=note)
    assert (await agent.call("text2sql", question="orders by status"))["row_count"] == 2


async def test_the_log_says_once_that_the_model_cannot_be_had_and_alarms_nobody(agent: Agent, home: Path) -> None:
    await agent.store("The harbour has nine lamps")
    unreachable = ("info", "model.unreachable")
    with anyio.fail_after(PATIENCE_SECONDS):
        while unreachable not in events(home):
            await agent.contents("lights")
    assert {level for level, _ in events(home)} == {"info"}
    assert events(home).count(unreachable) == 1


def test_the_doctor_says_how_to_bring_the_model_and_its_commands_do(home: Path) -> None:
    """Its commands are run as it says them: those of the machine that fetched the model, then the setting here."""
    told = json.loads(run(home, *SATCHEL, "doctor", "--json").stdout)["checks"]
    (mend,) = [check["mend"] for check in told if check["name"] == "embedding model"]
    pull, copy = [part for part in mend.split("`")[1::2] if NAME in part]
    assert shlex.split(pull) == ["satchel", "models", "pull", DEFAULT_MODEL]
    fetched(home)
    prefix = f'satchel() {{ {shlex.join(SATCHEL)} "$@"; }}; '
    assert run(home, "bash", "-euc", prefix + copy).returncode == 0
    shutil.rmtree(home / "models")
    done = run(home, *SATCHEL, "doctor", SATCHEL_EMBEDDING_PATH=str(home / NAME))
    assert f"embedding model: {DEFAULT_MODEL} serves" in done.stdout


def fetched(home: Path) -> None:
    """The default model as `satchel models pull` leaves it: the files are links."""
    recipe = find(DEFAULT_MODEL)
    assert recipe.hub is not None
    folder = tiny_model.build_in_cache(home / "models", recipe.hub, model_file=recipe.model_file)
    blobs = folder.parents[1] / "blobs"
    blobs.mkdir()
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        file.rename(blobs / file.name)
        file.symlink_to(os.path.relpath(blobs / file.name, file.parent))


def test_a_folder_of_a_real_model_serves(home: Path, shared_models: Path) -> None:
    folder = shared_models / "all-MiniLM-L6-v2-onnx"
    done = run(home, *SATCHEL, "doctor", SATCHEL_EMBEDDING_PATH=str(folder))
    assert "embedding model: sentence-transformers/all-MiniLM-L6-v2 serves" in done.stdout


@pytest.mark.slow
def test_the_demo_needs_no_network(home: Path) -> None:
    done = run(home, *SATCHEL, "demo")
    assert done.returncode == 0, done.stderr
    assert "Everything was as it should be" in done.stdout
