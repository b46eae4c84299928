"""Rules and charts: a tenant's own, bounded, and the same one only once."""

import sqlite3

import pytest

from storage import sql_charts, sql_rules
from storage.errors import NotFound
from storage.sql_rules import RuleRow

NOW = 1_800_000_000_000


def added(db: sqlite3.Connection, text: str, *, tenant: str = "acme", source: str = "", now: int = NOW) -> RuleRow:
    return sql_rules.add(db, tenant, source, "preference", text, "agent", now)


def test_a_rule_comes_back(connection: sqlite3.Connection) -> None:
    row = sql_rules.add(connection, "acme", "shop", "constraint", "orders.status <> 'test'", "agent", NOW)
    assert row == RuleRow(row.rule_id, "shop", "constraint", "orders.status <> 'test'", "agent", NOW)
    assert row.rule_id.startswith("rule_")
    assert sql_rules.listed(connection, "acme", "shop") == [row]


def test_the_same_rule_again_changes_nothing(connection: sqlite3.Connection) -> None:
    first = added(connection, "Prefer net amounts")
    assert added(connection, "Prefer net amounts", now=NOW + 1) == first
    assert added(connection, "Prefer net amounts", source="shop") != first


def test_a_source_has_its_own_rules_and_those_for_all(connection: sqlite3.Connection) -> None:
    everywhere, shop, crm = (
        added(connection, "a"),
        added(connection, "b", source="shop"),
        added(connection, "c", source="crm"),
    )
    assert sql_rules.listed(connection, "acme", "shop") == [everywhere, shop]
    assert sql_rules.listed(connection, "acme") == [everywhere, shop, crm]
    assert sql_rules.listed(connection, "other") == []


def test_a_rule_can_be_taken_back_by_its_tenant_only(connection: sqlite3.Connection) -> None:
    row = added(connection, "a")
    with pytest.raises(NotFound):
        sql_rules.remove(connection, "other", row.rule_id)
    assert sql_rules.remove(connection, "acme", row.rule_id) == row
    with pytest.raises(NotFound):
        sql_rules.remove(connection, "acme", row.rule_id)


def test_a_tenant_has_so_many_rules_and_no_more(connection: sqlite3.Connection) -> None:
    rows = [added(connection, f"rule {at}") for at in range(sql_rules.MOST_RULES)]
    with pytest.raises(sql_rules.TooMany, match="100"):
        added(connection, "one more")
    assert added(connection, "rule 0") == rows[0]
    added(connection, "one more", tenant="other")


def test_the_last_chart_a_session_wanted_is_kept(connection: sqlite3.Connection) -> None:
    for chart in ("bar", "line"):
        sql_charts.put(connection, "acme", "s", "date+number", chart, NOW)
    assert sql_charts.fetch(connection, "acme", "s", "date+number") == "line"
    assert sql_charts.fetch(connection, "acme", "t", "date+number") is None
    assert sql_charts.fetch(connection, "other", "s", "date+number") is None


def test_the_oldest_charts_go(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_charts, "KEPT", 2)
    for at in range(4):
        sql_charts.put(connection, "acme", "s", f"shape {at}", "bar", NOW + at)
    kept = [sql_charts.fetch(connection, "acme", "s", f"shape {at}") for at in range(4)]
    assert kept == [None, None, "bar", "bar"]
