"""One unresolved escalation a conversation: it only rises, has a history, and is its tenant's own."""

import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import pytest

from storage import deliveries, escalations
from storage.database import FILE_NAME, Database, connect
from storage.errors import Conflict, NotFound
from storage.escalations import EscalationRow, EventRow
from storage.migrate import migrate, migrations, schema_version
from tests.storage.escalating import NOW, found
from tests.storage.keeping import keep

pytestmark = pytest.mark.anyio

CHANNELS = ["webhook", "email"]
Change = Callable[[sqlite3.Connection, str, str, str, str, int], EscalationRow]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncGenerator[tuple[Database, Database]]:
    """Two processes' ways into one directory."""
    one, other = await Database.open(tmp_path), await Database.open(tmp_path)
    yield one, other
    await one.close()
    await other.close()


def recorded(db: sqlite3.Connection, *, tenant: str = "acme", now: int = NOW, **given: Any) -> EscalationRow:
    """The conversation's escalation after a check found something."""
    row, _ = escalations.record(db, tenant, found(**given), now, CHANNELS)
    return row


def actions(db: sqlite3.Connection, escalation_id: str = "esc1") -> list[tuple[str, str, str]]:
    """The history without times."""
    return [(each.action, each.key, each.note) for each in escalations.events(db, "acme", escalation_id)]


