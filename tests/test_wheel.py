"""The wheel: what is in it, and that it is all that an installation needs. Nothing here imports from the checkout."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.client import Agent
from tests.installing import built_wheel, installed, plain_environment, program
from tests.server.web.running import free_port
from tests.test_house import PACKAGES, ROOT, TABLE, git_files, project

EVERYTHING = """
import importlib, json, pkgutil, sys
for package in map(importlib.import_module, ("server", "tools", "storage")):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
ours = [module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in ("server", "tools", "storage")]
print(json.dumps({"path": sys.path, "files": [file for file in ours if file]}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, and nothing of the checkout."""
    return installed(wheel, tmp_path_factory.mktemp("installed"))


def run(environment: Path, home: Path, name: str, *arguments: str, **given: str) -> str:
    """What a program of the environment prints; it must succeed."""
    done = subprocess.run(
        [program(environment, name), *arguments],
        cwd=home,
        env=plain_environment(home, **given),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == set(git_files(*PACKAGES))


@pytest.mark.parametrize(
    "data",
    [
        *(f"{TABLE}/{name}" for name in ("model.safetensors", "tokenizer.json", "README.md", "LICENSE")),
        "storage/migrations/0001_initial.sql",
        *(f"{package}/py.typed" for package in PACKAGES),
        "satchel_mcp-{version}.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_holds_the_data_the_code_reads(wheel: Path, data: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert data.format(version=project()["version"]) in archive.namelist()


def test_every_module_comes_from_the_installation(environment: Path, tmp_path: Path) -> None:
    found = json.loads(run(environment, tmp_path, "python", "-c", EVERYTHING))
    assert len(found["files"]) > 200
    assert [file for file in found["files"] if not Path(file).is_relative_to(environment)] == []
    assert [entry for entry in found["path"] if entry and Path(entry) in (ROOT, *ROOT.parents)] == []


@pytest.mark.parametrize("name", ["satchel", "satchel-mcp"])
def test_the_commands_say_their_version(name: str, environment: Path, tmp_path: Path) -> None:
    """The second is the name that `uvx satchel-mcp` runs, as a host does with packages of the MCP registry."""
    assert run(environment, tmp_path, name, "--version").split() == ["satchel,", "version", project()["version"]]


@pytest.mark.anyio
async def test_it_serves_over_stdio(environment: Path, tmp_path: Path) -> None:
    started = StdioServerParameters(
        command=str(program(environment, "satchel")), args=["serve"], env=offline(tmp_path), cwd=tmp_path
    )
    async with Client(started) as client:
        await stores_and_finds(Agent(client))


@pytest.fixture
def address(environment: Path, tmp_path: Path) -> Iterator[str]:
    """Of the installed command, serving over HTTP."""
    port = free_port()
    command = [str(program(environment, "satchel")), "serve", "--http", "--allow-anonymous", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, env=offline(tmp_path), stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert f"http://127.0.0.1:{port}/mcp" in server.stderr.readline()
        yield f"http://127.0.0.1:{port}/mcp"
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0


@pytest.mark.anyio
async def test_it_serves_over_http(address: str) -> None:
    async with Client(streamable_http_client(address)) as client:
        await stores_and_finds(Agent(client))


def offline(home: Path) -> dict[str, str]:
    return plain_environment(home, SATCHEL_OFFLINE="1")


async def stores_and_finds(agent: Agent) -> None:
    await agent.store("The harbour has nine lamps")
    assert await agent.contents("How many lights are there at the port?") == ["The harbour has nine lamps"]


@pytest.mark.slow
def test_the_demo_and_the_doctor_run(environment: Path, tmp_path: Path) -> None:
    assert "Everything was as it should be" in run(environment, tmp_path, "satchel", "demo")
    assert "nothing is broken" in run(environment, tmp_path, "satchel", "doctor")


def test_init_writes_an_entry_that_names_this_installation(environment: Path, tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    run(environment, tmp_path, "satchel", "init", "mcp.json", "--yes")
    entry = json.loads(file.read_text("utf-8"))["mcpServers"]["satchel"]
    assert Path(entry["command"]) == program(environment, "satchel")
    assert sys.executable not in json.dumps(entry)
