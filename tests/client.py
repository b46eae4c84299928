"""A client of the real server, in memory or as a subprocess, and a clock that tests move."""

import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent, TextResourceContents

from server.app import create_server
from server.config import Settings
from server.house import House
from server.lifespan import Runtime

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

Mode = Literal["auto", "legacy"]


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> int:
        return int(self.time.timestamp() * 1000)

    def forward(self, **duration: float) -> None:
        """Let so many days, hours, … pass."""
        self.time += timedelta(**duration)

    def ago(self, **duration: float) -> str:
        """The moment so long ago, as an argument."""
        return (self.time - timedelta(**duration)).isoformat()


def text_of(result: CallToolResult) -> str:
    """What a model reads of a result."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


class Agent:
    """Calls tools as an agent does. ``runtime`` is behind the server where it runs in this process."""

    def __init__(self, client: Client, runtime: Runtime | None = None, clock: Clock | None = None) -> None:
        self.client = client
        self._runtime = runtime
        self.clock = clock or Clock()

    async def house(self) -> House:
        """What the server has open."""
        assert self._runtime is not None
        return await self._runtime.house()

    async def raw(self, tool: str, arguments: Mapping[str, object]) -> CallToolResult:
        """The whole result, error or not."""
        return await self.client.call_tool(tool, dict(arguments))

    async def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The record of a call that succeeds."""
        result = await self.raw(tool, arguments)
        assert not result.is_error, text_of(result)
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    async def read(self, tool: str, **arguments: object) -> str:
        """The text of a call that succeeds."""
        result = await self.raw(tool, arguments)
        assert not result.is_error, text_of(result)
        return text_of(result)

    async def refused(self, tool: str, **arguments: object) -> str:
        """The complaint of a call that fails."""
        result = await self.raw(tool, arguments)
        assert result.is_error, text_of(result)
        return text_of(result)

    async def store(self, content: str, **arguments: object) -> str:
        """Remember; the id."""
        return str((await self.call("memory_store", content=content, **arguments))["memory_id"])

    async def found(self, query: str = "", **arguments: object) -> list[dict[str, Any]]:
        """The memories that a retrieval returns, best first."""
        return list((await self.call("memory_retrieve", query=query, **arguments))["memories"])

    async def contents(self, query: str = "", **arguments: object) -> list[str]:
        """Their texts."""
        return [memory["content"] for memory in await self.found(query, **arguments)]

    async def resource(self, uri: str) -> str:
        """The text of a resource."""
        (content,) = (await self.client.read_resource(uri)).contents
        assert isinstance(content, TextResourceContents)
        return content.text


def settings(home: Path, **given: Any) -> Settings:
    """Settings that touch nothing but ``home`` and fetch no model."""
    return Settings(**{"home": home, "embedding_model": "static", **given})


@asynccontextmanager
async def in_memory(home: Path, mode: Mode = "auto", clock: Clock | None = None, **given: Any) -> AsyncGenerator[Agent]:
    """An agent connected to a server in this process."""
    clock = clock or Clock()
    server, runtime = create_server(settings(home, **given))
    runtime.now = clock
    async with Client(server, mode=mode) as client:
        yield Agent(client, runtime, clock)


def environment(home: Path, **given: str) -> dict[str, str]:
    """The variables a server process is started with."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "SATCHEL_HOME": str(home),
        "SATCHEL_EMBEDDING_MODEL": "static",
        **given,
    }


@asynccontextmanager
async def over_stdio(home: Path, mode: Mode = "auto", **given: str) -> AsyncGenerator[Agent]:
    """An agent connected to a server process of its own."""
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "server", "serve"], env=environment(home, **given), cwd=home
    )
    async with Client(parameters, mode=mode) as client:
        yield Agent(client)


async def dump(agent: Agent) -> dict[str, list[tuple[object, ...]]]:
    """Everything the store holds, to compare before and after."""
    tables = "memories memories_fts entities memory_entities relations feedback memory_vectors purged".split()
    house = await agent.house()
    return await house.db.read(lambda db: {name: list(db.execute(f"SELECT * FROM {name}")) for name in tables})


def as_json(value: object) -> str:
    """One line of the wire."""
    return json.dumps(value, ensure_ascii=False)
