"""The composition root: opens storage, builds the services, runs the background, closes in reverse.

Opening waits until the host has its first answer: numpy, the store and the models come in behind the handshake, and a
tool that needs them waits for them.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from mcp.server.mcpserver import MCPServer

from server.background import Bell, supervised
from server.channels import channels
from server.config import Settings, secret_of
from server.policies import attachment_policy, database_policy, escalation_policy, memory_policy, rag_policy
from server.writers import api_model
from storage.errors import StorageError
from tools.services import Services

if TYPE_CHECKING:
    from server.outgoing.model_api import ApiModel
    from storage.backfill import Backfill
    from storage.database import Database
    from storage.embedding.runtime import EmbeddingRuntime
    from storage.escalations import EscalationRow
    from storage.indexer import Indexer
    from storage.vectors import VectorStore
    from tools.escalation.escalations import Escalations
    from tools.escalation.notify import Notifier
    from tools.memory.memories import Memories
    from tools.text2sql.databases import Databases

logger = logging.getLogger("satchel.lifespan")

HEAVY = ("storage.search", "storage.backfill", "storage.indexer", "storage.embedding.runtime", "tools.memory.storing")
AFTER_ANSWER_SECONDS = 0.05  # lets the answer to the handshake leave first
RETRY_SECONDS = 5.0
ACCESS_FLUSH_SECONDS = 2.0
CATALOG_SECONDS = 600.0


def milliseconds() -> int:
    """The time since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class House:
    """Everything that is open: what the tools use, and what operators ask about."""

    services: Services
    db: "Database"
    vectors: "VectorStore"
    indexer: "Indexer"
    backfill: "Backfill"
    models: "EmbeddingRuntime"
    notifier: "Notifier"
    announced: Bell
    """Rung when there is something for the notifier."""

    @property
    def memories(self) -> "Memories":
        return self.services.memories

    async def queued(self) -> int:
        """How many memories wait to be moved to the vector tables."""
        from storage import stats

        return await self.db.read(stats.queued)


