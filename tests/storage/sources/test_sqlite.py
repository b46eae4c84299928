"""SQLite as a source. Its guard is attacked here without any other check before it."""

import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.sources.engine import EngineFailed, Limits
from storage.sources.engines.sqlite_guard import FUNCTIONS
from storage.sources.schema import Column, ForeignKey
from storage.sources.source import Source
from storage.sources.target import Target
from tests.storage.sources.shop import failure, make_sqlite, rows, shop

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sqlite(tmp_path_factory.mktemp("sqlite") / "shop.sqlite")


@pytest.fixture(scope="module")
async def target(database: Path) -> AsyncIterator[Target]:
    target = Target(shop("sqlite", database))
    yield target
    await target.close()


async def test_tables_are_described_with_keys_and_counts(target: Target) -> None:
    customers, orders, sales = (await target.schema()).tables
    assert customers.columns == (
        Column("id", "INTEGER"),
        Column("name", "TEXT", is_nullable=False),
        Column("email", "TEXT", is_masked=True),
        Column("joined_on", "DATE"),
    )
    assert (customers.primary_key, customers.unique, customers.rows) == (("id",), (("email",),), 2)
    assert orders.foreign_keys == (ForeignKey(("customer_id",), "customers", ("id",)),)
    assert (sales.is_view, [column.name for column in sales.columns]) == (True, ["id", "total"])


async def test_without_a_list_every_table_is_shared_but_sqlites_own(tmp_path: Path) -> None:
    schema = "CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT); CREATE VIRTUAL TABLE notes USING fts5(body);"
    target = Target(shop("sqlite", make_sqlite(tmp_path / "a.sqlite", schema), tables=None))
    assert [table.name for table in (await target.schema()).tables] == ["a", "notes"]
    await target.close()


async def test_values_are_the_commonest_texts_and_some_of_the_rest(target: Target) -> None:
    values = await target.values("orders", ["STATUS", "total", "nope"], 5, 1.0)
    assert values == {"status": ["paid", "open"], "total": ["9.5", "20.0", "5.25"]}


async def test_values_of_hidden_and_masked_columns_are_not_told(target: Target) -> None:
    assert await target.values("customers", ["name", "email", "notes"], 5, 1.0) == {"name": ["Ada", "Bob"]}


async def test_a_plan_compiles_and_runs_nothing(target: Target) -> None:
    assert await target.plan("SELECT * FROM orders", Limits()) is None
    assert await target.plan("EXPLAIN SELECT * FROM orders", Limits()) is None


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT name FROM customers WHERE id = 1", "Ada"),
        ("SELECT count(*) FROM customers", 2),
        ("SELECT round(sum(total), 2) FROM v_sales", 34.75),
        ("SELECT count(*) FROM v_sales", 3),
        ("SELECT count(*) FROM main.orders AS secrets", 3),
        ("WITH n AS (SELECT status, count(*) AS c FROM orders GROUP BY 1) SELECT max(c) FROM n", 2),
        ("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) FROM n", 45),
        ("SELECT group_concat(value) FROM json_each('[1,2]')", "1,2"),
        ("SELECT printf('%.1f', avg(total)) FROM orders", "11.6"),
        ("SELECT strftime('%Y', joined_on) FROM customers LIMIT 1", "2024"),
        ("SELECT '{\"a\":5}' ->> '$.a'", 5),
        ("VALUES (7)", 7),
        ("SELECT count(*) FROM (SELECT id, name FROM customers) AS c NATURAL JOIN (SELECT 1 AS id)", 1),
        ("SELECT count(c.id) FROM (SELECT id FROM main.customers AS customers) AS c JOIN orders USING (id)", 0),
        ("SELECT max(customers.id) FROM (SELECT id FROM customers) AS customers NATURAL JOIN (SELECT 2 AS id)", 2),
        ("SELECT rank() OVER (ORDER BY total DESC) FROM orders WHERE id = 11", 1),
    ],
)
async def test_honest_queries_run(target: Target, sql: str, found: object) -> None:
    assert (await rows(target, sql))[0][0] == found


