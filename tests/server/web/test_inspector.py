"""The protocol's official inspector, run from its command line: over stdio as a host starts us, over HTTP with a key in
both eras, and over SSE."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.client import environment
from tests.node_programs import run
from tests.server.web.running import new_key, served

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Inspector:
    """What reaches a server in one way."""

    folder: Path
    home: Path
    target: tuple[str, ...]

    def ask(self, method: str, *more: str) -> dict[str, Any]:
        """The result of a method."""
        arguments = ["--cli", *self.target, "--method", method, *more]
        done = run(self.folder, "@modelcontextprotocol/inspector", "inspector", *arguments, home=self.home)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def call(self, tool: str, **arguments: str) -> dict[str, Any]:
        """The record of a call that succeeds."""
        given = [f"{name}={value}" for name, value in arguments.items()]
        result = self.ask("tools/call", "--tool-name", tool, "--tool-arg", *given)
        assert not result["isError"]
        record: dict[str, Any] = result["structuredContent"]
        return record


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, ...]]]:
    """What the inspector is told of a server, by the way to reach it."""
    home = tmp_path_factory.mktemp("inspected")
    alone = tmp_path_factory.mktemp("inspected-alone")
    entry = {"command": sys.executable, "args": ["-m", "server", "serve"], "env": environment(alone)}
    hosts = alone / "mcp.json"
    hosts.write_text(json.dumps({"mcpServers": {"satchel": entry}}), "utf-8")
    header = ("--header", f"Authorization: Bearer {new_key(home)}")
    with served(home) as server:
        http = ("--transport", "http", "--server-url", f"{server.url}/mcp", *header)
        yield {
            "stdio": ("--config", str(hosts), "--server", "satchel"),
            "http": http,
            "modern http": (*http, "--protocol-era", "modern"),
            "sse": ("--transport", "sse", "--server-url", f"{server.url}/sse", *header),
        }


def inspector(way: str, node_folder: Path, targets: dict[str, tuple[str, ...]], home: Path) -> Inspector:
    return Inspector(node_folder, home, targets[way])


@pytest.mark.parametrize("way", ["stdio", "http", "modern http", "sse"])
def test_the_inspector_stores_and_finds(
    way: str, node_folder: Path, targets: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    inspecting = inspector(way, node_folder, targets, tmp_path)
    session = way.replace(" ", "-")
    made = inspecting.call("memory_store", content="The harbour has nine lamps", session_id=session)
    found = inspecting.call("memory_retrieve", query="How many lamps?", session_id=session)
    assert [each["memory_id"] for each in found["memories"]] == [made["memory_id"]]


@pytest.mark.parametrize("way", ["stdio", "http"])
def test_the_inspector_lists_and_reads(
    way: str, node_folder: Path, targets: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    """And finds nothing wrong with the schemas of the tools, strictly."""
    inspecting = inspector(way, node_folder, targets, tmp_path)
    assert "memory_store" in {tool["name"] for tool in inspecting.ask("tools/list", "--strict")["tools"]}
    assert "satchel://health" in {each["uri"] for each in inspecting.ask("resources/list")["resources"]}
    (health,) = inspecting.ask("resources/read", "--uri", "satchel://health")["contents"]
    assert json.loads(health["text"])["status"] in ("ok", "degraded")
    assert "recall" in {prompt["name"] for prompt in inspecting.ask("prompts/list")["prompts"]}
