"""A small shop with a staff, for the tests of the built-in generator: its schema in any dialect, and its rows."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date

import duckdb

from storage.sources.schema import Column, ForeignKey, Schema, Table
from storage.sources.source import Dialect
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.generator.drafting import Draft, Unclear, Unsure, draft

TODAY = date(2025, 3, 15)
Row = tuple[object, ...]

COLUMNS = {
    "customers": "id:int first_name last_name city country signup_date:date is_active:int email?",
    "categories": "id:int name",
    "products": "id:int title category_id:int unit_price:real stock_quantity:int",
    "orders": "id:int customer_id:int employee_id:int order_date:date shipped_date:date? status total_amount:real",
    "order_items": "id:int order_id:int product_id:int quantity:int unit_price:real",
    "reviews": "id:int product_id:int customer_id:int rating:int review_date:date",
    "dept": "dept_id:int dept_nm head_id:int?",
    "employees": "id:int full_name dept_id:int? sal:real hire_dt:date salary_note?",
}
KEYS = {
    "products": (("category_id", "categories", "id"),),
    "orders": (("customer_id", "customers", "id"), ("employee_id", "employees", "id")),
    "order_items": (("order_id", "orders", "id"), ("product_id", "products", "id")),
    "reviews": (("product_id", "products", "id"), ("customer_id", "customers", "id")),
    "dept": (("head_id", "employees", "id"),),
    "employees": (("dept_id", "dept", "dept_id"),),
}
ROWS: dict[str, list[Row]] = {
    "customers": [
        (1, "Ada", "Stone", "Berlin", "Germany", "2023-02-01", 1, "ada@x.example"),
        (2, "Ben", "Frost", "Berlin", "Germany", "2024-05-20", 0, None),
        (3, "Cleo", "Marsh", "Paris", "France", "2024-06-30", 1, "cleo@x.example"),
        (4, "Dag", "Vale", "Oslo", "Norway", "2025-01-10", 1, None),
    ],
    "categories": [(1, "Toys"), (2, "Books"), (3, "Garden")],
    "products": [
        (1, "Kite", 1, 12.5, 0),
        (2, "Robot", 1, 80.0, 7),
        (3, "Atlas", 2, 30.0, 3),
        (4, "Rake", 3, 18.0, 25),
    ],
    "orders": [
        (1, 1, 1, "2024-01-10", "2024-01-12", "shipped", 105.0),
        (2, 1, 2, "2024-03-31", None, "pending", 30.0),
        (3, 2, 1, "2024-04-01", "2024-04-03", "shipped", 80.0),
        (4, 3, 2, "2025-02-15", None, "cancelled", 42.5),
        (5, 1, 1, "2025-03-01", None, "pending", 12.5),
    ],
    "order_items": [
        (1, 1, 1, 2, 12.5),
        (2, 1, 2, 1, 80.0),
        (3, 2, 3, 1, 30.0),
        (4, 3, 2, 1, 80.0),
        (5, 4, 1, 1, 12.5),
        (6, 4, 3, 1, 30.0),
        (7, 5, 1, 1, 12.5),
    ],
    "reviews": [(1, 1, 1, 5, "2024-02-01"), (2, 2, 1, 2, "2024-02-02"), (3, 1, 3, 3, "2025-03-01")],
    "dept": [(1, "Sales", 1), (2, "Warehouse", 3)],
    "employees": [
        (1, "Eve Hill", 1, 5000.0, "2020-01-15", None),
        (2, "Fay Reed", 1, 4200.0, "2023-07-01", None),
        (3, "Gil Moor", 2, 3900.0, "2021-09-30", None),
        (4, "Hal Kerr", None, 3000.0, "2024-11-11", None),
    ],
}


def _name(column: str) -> str:
    return column.rstrip("?").partition(":")[0]


def shop(dialect: Dialect = "sqlite", masked: tuple[str, ...] = ()) -> Catalog:
    """The catalog, with ``table.column`` of ``masked`` masked."""
    tables = tuple(_table(name, masked) for name in COLUMNS)
    values = {
        (name, _name(column)): list(dict.fromkeys(str(cell) for cell in cells if cell is not None))
        for name, columns in COLUMNS.items()
        for column, cells in zip(columns.split(), zip(*ROWS[name], strict=True), strict=True)
    }
    return catalog_of(Schema(dialect, tables, "1", {}), values)


def _table(name: str, masked: tuple[str, ...]) -> Table:
    columns = [column.rstrip("?").partition(":") for column in COLUMNS[name].split()]
    optional = {column.rstrip("?").partition(":")[0] for column in COLUMNS[name].split() if column.endswith("?")}
    return Table(
        name,
        tuple(
            Column(column, kind or "text", column in optional, is_masked=f"{name}.{column}" in masked)
            for column, _, kind in columns
        ),
        primary_key=(columns[0][0],),
        foreign_keys=tuple(ForeignKey((column,), table, (key,)) for column, table, key in KEYS.get(name, ())),
        rows=len(ROWS[name]),
    )


SHOP = shop()


def ask(question: str, previous: Draft | None = None) -> Draft | Unclear | Unsure:
    return draft(question, SHOP, TODAY, previous)


def drafted(question: str, previous: Draft | None = None) -> Draft:
    found = ask(question, previous)
    assert isinstance(found, Draft), found
    return found


def rows(found: Draft) -> list[Row]:
    """What SQLite answers."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, columns in COLUMNS.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(_name(each) for each in columns.split())})")
            connection.executemany(_insert(name), ROWS[name])
        return connection.execute(found.sql).fetchall()


def rows_of_duckdb(found: Sequence[Draft]) -> list[list[Row]]:
    """What DuckDB answers, whose dates are dates."""
    with closing(duckdb.connect(":memory:")) as connection:
        for name, columns in COLUMNS.items():
            typed = (f"{_name(each)} {each.rstrip('?').partition(':')[2] or 'text'}" for each in columns.split())
            connection.execute(f"CREATE TABLE {name} ({', '.join(typed)})")
            connection.executemany(_insert(name), ROWS[name])
        return [list(connection.execute(each.sql).fetchall()) for each in found]


def _insert(table: str) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' for _ in COLUMNS[table].split())})"
