"""What happens to memories without being asked: promotion, expiry, archiving, the session cap, purging."""

from dataclasses import asdict, dataclass

from storage import maintenance
from storage.database import Connection
from storage.memories import changes as memory_changes
from storage.memories import lifecycle as memory_lifecycle
from storage.memories import rows
from storage.memories import writes as memory_writes
from tools.memory.memories import Memories
from tools.memory.policy import MemoryPolicy
from tools.memory.ranking import PROMOTION, Value
from tools.times import days_before

TASK = "lifecycle"
SLACK = 0.9  # a clock that wakes a little early must not skip a round


@dataclass(slots=True)
class Report:
    """How many memories each rule moved."""

    promoted: int = 0
    expired: int = 0
    archived: int = 0
    purged: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


async def maintain(memories: Memories) -> Report:
    """Apply every rule to every tenant. Safe to run at any time, from any process."""
    await memories.accesses.flush(memories.db, memories.now())
    report = Report()
    for tenant in await memories.db.read(memory_lifecycle.tenants):
        await memories.db.write(lambda db, tenant=tenant: _apply(db, tenant, memories, report))  # type: ignore[misc]
    await memories.db.write(lambda db: _forget_changes(db, memories))
    await memories.erase()
    if report:
        memories.wake()
    now = memories.now()
    await memories.db.write(lambda db: maintenance.set_ran(db, TASK, now))
    return report


async def is_due(memories: Memories, every_seconds: float) -> bool:
    """Whether no process has done it for so long; several on one directory share the work."""
    ran_at = await memories.db.read(lambda db: maintenance.ran_at(db, TASK))
    return ran_at is None or memories.now() - ran_at >= every_seconds * 1000 * SLACK


def _apply(db: Connection, tenant: str, memories: Memories, report: Report) -> None:
    policy, value = memories.policy, memories.value()
    report.promoted += _promote(db, tenant, policy, value.now)
    gone = memory_lifecycle.expired(db, tenant, value.now)
    memory_writes.set_state(db, tenant, gone, "deleted", value.now)
    report.expired += len(gone)
    report.archived += _archive(db, tenant, policy, value)
    report.purged += _purge(db, tenant, policy, value.now)


def _promote(db: Connection, tenant: str, policy: MemoryPolicy, now: int) -> int:
    """A short-lived memory that keeps being used is kept for good."""
    if not policy.promote_after_accesses:
        return 0
    due = memory_lifecycle.due_to_promote(db, tenant, now, policy.promote_after_accesses)
    for row in rows.fetch_rows(db, tenant, due).values():
        changes = {"expires_at": None, "importance": min(1.0, row.importance + PROMOTION)}
        memory_writes.change(db, tenant, row, changes, now)
    return len(due)


def _archive(db: Connection, tenant: str, policy: MemoryPolicy, value: Value) -> int:
    due: list[int] = []
    if policy.archive_after_days:
        before = days_before(value.now, policy.archive_after_days)
        below = policy.archive_below_importance, policy.archive_below_accesses
        due += memory_lifecycle.due_to_archive(db, tenant, before, *below)
        memory_writes.set_state(db, tenant, due, "archived", value.now)
    return len(due) + _shrink(db, tenant, policy.session_cap, value)


def _shrink(db: Connection, tenant: str, cap: int, value: Value) -> int:
    """Archive the least valuable memories of sessions that hold more than the cap."""
    if not cap:
        return 0
    archived = 0
    for session_id in memory_lifecycle.crowded(db, tenant, cap):
        held = sorted(memory_lifecycle.active(db, tenant, session_id), key=lambda row: (value(*row[1:]), row[0]))
        surplus = [row[0] for row in held[: len(held) - cap]]
        memory_writes.set_state(db, tenant, surplus, "archived", value.now)
        archived += len(surplus)
    return archived


def _purge(db: Connection, tenant: str, policy: MemoryPolicy, now: int) -> int:
    if not policy.retention_days:
        return 0
    due = memory_lifecycle.forgotten(db, tenant, days_before(now, policy.retention_days))
    return len(memory_writes.purge(db, tenant, due)) if due else 0


def _forget_changes(db: Connection, memories: Memories) -> None:
    """How memories were is kept as long as those that were forgotten."""
    if days := memories.policy.retention_days:
        memory_changes.expire(db, days_before(memories.now(), days))
