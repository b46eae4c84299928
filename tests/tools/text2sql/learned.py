"""A small shop, and verified questions about it, for tests of what is learned."""

from datetime import UTC, date, datetime

from storage.sources.schema import Column, Schema, Table
from storage.sources.source import Dialect
from storage.sql_patterns import PatternRow
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.templating.templates import canonical, template_of
from tools.text2sql.templating.words import normalised

ASKED = date(2024, 6, 15)

TABLES = {
    "customers": "id:INTEGER name:TEXT city:TEXT zip:TEXT",
    "orders": "id:INTEGER customer_id:INTEGER status:TEXT city:TEXT amount:REAL placed_at:TEXT",
    "products": "id:INTEGER name:TEXT category:TEXT price:REAL",
}
VALUES = {
    ("customers", "name"): ("Ann Lee", "Bob's Bikes", "O'Brien & Co", "Back\\slash"),
    ("customers", "city"): ("Berlin", "Paris", "New York", "York", "The Hague", "San José"),
    ("customers", "zip"): ("10115", "75001"),
    ("orders", "status"): ("paid", "cancelled", "in_progress", "PENDING"),
    ("orders", "city"): ("Berlin", "Rome", "Paris"),
    ("products", "category"): ("Laptops", "Phones", "Home Decor"),
    ("products", "name"): ("iPhone 12", "Galaxy S20", "Desk", "desk"),
}


def catalog(dialect: Dialect = "sqlite", **masked: str) -> Catalog:
    """The shop; ``masked`` names a masked column of a table."""
    tables = tuple(
        Table(name, tuple(_column(each, masked.get(name)) for each in columns.split()))
        for name, columns in TABLES.items()
    )
    return catalog_of(Schema(dialect, tables, "f1", {}), VALUES)


def _column(text: str, masked: str | None) -> Column:
    name, _, kind = text.partition(":")
    return Column(name, kind, is_masked=name == masked)


def pattern(question: str, sql: str, known: Catalog | None = None, asked: date = ASKED) -> PatternRow:
    """A question that was verified on that day."""
    known = known or catalog()
    sql = canonical(sql, known.schema.dialect)
    at = int(datetime(asked.year, asked.month, asked.day, 10, tzinfo=UTC).timestamp() * 1000)
    return PatternRow(
        row_id=1, pattern_id="sql_1", source="shop", session_id="s", question=question, normal=normalised(question),
        template=template_of(question, sql, known), sql=sql, dialect=known.schema.dialect, fingerprint="f1",
        provider="agent", tables=("orders",), columns=("orders.id",), reading="", state="confirmed", rating=5,
        duration_ms=1.0, row_count=1, is_truncated=False, success=True, uses=1, created_at=at, used_at=at,
        judged_at=at, corrected_from="",
    )  # fmt: skip
