"""Whatever two tenants do in whatever order, each sees what it would see alone."""

import sqlite3
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import deliveries, escalations
from storage.escalations import LEVELS
from tests.storage.escalating import MINUTE, NOW, found

TENANTS = ("acme", "globex")
IDS = ("e0", "e1", "e2")
ACTIONS = ("record", "record", "acknowledge", "resolve", "note", "purge", "deliver", "revive")

Step = tuple[str, str, str, str, int]
STEPS = st.tuples(
    st.sampled_from(ACTIONS),
    st.sampled_from(TENANTS),
    st.sampled_from(IDS),
    st.sampled_from(["", "digest"]),
    st.integers(0, len(LEVELS) - 1),
)


@dataclass
class Expected:
    """One escalation as it should be."""

    conversation: str
    level: int
    opened: int
    status: str = "open"
    raised: int = 1
    events: list[str] = field(default_factory=lambda: ["opened"])


Model = dict[str, dict[str, Expected]]


def act(db: sqlite3.Connection, model: Model, step: Step, at: int) -> None:
    action, tenant, escalation_id, conversation, level = step
    mine = model[tenant]
    match action:
        case "record":
            known = [each for each in mine.values() if each.conversation == conversation and each.status != "resolved"]
            if not known and escalation_id in mine:
                return  # the id is taken
            new = found(escalation_id, conversation=conversation, level=LEVELS[level])
            _, is_new = escalations.record(db, tenant, new, NOW + at, ["webhook"])
            assert is_new is not bool(known)
            expect_record(mine, known, escalation_id, conversation, level, at)
        case "purge":
            escalations.purge_resolved(db, NOW + at)
            for kept in model.values():
                for settled in [name for name, each in kept.items() if each.status == "resolved"]:
                    del kept[settled]
        case "deliver":
            if delivery := deliveries.claim(db, "webhook", NOW + at, MINUTE):
                deliveries.failed(db, delivery.delivery_id, NOW + at, "gone", None)
        case "revive":
            deliveries.revive(db, tenant, None, NOW + at)
        case _ if escalation_id in mine:
            getattr(escalations, action)(db, tenant, escalation_id, "anna", str(at), NOW + at)
            expect_change(mine[escalation_id], action)
        case _:
            pass  # there is no such escalation to change


def expect_record(
    mine: dict[str, Expected], known: list[Expected], escalation_id: str, conversation: str, level: int, at: int
) -> None:
    if not known:
        mine[escalation_id] = Expected(conversation, level, at)
        return
    (each,) = known
    each.raised += 1
    if level > each.level:
        each.level = level
        each.events.append("raised")


def expect_change(each: Expected, action: str) -> None:
    status = {"acknowledge": "acknowledged", "resolve": "resolved", "note": each.status}[action]
    if each.status == "resolved" and action == "acknowledge":
        return
    each.events.append("noted" if status == each.status else status)
    each.status = status


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=30))
def test_each_tenant_sees_its_own_history_and_nothing_else(connection: sqlite3.Connection, steps: list[Step]) -> None:
    connection.execute("BEGIN")
    try:
        model: Model = {tenant: {} for tenant in TENANTS}
        for at, step in enumerate(steps):
            act(connection, model, step, at)
        for tenant, mine in model.items():
            assert_sees(connection, tenant, mine)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        connection.execute("ROLLBACK")


def assert_sees(db: sqlite3.Connection, tenant: str, mine: dict[str, Expected]) -> None:
    rows = escalations.listed(db, tenant, status=None, session_id=None, limit=100)
    order = sorted(mine, key=lambda name: (mine[name].status == "resolved", -mine[name].level, mine[name].opened))
    assert [row.escalation_id for row in rows] == order
    for row in rows:
        each = mine[row.escalation_id]
        assert (row.status, row.level, row.raised) == (each.status, LEVELS[each.level], each.raised)
        assert [event.action for event in escalations.events(db, tenant, row.escalation_id)] == each.events
    told = sorted((each.escalation_id, each.event) for each in deliveries.listed(db, tenant, None, 1_000))
    assert told == sorted(
        (name, event) for name, each in mine.items() for event in each.events if event in ("opened", "raised")
    )
