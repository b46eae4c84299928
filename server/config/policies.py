"""The settings of each family as its tools take them, as plain values."""

import os
from collections.abc import Iterable

from server.config import Settings
from server.config.data_sources import shared
from tools.attachments.policy import AttachmentPolicy
from tools.escalation.policy import KEYWORDS, EscalationPolicy
from tools.memory.policy import MemoryPolicy
from tools.quota import Quota, Quotas
from tools.rag.policy import RagPolicy
from tools.text2sql.policy import DatabasePolicy


def memory_policy(settings: Settings) -> MemoryPolicy:
    """The memory settings as the tools take them."""
    return MemoryPolicy(
        html=settings.memory_html,
        max_tokens=settings.memory_max_tokens,
        half_life_days=settings.memory_half_life_days,
        archive_after_days=settings.memory_archive_after_days,
        archive_below_importance=settings.memory_archive_below_importance,
        archive_below_accesses=settings.memory_archive_below_accesses,
        promote_after_accesses=settings.memory_promote_after_accesses,
        session_cap=settings.memory_session_cap,
        retention_days=settings.memory_retention_days,
    )


def rag_policy(settings: Settings) -> RagPolicy:
    """The document settings as the tools take them."""
    return RagPolicy(
        chunk_words=settings.chunk_words,
        chunk_overlap=settings.chunk_overlap,
        max_tokens=settings.rag_max_tokens,
    )


def escalation_policy(settings: Settings, channels: Iterable[str]) -> EscalationPolicy:
    """The escalation settings as the tools take them."""
    words = {**KEYWORDS, **settings.escalation_keywords}
    return EscalationPolicy(
        keywords={word: weight for word, weight in words.items() if weight},
        weights=settings.escalation_weights,
        max_tokens=settings.memory_max_tokens,
        retention_days=settings.escalation_retention_days,
        channels=tuple(channels),
    )


def attachment_policy(settings: Settings) -> AttachmentPolicy:
    """The attachment settings as the tools take them. Reading a file may take three quarters of a call."""
    return AttachmentPolicy(
        max_mib=settings.attachment_max_mb,
        retention_days=settings.attachment_retention_days,
        max_tokens=settings.rag_max_tokens,
        parse_seconds=settings.tool_timeout_seconds * 0.75,
    )


def database_policy(settings: Settings) -> DatabasePolicy:
    """The database settings as the tools take them; addresses that variables hold are looked up now."""
    return DatabasePolicy(
        sources={
            name: shared(name, given, settings.beside, os.environ) for name, given in settings.data_sources.items()
        },
        max_tokens=settings.sql_max_tokens,
    )


def quotas(settings: Settings) -> Quotas:
    """How much each tenant may keep: its own table in the settings, and what is left out there as for all."""
    for_all = (settings.quota_memories, settings.quota_chunks, settings.quota_mb)

    def of(tenant: str) -> Quota:
        own = settings.tenant_quotas.get(tenant)
        given = (own.memories, own.chunks, own.mb) if own else (None, None, None)
        memories, chunks, mb = (both if one is None else one for one, both in zip(given, for_all, strict=True))
        return Quota(memories, chunks, mb << 20)

    return of
