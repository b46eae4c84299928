"""The bundle for desktop hosts: made by the commands of docs/releasing.md, unpacked elsewhere, started as a host does.

What the host puts into the manifest's command is computed by the format's own library.
"""

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from server.config import Settings
from tests import node_programs
from tests.client import Agent, in_memory
from tests.installing import installed, plain_environment, program
from tests.test_house import ROOT, git_files, project

pytestmark = pytest.mark.anyio

FOLDER = ROOT / "docs/deploy/mcpb"
PAGE = ROOT / "docs/releasing.md"
UV = "uv "
LOCAL = (
    "cp docs/",
    "mkdir -p build/",
    "npx --yes @anthropic-ai/mcpb@",
    "python -m hatchling build ",
    "rm -rf ",
    "uv lock ",
)
"""What the commands run here begin with: they write into the copy, and send nothing anywhere."""
SUBSTITUTE = """
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb/node";
const asked = JSON.parse(process.argv.at(-1));
console.log(JSON.stringify(await getMcpConfigForManifest({ ...asked, pathSeparator: "/", systemDirs: {} })));
"""
NO_NETWORK = ("Failed to fetch", "error sending request", "Could not connect", "dns error")


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return read


def commands(mark: str) -> list[str]:
    """The commands of the block of docs/releasing.md right under that mark, and of no other: one of them publishes."""
    lines = PAGE.read_text("utf-8").splitlines()
    remark, fence, *rest = lines[lines.index(f"<!-- {mark} -->") + 1 :]
    assert remark.startswith("<!-- not run: tests/test_bundle.py runs it")
    assert fence == "```sh"
    found = rest[: rest.index("```")]
    assert [line for line in found if not line.startswith(LOCAL)] == []
    return found


def shell(folder: Path, lines: list[str]) -> None:
    """Run commands as the page has them, with this environment's Python."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "-euo", "pipefail", "-c", "\n".join(lines)]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def checkout(node_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which the page's commands were run. uv's is left to the test that has a network."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in git_files("pyproject.toml", "README.md", "LICENSE", "server", "tools", "storage", "docs/deploy/mcpb"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    (copy / "node_modules").symlink_to(node_folder / "node_modules")  # where npx looks first
    lines = [line for line in commands("bundle") if not line.startswith(UV)]
    shell(copy, [*commands("wheel"), *lines])
    return copy


@pytest.fixture
def unpacked(checkout: Path, tmp_path: Path) -> Path:
    """The bundle where a host put it."""
    folder = tmp_path / "Application Support" / "satchel"
    with zipfile.ZipFile(checkout / "dist/satchel.mcpb") as archive:
        archive.extractall(folder)
    return folder


def started(node: Path, unpacked: Path, **form: Any) -> list[str]:
    """The command line that a host makes of the manifest and what was set in its form."""
    manifest = json.loads((unpacked / "manifest.json").read_text("utf-8"))
    asked = {"manifest": manifest, "extensionPath": str(unpacked), "userConfig": form}
    command = ["node", "--input-type=module", "-", json.dumps(asked)]
    done = subprocess.run(command, cwd=node, input=SUBSTITUTE, capture_output=True, text=True, check=True)
    made = json.loads(done.stdout)
    assert made.keys() == {"command", "args"}, "what is set reaches the server as arguments"
    return [made["command"], *made["args"]]


async def test_the_manifest_lists_what_the_server_offers(manifest: dict[str, Any], tmp_path: Path) -> None:
    """Names and descriptions, word for word: people see them before they install it."""
    async with in_memory(tmp_path) as agent:
        tools = (await agent.client.list_tools()).tools
        prompts = (await agent.client.list_prompts()).prompts
    assert manifest["tools"] == [{"name": tool.name, "description": tool.description} for tool in tools]
    shown = [(prompt["name"], prompt["description"], prompt["arguments"]) for prompt in manifest["prompts"]]
    assert shown == [(each.name, each.description, [one.name for one in each.arguments or []]) for each in prompts]


def test_a_prompt_uses_arguments_that_it_has(manifest: dict[str, Any]) -> None:
    for prompt in manifest["prompts"]:
        used = re.findall(r"\$\{arguments\.(\w+)\}", prompt["text"])
        assert used
        assert set(used) <= set(prompt["arguments"])


def test_the_form_sets_what_can_be_set(manifest: dict[str, Any]) -> None:
    """And each field has a default, as a host leaves the placeholder of one that was not filled in."""
    arguments = " ".join(manifest["server"]["mcp_config"]["args"])
    assert set(re.findall(r"\$\{user_config\.(\w+)\}", arguments)) == manifest["user_config"].keys()
    assert all("default" in field for field in manifest["user_config"].values())
    names = [name.removeprefix("SATCHEL_").lower() for name in re.findall(r"\bSATCHEL_\w+", arguments)]
    assert set(names) <= Settings.model_fields.keys()
    assert manifest["user_config"]["tools"]["default"] == ",".join(Settings.model_fields["tools"].default)


def test_what_the_form_leaves_empty_is_not_set() -> None:
    settings = runpy.run_path(str(FOLDER / "serve.py"))["settings"]
    set_here = {"SATCHEL_DATA_DIR": "/a=b", "SATCHEL_ATTACHMENT_ROOTS": os.pathsep.join(["/c", "/d e"])}
    assert settings(["SATCHEL_DATA_DIR=/a=b", "SATCHEL_TOOLS=", "/c", "/d e"]) == set_here
    assert settings(["SATCHEL_DATA_DIR=${user_config.data_folder}", "", "${user_config.readable_folders}"]) == {}
    assert settings([os.pathsep.join(["/shared/a", "/etc"])]) == {}


def test_the_page_packs_with_the_version_that_is_tested() -> None:
    pinned = json.loads((node_programs.NODE / "package.json").read_text("utf-8"))["dependencies"]["@anthropic-ai/mcpb"]
    used = re.findall(r"@anthropic-ai/mcpb@(\S+)", "\n".join(commands("bundle")))
    assert used == [pinned, pinned]


def test_the_bundle_asks_for_a_python_that_we_support() -> None:
    bundled = tomllib.loads((FOLDER / "pyproject.toml").read_text("utf-8"))["project"]
    newest = max(int(each.rpartition(".")[2]) for each in project()["classifiers"] if re.search(r":: 3\.\d+$", each))
    assert bundled["requires-python"] == f"{project()['requires-python']},<3.{newest + 1}"


def test_the_bundle_holds_our_wheel_and_no_dependency(checkout: Path) -> None:
    with zipfile.ZipFile(checkout / "dist/satchel.mcpb") as archive:
        names = set(archive.namelist())
    wheel = f"satchel_mcp-{project()['version']}-py3-none-any.whl"
    assert names == {"manifest.json", "pyproject.toml", "serve.py", wheel}


@pytest.fixture
def python(unpacked: Path, tmp_path: Path) -> Path:
    """The Python of an environment that holds the bundle's wheel, in place of the one that uv would make."""
    (wheel,) = unpacked.glob("*.whl")
    return program(installed(wheel, tmp_path / "environment"), "python")


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "note.txt").write_text("The harbour has nine lamps.", "utf-8")
    return folder


