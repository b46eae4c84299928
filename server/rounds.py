"""What runs beside the calls: indexing, embedding, announcing, upkeep. Each begins again when it breaks."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from server.background import Bell, supervised
from server.config import Settings
from server.house import House
from storage.errors import StorageError
from tools.services import Services

if TYPE_CHECKING:
    from tools.memory.memories import Memories
    from tools.text2sql.databases import Databases

logger = logging.getLogger("satchel.rounds")

ACCESS_FLUSH_SECONDS = 2.0
CATALOG_SECONDS = 600.0
DAY_MS = 86_400_000


def begin(start: Callable[..., object], house: House, settings: Settings) -> None:
    """Start all of it; ``start`` runs a coroutine function with its arguments."""
    woken = Bell()
    house.models.start(woken.ring_from_thread)
    threading.Thread(target=house.vectors.warm, name="satchel-warm", daemon=True).start()  # no end waits for it
    start(supervised, house.indexer.run)
    start(supervised, lambda: house.backfill.run(woken.wait))
    start(supervised, lambda: _maintain(house, settings))
    start(supervised, lambda: _count_accesses(house.memories))
    start(supervised, lambda: house.notifier.run(house.announced.wait))
    start(supervised, lambda: _read_databases(house.services.databases))
    start(supervised, house.audit.run)


async def _maintain(house: House, settings: Settings) -> None:
    from tools.memory import lifecycle

    services, every_seconds = house.services, settings.maintenance_minutes * 60
    while True:
        try:
            if await lifecycle.is_due(services.memories, every_seconds):
                try:
                    report = await lifecycle.maintain(services.memories)
                    logger.info("lifecycle.ran", extra={"report": str(report)})
                finally:
                    await _tidy(services)
                    await _forget_audit(house, settings)
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


async def _forget_audit(house: House, settings: Settings) -> None:
    from storage.audit import prune_all

    if settings.audit_retention_days:
        removed = await prune_all(house.db, house.now() - int(settings.audit_retention_days * DAY_MS))
        logger.info("audit.pruned", extra={"removed": removed})


async def _read_databases(databases: "Databases") -> None:
    """Read the databases that are set up before the first question, and again what was asked since."""
    await databases.catalogs.warm()
    while databases.catalogs.sources:
        await anyio.sleep(CATALOG_SECONDS)
        await databases.catalogs.refresh()


async def _count_accesses(memories: "Memories") -> None:
    while True:
        await anyio.sleep(ACCESS_FLUSH_SECONDS)
        await flush_accesses(memories)


async def flush_accesses(memories: "Memories") -> None:
    """Write down how often memories were read; a store that refuses is tried again."""
    try:
        await memories.accesses.flush(memories.db, memories.now())
    except StorageError as error:
        logger.warning("accesses.postponed", extra={"reason": repr(error)})