ATTACKS = [
    "INSERT INTO orders (id, customer_id) VALUES (99, 1)",
    "UPDATE orders SET total = 0",
    "DELETE FROM orders RETURNING id",
    "REPLACE INTO orders (id, customer_id) VALUES (10, 2)",
    "EXPLAIN DELETE FROM orders",
    "CREATE TABLE x (a)",
    "CREATE TEMP TABLE x (a)",
    "CREATE VIEW x AS SELECT 1",
    "DROP TABLE orders",
    "ALTER TABLE orders RENAME TO o",
    "ATTACH '{folder}/new.sqlite' AS new",
    "VACUUM INTO '{folder}/copy.sqlite'",
    "VACUUM",
    "REINDEX",
    "ANALYZE",
    "BEGIN IMMEDIATE",
    "SAVEPOINT s",
    "PRAGMA writable_schema = 1",
    "PRAGMA table_info(secrets)",
    "SELECT * FROM pragma_table_info('secrets')",
    "SELECT load_extension('x')",
    "SELECT hex(randomblob(10))",
    "SELECT length(zeroblob(1000000000))",
    "SELECT fts3_tokenizer('simple')",
    "SELECT sqlite_version()",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.sqlite_master",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM dbstat",
    "SELECT * FROM secrets",
    'SELECT * FROM main."SECRETS"',
    "SELECT count(*) FROM secrets",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM secrets)",
    "SELECT * FROM v_keys",
    "SELECT count(*) FROM v_keys",
    "SELECT id FROM orders UNION ALL SELECT api_key FROM secrets",
    "SELECT id FROM orders ORDER BY (SELECT api_key FROM secrets)",
    "SELECT (WITH secrets AS (SELECT 1 AS x) SELECT x FROM secrets), api_key FROM secrets",
    "WITH orders AS (SELECT api_key FROM secrets) SELECT * FROM orders",
    "WITH v_sales AS (SELECT api_key FROM secrets) SELECT * FROM v_sales",
    "WITH v_sales (a, b) AS (SELECT * FROM secrets) SELECT a, b FROM v_sales",
    "WITH 'V_SALES' AS NOT MATERIALIZED (SELECT api_key FROM secrets) SELECT * FROM v_sales",
    "WITH[v_sales]AS/**/(SELECT api_key FROM secrets) SELECT * FROM v_sales, main.v_sales AS m",
    "WITH RECURSIVE v_sales AS (SELECT api_key AS k FROM secrets UNION SELECT k FROM v_sales) SELECT * FROM v_sales",
    "SELECT * FROM (SELECT api_key FROM secrets) AS v_sales",
    "SELECT notes FROM customers",
    "SELECT * FROM customers",
    "SELECT name FROM customers ORDER BY notes",
    "SELECT id FROM customers NATURAL JOIN (SELECT 'pays late' AS notes)",
    "SELECT id FROM (SELECT 'pays late' AS notes) NATURAL JOIN main.[customers]",
    "SELECT id FROM (SELECT 'pays late' AS notes) NATURAL JOIN (customers)",
    "SELECT id FROM orders, customers AS c JOIN (SELECT 'pays late' AS notes) USING (notes)",
    "SELECT id FROM customers JOIN (SELECT 'ada@example.org' AS email) USING (email)",
    "SELECT 1 FROM orders WHERE 'k-123' IN v_keys",
    "SELECT (SELECT notes) FROM customers",
    "SELECT email FROM customers",
    "SELECT 1 FROM customers WHERE email LIKE 'a%'",
]


@pytest.mark.parametrize("sql", ATTACKS)
async def test_the_guard_alone_refuses(target: Target, database: Path, sql: str) -> None:
    failed = await failure(target, sql.format(folder=database.parent))
    assert failed.failure == "refused"
    assert "secrets" not in failed.detail
    assert os.listdir(database.parent) == [database.name]


async def test_nothing_was_changed_by_the_attacks(target: Target) -> None:
    assert await rows(target, "SELECT count(*), sum(total) FROM orders") == [(3, 34.75)]


