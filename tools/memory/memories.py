"""What every memory use case works on, and when a memory is gone."""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from storage.database import Database
from storage.embedding.embedder import Embedder
from storage.errors import StorageError
from storage.memories import writes as memory_writes
from storage.memories.rows import MemoryRow
from storage.memories.search import MemorySearch
from tools.errors import NotFound, Refused
from tools.memory.policy import MemoryPolicy
from tools.memory.ranking import Value
from tools.quota import Quotas, unlimited
from tools.times import HOUR_MS


@dataclass(slots=True)
class Accesses:
    """Counts which memories were returned, to be written together: a read does not wait for the disk."""

    waiting: Counter[int] = field(default_factory=lambda: Counter[int]())

    def note(self, row_ids: Iterable[int]) -> None:
        """Each was returned once more."""
        self.waiting.update(row_ids)

    async def flush(self, db: Database, now: int) -> None:
        """Write what has gathered; kept for the next time when that fails."""
        if counts := dict(self.waiting):
            self.waiting.clear()
            try:
                await db.write(lambda connection: memory_writes.add_accesses(connection, counts, now))
            except StorageError:
                self.waiting.update(counts)
                raise


class Turns:
    """Keeps the order of arrival: statements of one session sent at once are embedded side by side, and written one
    after the other as they came, because neighbours in a conversation help to find each other."""

    def __init__(self) -> None:
        self._last: dict[Hashable, anyio.Event] = {}

    @asynccontextmanager
    async def of(self, key: Hashable) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
        """Join the queue of ``key``; the callable given waits until everyone before has left."""
        before, own = self._last.get(key), anyio.Event()
        self._last[key] = own

        async def turn() -> None:
            if before is not None:
                await before.wait()

        try:
            yield turn
        finally:
            with anyio.CancelScope(shield=True):
                await turn()
            own.set()
            if self._last[key] is own:
                del self._last[key]


@dataclass(frozen=True, slots=True)
class Memories:
    """The store, how to search it, which models there are, the rules, and a clock in milliseconds.

    ``erase`` makes purged rows vanish from the files too; ``wake`` tells the background that there is work; ``quota``
    says how much a tenant may keep.
    """

    db: Database
    search: MemorySearch
    embedders: Callable[[], Sequence[Embedder]]
    policy: MemoryPolicy
    now: Callable[[], int]
    erase: Callable[[], Awaitable[None]]
    wake: Callable[[], None]
    accesses: Accesses = field(default_factory=Accesses)
    turns: Turns = field(default_factory=Turns)
    quota: Quotas = unlimited

    def value(self) -> Value:
        """What memories are worth right now."""
        return Value(self.now(), self.policy.half_life_days)


def expiry(ttl_hours: float | None, now: int) -> int | None:
    """When something stored now for so many hours is forgotten."""
    return None if ttl_hours is None else now + int(ttl_hours * HOUR_MS)


def is_gone(row: MemoryRow, now: int) -> bool:
    """Forgotten, replaced or past its time."""
    return row.state not in ("active", "archived") or (row.expires_at is not None and row.expires_at <= now)


def refuse_gone(row: MemoryRow, now: int) -> None:
    """Raise Refused for a memory that was replaced, and NotFound for one that was forgotten or is past its time."""
    if row.state == "superseded":
        raise Refused(f"Memory {row.memory_id!r} was replaced by a newer one. Call memory_retrieve to find that.")
    if is_gone(row, now):
        raise NotFound(f"Memory {row.memory_id!r} was forgotten. Call memory_restore to bring it back first.")