def announced(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """What was queued, oldest first."""
    return [(each.event, each.channel) for each in reversed(deliveries.listed(db, "acme", None, 100))]


def ids(rows: list[EscalationRow]) -> list[str]:
    return [row.escalation_id for row in rows]


def test_what_is_recorded_comes_back(connection: sqlite3.Connection) -> None:
    row, is_new = escalations.record(connection, "acme", found(), NOW, CHANNELS)
    assert is_new
    assert row == escalations.fetch(connection, "acme", "esc1")
    assert row == EscalationRow(
        row_id=row.row_id, escalation_id="esc1", session_id="s", status="open", level="medium", category="complaint",
        confidence=0.8, signals=[{"name": "complaint", "weight": 0.8}],
        brief={"summary": "Late parcel", "memory_ids": ["m1"]}, version="1", raised=1, created_at=NOW, updated_at=NOW,
        acknowledged_at=None, resolved_at=None,
    )  # fmt: skip
    assert escalations.events(connection, "acme", "esc1") == [EventRow(NOW, "opened", "agent", "medium")]
    assert announced(connection) == [("opened", "webhook"), ("opened", "email")]


def test_a_rising_level_is_announced_and_noted(connection: sqlite3.Connection) -> None:
    first = recorded(connection)
    row, is_new = escalations.record(
        connection, "acme", found("esc2", level="critical", category="safety", key="other"), NOW + 1, ["webhook"]
    )
    assert not is_new
    assert (row.row_id, row.level, row.category, row.raised) == (first.row_id, "critical", "safety", 2)
    assert (row.created_at, row.updated_at) == (NOW, NOW + 1)
    assert actions(connection) == [("opened", "agent", "medium"), ("raised", "other", "critical")]
    assert announced(connection)[2:] == [("raised", "webhook")]


def test_a_level_that_stays_is_renewed_in_silence(connection: sqlite3.Connection) -> None:
    recorded(connection)
    row = recorded(
        connection,
        category="churn",
        confidence=0.75,
        signals=[],
        brief={"summary": "Leaving"},
        version="2",
        now=NOW + 1,
    )
    assert (row.category, row.signals, row.brief, row.version) == ("churn", [], {"summary": "Leaving"}, "2")
    assert (row.confidence, row.raised, len(announced(connection)), len(actions(connection))) == (0.8, 2, 2, 1)


def test_a_less_urgent_finding_takes_nothing_away(connection: sqlite3.Connection) -> None:
    before = recorded(connection, level="high", confidence=0.9)
    row = recorded(connection, level="low", category="churn", confidence=0.95, signals=[], brief={}, now=NOW + 1)
    assert (row.level, row.category, row.signals, row.brief) == ("high", "complaint", before.signals, before.brief)
    assert (row.confidence, row.raised, row.updated_at) == (0.95, 2, NOW + 1)


def test_an_acknowledged_one_can_still_rise(connection: sqlite3.Connection) -> None:
    recorded(connection)
    escalations.acknowledge(connection, "acme", "esc1", "anna", "", NOW)
    row = recorded(connection, escalation_id="esc2", level="high")
    assert (row.escalation_id, row.status, row.level) == ("esc1", "acknowledged", "high")


def test_after_a_resolved_one_another_is_opened(connection: sqlite3.Connection) -> None:
    recorded(connection)
    escalations.resolve(connection, "acme", "esc1", "anna", "", NOW)
    row, is_new = escalations.record(connection, "acme", found("esc2"), NOW, [])
    assert (row.escalation_id, is_new) == ("esc2", True)


def test_conversations_sessions_and_tenants_have_escalations_of_their_own(connection: sqlite3.Connection) -> None:
    recorded(connection)
    recorded(connection, escalation_id="esc2", conversation="digest")
    recorded(connection, escalation_id="esc3", session_id="t")
    recorded(connection, tenant="globex", level="critical")
    assert escalations.count(connection, "acme", status="open", session_id=None) == 3
    assert escalations.fetch(connection, "acme", "esc1").level == "medium"
    assert escalations.events(connection, "globex", "esc2") == []
    with pytest.raises(NotFound):
        escalations.fetch(connection, "globex", "esc2")


def test_an_id_that_is_taken_is_a_conflict(connection: sqlite3.Connection) -> None:
    recorded(connection)
    with pytest.raises(Conflict):
        recorded(connection, session_id="t")


def test_an_escalation_is_taken_on_and_settled(connection: sqlite3.Connection) -> None:
    recorded(connection)
    taken = escalations.acknowledge(connection, "acme", "esc1", "anna", "on it", NOW + 1)
    assert (taken.status, taken.acknowledged_at, taken.updated_at) == ("acknowledged", NOW + 1, NOW + 1)
    settled = escalations.resolve(connection, "acme", "esc1", "ben", "", NOW + 2)
    assert (settled.status, settled.acknowledged_at, settled.resolved_at) == ("resolved", NOW + 1, NOW + 2)
    history = [("opened", "agent", "medium"), ("acknowledged", "anna", "on it"), ("resolved", "ben", "")]
    assert actions(connection) == history


@pytest.mark.parametrize("change", [escalations.acknowledge, escalations.resolve, escalations.note])
def test_a_call_that_is_repeated_changes_nothing(connection: sqlite3.Connection, change: Change) -> None:
    recorded(connection)
    once = change(connection, "acme", "esc1", "anna", "on it", NOW + 1)
    history = actions(connection)
    assert change(connection, "acme", "esc1", "anna", "on it", NOW + 2) == once
    assert change(connection, "acme", "esc1", "anna", "", NOW + 2) == once
    assert actions(connection) == history


@pytest.mark.parametrize("change", [escalations.acknowledge, escalations.resolve, escalations.note])
def test_what_is_new_in_a_repeated_call_is_noted(connection: sqlite3.Connection, change: Change) -> None:
    recorded(connection)
    once = change(connection, "acme", "esc1", "anna", "on it", NOW + 1)
    again = change(connection, "acme", "esc1", "ben", "me too", NOW + 2)
    assert (again.status, again.acknowledged_at, again.resolved_at) == (
        once.status,
        once.acknowledged_at,
        once.resolved_at,
    )
    assert actions(connection)[-1] == ("noted", "ben", "me too")
    assert again.updated_at == NOW + 2


def test_a_resolved_one_is_not_taken_on_but_may_be_noted(connection: sqlite3.Connection) -> None:
    recorded(connection)
    settled = escalations.resolve(connection, "acme", "esc1", "anna", "", NOW)
    assert escalations.acknowledge(connection, "acme", "esc1", "ben", "mine", NOW + 1) == settled
    assert escalations.note(connection, "acme", "esc1", "ben", "refunded", NOW + 1).status == "resolved"
    assert [action for action, _, _ in actions(connection)] == ["opened", "resolved", "noted"]


@pytest.mark.parametrize("change", [escalations.acknowledge, escalations.resolve, escalations.note])
def test_another_tenants_escalation_is_not_found(connection: sqlite3.Connection, change: Change) -> None:
    before = recorded(connection)
    with pytest.raises(NotFound):
        change(connection, "globex", "esc1", "eve", "mine", NOW)
    assert escalations.fetch(connection, "acme", "esc1") == before
    assert escalations.newest(connection, "globex", "s") is None


def test_the_urgent_come_first_then_the_old_and_the_resolved_last(connection: sqlite3.Connection) -> None:
    for number, level in enumerate(["low", "critical", "high", "critical", "high"]):
        recorded(
            connection, escalation_id=f"e{number}", session_id=f"s{number % 2}", conversation=str(number), level=level
        )
    escalations.resolve(connection, "acme", "e1", "anna", "", NOW)
    escalations.acknowledge(connection, "acme", "e2", "anna", "", NOW)
    listed = partial(escalations.listed, connection, "acme")
    assert ids(listed(status=None, session_id=None, limit=9)) == ["e3", "e2", "e4", "e0", "e1"]
    assert ids(listed(status=None, session_id=None, limit=2)) == ["e3", "e2"]
    assert ids(listed(status="open", session_id=None, limit=9)) == ["e3", "e4", "e0"]
    assert ids(listed(status="resolved", session_id=None, limit=9)) == ["e1"]
    assert ids(listed(status=None, session_id="s1", limit=9)) == ["e3", "e1"]
    assert ids(listed(status="acknowledged", session_id="s1", limit=9)) == []
    assert escalations.count(connection, "acme", status="open", session_id="s0") == 2


def test_the_newest_of_a_session_is_one_that_waits_for_somebody(connection: sqlite3.Connection) -> None:
    assert escalations.newest(connection, "acme", "s") is None
    for number in range(4):
        recorded(connection, escalation_id=f"e{number}", conversation=str(number))
    newest: list[str] = []
    for _ in range(5):
        row = escalations.newest(connection, "acme", "s")
        assert row is not None
        newest.append(row.escalation_id)
        escalations.resolve(connection, "acme", row.escalation_id, "anna", "", NOW)
    assert newest == ["e3", "e2", "e1", "e0", "e3"]


def test_a_purge_takes_history_and_announcements_along(connection: sqlite3.Connection) -> None:
    for number, tenant in enumerate(["acme", "globex", "acme", "acme"]):
        recorded(connection, tenant=tenant, escalation_id=f"e{number}", session_id=f"s{number}")
    escalations.resolve(connection, "acme", "e0", "anna", "", NOW)
    escalations.resolve(connection, "globex", "e1", "eve", "", NOW)
    escalations.resolve(connection, "acme", "e2", "anna", "", NOW + 1)
    assert escalations.purge_resolved(connection, NOW) == 2
    assert ids(escalations.listed(connection, "acme", status=None, session_id=None, limit=9)) == ["e3", "e2"]
    assert (actions(connection, "e0"), escalations.events(connection, "globex", "e1")) == ([], [])
    assert {each.escalation_id for each in deliveries.listed(connection, "acme", None, 9)} == {"e2", "e3"}
    assert deliveries.listed(connection, "globex", None, 9) == []


async def test_two_processes_that_record_one_conversation_at_once_open_one(two: tuple[Database, Database]) -> None:
    opened: list[bool] = []

    async def check(db: Database, number: int) -> None:
        new = found(f"esc{number}", confidence=number / 20)
        _, is_new = await db.write(lambda c: escalations.record(c, "acme", new, NOW, CHANNELS))
        opened.append(is_new)

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(check, two[number % 2], number)
    (row,) = await two[0].read(lambda c: escalations.listed(c, "acme", status=None, session_id=None, limit=9))
    assert (sum(opened), row.raised, row.confidence) == (1, 20, 0.95)
    assert len(await two[1].read(announced)) == 2


def test_no_query_reads_or_sorts_a_whole_table(connection: sqlite3.Connection) -> None:
    """The session's last one is found by sorting the few it has; only `satchel doctor` counts all deliveries."""
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    recorded(connection)
    recorded(connection, level="high")
    for change in (escalations.acknowledge, escalations.note, escalations.resolve):
        change(connection, "acme", "esc1", "anna", change.__name__, NOW)
    escalations.newest(connection, "acme", "s")
    for status, session_id in product((None, "open", "resolved"), (None, "s")):
        escalations.listed(connection, "acme", status=status, session_id=session_id, limit=9)
        escalations.count(connection, "acme", status=status, session_id=session_id)
    delivery = deliveries.claim(connection, "webhook", NOW, 1)
    assert delivery is not None
    deliveries.next_due(connection, CHANNELS)
    deliveries.postpone(connection, delivery.delivery_id, NOW)
    deliveries.failed(connection, delivery.delivery_id, NOW, "gone", None)
    deliveries.revive(connection, "acme", None, NOW)
    deliveries.revive(connection, "acme", [delivery.delivery_id], NOW)
    deliveries.delivered(connection, delivery.delivery_id, NOW)
    deliveries.listed(connection, "acme", "dead", 9)
    escalations.purge_resolved(connection, NOW)
    connection.set_trace_callback(None)
    assert len(asked) > 30
    assert [(sql, steps) for sql in asked if is_slow(sql, steps := plan(connection, sql))] == []


def plan(db: sqlite3.Connection, sql: str) -> str:
    return "; ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}"))


