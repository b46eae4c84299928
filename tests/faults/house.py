"""The memory tools over a database of the test's own, behind an in-memory client."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import TextContent

from server.calls import Offer, SatchelServer
from server.identity import LOCAL
from storage.attachment_files import AttachmentFiles
from storage.backfill import Backfill
from storage.database import Connect, Database, connect
from storage.documents.chunk_search import ChunkSearch
from storage.embedding.embedder import Embedder
from storage.embedding.static_table import static_table
from storage.erasure import Erasure
from storage.files.roots import Roots
from storage.index.indexer import Indexer
from storage.index.vectors import VectorStore
from storage.memories.search import MemorySearch
from storage.working_sets.chunks import chunk_contents
from storage.working_sets.held import WorkingSets
from storage.working_sets.memories import memory_contents
from tests.faults.process import Answer
from tools.attachments.attachments import Attachments
from tools.attachments.handlers import TOOLS as ATTACHMENT_TOOLS
from tools.attachments.policy import AttachmentPolicy
from tools.escalation.escalations import Escalations
from tools.escalation.policy import EscalationPolicy
from tools.memory.handlers import TOOLS as MEMORY_TOOLS
from tools.memory.memories import Memories
from tools.memory.policy import MemoryPolicy
from tools.rag.documents import Documents
from tools.rag.handlers import TOOLS as RAG_TOOLS
from tools.rag.policy import RagPolicy
from tools.services import Services
from tools.text2sql.catalogs import Catalogs
from tools.text2sql.databases import Databases
from tools.text2sql.policy import DatabasePolicy

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
            search=MemorySearch(vectors, WorkingSets(memory_contents())),
            embedders=embedders,
            policy=MemoryPolicy(),
            now=lambda: NOON,
            erase=Erasure(db, indexer, data).erase,
            wake=lambda: None,
        )
        await backfill.register()
        async with Client(_server(_services(db, vectors, memories, data))) as client:
            yield House(client, db, indexer, backfill, memories)
    finally:
        await db.close()


def _services(db: Database, vectors: VectorStore, memories: Memories, data: Path) -> Services:
    documents = Documents(
        db=db,
        search=ChunkSearch(vectors, WorkingSets(chunk_contents())),
        embedders=memories.embedders,
        reranker=lambda: None,
        policy=RagPolicy(),
        now=memories.now,
        wake=lambda lines: None,
    )
    attachments = Attachments(
        db=db,
        files=AttachmentFiles(data / "uploads"),
        roots=Roots.resolved([], barred=data, inbox=data / "attachments"),
        documents=documents,
        policy=AttachmentPolicy(),
        now=memories.now,
    )
    escalations = Escalations(db=db, memories=memories, policy=EscalationPolicy(), now=memories.now, wake=lambda: None)
    databases = Databases(db=memories.db, catalogs=Catalogs({}), policy=DatabasePolicy(), now=lambda: NOON)
    return Services(memories, documents, attachments, escalations, databases)


def _server(given: Services) -> SatchelServer:
    async def services() -> Services:
        return given

    @asynccontextmanager
    async def nothing(_: MCPServer[None]) -> AsyncGenerator[None]:
        yield

    specs = (*MEMORY_TOOLS, *RAG_TOOLS, *ATTACHMENT_TOOLS)
    offer = Offer(version="0", instructions="", specs=specs, services=services, timeout_seconds=60)
    return SatchelServer(offer, lifespan=nothing, local=LOCAL)