async def test_masked_columns_are_read_only_where_that_is_approved(target: Target) -> None:
    assert await rows(target, "SELECT count(email) FROM customers", reads_masked=True) == [(2,)]
    joined = "SELECT count(*) FROM customers JOIN (SELECT email FROM customers) AS c USING (email)"
    assert (await failure(target, joined, reads_masked=True)).failure == "refused"  # notes are hidden all the same
    assert (await failure(target, "SELECT notes FROM customers", reads_masked=True)).failure == "refused"


async def test_what_is_explained_tells_no_name_that_is_not_shared(target: Target) -> None:
    explained = await rows(target, "EXPLAIN QUERY PLAN SELECT * FROM v_sales")
    assert "secrets" not in str(explained)
    assert "…" in str(explained)


async def test_a_virtual_table_can_be_searched(tmp_path: Path) -> None:
    schema = "CREATE VIRTUAL TABLE notes USING fts5(body); INSERT INTO notes VALUES ('late payment'), ('paid');"
    target = Target(shop("sqlite", make_sqlite(tmp_path / "notes.sqlite", schema), tables=("notes",)))
    assert await rows(target, "SELECT body FROM notes WHERE notes MATCH 'payment' ORDER BY rank") == [("late payment",)]
    await target.close()


@pytest.mark.parametrize(
    ("sql", "kind", "name"),
    [
        ("SELECT nope FROM orders", "unknown_column", "nope"),
        ("SELECT o.nope FROM orders AS o", "unknown_column", "nope"),
        ("SELECT * FROM nope", "unknown_table", "nope"),
        ("SELEC 1", "syntax", ""),
        ("SELECT 'x", "syntax", ""),
        ("", "syntax", ""),
        ("-- nothing", "syntax", ""),
        ("SELECT 1; SELECT 2", "syntax", ""),
        ("SELECT 1\0", "syntax", ""),
        ("SELECT " + "(" * 300 + "1" + ")" * 300, "syntax", ""),
        ("SELECT nope(1)", "syntax", ""),
        ("SELECT replace(hex(quote(char(0))), '0', '" + "x" * 10_000 + "')", "", ""),
        ("SELECT replace(replace('" + "x" * 9000 + "', 'x', '" + "y" * 9000 + "'), 'y', 'zz')", "memory", ""),
    ],
)
async def test_failures_are_told_apart(target: Target, sql: str, kind: str, name: str) -> None:
    if kind:
        failed = await failure(target, sql)
        assert (failed.failure, failed.name) == (kind, name)
    else:
        await rows(target, sql)


BOMBS = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "SELECT printf('%.*c', 1000000000, 'x')",
    "SELECT count(*) FROM " + ", ".join(f"orders AS o{number}" for number in range(30)),
    "WITH RECURSIVE n (s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) SELECT length(s) FROM n",
    "SELECT length(group_concat(a.name)) FROM customers AS a"
    + "".join(f", customers AS a{number}" for number in range(25)),
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n ORDER BY i DESC",
]


@pytest.mark.slow
@pytest.mark.parametrize("sql", BOMBS)
async def test_a_bomb_ends_in_time_and_leaves_the_source_usable(target: Target, sql: str) -> None:
    started = time.monotonic()
    assert (await failure(target, sql, Limits(seconds=0.5))).failure in ("deadline", "memory")
    assert time.monotonic() - started < 1.5
    assert await rows(target, "SELECT 1") == [(1,)]


async def test_every_function_of_the_list_is_lower_case() -> None:
    assert {name for name in FUNCTIONS if name != name.lower()} == set()


async def test_a_wrong_byte_hides_no_row(tmp_path: Path) -> None:
    schema = "CREATE TABLE orders (a TEXT); INSERT INTO orders VALUES (CAST(x'4dfc' AS TEXT)), ('ok');"
    target = Target(shop("sqlite", make_sqlite(tmp_path / "bytes.sqlite", schema)))
    assert await rows(target, "SELECT a FROM orders") == [("M\ufffd",), ("ok",)]
    await target.close()


@pytest.mark.parametrize("content", [b"", b"not a database" * 100], ids=["empty", "something else"])
async def test_a_file_that_is_no_database_is_down_or_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "shop.sqlite").write_bytes(content)
    target = Target(shop("sqlite", tmp_path / "shop.sqlite"))
    assert (await failure(target, "SELECT * FROM orders")).failure == ("down" if content else "unknown_table")
    await target.close()