def is_slow(sql: str, steps: str) -> bool:
    """Whether it reads or sorts more rows than it is asked for; ``steps`` is SQLite's plan of it."""
    _, _, where = sql.partition("WHERE")
    is_wide = any(f"{name} = " in where and f"{name}=?" not in steps for name in ("session_id", "is_resolved"))
    scans = "SCAN" in steps.replace("SCAN json_each", "")
    return is_wide or scans or "B-TREE" in steps.replace("B-TREE FOR RIGHT PART", "")


def schema(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


def test_a_directory_from_before_escalations_has_them_and_keeps_its_memories(tmp_path: Path) -> None:
    with closing(connect(tmp_path / FILE_NAME, False)) as old, closing(connect(tmp_path / "new.sqlite", False)) as new:
        migrate(old, tmp_path / "backups", migrations()[:2])
        keep(old, "Anna likes tea")
        assert "0003_escalations" in migrate(old, tmp_path / "backups", migrations())
        migrate(new, tmp_path / "backups")
        assert schema(old) == schema(new)
        assert old.execute("SELECT content FROM memories").fetchall() == [("Anna likes tea",)]
        assert recorded(old).raised == 1
    with closing(sqlite3.connect(tmp_path / "backups" / "before-0003_escalations.sqlite")) as copy:
        assert schema_version(copy) == 2
