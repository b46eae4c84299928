"""What DuckDB alone has: arrows that are JSON or lambdas, and PIVOT as a statement."""

import duckdb
import pytest

from tests.tools.text2sql.gate_shop import shop
from tools.text2sql.gate.approval import approve
from tools.text2sql.gate.rejected import Rejected

SCHEMA = shop("duckdb")
ROWS = """
CREATE TABLE events (kind VARCHAR, payload JSON);
INSERT INTO events VALUES ('view', '{"page": 7, "tags": ["a", "b"], "by": {"name": "Ann"}}'), ('buy', '{"tags": []}');
CREATE TABLE orders (id INTEGER, status VARCHAR, total DOUBLE);
INSERT INTO orders VALUES (1, 'paid', 5), (1, 'new', 2), (2, 'paid', 1);
"""


def refusal(sql: str) -> Rejected:
    with pytest.raises(Rejected) as caught:
        approve(sql, SCHEMA)
    return caught.value


def found(sql: str) -> list[tuple[object, ...]]:
    """The rows of what is approved, which stays as it is when it is approved again."""
    approved = approve(sql, SCHEMA).sql
    assert approve(approved, SCHEMA).sql == approved
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        return connection.execute(approved).fetchall()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("json_array_length(payload->'tags')", 2),
        ("coalesce(payload->'page', '0')", "7"),
        ("json_array_length(payload->'$.tags')", 2),
        ("coalesce(payload->'tags'->0, '-')", '"a"'),
        ("upper(payload->'by'->>'name')", "ANN"),
        ("coalesce(payload->'no'->'such'->'thing', payload->'by'->'name')", '"Ann"'),
        ("from_json(payload->'tags', '[\"VARCHAR\"]')", ["a", "b"]),
        ("list_transform(from_json(payload->'tags', '[\"VARCHAR\"]'), lambda tag: upper(tag))", ["A", "B"]),
        ("greatest((payload->'page')::INTEGER, 1)", 7),
    ],
)
def test_a_json_arrow_in_a_call_is_one(value: str, expected: object) -> None:
    assert found(f"SELECT {value} FROM events WHERE kind = 'view'") == [(expected,)]


@pytest.mark.parametrize(
    "value", ["payload->'page' = '7'", "payload->kind", "payload->'page'::INTEGER", "(x, y) -> 'a'"]
)
def test_an_arrow_that_duckdb_would_group_in_another_way_is_refused_with_what_to_write(value: str) -> None:
    assert refusal(f"SELECT coalesce({value}) FROM events").rule == "syntax"


def test_an_arrow_reaches_no_protected_column() -> None:
    assert refusal("SELECT coalesce(email->'a') FROM customers").rule == "masked_column"
    assert refusal("SELECT coalesce(password_hash->'a'->'b') FROM customers").rule == "unknown_column"
    assert refusal("SELECT coalesce(lambda email: email) FROM customers").rule == "syntax"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("list_transform([1, 2], x -> x + 1)", [2, 3]),
        ("list_transform([1, 2], x -> 'a')", ["a", "a"]),
        ("array_filter([1, 2], lambda x: x > 1)", [2]),
        ("list_reduce([1, 2, 3], (a, b) -> a - b)", -4),
        ("reduce([1, 2, 3], lambda a, b: a - b)", -4),
        ("reduce([1, 2, 3], lambda a, b: a - b, 10)", 4),
    ],
)
def test_a_lambda_stays_a_lambda(value: str, expected: object) -> None:
    assert found(f"SELECT {value}") == [(expected,)]


def test_columns_may_be_chosen_by_a_lambda() -> None:
    assert found("SELECT COLUMNS(c -> c LIKE 'st%') FROM orders WHERE id = 2") == [("paid",)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("PIVOT orders ON status IN ('paid', 'new') USING sum(total) GROUP BY id", [(1, 5.0, 2.0), (2, 1.0, None)]),
        ("WITH p AS (PIVOT orders ON status IN ('new') USING sum(total) GROUP BY id) SELECT max(new) FROM p", [(2.0,)]),
        ("SELECT count(*) FROM (SELECT id, status FROM orders) PIVOT (count(*) FOR status IN ('paid'))", [(2,)]),
        ("UNPIVOT (SELECT id, total FROM orders WHERE id = 2) ON total INTO NAME n VALUE v", [(2, "total", 1.0)]),
    ],
)
def test_a_pivot_with_its_values_is_a_query(sql: str, expected: list[tuple[object, ...]]) -> None:
    assert sorted(found(sql)) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "PIVOT orders ON status USING sum(total)",
        "PIVOT orders ON status IN ('paid'), id USING sum(total)",
        "SELECT * FROM (PIVOT orders ON status USING sum(total))",
        "WITH p AS (PIVOT orders ON status USING sum(total)) SELECT * FROM p",
        "SELECT * FROM orders PIVOT (sum(total) FOR status IN (SELECT kind FROM events))",
    ],
)
def test_a_pivot_without_its_values_would_be_several_statements(sql: str) -> None:
    found = refusal(sql)
    assert (found.rule, "List the values" in found.message) == ("pivot", True)


def test_a_pivot_statement_has_no_protected_column_and_its_rows_are_limited() -> None:
    found = approve("PIVOT customers ON country IN ('DE') USING max(email)", SCHEMA, max_rows=10)
    shown = '(SELECT "id", "name", "phone", "country", "city", "signup_date", "segment" FROM customers) AS customers'
    assert found.sql == f"SELECT * FROM (PIVOT {shown} ON country IN ('DE') USING MAX(email)) LIMIT 11"
    assert refusal("PIVOT secrets ON id IN (1) USING max(api_key)").rule == "unknown_table"


def test_a_masked_column_is_not_compared_by_an_asof_join() -> None:
    """The last column of its USING is matched by order, which would tell the addresses' order."""
    assert (
        refusal("SELECT a.id, b.id FROM customers a ASOF JOIN customers b USING (city, email)").rule == "masked_column"
    )
    assert approve("SELECT a.id FROM customers a JOIN customers b USING (city, email)", SCHEMA).reads_masked
