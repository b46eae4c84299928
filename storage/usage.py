"""What each tenant keeps, and how much it may: triggers count in the transaction of every change."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import astuple, dataclass

from storage.errors import QuotaExceeded
from storage.quota import Quota

USAGE = "SELECT memories, chunks, bytes FROM tenant_usage WHERE tenant = ?"
TRUTH = """SELECT tenant, sum(memories), sum(chunks), sum(bytes) FROM (
        SELECT tenant, 1 AS memories, 0 AS chunks,
            length(CAST(content AS BLOB)) + length(CAST(metadata AS BLOB)) AS bytes FROM memories
        UNION ALL SELECT tenant, 0, 1, length(CAST(text AS BLOB)) FROM chunks
        UNION ALL SELECT tenant, 0, 0, size FROM attachments)
    GROUP BY tenant HAVING sum(memories) <> 0 OR sum(chunks) <> 0 OR sum(bytes) <> 0"""
COUNTED = "SELECT tenant, memories, chunks, bytes FROM tenant_usage WHERE memories <> 0 OR chunks <> 0 OR bytes <> 0"
DRIFT = f"""SELECT tenant FROM (SELECT * FROM ({TRUTH}) EXCEPT {COUNTED})
    UNION SELECT tenant FROM ({COUNTED} EXCEPT {TRUTH})"""
PUT = "INSERT OR REPLACE INTO tenant_usage (tenant, memories, chunks, bytes)"


@dataclass(frozen=True, slots=True)
class Usage:
    """How many memories, in whatever state, chunks of documents, and bytes of texts, metadata and files."""

    memories: int = 0
    chunks: int = 0
    bytes: int = 0


def usage(db: sqlite3.Connection, tenant: str) -> Usage:
    """What the tenant keeps."""
    found = db.execute(USAGE, (tenant,)).fetchone()
    return Usage(*found) if found else Usage()


@contextmanager
def within(db: sqlite3.Connection, tenant: str, quota: Quota) -> Generator[None]:
    """Writes of the tenant inside a transaction: raises QuotaExceeded, for the transaction to be rolled back, when they
    leave more than may be. Whoever has too much already may write what does not add to it."""
    if not any(astuple(quota)):
        yield
        return
    before = usage(db, tenant)
    yield
    after = usage(db, tenant)
    for what in ("memories", "chunks", "bytes"):
        limit, held = getattr(quota, what), getattr(after, what)
        if limit and held > max(limit, getattr(before, what)):
            raise QuotaExceeded(what, limit)


def drift(db: sqlite3.Connection) -> list[str]:
    """Tenants whose counters are not what counting finds. Reads every memory and chunk."""
    return sorted(row[0] for row in db.execute(DRIFT))


def recount(db: sqlite3.Connection) -> int:
    """Count anew; of how many tenants the counters were wrong."""
    wrong = drift(db)
    if wrong:
        db.execute("DELETE FROM tenant_usage")
        db.execute(f"{PUT} {TRUTH}")
    return len(wrong)
