"""Words that rules explain, as the built-in generator follows them."""

from datetime import date

import pytest

from storage.sources.schema import Column, Schema, Table
from storage.sql_rules import RuleRow
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.generator.drafting import Draft, Unsure, draft
from tools.text2sql.rules import rules
from tools.text2sql.rules.terms import unknown_terms, with_terms

CUSTOMERS = Table(
    "customers",
    (Column("id", "INTEGER"), Column("name", "TEXT"), Column("left_us", "INTEGER"), Column("tier", "TEXT")),
    primary_key=("id",),
)
ORDERS = Table(
    "orders", (Column("id", "INTEGER"), Column("net_amount", "REAL"), Column("total", "REAL")), primary_key=("id",)
)
CATALOG = catalog_of(Schema("sqlite", (CUSTOMERS, ORDERS), "f", {}), {("customers", "tier"): ("gold", "basic")})


def terms(*texts: str) -> tuple[rules.Term, ...]:
    return tuple(rules.terms(RuleRow("r", "", "transformation", text, "k", 0) for text in texts))


def sql(question: str, *texts: str, catalog: Catalog = CATALOG) -> str:
    made = draft(question, with_terms(catalog, terms(*texts)), date(2026, 1, 1))
    assert isinstance(made, Draft), made
    return made.sql


@pytest.mark.parametrize(
    ("question", "rule", "condition"),
    [
        ("how many churned customers are there?", "churned means customers.left_us = 1", "left_us = "),
        ("how many premium customers are there?", "premium means customers.tier = 'gold'", "tier = 'gold'"),
        ("list blue chip customers", "blue chip means customers.tier = 'gold'", "tier = 'gold'"),
    ],
)
def test_a_word_may_stand_for_a_value(question: str, rule: str, condition: str) -> None:
    assert isinstance(draft(question, CATALOG, date(2026, 1, 1)), Unsure)
    assert condition in sql(question, rule)


def test_a_word_may_stand_for_a_column() -> None:
    assert "SUM(net_amount)" in sql("total turnover of orders", "turnover means orders.net_amount")


def test_a_word_that_the_generator_cannot_follow_is_told() -> None:
    found = terms("big means orders.total > 100", "ghost means orders.nothing", "premium means customers.tier = 'gold'")
    assert unknown_terms("how many big orders?", CATALOG, found) == ["big"]
    assert unknown_terms("how many ghost orders?", CATALOG, found) == ["ghost"]
    assert unknown_terms("how many premium customers, not bigger ones?", CATALOG, found) == []
