"""The outbox: nothing waits forever, nothing is sent by two at once, nothing is lost."""

import sqlite3
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import anyio
import pytest

from storage import deliveries, escalations
from storage.database import Database
from storage.deliveries import Delivery
from tests.storage.escalating import MINUTE, NOW, found

pytestmark = pytest.mark.anyio


@pytest.fixture
async def two(tmp_path: Path) -> AsyncGenerator[tuple[Database, Database]]:
    """Two processes' ways into one directory."""
    one, other = await Database.open(tmp_path), await Database.open(tmp_path)
    yield one, other
    await one.close()
    await other.close()


def opened(db: sqlite3.Connection, number: int = 1, tenant: str = "acme", now: int = NOW) -> None:
    """That many escalations, each to be told by webhook."""
    for at in range(number):
        escalations.record(db, tenant, found(f"esc{at}", session_id=f"s{at}"), now, ["webhook"])


def claimed(db: sqlite3.Connection, now: int = NOW) -> Delivery:
    """The delivery that was there to claim."""
    delivery = deliveries.claim(db, "webhook", now, MINUTE)
    assert delivery is not None
    return delivery


def the_one(db: sqlite3.Connection) -> Delivery:
    (delivery,) = deliveries.listed(db, "acme", None, 10)
    return delivery


def test_each_channel_has_a_delivery_of_its_own(connection: sqlite3.Connection) -> None:
    escalations.record(connection, "acme", found(), NOW, ["webhook", "email"])
    mail = deliveries.claim(connection, "email", NOW, MINUTE)
    assert mail is not None
    assert mail == Delivery(
        mail.delivery_id, "acme", "esc1", "email", "opened", "waiting", 0, NOW + MINUTE, NOW, "", None, None
    )
    assert claimed(connection).delivery_id != mail.delivery_id


def test_a_claimed_delivery_is_nobody_elses_until_its_lease_is_over(connection: sqlite3.Connection) -> None:
    """The sender may have been killed: then another sends it, under the same id."""
    opened(connection)
    first = claimed(connection)
    assert deliveries.claim(connection, "webhook", NOW + MINUTE - 1, MINUTE) is None
    assert claimed(connection, NOW + MINUTE).delivery_id == first.delivery_id


def test_what_has_been_due_for_longest_goes_first(connection: sqlite3.Connection) -> None:
    opened(connection, 3)
    deliveries.postpone(connection, claimed(connection).delivery_id, NOW + 2)
    deliveries.postpone(connection, claimed(connection).delivery_id, NOW + 1)
    order = [claimed(connection, NOW + 2).escalation_id for _ in range(3)]
    assert order == ["esc2", "esc1", "esc0"]


def test_the_next_due_is_asked_for_channels_that_are_served(connection: sqlite3.Connection) -> None:
    """A channel that is no longer set up would keep the sender awake for what it cannot send."""
    assert deliveries.next_due(connection, ["webhook", "email"]) is None
    escalations.record(connection, "acme", found(), NOW, ["email"])
    opened(connection, now=NOW + 5)
    assert deliveries.next_due(connection, ["webhook", "email"]) == NOW
    assert deliveries.next_due(connection, ["webhook"]) == NOW + 5
    assert deliveries.next_due(connection, []) is None
    claimed(connection, NOW + 5)
    assert deliveries.next_due(connection, ["webhook"]) == NOW + 5 + MINUTE


def test_a_delivered_one_is_done(connection: sqlite3.Connection) -> None:
    opened(connection)
    delivery_id = claimed(connection).delivery_id
    deliveries.delivered(connection, delivery_id, NOW + 1)
    deliveries.delivered(connection, delivery_id, NOW + 2)
    deliveries.failed(connection, delivery_id, NOW + 3, "late", NOW + 4)
    deliveries.postpone(connection, delivery_id, NOW + 4)
    done = the_one(connection)
    assert (done.state, done.delivered_at, done.attempts, done.last_error) == ("delivered", NOW + 1, 0, "")
    assert deliveries.next_due(connection, ["webhook"]) is None


