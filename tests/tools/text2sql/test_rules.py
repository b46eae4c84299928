"""Rules of a known form are followed to the letter; the others are shown, and named as not followed."""

import sqlite3
from contextlib import closing

import pytest

from storage.sources.fetched import Fetched
from storage.sql_rules import Kind, RuleRow
from tests.tools.text2sql.learned import catalog
from tools.text2sql.rules.constraining import constrained
from tools.text2sql.rules.rules import Condition, Term, constraints, free, shown, terms, violations

NOT_TEST = "orders.status <> 'test'"
NO_TEST = "always exclude orders with status = 'test'"


def rule(text: str, kind: Kind = "constraint", rule_id: str = "rule_1") -> RuleRow:
    return RuleRow(rule_id, "", kind, text, "agent", 0)


def applied(sql: str, *texts: str) -> str:
    """The query under the constraints, which all have to be met; and it does not change when it is done twice."""
    rules, schema = [rule(text) for text in texts], catalog().schema
    done = constrained(sql, "sqlite", rules, schema)
    assert done.unmet == ()
    assert constrained(done.sql, "sqlite", rules, schema).sql == done.sql
    return done.sql


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (NOT_TEST, Condition("orders", "status", "<>", "test")),
        (NO_TEST, Condition("orders", "status", "=", "test", True)),
        ("Exclude orders whose status is 'it''s'.", Condition("orders", "status", "=", "it's", True)),
        ("only orders where status = 'paid'", Condition("orders", "status", "=", "paid")),
        ("orders.amount >= 1.5", Condition("orders", "amount", ">=", 1.5)),
        ("sales.orders.amount != -3", Condition("sales.orders", "amount", "<>", -3)),
        ('"Orders"."is open" = true', Condition("Orders", "is open", "=", True)),
        ("orders.placed_at is not null", Condition("orders", "placed_at", "is not null", None)),
        ("ignore orders with status is null", Condition("orders", "status", "is null", None, True)),
    ],
)
def test_a_constraint_of_a_known_form_is_a_condition(text: str, condition: Condition) -> None:
    assert [found for _, found in constraints([rule(text)])] == [condition]


@pytest.mark.parametrize(
    "text",
    [
        "never show test orders",
        "orders.status = 'a' or 1 = 1",
        "orders.status = (SELECT 1)",
        "status = 'paid'",
        "only orders",
    ],
)
def test_any_other_constraint_is_for_whoever_writes_the_sql(text: str) -> None:
    assert list(constraints([rule(text)])) == []
    assert free([rule(text)]) == [rule(text)]
    assert shown([rule(text)]) == [f"constraint: {text}"]


def test_only_free_words_are_named_as_not_followed() -> None:
    exact = [rule(NOT_TEST), rule("churned means customers.id = 1", "transformation"), rule("rows <= 10", "validation")]
    loose = [
        rule("prefer net amounts", "preference"),
        rule("be careful", "validation"),
        rule("x is y", "transformation"),
    ]
    assert free([*exact, *loose]) == loose


def test_words_are_given_a_meaning() -> None:
    rules = [
        rule("Churned customers means customers.left = 1", "transformation"),
        rule("'turnover' means orders.amount", "transformation"),
        rule("unpaid means orders.paid_at is null", "transformation"),
        rule("turnover means orders.net", "transformation"),
        rule("turnover means orders.gross", "preference"),
    ]
    assert terms(rules) == [
        Term("churned customers", "customers", "left", Condition("customers", "left", "=", 1)),
        Term("turnover", "orders", "net", None),
        Term("unpaid", "orders", "paid_at", Condition("orders", "paid_at", "is null", None)),
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT COUNT(*) FROM orders", "SELECT COUNT(*) FROM orders WHERE orders.status <> 'test'"),
        (
            "SELECT id FROM orders AS o WHERE o.city = 'a' OR o.city = 'b'",
            "SELECT id FROM orders AS o WHERE (o.city = 'a' OR o.city = 'b') AND o.status <> 'test'",
        ),
        (
            "SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id",
            "SELECT c.id FROM customers AS c LEFT JOIN orders AS o ON o.customer_id = c.id AND o.status <> 'test'",
        ),
        (
            "SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders)",
            "SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE orders.status <> 'test')",
        ),
        (
            "WITH orders AS (SELECT * FROM orders) SELECT id FROM orders",
            "WITH orders AS (SELECT * FROM orders WHERE orders.status <> 'test') SELECT id FROM orders",
        ),
        ("SELECT id FROM orders WHERE orders.status <> 'test'", "SELECT id FROM orders WHERE orders.status <> 'test'"),
    ],
)
def test_a_constraint_holds_wherever_the_table_is_read(sql: str, expected: str) -> None:
    assert applied(sql, NOT_TEST) == expected


