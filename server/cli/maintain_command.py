"""`satchel maintain`: now what a server does in the background by and by."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import click

from server.cli.model_loading import load_model
from server.cli.options import settings_from, settings_options
from server.cli.printing import out, progress
from server.cli.running import in_house
from server.cli.times import UNITS, now
from server.config import Settings
from storage import embedding_models, usage
from storage.audit import prune_all
from storage.database import Connection
from storage.documents import chunk_vectors
from storage.errors import Busy
from storage.memories import vectors as memory_vectors

if TYPE_CHECKING:
    from server.house import House


@click.command("maintain")
@settings_options
def command(config: Path | None, **flags: Any) -> None:
    """Promote, expire, archive and purge memories that are due, delete unused attachments, old escalations and the old
    part of the audit trail, embed what waits, bring the vector tables in line.

    Servers do all of this by themselves; here it happens now, with what can be done offline.
    """
    settings = settings_from(config, **flags).model_copy(update={"offline": True})
    in_house(settings, lambda house: _maintain(house, settings))


async def _maintain(house: "House", settings: Settings) -> None:
    await _age(house)
    await _tidy(house)
    if days := settings.audit_retention_days:
        out(f"Audit: {await prune_all(house.db, now() - int(days * UNITS['d'])):,} rows removed.")
    await _embed(house)
    await _index(house)


async def _age(house: "House") -> None:
    from tools.memory import lifecycle

    try:
        done = await lifecycle.maintain(house.memories)
    except Busy:
        out("Memories: purged what was due; another process still uses an old copy, which goes when that is done.")
        return
    out(
        f"Memories: {done.promoted:,} promoted, {done.expired:,} expired, {done.archived:,} archived,"
        f" {done.purged:,} purged."
    )


async def _tidy(house: "House") -> None:
    from tools.attachments.tidying import tidy as tidy_attachments
    from tools.escalation.tidying import tidy as tidy_escalations

    out(f"Attachments: {await tidy_attachments(house.services.attachments):,} files removed.")
    out(f"Escalations: {await tidy_escalations(house.services.escalations):,} removed.")
    out(f"Usage: the counters of {await house.db.write(usage.recount):,} tenants were wrong.")


async def _embed(house: "House") -> None:
    status = await load_model(house)
    await house.backfill.register()
    names = [embedder.identity.key for embedder in await anyio.to_thread.run_sync(house.models.embedders)]
    if not names:
        out("Vectors: embedding is switched off.")
        return
    total = await house.db.read(lambda db: waiting(db, names))
    with progress("Embedding") as advance:
        done = await house.backfill.catch_up(lambda done: advance(done, total))
    left = await house.db.read(lambda db: waiting(db, names))
    out(
        f"Vectors: {done:,} made; {status.serving} serves."
        + (f" {left:,} are left to another process." if left else "")
    )


def waiting(db: Connection, names: list[str]) -> int:
    """How many vectors these models have yet to make."""
    known = embedding_models.numbers(db)
    here = [known[name] for name in names if name in known]
    return sum(memory_vectors.pending(db, model) + chunk_vectors.pending(db, model) for model in here)


async def _index(house: "House") -> None:
    with progress("Indexing"):
        moved = await house.indexer.flush()
        differing = await house.indexer.reconcile()
        is_done = await house.indexer.maintain()
    if moved is None or differing is None or not is_done:
        out("Index: left to the server that runs on this directory; it keeps the tables itself.")
        return
    out(f"Index: {moved:,} rows moved, {differing:,} more differed and were mended, tables compacted.")