def test_a_failed_one_comes_again_when_it_is_said_to(connection: sqlite3.Connection) -> None:
    opened(connection)
    deliveries.failed(connection, claimed(connection).delivery_id, NOW + 1, "status 500", NOW + 10)
    assert deliveries.claim(connection, "webhook", NOW + 9, MINUTE) is None
    again = claimed(connection, NOW + 10)
    assert (again.attempts, again.last_error, again.failed_at) == (1, "status 500", NOW + 1)


def test_a_postponed_one_has_lost_no_attempt(connection: sqlite3.Connection) -> None:
    opened(connection)
    deliveries.postpone(connection, claimed(connection).delivery_id, NOW + 10)
    assert claimed(connection, NOW + 10).attempts == 0


def test_a_given_up_one_is_kept_until_it_is_revived(connection: sqlite3.Connection) -> None:
    opened(connection)
    deliveries.failed(connection, claimed(connection).delivery_id, NOW, "gone", None)
    assert deliveries.claim(connection, "webhook", NOW + 10 * MINUTE, MINUTE) is None
    assert (the_one(connection).state, the_one(connection).last_error) == ("dead", "gone")
    assert deliveries.revive(connection, "acme", None, NOW + 1) == 1
    assert deliveries.revive(connection, "acme", None, NOW + 1) == 0
    assert claimed(connection, NOW + 1).attempts == 0


def test_one_that_arrived_after_somebody_gave_it_up_has_arrived(connection: sqlite3.Connection) -> None:
    """A slow sender whose lease ran out, and a second one that failed meanwhile."""
    opened(connection)
    delivery_id = claimed(connection).delivery_id
    deliveries.failed(connection, delivery_id, NOW, "gone", None)
    deliveries.delivered(connection, delivery_id, NOW + 1)
    assert the_one(connection).state == "delivered"


def test_dead_ones_are_revived_by_id_and_for_their_own_tenant_only(connection: sqlite3.Connection) -> None:
    opened(connection, 2)
    opened(connection, 1, tenant="globex")
    for _ in range(3):
        deliveries.failed(connection, claimed(connection).delivery_id, NOW, "gone", None)
    first, second = (each.delivery_id for each in deliveries.listed(connection, "acme", "dead", 10))
    assert deliveries.revive(connection, "globex", [first, second], NOW) == 0
    assert deliveries.revive(connection, "acme", [], NOW) == 0
    assert deliveries.revive(connection, "acme", [second, "nosuch"], NOW) == 1
    assert [each.delivery_id for each in deliveries.listed(connection, "acme", "dead", 10)] == [first]
    assert deliveries.counts(connection) == {"dead": 2, "waiting": 1}


def test_the_newest_are_listed_first(connection: sqlite3.Connection) -> None:
    opened(connection, 3)
    opened(connection, 1, tenant="globex")
    assert [each.escalation_id for each in deliveries.listed(connection, "acme", None, 2)] == ["esc2", "esc1"]
    assert [each.escalation_id for each in deliveries.listed(connection, "acme", "waiting", 9)] == [
        "esc2",
        "esc1",
        "esc0",
    ]
    assert deliveries.listed(connection, "acme", "dead", 9) == []


async def test_two_processes_never_hold_one_delivery(two: tuple[Database, Database]) -> None:
    await two[0].write(lambda c: opened(c, 20))
    held: list[str] = []

    async def send(db: Database) -> None:
        while delivery := await db.write(partial(deliveries.claim, channel="webhook", now=NOW, lease_ms=MINUTE)):
            held.append(delivery.delivery_id)

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for db in two * 2:
                tasks.start_soon(send, db)
    assert len(held) == len(set(held)) == 20


async def test_what_waits_outlives_the_process(tmp_path: Path) -> None:
    first = await Database.open(tmp_path)
    await first.write(opened)
    await first.write(claimed)
    await first.close()
    second = await Database.open(tmp_path)
    try:
        assert await second.read(lambda c: deliveries.next_due(c, ["webhook"])) == NOW + MINUTE
        again = await second.write(lambda c: claimed(c, NOW + MINUTE))
        assert (again.event, again.attempts) == ("opened", 0)
    finally:
        await second.close()
