"""The outbox of announcements: each is one message to one channel, kept until it is delivered or given up.

Several processes empty it. `claim` leases a delivery by moving the time it is due; a sender that is killed leaves it to
be claimed again when the lease is over. So a message may arrive twice, with the same id, but it is never lost.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ID_BYTES = 16

COLUMNS = """delivery_id, tenant, escalation_id, channel, event, state, attempts, next_at, created_at, last_error,
    failed_at, delivered_at"""
QUEUE = """INSERT INTO deliveries (tenant, delivery_id, escalation_id, channel, event, next_at, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
CLAIM = f"""UPDATE deliveries SET next_at = ? WHERE delivery_row = (
        SELECT delivery_row FROM deliveries WHERE channel = ? AND state = 'waiting' AND next_at <= ?
        ORDER BY next_at, delivery_row LIMIT 1)
    RETURNING {COLUMNS}"""
NEXT_DUE = """SELECT min((SELECT min(next_at) FROM deliveries WHERE channel = value AND state = 'waiting'))
    FROM json_each(?)"""
DELIVERED = """UPDATE deliveries SET state = 'delivered', delivered_at = ?
    WHERE delivery_id = ? AND state <> 'delivered'"""
FAILED = """UPDATE deliveries
    SET state = ?, attempts = attempts + 1, last_error = ?, failed_at = ?, next_at = coalesce(?, next_at)
    WHERE delivery_id = ? AND state = 'waiting'"""
POSTPONE = "UPDATE deliveries SET next_at = ? WHERE delivery_id = ? AND state = 'waiting'"
LISTED = f"SELECT {COLUMNS} FROM deliveries WHERE tenant = ? ORDER BY delivery_row DESC LIMIT ?"
LISTED_BY_STATE = f"""SELECT {COLUMNS} FROM deliveries WHERE tenant = ? AND state = ?
    ORDER BY delivery_row DESC LIMIT ?"""
REVIVE = "UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = ? WHERE tenant = ? AND state = 'dead'"
REVIVE_SOME = f"{REVIVE} AND delivery_id IN (SELECT value FROM json_each(?))"
COUNTS = "SELECT state, count(*) FROM deliveries GROUP BY state"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it stands. ``attempts`` counts those that failed, the last one at ``failed_at``; while it waits,
    nobody claims it before ``next_at``. Times are milliseconds since the epoch, UTC."""

    delivery_id: str
    tenant: str
    escalation_id: str
    channel: str
    event: str
    state: str
    attempts: int
    next_at: int
    created_at: int
    last_error: str
    failed_at: int | None
    delivered_at: int | None


def queue(
    db: sqlite3.Connection, tenant: str, escalation_id: str, event: str, channels: Iterable[str], now: int
) -> None:
    """Have the event told on each channel, from now on."""
    told = [(tenant, secrets.token_hex(ID_BYTES), escalation_id, channel, event, now, now) for channel in channels]
    db.executemany(QUEUE, told)


def claim(db: sqlite3.Connection, channel: str, now: int, lease_ms: int) -> Delivery | None:
    """The delivery that has been due for longest, for the caller alone until the lease is over; None if none is due."""
    found = db.execute(CLAIM, (now + lease_ms, channel, now)).fetchone()
    return Delivery(*found) if found else None


def next_due(db: sqlite3.Connection, channels: Sequence[str]) -> int | None:
    """When the first delivery on one of the channels can be claimed; None if none waits."""
    due: int | None = db.execute(NEXT_DUE, (json.dumps(list(channels)),)).fetchone()[0]
    return due


def delivered(db: sqlite3.Connection, delivery_id: str, now: int) -> None:
    """It arrived: that holds even if the lease was over and somebody else has given it up meanwhile."""
    db.execute(DELIVERED, (now, delivery_id))


def failed(db: sqlite3.Connection, delivery_id: str, now: int, error: str, next_at: int | None) -> None:
    """An attempt failed: to be tried again at ``next_at``, or None to give it up. Changes nothing once delivered."""
    db.execute(FAILED, ("dead" if next_at is None else "waiting", error, now, next_at, delivery_id))


def postpone(db: sqlite3.Connection, delivery_id: str, next_at: int) -> None:
    """Give a claimed delivery back untried, due at ``next_at``."""
    db.execute(POSTPONE, (next_at, delivery_id))


def listed(db: sqlite3.Connection, tenant: str, state: str | None, limit: int) -> list[Delivery]:
    """The tenant's deliveries, newest first."""
    if state is None:
        return [Delivery(*row) for row in db.execute(LISTED, (tenant, limit))]
    return [Delivery(*row) for row in db.execute(LISTED_BY_STATE, (tenant, state, limit))]


def revive(db: sqlite3.Connection, tenant: str, delivery_ids: Sequence[str] | None, now: int) -> int:
    """Have dead deliveries tried again from the beginning, None for all of the tenant's; how many that were."""
    if delivery_ids is None:
        return db.execute(REVIVE, (now, tenant)).rowcount
    return db.execute(REVIVE_SOME, (now, tenant, json.dumps(list(delivery_ids)))).rowcount


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many deliveries there are, of every tenant, by state."""
    return dict(db.execute(COUNTS))
