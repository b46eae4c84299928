"""The audit trail's way into the database: calls are noted in memory and written together, a second later at most, so
that no call waits for its own record."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass

import anyio

from storage.audit import AuditRow, append
from storage.database import Database
from storage.errors import StorageError

logger = logging.getLogger("satchel.audit")

CAPACITY = 10_000  # rows that may wait in memory, some 5 MB
BATCH = 2_000  # rows of one transaction; other writes wait for it
DROPPED = "audit.dropped"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between a note and its writing, and between two tries on a store that refuses."""

    settle_seconds: float = 1.0
    retry_seconds: float = 5.0


class AuditTrail:
    """Rows on their way to the store. Run `run` in the background, and `close` in the end.

    At most ``capacity`` rows wait: beyond it the oldest go, and a row in their place says how many.
    """

    def __init__(self, db: Database, *, capacity: int = CAPACITY, pace: Pace | None = None) -> None:
        self._db = db
        self._capacity = capacity
        self._pace = pace or Pace()
        self._waiting: deque[AuditRow] = deque()
        self._writing = 0
        self._dropped = 0
        self._dropped_at = 0
        self._noted = asyncio.Event()
        self._lock = asyncio.Lock()
        self._is_refused = False

    @property
    def waiting(self) -> int:
        """How many rows are noted and not written."""
        return len(self._waiting) + self._writing

    def note(self, row: AuditRow) -> None:
        """Have the row written soon; from the event loop."""
        self._waiting.append(row)
        if self.waiting > self._capacity:
            self._dropped_at = self._waiting.popleft().at
            self._dropped += 1
        self._noted.set()

    async def run(self) -> None:
        """Write what is noted until cancelled, and nothing while nothing is. A store that refuses is tried again."""
        while True:
            await self._noted.wait()
            await anyio.sleep(self._pace.settle_seconds)
            self._noted.clear()
            if not await self.flush():
                self._noted.set()
                await anyio.sleep(self._pace.retry_seconds)

    async def flush(self) -> bool:
        """Write all that waits, now; False when the store refuses, and then it goes on waiting."""
        async with self._lock:
            while self._waiting or self._dropped:
                if not await self._write():
                    return False
            return True

    async def close(self) -> None:
        """Write the rest. What cannot be written now is lost, and the operator told."""
        if not await self.flush():
            logger.error("audit.lost", extra={"rows": self.waiting + self._dropped})

    async def _write(self) -> bool:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        dropped, self._dropped = self._dropped, 0
        gap = [AuditRow(self._dropped_at, "", "server", DROPPED, "dropped", ids=(str(dropped),))] if dropped else []
        self._writing = len(batch)
        try:
            with anyio.CancelScope(shield=True):  # else nobody knew whether they are written
                await self._db.write(lambda db: append(db, gap + batch))
        except StorageError as error:
            self._waiting.extendleft(reversed(batch))
            self._dropped += dropped
            self._refused(error)
            return False
        finally:
            self._writing = 0
        if dropped:
            logger.warning(DROPPED, extra={"rows": dropped})
        self._accepted()
        return True

    def _refused(self, error: StorageError) -> None:
        if not self._is_refused:
            self._is_refused = True
            logger.warning("audit.postponed", extra={"reason": repr(error)})

    def _accepted(self) -> None:
        if self._is_refused:
            self._is_refused = False
            logger.info("audit.resumed")