class Runtime:
    """One process's house: opened in the background once, shared by every connection."""

    def __init__(self, settings: Settings, now: Callable[[], int] = milliseconds) -> None:
        self.settings = settings
        self.now = now
        self._wanted = anyio.Event()
        self._ready = anyio.Event()
        self._closing = anyio.Event()
        self._house: House | None = None
        self._failure: StorageError | None = None

    def want(self) -> None:
        """Start opening now, if it has not begun."""
        self._wanted.set()

    def want_soon(self, seconds: float) -> None:
        """Start opening in a moment, from inside the event loop."""
        if not self._wanted.is_set():
            asyncio.get_running_loop().call_later(seconds, self._wanted.set)

    async def house(self) -> House:
        """The open house; waits for it. Raises the StorageError that keeps it shut."""
        self.want()
        await self._ready.wait()
        if self._house is None:
            assert self._failure is not None
            raise self._failure
        return self._house

    async def services(self) -> Services:
        """What handlers work with; waits for it."""
        return (await self.house()).services

    @asynccontextmanager
    async def lifespan(self, server: MCPServer[None]) -> AsyncGenerator[None]:
        """Hold the house open behind the server; closed, with what is unwritten, however the server ends."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hold)
            try:
                yield
            finally:
                self._closing.set()
                self._wanted.set()

    async def _hold(self) -> None:
        with anyio.CancelScope(shield=True):
            await self._wanted.wait()
            while not self._closing.is_set():
                try:
                    async with open_house(self.settings, now=self.now) as house:
                        self._house, self._failure = house, None
                        self._ready.set()
                        await self._closing.wait()
                except StorageError as error:
                    logger.error("store.shut", extra={"error": repr(error), "cause": repr(error.__cause__)})
                    self._house, self._failure = None, error
                    self._ready.set()
                    with anyio.move_on_after(RETRY_SECONDS):
                        await self._closing.wait()


@asynccontextmanager
async def open_house(
    settings: Settings, *, background: bool = True, now: Callable[[], int] = milliseconds
) -> AsyncGenerator[House]:
    """Open the data directory. With ``background`` off nothing runs beside the caller, as commands want it; ``now``
    is the clock of the memories, in milliseconds since the epoch.

    Raises StorageError.
    """
    await anyio.to_thread.run_sync(lambda: [import_module(name) for name in HEAVY])
    from storage.database import Database

    db = await Database.open(settings.data)
    house = _build(settings, db, now)
    try:
        await house.backfill.register()
        async with anyio.create_task_group() as tasks:
            if background:
                _start(tasks.start_soon, house, settings)
            try:
                yield house
            finally:
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _close(house)


def _build(settings: Settings, db: "Database", now: Callable[[], int]) -> House:
    from storage.attachments import AttachmentFiles
    from storage.backfill import Backfill
    from storage.chunk_contents import LIMIT as CHUNK_LIMIT
    from storage.chunk_contents import chunk_contents
    from storage.chunk_search import ChunkSearch
    from storage.embedding.reranking import RerankRuntime
    from storage.embedding.runtime import EmbeddingRuntime
    from storage.erasure import Erasure
    from storage.indexer import Indexer, Pace
    from storage.memory_contents import memory_contents
    from storage.roots import Roots
    from storage.scope_index import LIMIT
    from storage.search import MemorySearch
    from storage.vectors import VectorStore
    from storage.working_sets import WorkingSets
    from tools.attachments.attachments import Attachments
    from tools.escalation.escalations import Escalations
    from tools.escalation.notify import Notifier
    from tools.memory.memories import Memories
    from tools.rag.documents import Documents
    from tools.text2sql.catalogs import Catalogs
    from tools.text2sql.databases import Databases

    folder = settings.data
    models = EmbeddingRuntime(
        settings.embedding_model, settings.models, folder=settings.embedding_path, offline=settings.offline
    )
    vectors = VectorStore(folder / "vectors")
    first = {"memories": LIMIT, "chunks": CHUNK_LIMIT}  # what fits in memory needs no table
    indexer = Indexer(db, vectors, folder, pace=Pace(first=first))
    memories = Memories(
        db=db,
        search=MemorySearch(vectors, WorkingSets(memory_contents())),
        embedders=models.embedders,
        policy=memory_policy(settings),
        now=now,
        erase=Erasure(db, indexer, folder).erase,
        wake=indexer.wake,
    )
    backfill = Backfill(db, models.embedders, folder)
    documents = Documents(
        db=db,
        search=ChunkSearch(vectors, WorkingSets(chunk_contents())),
        embedders=models.embedders,
        reranker=RerankRuntime(settings.rerank_model, settings.models, settings.rerank_path).reranker,
        policy=rag_policy(settings),
        now=now,
        wake=indexer.wake,
    )
    attachments = Attachments(
        db=db,
        files=AttachmentFiles(folder / "uploads"),
        roots=Roots.resolved(
            [root.expanduser() for root in settings.attachment_roots], barred=folder, inbox=folder / "attachments"
        ),
        documents=documents,
        policy=attachment_policy(settings),
        now=now,
    )
    ways, announced = channels(settings), Bell()
    escalations = Escalations(
        db=db, memories=memories, policy=escalation_policy(settings, ways), now=now, wake=announced.ring
    )
    asked = database_policy(settings)
    databases = Databases(db=db, catalogs=Catalogs(asked.sources), policy=asked, now=now, writer=_writer(settings, now))
    return House(
        services=Services(memories, documents, attachments, escalations, databases),
        db=db,
        vectors=vectors,
        indexer=indexer,
        backfill=backfill,
        models=models,
        notifier=Notifier(db, ways, lambda tenant, row: _handoff(escalations, tenant, row), now),
        announced=announced,
    )


def _writer(settings: Settings, now: Callable[[], int]) -> "ApiModel | None":
    if not settings.sql_model:
        return None
    key = secret_of(settings.sql_model_key, os.environ)
    return api_model(settings.sql_model, settings.sql_model_name, settings.sql_model_url, key, now)


async def _handoff(escalations: "Escalations", tenant: str, row: "EscalationRow") -> Mapping[str, object]:
    from tools.escalation.queue import brief_of

    return (await brief_of(escalations, tenant, row)).model_dump(mode="json")


def _start(start: Callable[..., object], house: House, settings: Settings) -> None:
    woken = Bell()
    house.models.start(woken.ring_from_thread)
    threading.Thread(target=house.vectors.warm, name="satchel-warm", daemon=True).start()  # no end waits for it
    start(supervised, house.indexer.run)
    start(supervised, lambda: house.backfill.run(woken.wait))
    start(supervised, lambda: _maintain(house.services, settings.maintenance_minutes * 60))
    start(supervised, lambda: _count_accesses(house.memories))
    start(supervised, lambda: house.notifier.run(house.announced.wait))
    start(supervised, lambda: _read_databases(house.services.databases))


async def _maintain(services: Services, every_seconds: float) -> None:
    from tools.memory import lifecycle

    while True:
        try:
            if await lifecycle.is_due(services.memories, every_seconds):
                try:
                    report = await lifecycle.maintain(services.memories)
                    logger.info("lifecycle.ran", extra={"report": str(report)})
                finally:
                    await _tidy(services)
        except StorageError as error:
            logger.warning("lifecycle.postponed", extra={"reason": repr(error)})
        await anyio.sleep(every_seconds)


async def _tidy(services: Services) -> None:
    """Delete files and escalations that are due, also where the memories' part of the round failed."""
    from tools.attachments.tidying import tidy as tidy_attachments
    from tools.escalation.tidying import tidy as tidy_escalations

    try:
        logger.info("attachments.tidied", extra={"removed": await tidy_attachments(services.attachments)})
        logger.info("escalations.tidied", extra={"removed": await tidy_escalations(services.escalations)})
    except StorageError as error:
        logger.warning("tidying.postponed", extra={"reason": repr(error)})


async def _read_databases(databases: "Databases") -> None:
    """Read the databases that are set up before the first question, and again what was asked since."""
    await databases.catalogs.warm()
    while databases.catalogs.sources:
        await anyio.sleep(CATALOG_SECONDS)
        await databases.catalogs.refresh()


async def _count_accesses(memories: "Memories") -> None:
    while True:
        await anyio.sleep(ACCESS_FLUSH_SECONDS)
        await _flush(memories)


async def _flush(memories: "Memories") -> None:
    try:
        await memories.accesses.flush(memories.db, memories.now())
    except StorageError as error:
        logger.warning("accesses.postponed", extra={"reason": repr(error)})


async def _close(house: House) -> None:
    house.models.stop()
    await house.services.databases.catalogs.close()
    await _flush(house.memories)
    await house.db.close()
