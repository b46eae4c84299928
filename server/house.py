"""The composition root: everything that is open in a process, and how it is put together."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.background import Bell
from server.channels import channels
from server.config import Settings
from server.policies import attachment_policy, database_policy, escalation_policy, memory_policy, quotas, rag_policy
from server.setting_types import secret_of
from server.writers import api_model
from tools.services import Services

if TYPE_CHECKING:
    from server.outgoing.model_api import ApiModel
    from storage.audit import AuditTrail
    from storage.backfill import Backfill
    from storage.data_key import DataKey
    from storage.database import Database
    from storage.embedding.runtime import EmbeddingRuntime
    from storage.escalations import EscalationRow
    from storage.indexer import Indexer
    from storage.stats import Backlog
    from storage.vectors import VectorStore
    from storage.working_sets import WorkingSets
    from tools.escalation.escalations import Escalations
    from tools.escalation.notify import Notifier
    from tools.memory.memories import Memories

HELD_ENCRYPTED = (100_000, 150_000)
"""Memories of a scope and of all scopes that are held to be searched, some 250 MB, where there are no vector tables."""


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
    audit: "AuditTrail"
    now: Callable[[], int]

    @property
    def memories(self) -> "Memories":
        return self.services.memories

    async def backlog(self) -> "Backlog":
        """What waits, and the room there is."""
        from storage import stats

        due = await self.indexer.behind()
        return await self.db.read(lambda db: stats.backlog(db, self.db.path, due))

    @property
    def caches(self) -> Mapping[str, "WorkingSets"]:
        """What is held in memory for searches, by kind."""
        return {"memories": self.memories.search.sets, "chunks": self.services.documents.search.sets}


def build(settings: Settings, db: "Database", key: "DataKey | None", now: Callable[[], int]) -> House:
    """The services and what they work on, over an open database; nothing runs yet."""
    from storage.attachments import AttachmentFiles, folder_of
    from storage.audit import AuditTrail
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

    folder, quota = settings.data, quotas(settings)
    models = EmbeddingRuntime(
        settings.embedding_model, settings.models, folder=settings.embedding_path, offline=settings.offline
    )
    vectors = VectorStore(folder / "vectors")
    first = {"memories": LIMIT, "chunks": CHUNK_LIMIT}  # what fits in memory needs no table
    pace = Pace(first=first if key is None else dict.fromkeys(first))  # Lance encrypts nothing
    indexer = Indexer(db, vectors, folder, pace=pace)
    held = memory_contents() if key is None else memory_contents(*HELD_ENCRYPTED)
    memories = Memories(
        db=db,
        search=MemorySearch(vectors, WorkingSets(held)),
        embedders=models.embedders,
        policy=memory_policy(settings),
        now=now,
        erase=Erasure(db, indexer, folder).erase,
        wake=indexer.wake,
        quota=quota,
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
        quota=quota,
    )
    attachments = Attachments(
        db=db,
        files=AttachmentFiles(folder_of(folder, key), key),
        roots=Roots.resolved(
            [root.expanduser() for root in settings.attachment_roots], barred=folder, inbox=folder / "attachments"
        ),
        documents=documents,
        policy=attachment_policy(settings),
        now=now,
        quota=quota,
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
        audit=AuditTrail(db),
        now=now,
    )


def _writer(settings: Settings, now: Callable[[], int]) -> "ApiModel | None":
    if not settings.sql_model:
        return None
    key = secret_of(settings.sql_model_key, os.environ)
    return api_model(settings.sql_model, settings.sql_model_name, settings.sql_model_url, key, now)


async def _handoff(escalations: "Escalations", tenant: str, row: "EscalationRow") -> Mapping[str, object]:
    from tools.escalation.queue import brief_of

    return (await brief_of(escalations, tenant, row)).model_dump(mode="json")
