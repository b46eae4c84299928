"""Telling people, from the outbox to a receiver, with a clock that tests move."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.outgoing.webhook import Webhook
from storage import deliveries, escalations
from storage.database import Database
from storage.deliveries import Delivery
from storage.errors import Busy
from storage.escalations import EscalationRow
from tests.client import Clock
from tests.server.receiving import Hook, answer, hook
from tests.storage.escalating import found
from tools.escalation.channel import Channel, Payload, SendFailed
from tools.escalation.notify import DELAYS_MS, JITTER, LEASE_MS, LONGEST_ASKED_MS, Notifier, next_try

pytestmark = pytest.mark.anyio

CHANNEL = "webhook"


@dataclass
class Wire:
    """A channel that notes what it is given, and fails as it is told."""

    failures: list[SendFailed] = field(default_factory=list)
    sent: list[tuple[str, Payload]] = field(default_factory=list)
    tries: int = 0

    async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
        self.tries += 1
        await anyio.lowlevel.checkpoint()
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((delivery_id, payload))


@dataclass
class House:
    """A data directory, open, and a clock."""

    db: Database
    clock: Clock = field(default_factory=Clock)

    def notifier(self, channel: Channel, name: str = CHANNEL) -> Notifier:
        return Notifier(self.db, {name: channel}, known, self.clock)

    async def opened(self, *escalation_ids: str, channels: tuple[str, ...] = (CHANNEL,), **given: Any) -> None:
        """Escalations of a conversation each."""
        for each in escalation_ids:
            new = found(each, conversation=each, **given)
            await self.db.write(lambda db, new=new: escalations.record(db, "t", new, self.clock(), channels))  # type: ignore[misc]

    async def outbox(self) -> list[Delivery]:
        """All deliveries, oldest first."""
        return (await self.db.read(lambda db: deliveries.listed(db, "t", None, 100)))[::-1]

    async def states(self) -> list[tuple[str, int, str]]:
        return [(each.state, each.attempts, each.last_error) for each in await self.outbox()]

    async def due(self) -> int:
        """When the next one is, in milliseconds from now."""
        due = await self.db.read(lambda db: deliveries.next_due(db, [CHANNEL]))
        assert due is not None
        return due - self.clock()


async def known(tenant: str, row: EscalationRow) -> Mapping[str, object]:
    return {"summary": row.brief["summary"], "memories": [f"of {tenant}"]}


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[House]:
    db = await Database.open(folder)
    try:
        yield House(db)
    finally:
        await db.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    async with opened(tmp_path) as made:
        yield made


def to(place: Hook) -> Webhook:
    return Webhook(place.url, "secret", allow_private=True)


async def drain(notifier: Notifier, name: str = CHANNEL) -> None:
    """Deliver until nothing is due."""
    with anyio.fail_after(20):
        while await notifier.deliver_due(name):
            pass


async def test_the_person_is_told_what_the_escalation_is_now(house: House) -> None:
    wire = Wire()
    await house.opened("e1")
    await house.db.write(lambda db: escalations.resolve(db, "t", "e1", "k", "", house.clock()))
    await drain(house.notifier(wire))
    (outbox,) = await house.outbox()
    assert wire.sent == [(outbox.delivery_id, {
        "event": "escalation.opened", "escalation_id": "e1", "tenant": "t", "session_id": "s", "status": "resolved",
        "level": "medium", "category": "complaint", "confidence": 0.8,
        "signals": [{"name": "complaint", "weight": 0.8}],
        "handoff": {"summary": "Late parcel", "memories": ["of t"]},
        "created_at": "2026-11-21T09:30:00Z", "version": "1",
    })]  # fmt: skip
    assert (outbox.state, outbox.delivered_at) == ("delivered", house.clock())


async def test_a_level_that_rises_is_told_too(house: House) -> None:
    wire = Wire()
    await house.opened("e1")
    await house.opened("e1", level="critical")
    await drain(house.notifier(wire))
    assert [payload["event"] for _, payload in wire.sent] == ["escalation.opened", "escalation.raised"]


async def test_a_receiver_that_fails_is_tried_again_ever_later_and_then_given_up(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "satchel.notify")
    await house.opened("e1")
    async with hook(*[answer(500)] * 5) as place:
        notifier = house.notifier(to(place))
        for attempts, delay in enumerate(DELAYS_MS, 1):
            await drain(notifier)
            assert await house.states() == [("waiting", attempts, "answered 500")]
            assert delay * (1 - JITTER) <= await house.due() <= delay * (1 + JITTER)
            house.clock.forward(milliseconds=await house.due())
        await drain(notifier)
    assert await house.states() == [("dead", 5, "answered 500")]
    assert len({heard.headers["webhook-id"] for heard in place.heard}) == 1
    assert [(each.message, each.__dict__["attempts"]) for each in caplog.records] == [
        ("notify.failed", 1), ("notify.failed", 2), ("notify.failed", 3), ("notify.failed", 4), ("notify.dead", 5)
    ]  # fmt: skip
    assert "sesame" not in str([vars(each) for each in caplog.records])
    assert "Late parcel" not in str([vars(each) for each in caplog.records])


async def test_what_was_given_up_can_be_sent_once_more(house: House) -> None:
    await house.opened("e1")
    async with hook(answer(410)) as place:
        notifier = house.notifier(to(place))
        await drain(notifier)
        assert await house.states() == [("dead", 1, "answered 410")]
        await house.db.write(lambda db: deliveries.revive(db, "t", None, house.clock()))
        await drain(notifier)
    assert (await house.states())[0][0] == "delivered"


async def test_a_receiver_that_asks_for_time_gets_it_but_not_for_ever(house: House) -> None:
    await house.opened("e1")
    async with hook(answer(429, Retry_After="900"), answer(503, Retry_After="999999")) as place:
        notifier = house.notifier(to(place))
        await drain(notifier)
        assert await house.due() == 900_000
        house.clock.forward(seconds=900)
        await drain(notifier)
        assert await house.due() == LONGEST_ASKED_MS


async def test_a_channel_that_is_down_costs_what_waits_no_tries(house: House) -> None:
    """Five failures, and the other two wait a minute; then one is tried, and only when that fails again, none more."""
    wire = Wire([SendFailed("down")] * 6)
    notifier = house.notifier(wire)
    await house.opened(*"abcdefg")
    await drain(notifier)
    assert wire.tries == 5
    assert [each.attempts for each in await house.outbox()] == [1, 1, 1, 1, 1, 0, 0]
    house.clock.forward(seconds=59)
    await drain(notifier)
    assert wire.tries == 5
    house.clock.forward(seconds=1)
    await drain(notifier)
    assert wire.tries == 6
    house.clock.forward(seconds=90)
    await drain(notifier)
    assert {each.state for each in await house.outbox()} == {"delivered"}


async def test_what_waits_is_delivered_after_a_restart(tmp_path: Path) -> None:
    async with hook() as place:
        async with opened(tmp_path) as house:
            await house.opened("e1")
        async with opened(tmp_path) as house:
            await drain(house.notifier(to(place)))
            assert (await house.states())[0][0] == "delivered"
    assert len(place.heard) == 1


async def test_killed_before_it_could_say_so_it_sends_again_under_the_same_id(house: House) -> None:
    class Killed(BaseException):
        """The end of the process, as far as the store can tell."""

    class Dying(Wire):
        async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
            await super().send(delivery_id, payload, now_ms)
            raise Killed

    dying, heir = Dying(), Wire()
    await house.opened("e1")
    with pytest.raises(Killed):
        await house.notifier(dying).deliver_due(CHANNEL)
    assert not await house.notifier(heir).deliver_due(CHANNEL)
    house.clock.forward(milliseconds=LEASE_MS)
    await drain(house.notifier(heir))
    assert heir.sent == dying.sent


async def test_a_server_that_stops_leaves_what_it_was_sending_to_the_next_one(house: House) -> None:
    class Stuck(Wire):
        async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
            stuck.set()
            await anyio.sleep_forever()

    stuck, heir = anyio.Event(), Wire()
    await house.opened("e1")
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(house.notifier(Stuck()).run, _never)
            await stuck.wait()
            tasks.cancel_scope.cancel()
    assert await house.states() == [("waiting", 0, "")]
    await drain(house.notifier(heir))
    assert len(heir.sent) == 1


async def test_what_cannot_be_read_now_is_sent_when_its_lease_is_over(house: House) -> None:
    async def unknown(tenant: str, row: EscalationRow) -> Mapping[str, object]:
        raise Busy

    wire = Wire()
    await house.opened("e1")
    assert not await Notifier(house.db, {CHANNEL: wire}, unknown, house.clock).deliver_due(CHANNEL)
    house.clock.forward(milliseconds=LEASE_MS)
    await drain(house.notifier(wire))
    assert (len(wire.sent), await house.states()) == (1, [("delivered", 0, "")])


async def test_a_defect_costs_what_it_hits_its_tries_and_stops_nothing_else(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The brief of one cannot be made, and the channel breaks on another, each with a customer's words in the error."""

    async def brief(tenant: str, row: EscalationRow) -> Mapping[str, object]:
        if row.escalation_id == "e1":
            raise KeyError(row.brief["summary"])
        return await known(tenant, row)

    class Broken(Wire):
        async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
            if payload["escalation_id"] == "e2":
                raise OverflowError(payload["handoff"])
            await super().send(delivery_id, payload, now_ms)

    await house.opened("e1", "e2", "e3")
    notifier = Notifier(house.db, {CHANNEL: Broken()}, brief, house.clock)
    await drain(notifier)
    assert await house.states() == [
        ("waiting", 1, "crashed: KeyError"), ("waiting", 1, "crashed: OverflowError"), ("delivered", 0, "")
    ]  # fmt: skip
    for _ in range(2 * len(DELAYS_MS)):  # between them the channel rests
        house.clock.forward(hours=1)
        await drain(notifier)
    assert [state for state, *_ in await house.states()] == ["dead", "dead", "delivered"]
    assert "notify.crashed" in {each.message for each in caplog.records}
    assert "Late parcel" not in str([vars(each) for each in caplog.records])