async def test_a_new_schema_has_a_new_version_and_other_guards(tmp_path: Path) -> None:
    """Also where another file takes the place of the first."""
    path = make_sqlite(tmp_path / "a.sqlite", "CREATE TABLE orders (a); INSERT INTO orders VALUES (1);")
    target = Target(shop("sqlite", path))
    version, schema = await target.version(), await target.schema()
    assert await rows(target, "SELECT a FROM orders") == [(1,)]
    os.replace(make_sqlite(tmp_path / "b.sqlite", "CREATE TABLE orders (b); INSERT INTO orders VALUES (2);"), path)
    assert await target.version() != version
    assert (await target.schema()).fingerprint != schema.fingerprint
    assert await rows(target, "SELECT b FROM orders") == [(2,)]
    await target.close()


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    """A database in write-ahead-log mode that nobody has open."""
    return make_sqlite(
        tmp_path / "wal.sqlite", "PRAGMA journal_mode = WAL; CREATE TABLE orders (a); INSERT INTO orders VALUES (1);"
    )


async def test_a_logged_database_is_read_and_nothing_is_left_beside_it(logged: Path) -> None:
    target = Target(shop("sqlite", logged))
    assert await rows(target, "SELECT a FROM orders") == [(1,)]
    assert os.listdir(logged.parent) == [logged.name]
    await target.close()


async def test_what_a_writer_commits_is_seen_at_once(logged: Path) -> None:
    target = Target(shop("sqlite", logged))
    with closing(sqlite3.connect(logged)) as writer:
        for number in range(2, 5):
            writer.execute("INSERT INTO orders VALUES (?)", (number,))
            assert await rows(target, "SELECT max(a) FROM orders") == [(number - 1,)]
            writer.commit()
            assert await rows(target, "SELECT max(a) FROM orders") == [(number,)]
    assert await rows(target, "SELECT max(a) FROM orders") == [(4,)]
    await target.close()


async def test_a_log_that_a_crash_left_is_read(logged: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(logged)) as writer:
        writer.execute("INSERT INTO orders VALUES (2)")
        writer.commit()
        copies = tmp_path / "copies"
        copies.mkdir()
        for name in (logged.name, f"{logged.name}-wal"):
            (copies / name).write_bytes((logged.parent / name).read_bytes())
    target = Target(shop("sqlite", copies / logged.name))
    assert await rows(target, "SELECT max(a) FROM orders") == [(2,)]
    await target.close()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is read-only to this user")
async def test_a_logged_database_in_a_folder_that_cannot_be_written_is_read(logged: Path) -> None:
    logged.parent.chmod(0o500)
    target = Target(shop("sqlite", logged))
    assert await rows(target, "SELECT a FROM orders") == [(1,)]
    await target.close()
    logged.parent.chmod(0o700)


async def test_a_database_that_is_being_written_says_so(tmp_path: Path) -> None:
    path = make_sqlite(tmp_path / "busy.sqlite", "CREATE TABLE orders (a);")
    target = Target(shop("sqlite", path))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        failed = await failure(target, "SELECT a FROM orders", Limits(seconds=5.0))
    assert (failed.failure, failed.detail) == ("busy", "another process is writing to the file")
    assert await rows(target, "SELECT a FROM orders") == []
    await target.close()


async def test_a_function_runs_where_the_owner_trusts_it(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE t (a)")
        db.execute("INSERT INTO t VALUES ('x')")
    plain, trusting = (
        Target(Source(name="a", engine="sqlite", location=str(file), functions=functions))
        for functions in (frozenset[str](), frozenset({"sqlite_version"}))
    )
    try:
        with pytest.raises(EngineFailed, match="refused"):
            await plain.run("SELECT sqlite_version() AS v FROM t", Limits())
        assert len((await trusting.run("SELECT sqlite_version() AS v FROM t", Limits())).rows) == 1
    finally:
        await plain.close()
        await trusting.close()
