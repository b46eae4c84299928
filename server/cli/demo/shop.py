"""The demo's shop: a small SQLite database whose figures are the same each time, and the settings that share it."""

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    ordered_on TEXT NOT NULL, status TEXT NOT NULL, total REAL NOT NULL
);
"""
SETTINGS = """
[data_sources.shop]
url = "sqlite:///shop.sqlite"
description = "Customers and orders of a small shop"
hidden = ["customers.email"]
"""
CITIES = ("Graz", "Linz", "Wels", "Steyr")
STATES = ("paid", "paid", "paid", "shipped", "cancelled")
CUSTOMERS = 40
ORDERS = 600
FIRST_DAY = date(2025, 1, 1)


def make_shop(home: Path) -> None:
    """Write the database and the settings into the folder."""
    with closing(sqlite3.connect(home / "shop.sqlite")) as db, db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", map(_customer, range(CUSTOMERS)))
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", map(_order, range(ORDERS)))
    (home / "satchel.toml").write_text(SETTINGS, "utf-8")


def _customer(at: int) -> tuple[int, str, str, str]:
    return at + 1, f"Customer {at + 1}", f"customer{at + 1}@example.com", CITIES[at * at % 11 % len(CITIES)]


def _order(at: int) -> tuple[int, int, str, str, float]:
    """More of them towards the end of the year."""
    day = FIRST_DAY + timedelta(days=int(364 * (at / ORDERS) ** 0.7))
    return at + 1, at * 7 % CUSTOMERS + 1, day.isoformat(), STATES[at % len(STATES)], 20 + at * 13 % 90 + 0.5
