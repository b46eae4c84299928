"""What handlers are given: the services, and who calls."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # brings numpy and the store, which must not stand before the first answer
    from tools.attachments.attachments import Attachments
    from tools.escalation.escalations import Escalations
    from tools.memory.memories import Memories
    from tools.rag.documents import Documents
    from tools.text2sql.databases import Databases
    from tools.text2sql.writer import ClientWriter

Progress = Callable[[float, float], Awaitable[None]]
"""Tells the caller how much is done of how much."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the use cases work on, a field a family."""

    memories: "Memories"
    documents: "Documents"
    attachments: "Attachments"
    escalations: "Escalations"
    databases: "Databases"


async def silent(done: float, total: float) -> None:
    """Progress that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the tenant and the key, both from the transport, never from an argument; how to tell them of progress,
    and the model of theirs that may be asked, if there is one."""

    tenant: str
    key: str
    progress: Progress = silent
    model: "ClientWriter | None" = None


LOCAL = Caller("local", "stdio")
