"""Tells people of escalations, off the request path: takes what waits in the outbox and hands it to its channel.

The outbox is shared by every process on the data directory; a lease keeps two from sending the same thing. Killed
between sending and saying so, a process leaves it to be sent again, under the same id: at least once.
"""

import hashlib
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import anyio

from storage import deliveries, escalations
from storage.database import Connection, Database
from storage.deliveries import Delivery
from storage.errors import StorageError
from storage.escalations import EscalationRow
from tools.breaker import Breaker
from tools.escalation.channel import Channel, Payload, SendFailed
from tools.times import HOUR_MS, iso

logger = logging.getLogger("satchel.notify")

Handoff = Callable[[str, EscalationRow], Awaitable[Mapping[str, object]]]
"""What the person needs to know of a tenant's escalation, looked up when it is sent: the outbox holds no text."""

DELAYS_MS = (10_000, 60_000, 300_000, 1_800_000)
"""Between the tries, of which there is one more."""

JITTER = 0.2
LONGEST_ASKED_MS = HOUR_MS  # the other side may ask us to wait, but not for ever
LEASE_MS = 60_000  # longer than any channel takes to send
POLL_SECONDS = 30.0  # another process may put something into the outbox and end


class Notifier:
    """Delivers what is due. A channel sends one thing at a time, and no channel waits for another."""

    def __init__(self, db: Database, channels: Mapping[str, Channel], handoff: Handoff, now: Callable[[], int]) -> None:
        self._db = db
        self._channels = channels
        self._breakers = {name: Breaker() for name in channels}
        self._handoff = handoff
        self._now = now
        self._woken = anyio.Event()

    async def run(self, wait: Callable[[float], Awaitable[object]]) -> None:
        """Deliver whenever something is due, until cancelled; ``wait`` returns when woken, or after the seconds."""
        async with anyio.create_task_group() as tasks:
            for name in self._channels:
                tasks.start_soon(self._serve, name)
            while True:
                await wait(POLL_SECONDS)
                self._woken.set()
                self._woken = anyio.Event()

    async def _serve(self, name: str) -> None:
        while True:
            woken, started = self._woken, self._now()  # before looking, so that no call is missed
            if not await self.deliver_due(name):
                with anyio.move_on_after(await self._pause(name, started)):
                    await woken.wait()

    async def _pause(self, name: str, started: int) -> float:
        """The seconds until something can be delivered. What was due at ``started`` and is still there could not be
        taken for now: the store refuses to be written."""
        now = self._now()
        if (until := self._breakers[name].rests_until(now)) is not None:
            return (until - now) / 1000
        try:
            due = await self._db.read(partial(deliveries.next_due, channels=[name]))
        except StorageError as error:
            _postponed(error)
            return POLL_SECONDS
        if due is None or due <= started:
            return POLL_SECONDS
        return max(due - self._now(), 0) / 1000

    async def deliver_due(self, name: str) -> bool:
        """Try what has been due on the channel for longest; whether there was anything. A channel that has failed too
        often rests first, and what waits keeps its tries."""
        now = self._now()
        if self._breakers[name].rests_until(now) is not None:
            return False
        try:
            delivery = await self._db.write(partial(deliveries.claim, channel=name, now=now, lease_ms=LEASE_MS))
            if delivery is not None:
                await self._try(delivery)
        except StorageError as error:  # the lease, if there is one, will end
            _postponed(error)
            return False
        return delivery is not None

    async def _try(self, delivery: Delivery) -> None:
        try:
            payload = await self._payload(delivery)
            await self._channels[delivery.channel].send(delivery.delivery_id, payload, self._now())
        except SendFailed as failure:
            await self._failed(delivery, failure)
        except anyio.get_cancelled_exc_class():  # the server stops: the next one need not wait for the lease to end
            await self._write(partial(deliveries.postpone, delivery_id=delivery.delivery_id, next_at=self._now()))
            raise
        except StorageError:
            raise
        except Exception as error:  # a defect, here or in a library: it may not stop the others, nor be tried for ever
            where = traceback.format_tb(error.__traceback__)  # without its words, which may be a customer's
            logger.error("notify.crashed", extra=_facts(delivery) | {"where": where})
            await self._failed(delivery, SendFailed(f"crashed: {type(error).__name__}"))
        else:
            await self._delivered(delivery)

    async def _payload(self, delivery: Delivery) -> Payload:
        row = await self._db.read(
            partial(escalations.fetch, tenant=delivery.tenant, escalation_id=delivery.escalation_id)
        )
        return notification(delivery, row, await self._handoff(delivery.tenant, row))

    async def _delivered(self, delivery: Delivery) -> None:
        self._breakers[delivery.channel].succeeded()
        await self._write(partial(deliveries.delivered, delivery_id=delivery.delivery_id, now=self._now()))
        logger.info("notify.delivered", extra=_facts(delivery))

    async def _failed(self, delivery: Delivery, failure: SendFailed) -> None:
        now = self._now()
        self._breakers[delivery.channel].failed(now)
        next_at = None if failure.permanent else next_try(delivery, now, failure.retry_after)
        change = partial(
            deliveries.failed, delivery_id=delivery.delivery_id, now=now, error=failure.reason, next_at=next_at
        )
        await self._write(change)
        facts = _facts(delivery) | {"reason": failure.reason}
        if next_at is None:
            logger.error("notify.dead", extra=facts)
        else:
            logger.warning("notify.failed", extra=facts)

    async def _write(self, change: Callable[[Connection], None]) -> None:
        """Note what became of a send, also while the server stops: else it would be sent again when it is back."""
        with anyio.CancelScope(shield=True):
            await self._db.write(change)


def notification(delivery: Delivery, row: EscalationRow, handoff: Mapping[str, object]) -> Payload:
    """What is sent: the escalation as it is now, which may be later than the event."""
    return {
        "event": f"escalation.{delivery.event}",
        "escalation_id": row.escalation_id,
        "tenant": delivery.tenant,
        "session_id": row.session_id,
        "status": row.status,
        "level": row.level,
        "category": row.category,
        "confidence": row.confidence,
        "signals": row.signals,
        "handoff": handoff,
        "created_at": iso(row.created_at),
        "version": row.version,
    }


def next_try(delivery: Delivery, now: int, retry_after: float = 0.0) -> int | None:
    """When to try again after one more failure, at the earliest in the ``retry_after`` seconds that were asked for.
    None after the last try."""
    if delivery.attempts >= len(DELAYS_MS):
        return None
    asked = min(int(retry_after * 1000), LONGEST_ASKED_MS)
    return now + max(int(DELAYS_MS[delivery.attempts] * _stretch(delivery)), asked)


def _stretch(delivery: Delivery) -> float:
    """A factor near 1, another one for each delivery and try, so that what failed together is not tried together."""
    digest = hashlib.sha256(f"{delivery.delivery_id}.{delivery.attempts}".encode()).digest()
    return 1 - JITTER + 2 * JITTER * int.from_bytes(digest[:4]) / 0xFFFF_FFFF


def _facts(delivery: Delivery) -> dict[str, object]:
    return {
        "delivery": delivery.delivery_id,
        "escalation": delivery.escalation_id,
        "channel": delivery.channel,
        "attempts": delivery.attempts + 1,
    }


def _postponed(error: StorageError) -> None:
    logger.warning("notify.postponed", extra={"reason": type(error).__name__})
