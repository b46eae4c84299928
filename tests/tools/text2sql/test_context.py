"""What SQL is written from: names as a query has to write them, and what there is room for of the other tables."""

import pytest

from storage.sources.schema import Column, ForeignKey, Schema, Table
from storage.sources.source import Dialect
from tools.text2sql.catalog import catalog_of
from tools.text2sql.context import context

BUYER = ForeignKey(("buyer",), "customer list", ("No",))
TABLES = (
    Table("Customer List", (Column("No", "INT"), Column("E-Mail", "TEXT", is_masked=True)), primary_key=("No",)),
    Table("orders", (Column("id", "INT"), Column("buyer", "INT")), foreign_keys=(BUYER,)),
    Table("weather", (Column("day", "DATE"), Column("Rain", "REAL"))),
)


def about(dialect: Dialect, max_tokens: int = 1_000) -> str:
    return context(catalog_of(Schema(dialect, TABLES, "", {}), {}), max_tokens, linked=["customer list"])


@pytest.mark.parametrize(
    ("dialect", "table", "column", "key"),
    [
        ("sqlite", '"Customer List"', '"E-Mail"', "No"),
        ("postgres", '"Customer List"', '"E-Mail"', '"No"'),
        ("mysql", "`Customer List`", "`E-Mail`", "No"),
    ],
)
def test_names_are_quoted_where_a_query_has_to(dialect: Dialect, table: str, column: str, key: str) -> None:
    text = about(dialect)
    assert f"TABLE {table} (" in text
    assert f"  {column} TEXT" in text
    assert f"FOREIGN KEY (buyer) REFERENCES {table} ({key})" in text


def test_tables_that_no_word_leads_to_are_shown_in_brief() -> None:
    """A word that was not understood may be about them."""
    assert "\nweather (day, Rain)\n" in about("sqlite")


def test_without_room_they_are_named() -> None:
    text = about("sqlite", 120)
    assert "Rain" not in text
    assert "2 more tables without their columns here; name one in the question to see it: orders, weather" in text
