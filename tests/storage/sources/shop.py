"""A small shop as a database: what is shared of it, what is not, and how its sources are asked."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.sources.engine import EngineFailed, Limits
from storage.sources.fetched import Cell
from storage.sources.source import EngineName, Source
from storage.sources.target import Target

SHARED = ("customers", "orders", "v_sales")
HIDDEN = frozenset({"customers.notes"})
MASKED = frozenset({"customers.email"})

SCHEMA = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, notes TEXT, joined_on DATE
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), total DOUBLE, status TEXT
);
CREATE TABLE secrets (id INTEGER PRIMARY KEY, api_key TEXT);
CREATE VIEW v_sales AS SELECT o.id, o.total * secrets.id AS total FROM orders AS o JOIN secrets ON secrets.id = 1;
CREATE VIEW v_keys AS SELECT api_key FROM secrets;
"""
ROWS = """
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.org', 'pays late', '2024-01-02');
INSERT INTO customers VALUES (2, 'Bob', 'bob@example.org', NULL, '2024-03-04');
INSERT INTO orders VALUES (10, 1, 9.5, 'paid'), (11, 1, 20, 'open'), (12, 2, 5.25, 'paid');
INSERT INTO secrets VALUES (1, 'k-123');
"""

SOON = Limits(seconds=0.5)


def make_sqlite(path: Path, schema: str = SCHEMA + ROWS) -> Path:
    """The shop in an SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
    return path


def shop(engine: EngineName, location: Path, tables: tuple[str, ...] | None = SHARED) -> Source:
    """The shop as its owner shares it."""
    return Source(name="shop", engine=engine, location=str(location), tables=tables, hidden=HIDDEN, masked=MASKED)


async def rows(target: Target, sql: str, *, reads_masked: bool = False) -> list[tuple[Cell, ...]]:
    """What the query finds."""
    return list((await target.run(sql, Limits(), reads_masked=reads_masked)).rows)


async def failure(target: Target, sql: str, limits: Limits = SOON, *, reads_masked: bool = False) -> EngineFailed:
    """How the query fails."""
    with pytest.raises(EngineFailed) as failed:
        await target.run(sql, limits, reads_masked=reads_masked)
    return failed.value