async def test_two_processes_never_both_deliver(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(hook())
        houses = [await stack.enter_async_context(opened(tmp_path)) for _ in range(2)]
        await houses[0].opened(*(f"e{number}" for number in range(20)))
        async with anyio.create_task_group() as tasks:
            for house in houses:
                tasks.start_soon(drain, house.notifier(to(place)))
        expected = sorted(each.delivery_id for each in await houses[0].outbox())
    assert sorted(heard.headers["webhook-id"] for heard in place.heard) == expected


async def test_it_delivers_when_woken_and_no_channel_waits_for_another(house: House) -> None:
    """The first send of one channel never ends."""

    class Stuck(Wire):
        async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
            stuck.set()
            await anyio.sleep_forever()

    class Ringing(Wire):
        async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
            await super().send(delivery_id, payload, now_ms)
            arrived.set()

    async def wait(seconds: float) -> None:
        await bell.wait()

    stuck, bell, arrived = anyio.Event(), anyio.Event(), anyio.Event()
    mail = Ringing()
    notifier = Notifier(house.db, {"webhook": Stuck(), "email": mail}, known, house.clock)
    await house.opened("e1", channels=("webhook",))
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(notifier.run, wait)
            await stuck.wait()
            await house.opened("e2", channels=("email",))
            bell.set()
            await arrived.wait()
            tasks.cancel_scope.cancel()
    assert [payload["escalation_id"] for _, payload in mail.sent] == ["e2"]


async def test_a_failed_send_is_tried_again_without_being_woken(house: House) -> None:
    class Ringing(Wire):
        async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
            await super().send(delivery_id, payload, now_ms)
            arrived.set()

    def later_each_time() -> int:
        house.clock.forward(seconds=13)
        return house.clock()

    arrived = anyio.Event()
    await house.opened("e1")
    notifier = Notifier(house.db, {CHANNEL: Ringing([SendFailed("down")])}, known, later_each_time)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(notifier.run, _never)
            await arrived.wait()
            tasks.cancel_scope.cancel()


async def _never(seconds: float) -> None:
    await anyio.sleep_forever()


@given(st.text(st.characters(codec="ascii"), min_size=1), st.integers(0, 3))
def test_the_time_to_the_next_try_is_the_same_wherever_it_is_worked_out(delivery_id: str, attempts: int) -> None:
    delivery = Delivery(delivery_id, "t", "e", CHANNEL, "opened", "waiting", attempts, 0, 0, "", None, None)
    moment = next_try(delivery, 1_000)
    assert moment is not None
    assert moment == next_try(delivery, 1_000)
    assert DELAYS_MS[attempts] * (1 - JITTER) - 1 <= moment - 1_000 <= DELAYS_MS[attempts] * (1 + JITTER)
