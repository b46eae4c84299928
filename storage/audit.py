"""The audit trail: who called, what, when, and how it ended; ids, never contents.

Calls are noted in memory and written together, a second later at most, so that no call waits for its own record. What
commands do is written in the transaction that does it.
"""

import asyncio
import json
import logging
import sqlite3
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import anyio

from storage.database import Database
from storage.errors import StorageError

logger = logging.getLogger("satchel.audit")

MOST_IDS = 20
LONGEST_ID = 128
LONGEST_TEXT = 255

CAPACITY = 10_000  # rows that may wait in memory, some 5 MB
BATCH = 2_000  # rows of one transaction; other writes wait for it
PRUNE_BATCH = 5_000

DROPPED = "audit.dropped"

COLUMNS = "at, tenant, key, action, outcome, session_id, ids, ms, request_id"
APPEND = f"INSERT INTO audit ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
NEWEST = "SELECT coalesce(max(audit_row), 0) FROM audit"
PRUNE = "DELETE FROM audit WHERE audit_row IN (SELECT audit_row FROM audit WHERE at < ? ORDER BY at LIMIT ?)"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One call: ``key`` is the name of whose it was, ``ids`` what it touched, ``ms`` how long it took. ``at`` is
    milliseconds since the epoch, UTC; ``audit_row`` its number, 0 until it is written."""

    at: int
    tenant: str
    key: str
    action: str
    outcome: str
    session_id: str = ""
    ids: Sequence[str] = ()
    ms: float = 0.0
    request_id: str = ""
    audit_row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows; None is any. Those at ``since`` are among them, those at ``until`` no longer."""

    key: str | None = None
    action: str | None = None
    outcome: str | None = None
    session_id: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between a note and its writing, and between two tries on a store that refuses."""

    settle_seconds: float = 1.0
    retry_seconds: float = 5.0


def append(db: sqlite3.Connection, rows: Iterable[AuditRow]) -> None:
    """Write the rows, in their order; of each the first ids, and of long texts the beginning."""
    db.executemany(APPEND, map(_values, rows))


def _values(row: AuditRow) -> tuple[object, ...]:
    who = (_kept(row.tenant), _kept(row.key), _kept(row.action), _kept(row.outcome), _kept(row.session_id))
    ids = json.dumps([each[:LONGEST_ID] for each in islice(row.ids, MOST_IDS)])
    return (row.at, *who, ids, row.ms, _kept(row.request_id))


def _kept(text: str) -> str:
    """Cut, and without unpaired surrogates: SQLite takes none, and one row must not keep the others out."""
    return text[:LONGEST_TEXT].encode("utf-8", "backslashreplace").decode("utf-8")


def select(
    db: sqlite3.Connection, tenant: str | None, wanted: Wanted, limit: int, before: AuditRow | None = None
) -> list[AuditRow]:
    """The newest rows of the tenant, None for all, newest first; with ``before`` those that came before that one."""
    where, values = _where(tenant, wanted)
    if before is not None:
        where += " AND (at, audit_row) < (?, ?)"
        values += [before.at, before.audit_row]
    sql = f"SELECT {COLUMNS}, audit_row FROM audit WHERE {where} ORDER BY at DESC, audit_row DESC LIMIT ?"
    return [_row(found) for found in db.execute(sql, (*values, limit))]


def written_after(
    db: sqlite3.Connection, tenant: str | None, wanted: Wanted, audit_row: int, limit: int
) -> list[AuditRow]:
    """Rows that were written after the one of that number, in the order of their writing."""
    where, values = _where(tenant, wanted)
    # NOT INDEXED: by number, for the tenant's index would have every row of the tenant looked at
    sql = f"""SELECT {COLUMNS}, audit_row FROM audit NOT INDEXED WHERE {where} AND audit_row > ?
        ORDER BY audit_row LIMIT ?"""
    return [_row(found) for found in db.execute(sql, (*values, audit_row, limit))]


def newest(db: sqlite3.Connection) -> int:
    """The number of the row that was written last."""
    return int(db.execute(NEWEST).fetchone()[0])


def _where(tenant: str | None, wanted: Wanted) -> tuple[str, list[object]]:
    tests = {
        "tenant = ?": tenant,
        "key = ?": wanted.key,
        "action = ?": wanted.action,
        "outcome = ?": wanted.outcome,
        "session_id = ?": wanted.session_id,
        "at >= ?": wanted.since,
        "at < ?": wanted.until,
    }
    given: dict[str, object] = {test: value for test, value in tests.items() if value is not None}
    return " AND ".join(["TRUE", *given]), list(given.values())


def _row(values: Sequence[Any]) -> AuditRow:
    row = list(values)
    row[6] = tuple(json.loads(row[6]))  # ids
    return AuditRow(*row)


def prune(db: sqlite3.Connection, before: int, batch: int = PRUNE_BATCH) -> int:
    """Delete rows from before that time, oldest first, of every tenant, and how many those were: at most ``batch``, so
    that other writes get their turn in between."""
    return db.execute(PRUNE, (before, batch)).rowcount


async def prune_all(db: Database, before: int) -> int:
    """Delete all of them, a transaction a batch; how many those were."""
    total = 0
    while pruned := await db.write(lambda connection: prune(connection, before)):
        total += pruned
    return total


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
