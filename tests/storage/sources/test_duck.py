"""DuckDB files as a source. Its guard is attacked here without any other check before it."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.sources.engine import Limits
from storage.sources.schema import Column, ForeignKey
from storage.sources.target import Target
from tests.storage.sources.shop import ROWS, SCHEMA, SHARED, failure, rows, shop

duckdb = pytest.importorskip("duckdb", reason="needs the extra duckdb")

pytestmark = pytest.mark.anyio

MORE = """
CREATE SCHEMA archive;
CREATE TABLE archive.orders AS SELECT id + 100 AS id FROM orders;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE MACRO doubled(x) AS x * 2;
CREATE TABLE moods (id INTEGER, mood mood, seen TIMESTAMPTZ, tags VARCHAR[], price DECIMAL(10, 2));
INSERT INTO moods VALUES (1, 'good', TIMESTAMPTZ '2024-01-02 03:04:05+00', ['a', 'b'], 1.10);
CREATE VIEW v_doubled AS SELECT doubled(id) AS twice FROM secrets;
COMMENT ON TABLE orders IS 'What was bought';
COMMENT ON COLUMN orders.status IS 'paid or open';
"""
TABLES = (*SHARED, "archive.orders", "moods", "v_doubled")


def make_duckdb(path: Path, sql: str = SCHEMA + ROWS + MORE) -> Path:
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(sql)
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_duckdb(tmp_path_factory.mktemp("duck") / "shop.duckdb")


@pytest.fixture(scope="module")
async def target(database: Path) -> AsyncIterator[Target]:
    target = Target(shop("duckdb", database, TABLES))
    yield target
    await target.close()


async def test_tables_are_described_with_keys_comments_and_counts(target: Target) -> None:
    schema = await target.schema()
    assert [table.key for table in schema.tables] == sorted(TABLES)
    assert schema.hidden == {"customers": ("notes",)}
    customers, orders = schema.table("customers"), schema.table("orders")
    assert customers is not None
    assert orders is not None
    assert customers.columns == (
        Column("id", "INTEGER", is_nullable=False),
        Column("name", "VARCHAR", is_nullable=False),
        Column("email", "VARCHAR", is_masked=True),
        Column("joined_on", "DATE"),
    )
    assert (customers.primary_key, customers.unique, customers.rows) == (("id",), (("email",),), 2)
    assert orders.foreign_keys == (ForeignKey(("customer_id",), "customers", ("id",)),)
    assert (orders.comment, orders.columns[-1].comment) == ("What was bought", "paid or open")


async def test_values_are_the_commonest_texts_and_some_of_the_rest(target: Target) -> None:
    assert await target.values("orders", ["status"], 5, 5.0) == {"status": ["paid", "open"]}
    assert await target.values("customers", ["email", "notes", "id"], 1, 5.0) == {"id": ["1"]}
    assert await target.values("archive.orders", ["id"], 1, 5.0) == {"id": ["110"]}
    assert await target.values("moods", ["mood"], 5, 5.0) == {"mood": ["good"]}


async def test_a_plan_has_a_cost(target: Target) -> None:
    few = await target.plan("SELECT * FROM orders", Limits())
    many = await target.plan("SELECT * FROM orders, range(1000000) AS r", Limits())
    assert few is not None
    assert many is not None
    assert few < 100 < many
    assert (await failure(target, "SELECT nope FROM orders")).failure == "unknown_column"


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT name FROM customers WHERE id = 1", "Ada"),
        ("SELECT count(*) FROM customers", 2),
        ("FROM archive.orders SELECT max(id)", 112),
        ("SELECT main.orders.id FROM main.orders ORDER BY 1", 10),
        ("SELECT round(sum(total), 2) FROM v_sales", 34.75),
        ("SELECT twice FROM v_doubled", 2),
        ("WITH secrets AS (SELECT 5 AS x) SELECT x FROM secrets", 5),
        ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) FROM n", 45),
        ("SELECT mood FROM moods WHERE mood = 'good'", "good"),
        ("SELECT seen FROM moods", "2024-01-02T03:04:05+00"),
        ("SELECT seen FROM moods UNION ALL SELECT seen FROM moods ORDER BY 1;", "2024-01-02T03:04:05+00"),
        ("SELECT tags FROM moods", '["a", "b"]'),
        ("SELECT price FROM moods", 1.1),
        ("SELECT count(*) FROM generate_series(1, 5)", 5),
        ("SELECT * FROM orders PIVOT (count(*) FOR status IN ('paid')) WHERE id = 10", 10),
        ("WITH p AS (PIVOT orders ON status IN ('paid') USING max(total)) SELECT max(paid) FROM p", 9.5),
        ("SELECT count(*) FROM (SELECT id FROM orders USING SAMPLE 2 ROWS)", 2),
        ("SELECT count(*) FROM orders TABLESAMPLE 100 PERCENT (bernoulli)", 3),
        ("SELECT pg_typeof(1)", "integer"),
        ("SELECT * EXCLUDE (id) FROM customers WHERE id = 1", "Ada"),
        ("SELECT list_transform([1, 2], lambda x: x + 1)[1]", 2),
        ("VALUES (7)", 7),
    ],
)
async def test_honest_queries_run(target: Target, sql: str, found: object) -> None:
    assert (await rows(target, sql))[0][0] == found


async def test_roles_come_from_types_where_there_is_no_row(target: Target) -> None:
    answer = await target.run("SELECT seen, mood, price, tags FROM moods WHERE id = 0", Limits())
    assert answer.roles == ("time", "text", "number", "other")


ATTACKS = [
    ("INSERT INTO orders VALUES (99, 1, 1, 'x')", "refused"),
    ("UPDATE orders SET total = 0", "refused"),
    ("DELETE FROM orders", "refused"),
    ("CREATE TABLE x (a INTEGER)", "refused"),
    ("CREATE TEMP MACRO count(x) AS 0", "refused"),
    ("PREPARE p AS SELECT 1", "refused"),
    ("SET threads = 8", "refused"),
    ("SET VARIABLE x = 1", "refused"),
    ("PRAGMA database_list", "refused"),
    ("CALL pragma_version()", "refused"),
    ("ATTACH '{folder}/new.duckdb'", "refused"),
    ("INSTALL httpfs", "refused"),
    ("LOAD httpfs", "refused"),
    ("CHECKPOINT", "refused"),
    ("EXPORT DATABASE '{folder}/out'", "refused"),
    ("COPY orders TO '{folder}/orders.csv'", "refused"),
    ("EXPLAIN ANALYZE SELECT * FROM orders", "refused"),
    ("SELECT 1; SELECT 2", "refused"),
    ("PIVOT orders ON status USING count(*)", "refused"),
    ("SHOW ALL TABLES", "refused"),
    ("DESCRIBE secrets", "refused"),
    ("SUMMARIZE secrets", "refused"),
    ("SELECT * FROM (DESCRIBE secrets)", "refused"),
    ("SELECT * FROM (SHOW ALL TABLES)", "refused"),
    ("SELECT * FROM secrets", "unknown_table"),
    ("SELECT * FROM main.secrets", "unknown_table"),
    ('SELECT * FROM "Secrets"', "unknown_table"),
    ("SELECT * FROM v_keys", "unknown_table"),
    ("SELECT * FROM shop.main.secrets", "refused"),
    ("SELECT * FROM memory.main.orders", "refused"),
    ("SELECT (WITH secrets AS (SELECT 1 AS x) SELECT x FROM secrets), api_key FROM secrets", "unknown_table"),
    ("WITH orders AS (SELECT api_key FROM secrets) SELECT * FROM orders", "unknown_table"),
    ("WITH RECURSIVE secrets AS (SELECT * FROM secrets) SELECT * FROM secrets", "syntax"),
    ("WITH RECURSIVE s AS (SELECT 1 AS id UNION SELECT k.id FROM secrets AS k, s) SELECT * FROM s", "unknown_table"),
    ("WITH RECURSIVE customers AS (SELECT notes FROM customers) SELECT * FROM customers", "unknown_column"),
    ("SELECT notes FROM customers", "unknown_column"),
    ("SELECT customers.notes FROM customers", "unknown_column"),
    ("SELECT COLUMNS('notes') FROM customers", "syntax"),
    ("SELECT name FROM customers ORDER BY notes", "unknown_column"),
    ("SELECT email FROM customers", "unknown_column"),
    ("SELECT * FROM duckdb_settings()", "refused"),
    ("SELECT * FROM duckdb_tables()", "refused"),
    ("SELECT * FROM duckdb_tables", "unknown_table"),
    ("SELECT * FROM information_schema.tables", "unknown_table"),
    ("SELECT * FROM pg_catalog.pg_class", "unknown_table"),
    ("SELECT * FROM sqlite_master", "unknown_table"),
    ("SELECT (WITH sqlite_master AS (SELECT 1 AS x) SELECT x FROM sqlite_master), sql FROM sqlite_master", "refused"),
    ("SELECT * FROM pragma_table_info('secrets')", "refused"),
    ("SELECT * FROM query('SELECT 1')", "refused"),
    ("SELECT * FROM query_table('secrets')", "refused"),
    ("SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))", "refused"),
    ("SELECT * FROM seq_scan('secrets')", "refused"),
    ("SELECT * FROM summary((SELECT 1))", "refused"),
    ("SELECT * FROM read_csv('{folder}/shop.duckdb')", "refused"),
    ("SELECT * FROM read_text('{folder}/shop.duckdb')", "refused"),
    ("SELECT * FROM glob('{folder}/*')", "refused"),
    ("SELECT * FROM '{folder}/shop.duckdb'", "unknown_table"),
    ("FROM 'https://example.org/a.csv'", "unknown_table"),
    ("SELECT * FROM duckdb", "unknown_table"),
    ("SELECT current_setting('memory_limit')", "refused"),
    ("SELECT getvariable('x')", "refused"),
    ("SELECT nextval('s')", "refused"),
    ("SELECT sleep_ms(100)", "refused"),
    ("SELECT write_log('x')", "refused"),
    ("SELECT current_query()", "refused"),
    ("SELECT pg_get_viewdef(1)", "refused"),
    ("SELECT id FROM orders WHERE EXISTS (SELECT has_table_privilege('secrets', 'SELECT'))", "refused"),
    ("SELECT doubled(2)", "syntax"),
    ("SELEC 1", "syntax"),
]


@pytest.mark.parametrize(("sql", "kind"), ATTACKS, ids=[sql for sql, _ in ATTACKS])
async def test_the_guard_alone_refuses(target: Target, database: Path, sql: str, kind: str) -> None:
    failed = await failure(target, sql.format(folder=database.parent))
    assert failed.failure == kind
    assert str(database.parent) not in failed.detail
    assert "source_" not in failed.detail
    assert os.listdir(database.parent) == [database.name]


async def test_masked_columns_are_there_only_where_that_is_approved(target: Target) -> None:
    assert await rows(target, "SELECT count(email) FROM customers", reads_masked=True) == [(2,)]
    assert (await failure(target, "SELECT notes FROM customers", reads_masked=True)).failure == "unknown_column"


async def test_what_is_explained_tells_no_name_that_is_not_shared(target: Target) -> None:
    assert "secrets" not in str(await rows(target, "EXPLAIN SELECT * FROM v_sales"))


async def test_an_unknown_name_is_told(target: Target) -> None:
    column = await failure(target, "SELECT o.nope FROM orders AS o")
    assert (column.failure, column.name) == ("unknown_column", "nope")
    table = await failure(target, "SELECT * FROM nope")
    assert (table.failure, table.name) == ("unknown_table", "nope")


BOMBS = [
    "SELECT count(*) FROM range(100000000000)",
    "SELECT count(*) FROM range(10000000) AS a (i), range(1000000) AS b (j) WHERE i * j = 7",
    "SELECT lpad('a', 1000000000, 'x')",
    "SELECT length(repeat('ab', 2000000000))",
    "SELECT bitstring('0101', 2000000000)",
    "SELECT list(i) FROM range(1000000000) AS r (i)",
    "SELECT list_sum(range(1000000000))",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
]


async def test_what_does_not_fit_into_memory_is_not_written_to_files(target: Target) -> None:
    tables = ", ".join(f"range(3000) AS r{number}" for number in range(16))
    failed = await failure(target, f"SELECT * FROM {tables}", Limits(seconds=5.0))
    assert failed.failure in ("memory", "deadline")


@pytest.mark.slow
@pytest.mark.parametrize("sql", BOMBS)
async def test_a_bomb_ends_in_time_and_leaves_the_source_usable(target: Target, sql: str) -> None:
    await target.run("SELECT 1", Limits())  # a worker that is there
    started = time.monotonic()
    assert (await failure(target, sql, Limits(seconds=0.5))).failure in ("deadline", "memory")
    assert time.monotonic() - started < 1.5
    assert await rows(target, "SELECT 1") == [(1,)]


async def test_a_writer_is_not_kept_out_by_a_warm_worker(tmp_path: Path) -> None:
    """Nor a changed schema kept from the next call."""
    path = make_duckdb(tmp_path / "a.duckdb", "CREATE TABLE orders (a INTEGER)")
    target = Target(shop("duckdb", path))
    version = await target.version()
    assert await rows(target, "SELECT * FROM orders") == []
    make_duckdb(path, "ALTER TABLE orders ADD COLUMN b INTEGER; INSERT INTO orders VALUES (1, 2)")
    assert await target.version() != version
    assert await rows(target, "SELECT * FROM orders") == [(1, 2)]
    await target.close()


@pytest.mark.parametrize("content", [None, b"not a database" * 100], ids=["missing", "something else"])
async def test_a_file_that_is_no_database_is_down(tmp_path: Path, content: bytes | None) -> None:
    if content:
        (tmp_path / "a.duckdb").write_bytes(content)
    target = Target(shop("duckdb", tmp_path / "a.duckdb"))
    failed = await failure(target, "SELECT * FROM orders")
    assert failed.failure == "down"
    assert str(tmp_path) not in failed.detail
    await target.close()