def test_every_use_of_a_table_is_constrained() -> None:
    twice = "SELECT a.id FROM orders AS a JOIN orders AS b ON a.id = b.id UNION SELECT id FROM orders"
    assert applied(twice, NOT_TEST).count("<> 'test'") == 3


def test_a_table_that_may_be_missing_keeps_the_other_rows() -> None:
    done = applied("SELECT c.id FROM customers AS c FULL JOIN orders AS o ON o.customer_id = c.id", NOT_TEST)
    assert done == (
        "SELECT c.id FROM customers AS c FULL JOIN (SELECT id, customer_id, status, city, amount, placed_at "
        "FROM orders WHERE orders.status <> 'test') AS o ON o.customer_id = c.id"
    )


def test_excluding_keeps_the_rows_of_which_nothing_is_known() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE orders (id, customer_id, status, city, amount, placed_at)")
        db.execute("INSERT INTO orders (id, status) VALUES (1, 'test'), (2, 'paid'), (3, NULL)")
        kept = db.execute(applied("SELECT id FROM orders ORDER BY id", NO_TEST)).fetchall()
        assert kept == [(2,), (3,)]
        kept = db.execute(applied("SELECT id FROM orders", NO_TEST, "exclude orders with status is null")).fetchall()
        assert kept == [(2,)]


def test_a_query_of_other_tables_stays_as_it_is() -> None:
    done = constrained("select  1 from customers", "sqlite", [rule(NOT_TEST)], catalog().schema)
    assert (done.sql, done.notes, done.unmet) == ("select  1 from customers", (), ())


def test_what_was_applied_and_what_could_not_be_are_told() -> None:
    rules = [rule(NOT_TEST), rule("orders.nothing = 1"), rule("customers.nothing = 1")]
    done = constrained("SELECT id FROM orders", "sqlite", rules, catalog().schema)
    assert (done.notes, done.unmet) == ((NOT_TEST,), ("orders.nothing = 1",))
    assert constrained("SELECT (((", "sqlite", rules[:1], catalog().schema).unmet == (NOT_TEST,)


def test_a_masked_column_is_not_compared() -> None:
    done = constrained("SELECT id FROM orders", "sqlite", [rule(NOT_TEST)], catalog(orders="status").schema)
    assert (done.sql, done.unmet) == ("SELECT id FROM orders", (NOT_TEST,))


def test_a_value_never_leaves_its_literal() -> None:
    done = applied("SELECT id FROM orders", "orders.status <> 'x'') OR 1 = 1 --'")
    assert done == "SELECT id FROM orders WHERE orders.status <> 'x'') OR 1 = 1 --'"


FETCHED = Fetched(("name", "amount"), ("text", "number"), (("a", 5), ("b", -1), (None, None)), False, 1.0)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("amount >= 0", "Rule 'amount >= 0' does not hold in 1 of 3 rows."),
        ("orders.AMOUNT < 0", "Rule 'orders.AMOUNT < 0' does not hold in 1 of 3 rows."),
        ("name is never null", "Rule 'name is never null' does not hold in 1 of 3 rows."),
        ("name <> 'a'", "Rule \"name <> 'a'\" does not hold in 1 of 3 rows."),
        ("rows <= 2", "Rule 'rows <= 2' does not hold: there are 3 rows."),
    ],
)
def test_a_broken_validation_is_a_warning(text: str, warning: str) -> None:
    assert violations(FETCHED, [rule(text, "validation")]) == [warning]


@pytest.mark.parametrize("text", ["amount >= -1", "rows > 0", "price > 0", "name <> 5", "look twice"])
def test_a_validation_that_holds_or_says_nothing_of_the_rows_is_silent(text: str) -> None:
    assert violations(FETCHED, [rule(text, "validation")]) == []
