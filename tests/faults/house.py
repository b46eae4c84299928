"""The memory tools over a database of the test's own, behind an in-memory client."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import TextContent

from server.calls import SatchelServer
from storage.backfill import Backfill
from storage.database import Connect, Database, connect
from storage.embedding.identity import Embedder
from storage.embedding.static_table import static_table
from storage.erasure import Erasure
from storage.indexer import Indexer
from storage.search import MemorySearch
from storage.vectors import VectorStore
from storage.working_sets import WorkingSets
from tests.faults.process import Answer
from tools.memory.handlers import TOOLS
from tools.memory.memories import Memories
from tools.memory.policy import MemoryPolicy
from tools.services import Services

NOON = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class House:
    """Tools by name, and the parts behind them."""

    client: Client
    db: Database
    indexer: Indexer
    backfill: Backfill
    memories: Memories

    async def call(self, tool: str, **arguments: object) -> Answer:
        """Call a tool through the protocol."""
        result = await self.client.call_tool(tool, dict(arguments))
        (content,) = result.content
        assert isinstance(content, TextContent)
        return Answer(result.is_error, content.text, result.structured_content or {})


def table_only() -> Sequence[Embedder]:
    return (static_table(),)


@asynccontextmanager
async def house(
    data: Path, *, connect: Connect = connect, embedders: Callable[[], Sequence[Embedder]] = table_only
) -> AsyncGenerator[House]:
    """Open ``data`` with nothing running in the background."""
    db = await Database.open(data, connect)
    try:
        vectors = VectorStore(data / "vectors")
        indexer, backfill = Indexer(db, vectors, data), Backfill(db, embedders, data)
        memories = Memories(
            db=db,
            search=MemorySearch(vectors, WorkingSets()),
            embedders=embedders,
            policy=MemoryPolicy(),
            now=lambda: NOON,
            erase=Erasure(db, indexer, data).erase,
            wake=lambda: None,
        )
        await backfill.register()
        async with Client(_server(memories)) as client:
            yield House(client, db, indexer, backfill, memories)
    finally:
        await db.close()


def _server(memories: Memories) -> SatchelServer:
    async def services() -> Services:
        return Services(memories)

    @asynccontextmanager
    async def nothing(_: MCPServer[None]) -> AsyncGenerator[None]:
        yield

    return SatchelServer(
        version="0", instructions="", specs=TOOLS, services=services, timeout_seconds=60, lifespan=nothing
    )
