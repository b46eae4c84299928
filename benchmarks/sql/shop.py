"""A shop that questions are timed on: 10,000 orders in an SQLite file, the same ones each time, and its settings."""

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

SECONDS = 2.0
"""A query may take so long before it is ended."""

SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, segment TEXT NOT NULL);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price REAL NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    product_id INTEGER NOT NULL REFERENCES products (id), ordered_on DATE NOT NULL, status TEXT NOT NULL,
    total REAL NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_id);
"""
SETTINGS = f"""
[data_sources.shop]
url = "sqlite:///shop.sqlite"
timeout_seconds = {SECONDS}
"""
CITIES = ("Graz", "Linz", "Wels", "Steyr", "Salzburg", "Innsbruck", "Bregenz", "Villach")
SEGMENTS = ("retail", "trade", "public")
CATEGORIES = ("toys", "books", "tools", "garden")
STATES = ("paid", "shipped", "returned", "cancelled")
YEARS = (2022, 2023, 2024, 2025)
ORDERS = 10_000
CUSTOMERS = 800
PRODUCTS = 300


def make(home: Path, orders: int = ORDERS) -> Path:
    """Write the database and the settings into the folder; the database's file."""
    draw = random.Random(11)
    file = home / "shop.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.executescript(SCHEMA)
        for at in range(1, CUSTOMERS + 1):
            row = (at, f"Customer {at}", draw.choice(CITIES), draw.choice(SEGMENTS))
            db.execute("INSERT INTO customers VALUES (?, ?, ?, ?)", row)
        for at in range(1, PRODUCTS + 1):
            thing = (at, f"Product {at}", draw.choice(CATEGORIES), draw.randrange(100, 9_900) / 100)
            db.execute("INSERT INTO products VALUES (?, ?, ?, ?)", thing)
        db.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", (_order(at, draw) for at in range(1, orders + 1))
        )
    (home / "satchel.toml").write_text(SETTINGS, "utf-8")
    return file


def _order(at: int, draw: random.Random) -> tuple[int, int, int, str, str, float]:
    day = date(YEARS[0], 1, 1) + timedelta(days=draw.randrange(365 * len(YEARS)))
    who, what = draw.randint(1, CUSTOMERS), draw.randint(1, PRODUCTS)
    return at, who, what, day.isoformat(), draw.choice(STATES), draw.randrange(500, 50_000) / 100
