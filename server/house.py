"""The composition root: everything that is open in a process, and how it is put together."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from server.background import Bell
from server.channels import channels
from server.config import Settings
from server.config.policies import (
    attachment_policy,
    database_policy,
    escalation_policy,
    memory_policy,
    quotas,
    rag_policy,
)
from server.config.references import secret_of
from tools.quota import Quotas
from tools.services import Services

if TYPE_CHECKING:
    from server.outgoing.model_api import ApiModel
    from storage.audit_trail import AuditTrail
    from storage.backfill import Backfill
    from storage.database import Database
    from storage.embedding.runtime import EmbeddingRuntime
    from storage.encryption.data_key import DataKey
    from storage.escalations import EscalationRow
    from storage.index.indexer import Indexer
    from storage.index.vectors import VectorStore
    from storage.stats import Backlog
    from storage.working_sets.held import WorkingSets
    from tools.attachments.attachments import Attachments
    from tools.escalation.channel import Channel
    from tools.escalation.escalations import Escalations
    from tools.escalation.notify import Notifier
    from tools.memory.memories import Memories
    from tools.rag.documents import Documents
    from tools.text2sql.databases import Databases

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


@dataclass(frozen=True, slots=True)
class Ground:
    """What the services stand on."""

    settings: Settings
    db: "Database"
    key: "DataKey | None"
    now: Callable[[], int]
    models: "EmbeddingRuntime"
    vectors: "VectorStore"
    indexer: "Indexer"
    quota: Quotas

    @property
    def folder(self) -> Path:
        return self.settings.data


def build(settings: Settings, db: "Database", key: "DataKey | None", now: Callable[[], int]) -> House:
    """The services and what they work on, over an open database; nothing runs yet."""
    from storage.audit_trail import AuditTrail
    from storage.backfill import Backfill
    from tools.escalation.notify import Notifier

    ground = _ground(settings, db, key, now)
    ways, announced = channels(settings), Bell()
    memories, documents = _memories(ground), _documents(ground)
    escalations = _escalations(ground, memories, ways, announced)
    return House(
        services=Services(memories, documents, _attachments(ground, documents), escalations, _databases(ground)),
        db=db,
        vectors=ground.vectors,
        indexer=ground.indexer,
        backfill=Backfill(db, ground.models.embedders, ground.folder),
        models=ground.models,
        notifier=Notifier(db, ways, lambda tenant, row: _handoff(escalations, tenant, row), now),
        announced=announced,
        audit=AuditTrail(db),
        now=now,
    )


def _ground(settings: Settings, db: "Database", key: "DataKey | None", now: Callable[[], int]) -> Ground:
    from storage.embedding.runtime import EmbeddingRuntime
    from storage.index.indexer import Indexer, Pace
    from storage.index.vectors import VectorStore
    from storage.working_sets.chunks import LIMIT as CHUNK_LIMIT
    from storage.working_sets.index import LIMIT as MEMORY_LIMIT

    vectors = VectorStore(settings.data / "vectors")
    first = {"memories": MEMORY_LIMIT, "chunks": CHUNK_LIMIT}  # what fits in memory needs no table
    pace = Pace(first=first if key is None else dict.fromkeys(first))  # Lance encrypts nothing
    models = EmbeddingRuntime(
        settings.embedding_model, settings.models, folder=settings.embedding_path, offline=settings.offline
    )
    indexer = Indexer(db, vectors, settings.data, pace=pace)
    return Ground(settings, db, key, now, models, vectors, indexer, quotas(settings))


def _memories(ground: Ground) -> "Memories":
    from storage.erasure import Erasure
    from storage.memories.search import MemorySearch
    from storage.working_sets.held import WorkingSets
    from storage.working_sets.memories import memory_contents
    from tools.memory.memories import Memories

    held = memory_contents() if ground.key is None else memory_contents(*HELD_ENCRYPTED)
    return Memories(
        db=ground.db,
        search=MemorySearch(ground.vectors, WorkingSets(held)),
        embedders=ground.models.embedders,
        policy=memory_policy(ground.settings),
        now=ground.now,
        erase=Erasure(ground.db, ground.indexer, ground.folder).erase,
        wake=ground.indexer.wake,
        quota=ground.quota,
    )


def _documents(ground: Ground) -> "Documents":
    from storage.documents.chunk_search import ChunkSearch
    from storage.embedding.reranking import RerankRuntime
    from storage.working_sets.chunks import chunk_contents
    from storage.working_sets.held import WorkingSets
    from tools.rag.documents import Documents

    settings = ground.settings
    return Documents(
        db=ground.db,
        search=ChunkSearch(ground.vectors, WorkingSets(chunk_contents())),
        embedders=ground.models.embedders,
        reranker=RerankRuntime(settings.rerank_model, settings.models, settings.rerank_path).reranker,
        policy=rag_policy(settings),
        now=ground.now,
        wake=ground.indexer.wake,
        quota=ground.quota,
    )


def _attachments(ground: Ground, documents: "Documents") -> "Attachments":
    from storage.attachment_files import AttachmentFiles, folder_of
    from storage.files.roots import Roots
    from tools.attachments.attachments import Attachments

    folder = ground.folder
    readable = [root.expanduser() for root in ground.settings.attachment_roots]
    return Attachments(
        db=ground.db,
        files=AttachmentFiles(folder_of(folder, ground.key), ground.key),
        roots=Roots.resolved(readable, barred=folder, inbox=folder / "attachments"),
        documents=documents,
        policy=attachment_policy(ground.settings),
        now=ground.now,
        quota=ground.quota,
    )


def _escalations(ground: Ground, memories: "Memories", ways: "Mapping[str, Channel]", announced: Bell) -> "Escalations":
    from tools.escalation.escalations import Escalations

    policy = escalation_policy(ground.settings, ways)
    return Escalations(db=ground.db, memories=memories, policy=policy, now=ground.now, wake=announced.ring)


def _databases(ground: Ground) -> "Databases":
    from tools.text2sql.catalogs import Catalogs
    from tools.text2sql.databases import Databases

    policy, writer = database_policy(ground.settings), _writer(ground.settings, ground.now)
    catalogs = Catalogs(policy.sources)
    return Databases(db=ground.db, catalogs=catalogs, policy=policy, now=ground.now, writer=writer)


def _writer(settings: Settings, now: Callable[[], int]) -> "ApiModel | None":
    if not settings.sql_model:
        return None
    from server.outgoing.model_api import ApiModel, ModelApi
    from tools.breaker import Breaker

    key = secret_of(settings.sql_model_key, os.environ)
    return ApiModel(ModelApi(settings.sql_model, settings.sql_model_name, settings.sql_model_url, key), now, Breaker())


async def _handoff(escalations: "Escalations", tenant: str, row: "EscalationRow") -> Mapping[str, object]:
    from tools.escalation.handoff import brief_of

    return (await brief_of(escalations, tenant, row)).model_dump(mode="json")