@pytest.mark.slow
async def test_what_is_unpacked_starts_with_what_the_form_says(
    node_folder: Path, unpacked: Path, python: Path, papers: Path, tmp_path: Path
) -> None:
    data = tmp_path / "my data"
    form = {"data_folder": str(data), "readable_folders": [str(papers)], "tools": "memory,attachments"}
    uv, run, option, folder, *rest = started(node_folder, unpacked, offline=True, **form)
    assert (uv, run, option) == ("uv", "run", "--directory")
    parameters = StdioServerParameters(command=str(python), args=rest, env=plain_environment(tmp_path), cwd=folder)
    async with Client(parameters) as client:
        assert {tool.name.partition("_")[0] for tool in (await client.list_tools()).tools} == {"memory", "attachment"}
        await stores_and_finds(Agent(client))
        assert "nine lamps" in await Agent(client).read("attachment_process", file_path=str(papers / "note.txt"))
    assert [file.name for file in data.glob("*.sqlite")] == ["satchel.sqlite"]


@pytest.fixture
def synced(checkout: Path, unpacked: Path) -> Path:
    """The bundle with its lock, and what uv installs for it."""
    if shutil.which("uv") is None:
        pytest.skip("there is no uv")
    (lock,) = [line for line in commands("bundle") if line.startswith(UV)]
    done = subprocess.run(shlex.split(lock), cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr for sign in NO_NETWORK):
        pytest.skip("uv reaches no package index")
    assert done.returncode == 0, done.stderr
    shutil.copy(checkout / "build/mcpb/uv.lock", unpacked)
    subprocess.run(["uv", "sync", "--quiet", "--directory", str(unpacked)], check=True)
    return unpacked


@pytest.mark.slow
@pytest.mark.parametrize("given", [{}, {"UV_OFFLINE": "1"}], ids=["with a network", "without"])
async def test_a_host_starts_it_by_uv(given: dict[str, str], node_folder: Path, synced: Path, tmp_path: Path) -> None:
    """Once installed, without asking anybody for a package."""
    command, *arguments = started(node_folder, synced, data_folder=str(tmp_path / "data"), offline=True)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "SSL_CERT_FILE") if name in os.environ}
    parameters = StdioServerParameters(command=command, args=arguments, env=inherited | given, cwd=tmp_path)
    async with Client(parameters) as client:
        await stores_and_finds(Agent(client))


async def stores_and_finds(agent: Agent) -> None:
    await agent.store("The harbour has nine lamps")
    assert await agent.contents("How many lights are there at the port?") == ["The harbour has nine lamps"]
