"""The gate, rule by rule: what it answers, what it tells, and what it writes."""

import logging
from dataclasses import replace

import pytest

from storage.sources.schema import Column, Schema, Table
from storage.sources.source import Dialect
from tests.tools.text2sql.gate_shop import DIALECTS, shop
from tools.text2sql.gate.approval import approve
from tools.text2sql.gate.rejected import Rejected


def refusal(sql: str, dialect: Dialect = "postgres", schema: Schema | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        approve(sql, schema or shop(dialect))
    return caught.value


def schema_of(dialect: Dialect, *tables: Table) -> Schema:
    return Schema(dialect, tables, "", {})


def test_a_statement_tells_what_it_reads() -> None:
    found = approve(
        "SELECT c.name, SUM(total) FROM customers c JOIN orders ON customer_id = c.id GROUP BY 1", shop("sqlite")
    )
    assert found.tables == {"customers", "orders"}
    assert found.columns == {"customers.name", "customers.id", "orders.total", "orders.customer_id"}
    assert (found.dialect, found.reads_masked, found.notes) == ("sqlite", False, ())


def test_hidden_and_masked_columns_are_taken_out_of_the_table_itself() -> None:
    found = approve("SELECT * FROM customers AS c", shop("postgres"))
    assert found.sql == (
        'SELECT * FROM (SELECT "id", "name", "phone", "country", "city", "signup_date", "segment" FROM customers) AS c'
    )
    assert found.notes == ("customers.email is masked and left out of *",)
    assert "customers.email" not in found.columns


def test_a_masked_column_that_is_counted_is_in_the_derived_table() -> None:
    found = approve("SELECT COUNT(DISTINCT email) FROM customers", shop("sqlite"))
    assert found.reads_masked
    assert '"email"' in found.sql
    assert found.columns == {"customers.email"}


def test_a_masked_column_that_is_shown_is_refused_with_what_may_be_done() -> None:
    found = refusal("SELECT email FROM customers")
    assert found.rule == "masked_column"
    assert "counted" in found.message
    assert "joined on" in found.message


def test_an_unknown_column_comes_with_the_nearest_and_its_table() -> None:
    found = refusal("SELECT o.totl FROM orders o")
    assert found.rule == "unknown_column"
    assert "Nearest: total." in found.message
    assert "orders has id, customer_id, order_date, status, total, discount, shipped_at." in found.message


def test_an_unknown_table_comes_with_the_nearest() -> None:
    found = refusal("SELECT * FROM custmers")
    assert (found.rule, "Nearest: customers." in found.message) == ("unknown_table", True)


def test_text_in_double_quotes_is_told_to_be_text() -> None:
    assert "single quotes" in refusal('SELECT * FROM orders WHERE status = "paid"', "sqlite").message


def test_a_hidden_column_is_as_if_it_was_not_there() -> None:
    hidden, missing = refusal("SELECT password_hash FROM customers"), refusal("SELECT password_hush FROM customers")
    assert hidden.rule == missing.rule == "unknown_column"
    assert hidden.message == missing.message.replace("password_hush", "password_hash")


def test_an_unknown_function_comes_with_the_nearest() -> None:
    found = refusal("SELECT date_trunk('month', order_date) FROM orders")
    assert (found.rule, "date_trunc" in found.message) == ("function", True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_function_that_the_owner_trusts_may_be_called(dialect: Dialect) -> None:
    sql = "SELECT Shop_Rate(total) FROM orders"
    assert refusal(sql, dialect).rule == "function"
    assert "SHOP_RATE" in approve(sql, shop(dialect), functions=frozenset({"shop_rate"})).sql.upper()


@pytest.mark.parametrize(
    ("written", "limited"),
    [
        ("SELECT id FROM orders", "SELECT id FROM orders LIMIT 11"),
        ("SELECT id FROM orders LIMIT 500", "SELECT id FROM orders LIMIT 11"),
        ("SELECT id FROM orders LIMIT 3", "SELECT id FROM orders LIMIT 3"),
        ("SELECT id FROM orders LIMIT ALL", "SELECT id FROM orders LIMIT 11"),
        ("SELECT id FROM orders LIMIT 500 OFFSET 7", "SELECT id FROM orders LIMIT 11 OFFSET 7"),
        ("SELECT id FROM orders FETCH FIRST 99 ROWS ONLY", "SELECT id FROM orders LIMIT 11"),
        ("(SELECT id FROM orders LIMIT 99)", "(SELECT id FROM orders LIMIT 99) LIMIT 11"),
        (
            "SELECT id FROM orders UNION ALL SELECT id FROM products LIMIT 99",
            "SELECT id FROM orders UNION ALL SELECT id FROM products LIMIT 11",
        ),
    ],
)
def test_the_outermost_limit_lets_one_more_row_through_than_may_be_shown(written: str, limited: str) -> None:
    assert approve(written, shop("postgres"), max_rows=10).sql == limited


def test_an_explain_keeps_its_place() -> None:
    assert approve(" explain  SELECT 1", shop("postgres")).sql == "EXPLAIN SELECT 1"
    assert approve("EXPLAIN query PLAN SELECT 1", shop("sqlite")).sql == "EXPLAIN QUERY PLAN SELECT 1"


def test_comments_do_not_reach_the_engine() -> None:
    assert approve("SELECT /* a */ 1 -- b", shop("duckdb")).sql == "SELECT 1"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_comment_ends_where_the_engine_ends_it(dialect: Dialect) -> None:
    """A carriage return ends it in PostgreSQL and DuckDB only."""
    sql = "SELECT id FROM orders -- x\rUNION SELECT api_key FROM secrets"
    if dialect in ("postgres", "duckdb"):
        assert refusal(sql, dialect).rule == "unknown_table"
    else:
        assert approve(sql, shop(dialect)).sql == "SELECT id FROM orders"


def test_sqlites_limit_may_be_computed() -> None:
    sql = "SELECT id FROM orders LIMIT 3 - (SELECT COUNT(*) FROM orders) % 2 OFFSET 1"
    assert approve(sql, shop("sqlite"), max_rows=10).sql == sql
    assert refusal("SELECT id FROM orders LIMIT 3 - (SELECT id FROM secrets) % 2", "sqlite").rule == "unknown_table"


def test_a_sample_may_be_repeated() -> None:
    sql = "SELECT name FROM products TABLESAMPLE BERNOULLI (50) REPEATABLE (1)"
    assert approve(sql, shop("postgres")).sql == sql


def test_a_table_is_read_by_its_own_name_and_answers_to_the_written_one() -> None:
    """MySQL may tell ``Orders`` and ``orders`` apart, and only one of them is shared."""
    assert approve("SELECT Orders.id FROM Orders", shop("mysql")).sql == "SELECT Orders.id FROM `orders` AS Orders"


def test_postgresql_tells_quoted_names_apart() -> None:
    schema = schema_of("postgres", Table("Orders", (Column("id", "int"),)))
    assert approve("SELECT id FROM orders", schema).sql == 'SELECT id FROM "Orders" AS orders'
    assert refusal('SELECT id FROM "ORDERS"', schema=schema).rule == "unknown_table"


def test_the_default_schema_may_be_written_and_another_one_has_to_be() -> None:
    schema = schema_of(
        "postgres", Table("orders", (Column("id", "int"),)), Table("visits", (Column("id", "int"),), schema="web")
    )
    assert approve("SELECT public.orders.id FROM public.orders", schema).sql == "SELECT orders.id FROM orders"
    assert approve("SELECT v.id FROM web.visits v", schema).tables == {"web.visits"}
    assert refusal("SELECT id FROM visits", schema=schema).rule == "unknown_table"
    assert refusal("SELECT id FROM web.orders", schema=schema).rule == "unknown_table"


def test_the_default_schemas_table_is_not_taken_for_a_with_query_of_that_name() -> None:
    assert refusal("WITH orders AS (SELECT 1 AS x) SELECT * FROM public.orders").rule == "table"


def test_mariadb_gets_its_own_operator() -> None:
    assert approve("SELECT name FROM products WHERE name RLIKE 'a'", shop("mysql")).sql.endswith("name REGEXP 'a'")


def test_mysql_without_a_table_stays_without_one() -> None:
    assert approve("SELECT 1 FROM DUAL", shop("mysql")).sql == "SELECT 1"


@pytest.mark.parametrize(
    "sql", ["SELECT " + "(" * 50 + "1" + ")" * 50, "SELECT " + "NOT " * 4000 + "1", "SELECT '" + "x" * 20_000]
)
def test_what_is_too_long_or_too_deep_is_refused_before_it_costs_anything(sql: str) -> None:
    assert refusal(sql).rule in {"depth", "length"}


@pytest.mark.parametrize(
    ("sql", "is_fine"),
    [
        ("SELECT repeat('*', 10)", True),
        ("SELECT repeat('*', LEAST(stock, 20)) FROM products", True),
        ("SELECT repeat('*', stock) FROM products", False),
        ("SELECT repeat(repeat(repeat('*', 900), 900), 900)", False),
        ("SELECT * FROM generate_series(1, 12) AS g(n)", True),
        ("SELECT * FROM generate_series(1, 10000000) AS g(n)", False),
        ("SELECT * FROM generate_series(now(), now(), interval '1 day') AS g(d)", True),
        ("SELECT * FROM generate_series(now(), now(), '1 day -86399 seconds'::interval) AS g(d)", False),
        ("SELECT format('%s', name), format('%10s', name) FROM products", True),
        ("SELECT format('%*s', 100000000, name) FROM products", False),
        ("SELECT format(name, 1) FROM products", False),
    ],
)
def test_sizes_must_be_plain_to_see(sql: str, is_fine: bool) -> None:
    if is_fine:
        assert approve(sql, shop("postgres")).sql
    else:
        assert refusal(sql).rule == "size"


def test_a_number_that_runs_into_a_name_is_refused() -> None:
    """DuckDB reads 0x1F as 31, the parser as 0 under the name x1F."""
    assert refusal("SELECT 0x1F", "duckdb").rule == "syntax"


def test_odd_spaces_may_stand_in_a_text_only() -> None:
    assert approve("SELECT 'a\u00a0b'", shop("postgres")).sql == "SELECT 'a\u00a0b'"
    assert refusal("SELECT\u00a0'a'").rule == "characters"


def test_what_is_refused_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The parser would log the text of a command it does not know."""
    with caplog.at_level(logging.DEBUG):
        assert refusal("VACUUM INTO 'copy.db'", "sqlite").rule == "read_only"
    assert caplog.records == []


def test_postgresql_may_still_show_the_columns_that_a_tables_key_decides() -> None:
    customers = Table(
        "customers", (Column("id", "int"), Column("name", "text"), Column("email", "text", is_masked=True))
    )
    schema = schema_of("postgres", replace(customers, primary_key=("id",)))
    found = approve("SELECT c.id, UPPER(c.name), COUNT(c.email) FROM customers c GROUP BY c.id", schema)
    assert found.sql.endswith(" AS c GROUP BY c.id, c.name")
    assert approve(found.sql, schema).sql == found.sql
