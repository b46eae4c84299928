"""text2sql through a client on every engine: built-in answers, the agent's SQL, masks, accounts that could write."""

import csv
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests import shops
from tests.client import Agent, in_memory
from tests.storage.sources.servers import Shop, mysql_shop, postgres_shop

pytestmark = pytest.mark.anyio

CUSTOMERS = [(1, "Ada", "ada@example.com", "pays late"), (2, "Bo", "bo@example.com", None), (3, "Cy", None, None)]
ORDERS = [(1, 1, 10.5, "2024-01-31"), (2, 1, 20.0, "2024-02-01"), (3, 2, 39.99, None)]
SHARING: dict[str, Any] = {"hidden": ["customers.notes"], "masked": ["customers.email"]}
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0) SELECT COUNT(*) AS c FROM n"


@contextmanager
def on_server(shop: Callable[[], AbstractContextManager[Shop]]) -> Iterator[dict[str, Any]]:
    with shop() as made:
        yield {"url": made.reader, "tables": ["customers", "orders"], **SHARING}


@contextmanager
def as_duckdb(folder: Path) -> Iterator[dict[str, Any]]:
    duckdb = pytest.importorskip("duckdb")
    file = folder / "shop.duckdb"
    with duckdb.connect(str(file)) as db:
        db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR, email VARCHAR, notes VARCHAR)")
        db.execute(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),"
            " total DECIMAL(10, 2), placed DATE)"
        )
        db.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", CUSTOMERS)
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", ORDERS)
    yield {"url": f"duckdb:///{file}", **SHARING}


@contextmanager
def as_folder(folder: Path) -> Iterator[dict[str, Any]]:
    pytest.importorskip("duckdb")
    files = folder / "files"
    files.mkdir()
    for name, heading, rows in (
        ("customers", ("id", "name", "email", "notes"), CUSTOMERS),
        ("orders", ("id", "customer_id", "total", "placed"), ORDERS),
    ):
        with (files / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([heading, *rows])
    yield {"url": f"csv:///{files}", **SHARING}


MADE: dict[str, Callable[[Path], AbstractContextManager[dict[str, Any]]]] = {
    "duckdb": as_duckdb,
    "folder": as_folder,
    "postgres": lambda _: on_server(postgres_shop),
    "mysql": lambda _: on_server(mysql_shop),
}


@pytest.fixture(params=MADE)
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Agent]:
    with MADE[request.param](tmp_path) as source:
        async with in_memory(tmp_path / "home", data_sources={"shop": source}) as agent:
            yield agent


async def asked(agent: Agent, question: str, **arguments: object) -> dict[str, Any]:
    return await agent.call("text2sql", question=question, **arguments)


async def test_every_engine_is_read_and_cannot_be_changed(shop: Agent) -> None:
    answer = await asked(shop, "orders", sql="SELECT id, total, placed FROM orders ORDER BY id")
    assert answer["rows"] == [[1, 10.5, "2024-01-31"], [2, 20, "2024-02-01"], [3, 39.99, None]]
    built_in = await asked(shop, "how many orders are there?")
    assert (built_in["status"], built_in["rows"], built_in["provider"]) == ("answered", [[3]], "built_in")
    masked = await asked(shop, "mails", sql="SELECT COUNT(DISTINCT email) AS n FROM customers")
    assert masked["rows"] == [[2]]
    for sql in ("DELETE FROM orders", "SELECT email FROM customers", "SELECT notes FROM customers"):
        assert (await asked(shop, "no", sql=sql))["status"] == "refused"
    assert (await asked(shop, "orders", sql="SELECT COUNT(*) AS n FROM orders"))["rows"] == [[3]]


async def test_months_are_grouped_in_the_words_of_every_engine(shop: Agent) -> None:
    answer = await asked(shop, "number of orders per month")
    assert answer["status"] == "answered"
    assert [row[-1] for row in answer["rows"] if row[0] is not None] == [1, 1]


@pytest.mark.parametrize("made", [postgres_shop, mysql_shop])
async def test_an_account_that_could_write_is_refused_unless_trusted(
    made: Callable[[], AbstractContextManager[Shop]], tmp_path: Path
) -> None:
    with made() as shop:
        owner = {"url": shop.owner, "tables": ["orders"]}
        trusted = owner | {"allow_writable_account": True}
        async with in_memory(tmp_path, data_sources={"owner": owner, "trusted": trusted}) as agent:
            told = await agent.refused("text2sql", question="orders?", data_source="owner")
            assert "could do more than read" in told
            assert "127.0.0.1" not in told
            count = "SELECT COUNT(*) AS n FROM orders"
            assert (await asked(agent, "orders?", data_source="trusted", sql=count))["rows"] == [[3]]


@pytest.mark.slow
async def test_a_query_without_end_is_ended_while_others_are_answered(tmp_path: Path) -> None:
    source = shops.source(shops.make(tmp_path), timeout_seconds=1)
    async with in_memory(tmp_path / "home", data_sources={"shop": source}) as agent:
        count = "SELECT COUNT(*) AS n FROM orders"
        await asked(agent, "orders?", sql=count)
        told: list[str] = []

        async def bomb() -> None:
            told.append(await agent.refused("text2sql", question="all?", sql=ENDLESS))

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(bomb)
                for _ in range(5):
                    assert (await asked(agent, "orders?", sql=count))["rows"] == [[6]]
                    await agent.store("meanwhile")
        assert "took more than 1 s" in told[0]
        assert (await asked(agent, "orders?", sql=count))["rows"] == [[6]]
