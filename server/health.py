"""What is well and what is not, for hosts and operators. A missing model is degraded, not down."""

from typing import Any

from server.house import House
from server.lifespan import Runtime
from server.version import VERSION
from tools.errors import told

Report = dict[str, Any]

MANY_QUEUED = 50_000
MANY_UNWRITTEN = 5_000  # rows of the audit trail; from 10,000 on the oldest are dropped
LOW_DISK_BYTES = 512 * 2**20


async def health(runtime: Runtime) -> Report:
    """Status `ok`, `degraded` or `failing`, with what to do about it in `problems`. Waits for the store to open."""
    try:
        return await report(await runtime.house())
    except Exception as error:
        if (known := told(error)) is None:
            raise
        return failing(str(known))


def failing(problem: str) -> Report:
    """The report of a server that cannot do its work."""
    return {"status": "failing", "version": VERSION, "problems": [problem]}


async def report(house: House) -> Report:
    """The health of an open house. Raises StorageError."""
    model, backlog = house.models.status(), await house.backlog()
    problems = [model.detail] if model.detail else []
    if backlog.due > MANY_QUEUED:
        problems.append(f"{backlog.due:,} rows wait to be indexed; run `satchel maintain`.")
    if house.audit.waiting > MANY_UNWRITTEN:
        problems.append(f"{house.audit.waiting:,} calls wait for the audit trail; the log says why.")
    if backlog.deliveries_dead:
        problems.append(
            f"{backlog.deliveries_dead:,} announcements of escalations were given up; `satchel escalations deliveries` "
            "says why, `retry` there sends them."
        )
    if backlog.free_bytes < LOW_DISK_BYTES:
        problems.append(f"{backlog.free_bytes // 2**20:,} MiB are free on the disk; free some space soon.")
    return {
        "version": VERSION,
        "status": "degraded" if problems else "ok",
        "problems": problems,
        "embedding_model": {"wanted": model.wanted, "serving": model.serving, "state": model.state},
        "index": {"queued": backlog.queued, "due": backlog.due, "indexes_here": house.indexer.is_owner},
        "deliveries": {"waiting": backlog.deliveries_waiting, "dead": backlog.deliveries_dead},
        "audit": {"waiting": house.audit.waiting},
        "disk": {"free_bytes": backlog.free_bytes, "database_bytes": backlog.database_bytes},
    }
