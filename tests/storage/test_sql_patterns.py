"""Questions and their queries: one row each, judged, bounded, and their tenant's own."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storage import sql_patterns
from storage.database import connect
from storage.errors import NotFound
from storage.migrate import migrate, migrations, schema_version
from storage.sql_patterns import NewRun, PatternRow

NOW = 1_800_000_000_000


def run(**given: Any) -> NewRun:
    """A run, plain but for what is given."""
    defaults: dict[str, Any] = {
        "source": "shop", "session_id": "s", "key": "k", "question": "How many orders?", "normal": "how many order",
        "template": "how many order", "sql": "SELECT COUNT(*) FROM orders", "dialect": "sqlite", "fingerprint": "f1",
        "provider": "agent", "tables": ["orders"], "columns": ["orders.id"], "reading": "counts rows of orders",
        "duration_ms": 2.5, "row_count": 1, "is_truncated": False, "success": True,
    }  # fmt: skip
    return NewRun(**defaults | given)


def recorded(db: sqlite3.Connection, *, tenant: str = "acme", now: int = NOW, **given: Any) -> PatternRow:
    return sql_patterns.record(db, tenant, run(**given), now)


def usable(db: sqlite3.Connection, source: str = "shop") -> list[str]:
    """The ids of what may be used, in order."""
    return [row.pattern_id for row in sql_patterns.usable(db, "acme", source, 100)]


def test_what_ran_comes_back(connection: sqlite3.Connection) -> None:
    row = recorded(connection)
    assert row == sql_patterns.fetch(connection, "acme", row.pattern_id)
    assert row == PatternRow(
        row_id=row.row_id, pattern_id=row.pattern_id, source="shop", session_id="s", question="How many orders?",
        normal="how many order", template="how many order", sql="SELECT COUNT(*) FROM orders", dialect="sqlite",
        fingerprint="f1", provider="agent", tables=("orders",), columns=("orders.id",),
        reading="counts rows of orders", state="ran", rating=None, duration_ms=2.5, row_count=1, is_truncated=False,
        success=True, uses=1, created_at=NOW, used_at=NOW, judged_at=None, corrected_from="",
    )  # fmt: skip
    assert row.pattern_id.startswith("sql_")


def test_the_same_question_and_query_again_are_one_row(connection: sqlite3.Connection) -> None:
    first = recorded(connection)
    again = recorded(connection, now=NOW + 5, session_id="t", row_count=2, fingerprint="f2")
    assert (again.pattern_id, again.uses, again.created_at, again.used_at) == (first.pattern_id, 2, NOW, NOW + 5)
    assert (again.session_id, again.row_count, again.fingerprint) == ("s", 2, "f2")


def test_another_query_source_or_tenant_is_another_row(connection: sqlite3.Connection) -> None:
    rows = [
        recorded(connection),
        recorded(connection, sql="SELECT 1"),
        recorded(connection, source="crm"),
        recorded(connection, tenant="other"),
    ]
    assert len({row.row_id for row in rows}) == 4


def test_no_tenant_finds_anothers_pattern(connection: sqlite3.Connection) -> None:
    row = recorded(connection)
    with pytest.raises(NotFound):
        sql_patterns.fetch(connection, "other", row.pattern_id)
    with pytest.raises(NotFound):
        sql_patterns.rate(connection, "other", row.pattern_id, 5, NOW)
    assert sql_patterns.usable(connection, "other", "shop", 10) == []
    assert sql_patterns.asked(connection, "other", "shop", row.normal) == []
    assert sql_patterns.last_of_session(connection, "other", "s", "shop") is None
    assert sql_patterns.drop(connection, "other", [row.pattern_id]) == 0


@pytest.mark.parametrize(
    ("rating", "state"), [(1, "rejected"), (2, "rejected"), (3, "ran"), (4, "confirmed"), (5, "confirmed")]
)
def test_a_rating_confirms_or_rejects(connection: sqlite3.Connection, rating: int, state: str) -> None:
    row = sql_patterns.rate(connection, "acme", recorded(connection).pattern_id, rating, NOW + 1)
    assert (row.state, row.rating, row.judged_at) == (state, rating, NOW + 1)


def test_a_verdict_outlives_later_runs(connection: sqlite3.Connection) -> None:
    row = recorded(connection)
    sql_patterns.rate(connection, "acme", row.pattern_id, 1, NOW)
    assert recorded(connection).state == "rejected"


def test_a_failed_query_that_runs_later_has_run(connection: sqlite3.Connection) -> None:
    assert recorded(connection, success=False).state == "failed"
    assert recorded(connection).state == "ran"


def test_a_correction_takes_the_place_of_what_it_corrects(connection: sqlite3.Connection) -> None:
    old = recorded(connection)
    new = sql_patterns.correct(connection, "acme", old.pattern_id, run(sql="SELECT COUNT(id) FROM orders"), 1, NOW + 1)
    assert (new.state, new.corrected_from, new.sql) == ("confirmed", old.pattern_id, "SELECT COUNT(id) FROM orders")
    old = sql_patterns.fetch(connection, "acme", old.pattern_id)
    assert (old.state, old.rating) == ("rejected", 1)
    assert usable(connection) == [new.pattern_id]


def test_a_correction_that_changes_nothing_confirms(connection: sqlite3.Connection) -> None:
    old = recorded(connection)
    new = sql_patterns.correct(connection, "acme", old.pattern_id, run(), None, NOW + 1)
    assert (new.pattern_id, new.state, new.corrected_from) == (old.pattern_id, "confirmed", "")


def test_only_whole_answers_that_nobody_rejected_are_usable(connection: sqlite3.Connection) -> None:
    recorded(connection, sql="SELECT 1", success=False)
    recorded(connection, sql="SELECT 2", is_truncated=True)
    wrong = recorded(connection, sql="SELECT 3")
    sql_patterns.rate(connection, "acme", wrong.pattern_id, 2, NOW)
    kept = recorded(connection, sql="SELECT 4")
    assert usable(connection) == [kept.pattern_id]


def test_confirmed_patterns_come_first_and_then_the_newest(connection: sqlite3.Connection) -> None:
    rows = [recorded(connection, sql=f"SELECT {at}", now=NOW + at) for at in range(4)]
    for at, when in ((0, 10), (1, 20)):
        sql_patterns.rate(connection, "acme", rows[at].pattern_id, 5, NOW + when)
    assert usable(connection) == [rows[at].pattern_id for at in (1, 0, 3, 2)]


def test_a_session_has_its_own_last_question(connection: sqlite3.Connection) -> None:
    """Two sessions that ask the same share the pattern, and each still has its last one."""
    shared = recorded(connection)
    later = recorded(connection, session_id="t", question="And paid ones?", normal="and paid one")
    recorded(connection, session_id="t", source="crm")
    assert sql_patterns.last_of_session(connection, "acme", "s", "shop") == shared
    assert sql_patterns.last_of_session(connection, "acme", "t", "shop") == later
    recorded(connection, session_id="t")
    last = sql_patterns.last_of_session(connection, "acme", "t", "shop")
    assert last is not None
    assert last.pattern_id == shared.pattern_id


def test_the_longest_unused_go_first_and_confirmed_ones_last(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_patterns, "KEPT_PER_SOURCE", 3)
    rows = [recorded(connection, sql=f"SELECT {at}", now=NOW + at) for at in range(3)]
    sql_patterns.rate(connection, "acme", rows[0].pattern_id, 5, NOW)
    rows += [recorded(connection, sql=f"SELECT {at}", now=NOW + at) for at in (3, 4)]
    recorded(connection, source="crm")
    assert sorted(usable(connection)) == sorted(rows[at].pattern_id for at in (0, 3, 4))


def test_patterns_can_be_dropped(connection: sqlite3.Connection) -> None:
    rows = [recorded(connection, sql=f"SELECT {at}") for at in range(3)]
    assert sql_patterns.drop(connection, "acme", [rows[0].pattern_id, rows[2].pattern_id, "sql_none"]) == 2
    assert usable(connection) == [rows[1].pattern_id]


def test_the_queries_use_their_indices(connection: sqlite3.Connection) -> None:
    for sql, values in (
        (sql_patterns.USABLE, ("acme", "shop", 10)),
        (sql_patterns.ASKED, ("acme", "shop", "how many")),
        (sql_patterns.TWIN, ("acme", "shop", b"")),
        (sql_patterns.LAST, ("acme", "s", "shop")),
    ):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert not [step for step in plan if step.startswith("SCAN")], plan


def test_data_of_the_version_before_is_kept(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "old.sqlite", False)) as old:
        migrate(old, tmp_path / "backups", migrations()[:3])
        old.execute("INSERT INTO maintenance (task, ran_at) VALUES ('x', 1)")
        assert "0004_databases" in migrate(old, tmp_path / "backups", migrations())
        assert schema_version(old) == migrations()[-1][0]
        assert old.execute("SELECT ran_at FROM maintenance").fetchone() == (1,)
        assert recorded(old).uses == 1
