"""What the pages' examples find when they begin: a shop's database, a handbook, and a tenant with a
key and what an agent wrote with it.

It is made once by our own commands and copied for each page, so that no page sees what another one did.
"""

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import anyio

from tests import documents
from tests.server.web.running import command, new_key, over_http, served

KEY = "k_3acdz4qrex"
"""The id of the key that pages show."""
SCHEMA = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT, notes TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), order_date DATE NOT NULL,
    status TEXT NOT NULL, total REAL NOT NULL
);
CREATE VIEW v_sales AS SELECT order_date, total FROM orders WHERE status = 'paid';
"""
SETTINGS = """
[data_sources.shop]
url = "sqlite:///data/shop.sqlite"
description = "Orders and customers of the web shop"
hidden = ["customers.notes"]
masked = ["customers.email"]
"""
CITIES = ("Berlin", "Graz", "Lisbon", "Milan")
STATES = ("paid", "shipped", "paid", "late", "open", "paid", "shipped")
CUSTOMERS, ORDERS = 160, 900
TOPICS = {
    "Welcome": "This is how we work with customers.",
    "Hours": "The shop is open from nine to six, and closed on Sundays.",
    "Orders": "An order is confirmed by e-mail within the hour.",
    "Payment": "We take cards and transfers, and no cheques.",
    "Shipping": "Parcels leave the warehouse every evening. Postage to islands costs extra.",
    "Returns": "Goods come back within 30 days of delivery, unworn and in their box.",
    "Refunds": "A refund reaches the card within five working days after the parcel arrives.",
    "Complaints": "Who complains is answered on the same day, by a person.",
}
FILLER = 30
"""Sentences that make a page long enough to be a passage of its own."""
PRICES = "item,price\nTent,120\nLamp,35.50\nMug,9\n"


def environment(home: Path) -> dict[str, str]:
    """The variables that a page's commands are run with: nothing of the caller's but where programs are."""
    return {
        "PATH": f"{home / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOME": str(home),
        "SATCHEL_HOME": str(home),
        "SATCHEL_EMBEDDING_MODEL": "static",
        "SATCHEL_OFFLINE": "1",
    }


def make(home: Path) -> None:
    """Furnish the folder."""
    handbook = home / "Documents" / "handbook"
    for folder in (handbook, home / "data" / "attachments"):
        folder.mkdir(parents=True)
    (handbook / "returns.pdf").write_bytes(make_handbook())
    (home / "data" / "attachments" / "prices.csv").write_text(PRICES, "utf-8")
    (home / "satchel.toml").write_text(SETTINGS, "utf-8")
    make_shop(home / "data" / "shop.sqlite")
    command(home, "ingest", str(handbook))
    key = new_key(home, "acme")
    with closing(sqlite3.connect(home / "data" / "satchel.sqlite")) as db, db:
        db.execute("UPDATE api_keys SET key_id = ?", (KEY,))
    with served(home) as server:
        anyio.run(_work, server.url, key)


async def _work(url: str, key: str) -> None:
    """What an agent of the tenant does with the key."""
    async with over_http(url, key) as agent:
        await agent.store("Anna Example asked for an invoice", session_id="customer-4711")
        forgotten = await agent.store("She called at noon", session_id="customer-4711")
        await agent.call("memory_forget", memory_ids=[forgotten])


def make_handbook() -> bytes:
    """A PDF with a page and a bookmark for each topic."""
    forms = [f"Form {at} is for case {at} and is kept in folder {at} until the year ends." for at in range(FILLER)]
    texts = ["\n".join([title, text, *forms]) for title, text in TOPICS.items()]
    return documents.pdf(texts, info={"Title": "Handbook"}, outline=[(title, at) for at, title in enumerate(TOPICS)])


def make_shop(file: Path) -> None:
    """The shop's database; its figures are the same each time."""
    with closing(sqlite3.connect(file)) as db, db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO customers VALUES (?, ?, ?, ?, ?)", map(_customer, range(1, CUSTOMERS + 1)))
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", map(_order, range(ORDERS)))


def _customer(at: int) -> tuple[object, ...]:
    return at, f"Customer {at}", f"customer{at}@example.org", CITIES[at * at % 11 % len(CITIES)], None


def _order(at: int) -> tuple[object, ...]:
    day, status = date(2025, 1, 1) + timedelta(days=at * 7 % 365), STATES[at * at * 7 % 23 % len(STATES)]
    return at + 1, at * 11 % CUSTOMERS + 1, day.isoformat(), status, 20 + at * 13 % 90 + 0.5


def copy(house: Path, to: Path) -> Path:
    """A house of one's own."""
    shutil.copytree(house, to, symlinks=True)
    return to
