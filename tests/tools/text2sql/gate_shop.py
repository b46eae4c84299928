"""A small shop for the gate's tests: its schema in each dialect, its rows, and the two corpora.

``secrets`` exists but is not shared; ``customers.password_hash`` is hidden and ``customers.email`` masked.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storage.sources.schema import Column, Schema, Table
from storage.sources.source import Dialect

DATA = Path(__file__).parents[2] / "data"
DIALECTS: tuple[Dialect, ...] = ("sqlite", "duckdb", "postgres", "mysql")

COLUMNS = {
    "customers": "id name email phone country city signup_date segment",
    "products": "id name category price cost stock attributes",
    "orders": "id customer_id order_date status total discount shipped_at",
    "order_items": "id order_id product_id quantity unit_price",
    "employees": "id name department salary manager_id hired_on",
    "events": "id customer_id kind happened_at payload",
    "audit_log": "id actor action at",
    "v_sales": "day category revenue",
}
ORDER_DETAILS = ("id", "drop table", "update", "delete", "select")
WHOLE = {"id", "customer_id", "order_id", "product_id", "quantity", "manager_id", "stock"}
BROKEN = {"price", "cost", "total", "discount", "unit_price", "salary", "revenue"}

ROWS: dict[str, list[tuple[object, ...]]] = {
    "customers": [
        (1, "Ann Able", "a@x.example", "+49-1", "DE", "Berlin", "2024-01-02", "retail"),
        (2, "Bob", "b@x.example", None, "FR", "Paris", "2024-02-03", "retail"),
        (3, "Cy", None, "1", "DE", "Bonn", "2024-02-03", "trade"),
        (4, "Di", "a@x.example", "2", "US", None, "2023-01-01", None),
    ],
    "products": [
        (1, "Ball", "toys", 5.5, 2, 10, "{}"),
        (2, "Novel", "books", 20, 8, 3, "{}"),
        (3, "Atlas", "books", 55, 30, 0, None),
        (4, "Kite", "toys", 12.25, 5, 7, "{}"),
    ],
    "orders": [
        (1, 1, "2024-01-05", "paid", 120.5, 0, "2024-01-07"),
        (2, 1, "2024-02-05", "new", 20, 5, None),
        (3, 2, "2024-02-09", "paid", 60, 0, "2024-02-20"),
        (4, 3, "2023-12-31", "shipped", 5, 1, "2024-01-03"),
    ],
    "order_items": [(1, 1, 1, 2, 5.5), (2, 1, 3, 1, 55), (3, 2, 4, 1, 12), (4, 3, 2, 3, 20)],
    "employees": [
        (1, "Eve", "it", 9000, None, "2020-01-01"),
        (2, "Fay", "it", 6000, 1, "2021-01-01"),
        (3, "Gus", "hr", 4000, 1, "2022-01-01"),
        (4, "Hal", "hr", 2500, 3, "2023-01-01"),
    ],
    "events": [
        (1, 1, "delete", "2024-01-01", '{"page": 1, "tags": ["a", "b"]}'),
        (2, 2, "view", "2024-01-02", '{"page": 2, "tags": []}'),
    ],
    "audit_log": [(1, "x", "y", "2024-01-01")],
    "v_sales": [("2024-01-01", "toys", 10.0), ("2024-02-01", "books", 20.5)],
    "order details": [(1, "p", "q", "r", "s")],
}


def shop(dialect: Dialect, *, is_protected: bool = True) -> Schema:
    """The shared tables; without protection ``email`` is a column like others."""
    named = {name: tuple(columns.split()) for name, columns in COLUMNS.items()} | {"order details": ORDER_DETAILS}
    tables = tuple(
        Table(name, tuple(Column(each, _type(each), is_masked=is_protected and each == "email") for each in columns))
        for name, columns in named.items()
    )
    return Schema(dialect, tables, "shop", {"customers": ("password_hash",)} if is_protected else {})


def script() -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """Yield a CREATE TABLE and its rows for each table, as SQLite and DuckDB read it."""
    for table in shop("sqlite").tables:
        columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
        yield f'CREATE TABLE "{table.name}" ({columns})', ROWS[table.name]


def cases(name: str) -> Iterator[tuple[Dialect, str, dict[str, Any]]]:
    """Yield each statement of a corpus once a dialect, with its whole record."""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for dialect in record["dialects"]:
            yield dialect, record["sql"], record


def _type(column: str) -> str:
    return "INTEGER" if column in WHOLE else "DOUBLE PRECISION" if column in BROKEN else "TEXT"
