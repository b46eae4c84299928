"""Databases on the servers of the loopback, made for a test module and dropped after it.

Each has the tables of a small shop, one that is not shared, and an account that may SELECT from both: whatever keeps
the account from the second one is our guard.
"""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import psycopg
import pymysql
import pytest

from storage.sources.engine import Engine, EngineFailed, Limits
from storage.sources.fetched import Cell
from storage.sources.source import EngineName, Source
from tests.conftest import REQUIRE_SERVERS

SHARED = ("customers", "orders", "big_orders")

SHOP = """
CREATE TABLE customers (id integer PRIMARY KEY, name varchar(50) NOT NULL, email varchar(50) UNIQUE, notes varchar(50));
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, total decimal(10, 2), placed date,
    FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE secrets (id integer PRIMARY KEY, api_key varchar(50));
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total >= 20;
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.com', 'pays late'), (2, 'Bo', 'bo@example.com', NULL),
    (3, 'Ada', NULL, NULL);
INSERT INTO orders VALUES (1, 1, 10.50, '2024-01-31'), (2, 1, 20.00, '2024-02-01'), (3, 2, 39.99, NULL);
INSERT INTO secrets VALUES (1, 'hunter2'), (2, 'hunter3')
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A database: as the account that may only select, and as its owner. ``admin`` runs statements as the owner."""

    engine: EngineName
    reader: str
    owner: str
    admin: Any
    name: str
    account: str

    @property
    def other(self) -> str:
        """The name of a second database, dropped with this one."""
        return f"{self.name}_more"

    @property
    def role(self) -> str:
        """The name of a role, dropped with the account."""
        return f"{self.account}_role"

    def source(self, *, as_owner: bool = False, tables: tuple[str, ...] | None = SHARED) -> Source:
        """The source, with a hidden and a masked column."""
        location = self.owner if as_owner else self.reader
        return Source(
            name="shop",
            engine=self.engine,
            location=location,
            tables=tables,
            hidden=frozenset({"customers.notes"}),
            masked=frozenset({"customers.email"}),
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the owner sees, past the guard."""
        with closing(self.admin.cursor()) as cursor:
            cursor.execute(sql)
            return [] if cursor.description is None else list(cursor.fetchall())


def run(engine: Engine, sql: str, limits: Limits | None = None) -> tuple[tuple[Cell, ...], ...]:
    """The rows of a statement, without any gate."""
    return engine.run(sql, limits or Limits(seconds=2.0), reads_masked=False).rows


def failure(engine: Engine, sql: str, limits: Limits | None = None) -> EngineFailed:
    """How a statement fails, without any gate."""
    with pytest.raises(EngineFailed) as failed:
        run(engine, sql, limits)
    return failed.value


@contextmanager
def postgres_shop() -> Iterator[Shop]:
    """The shop on PostgreSQL."""
    name, account = (f"satchel_{secrets.token_hex(4)}" for _ in range(2))
    with closing(_postgres("postgres")) as server:
        server.execute(f"CREATE DATABASE {name}")
        server.execute(f"CREATE ROLE {account} LOGIN")
        try:
            with closing(_postgres(name)) as admin:
                admin.execute(SHOP)
                admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {account}")
                owner, server_at = admin.info.user, "127.0.0.1:5432"
                reader_url = f"postgresql://{account}@{server_at}/{name}"
                yield Shop("postgres", reader_url, f"postgresql://{owner}@{server_at}/{name}", admin, name, account)
        finally:
            _drop(server, name)
            server.execute(f"DROP ROLE {account}")


@contextmanager
def mysql_shop() -> Iterator[Shop]:
    """The shop on MySQL or MariaDB."""
    name, account = (f"satchel_{secrets.token_hex(4)}" for _ in range(2))
    with closing(_mysql()) as admin, closing(admin.cursor()) as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE USER {account}@'%'")
        try:
            cursor.execute(f"USE {name}")
            for statement in SHOP.split(";"):
                cursor.execute(statement)
            cursor.execute(f"GRANT SELECT, SHOW VIEW ON {name}.* TO {account}@'%'")
            reader, owner = (f"mysql://{user}@127.0.0.1:3306/{name}" for user in (account, "root"))
            yield Shop("mysql", reader, owner, admin, name, account)
        finally:
            for what in (f"DATABASE IF EXISTS {name}_more", f"ROLE IF EXISTS {account}_role"):
                cursor.execute(f"DROP {what}")
            cursor.execute(f"DROP DATABASE {name}")
            cursor.execute(f"DROP USER {account}@'%'")


def _postgres(database: str) -> psycopg.Connection[Any]:
    for user in ("postgres", "root"):
        with suppress(psycopg.OperationalError):
            return psycopg.connect(
                host="127.0.0.1", port=5432, user=user, dbname=database, autocommit=True, connect_timeout=2
            )
    _absent("postgres", "PostgreSQL on 127.0.0.1:5432, open to its superuser without a password")


def _drop(server: psycopg.Connection[Any], database: str) -> None:
    """The server waits five seconds for those it ends, and one may still compute what a test left it with."""
    for _ in range(11):
        with suppress(psycopg.errors.ObjectInUse):
            server.execute(f"DROP DATABASE {database} WITH (FORCE)")
            return
    server.execute(f"DROP DATABASE {database} WITH (FORCE)")


def _mysql() -> Any:
    with suppress(pymysql.err.OperationalError):
        return pymysql.connect(host="127.0.0.1", port=3306, user="root", autocommit=True, connect_timeout=2)
    _absent("mysql", "MySQL or MariaDB on 127.0.0.1:3306, open to root without a password")


def _absent(server: str, what: str) -> NoReturn:
    if server in REQUIRE_SERVERS:
        pytest.fail(f"SATCHEL_REQUIRE_SERVERS has {server}, but there is no {what}")
    pytest.skip(f"needs {what}")
