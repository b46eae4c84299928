"""Both directions: what must never run is refused, what people honestly ask is not, and approval is a fixed point."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.sources.source import Dialect
from tests.tools.text2sql.gate_shop import DIALECTS, cases, shop
from tools.text2sql.gate.approval import approve
from tools.text2sql.gate.rejected import Rejected

SHOPS = {dialect: shop(dialect) for dialect in DIALECTS}


def refusal(dialect: Dialect, sql: str) -> Rejected | None:
    try:
        approve(sql, SHOPS[dialect], max_rows=100)
    except Rejected as rejected:
        return rejected
    return None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_attack_is_approved_and_no_refusal_tells_what_is_kept_back(dialect: Dialect) -> None:
    attacks = [sql for name, sql, _ in cases("sql_attacks.jsonl") if name == dialect]
    assert len(attacks) > 150
    for sql in attacks:
        found = refusal(dialect, sql)
        assert found is not None, sql
        for kept in ("secrets", "password_hash"):
            assert kept not in found.message.lower() or kept in sql.lower()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_honest_statement_is_approved_and_approved_again_as_it_is(dialect: Dialect) -> None:
    honest = [sql for name, sql, _ in cases("sql_honest.jsonl") if name == dialect]
    assert len(honest) > 120
    for sql in honest:
        once = approve(sql, SHOPS[dialect], max_rows=100)
        again = approve(once.sql, SHOPS[dialect], max_rows=100)
        assert (again.sql, again.tables, again.reads_masked) == (once.sql, once.tables, once.reads_masked)


def test_attacks_of_every_class_are_tried_on_every_engine_that_has_them() -> None:
    classes = Counter(record["class"] for _, _, record in cases("sql_attacks.jsonl"))
    assert len(classes) >= 20
    assert sum(classes.values()) > 800


DENIED: dict[Dialect, list[str]] = {
    "sqlite": [
        "load_extension('x')",
        "zeroblob(1000000000)",
        "(SELECT api_key FROM secrets)",
        "printf('%.*c', 9, 'x')",
    ],
    "duckdb": [
        "getenv('HOME')",
        "(SELECT content FROM read_text('x'))",
        "(SELECT api_key FROM secrets)",
        "current_user",
    ],
    "postgres": ["pg_sleep(9)", "pg_read_file('x')", "(SELECT api_key FROM secrets)", "nextval('s')", "current_user"],
    "mysql": ["SLEEP(9)", "LOAD_FILE('x')", "(SELECT api_key FROM secrets)", "@@version", "GET_LOCK('a', 1)"],
}
OF_VALUE = [
    "({})",
    "COALESCE({}, 1)",
    "CASE WHEN {} IS NULL THEN 1 ELSE 2 END",
    "(SELECT {})",
    "(SELECT MAX(x.v) FROM (SELECT {} AS v) AS x)",
    "(WITH w AS (SELECT {} AS v) SELECT v FROM w)",
    "SUM(LENGTH({})) OVER ()",
    "CAST({} AS CHAR(5))",
    "NULLIF(1, {})",
]
OF_QUERY = [
    "SELECT {}",
    "SELECT id FROM orders WHERE {} IS NOT NULL",
    "SELECT id FROM orders ORDER BY {}",
    "SELECT COUNT(*) FROM orders GROUP BY {}",
    "SELECT COUNT(*) FROM orders HAVING {} IS NULL",
    "SELECT o.id FROM orders AS o JOIN products AS p ON p.id = o.id AND {} IS NULL",
    "SELECT id FROM orders UNION ALL SELECT {}",
    "WITH w AS (SELECT {} AS v) SELECT COUNT(*) FROM w",
    "SELECT * FROM (SELECT {} AS v) AS q",
    "SELECT id FROM orders WHERE id IN (SELECT {})",
    "SELECT SUM(total) OVER (PARTITION BY {}) FROM orders",
    "SELECT /* ) */ {} -- '\n FROM orders",
]


@settings(max_examples=100, deadline=None)
@given(
    dialect=st.sampled_from(DIALECTS),
    data=st.data(),
    values=st.lists(st.sampled_from(OF_VALUE), max_size=4),
    query=st.sampled_from(OF_QUERY),
)
def test_a_denied_call_stays_denied_wherever_it_is_wrapped(
    dialect: Dialect, data: st.DataObject, values: list[str], query: str
) -> None:
    inner = data.draw(st.sampled_from(DENIED[dialect]))
    for value in values:
        inner = value.format(inner)
    assert refusal(dialect, query.format(inner)) is not None


@settings(max_examples=100, deadline=None)
@given(
    dialect=st.sampled_from(DIALECTS),
    column=st.sampled_from(["email", "customers.email", "password_hash", "customers.password_hash"]),
    values=st.lists(st.sampled_from([value for value in OF_VALUE if "SELECT" not in value]), max_size=3),
    query=st.sampled_from(["SELECT {} FROM customers", "SELECT id FROM customers WHERE {} = 'x'"]),
)
def test_a_protected_column_stays_out_of_reach_however_it_is_wrapped(
    dialect: Dialect, column: str, values: list[str], query: str
) -> None:
    for value in values:
        column = value.format(column)
    if "IS NULL" not in column:  # whether it is null may be asked
        assert refusal(dialect, query.format(column)) is not None


@settings(max_examples=100, deadline=None)
@given(dialect=st.sampled_from(DIALECTS), text=st.text(max_size=60), place=st.integers(0, 60))
def test_any_text_is_approved_or_refused_and_nothing_else(dialect: Dialect, text: str, place: int) -> None:
    honest = "SELECT name, COUNT(*) FROM customers WHERE country = 'DE' GROUP BY name ORDER BY 2"
    refusal(dialect, text)
    refusal(dialect, honest[:place] + text + honest[place:])
