"""PostgreSQL's guard, with no gate before it, and what it says of its tables."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from storage.sources.engine import EngineFailed, Limits
from storage.sources.engines.postgres import Postgres, open_engine
from storage.sources.fetched import Fetched
from storage.sources.schema import Column, ForeignKey, Table
from storage.sources.source import Source
from storage.sources.target import Target
from tests.storage.sources.servers import Shop, failure, postgres_shop, run

pytestmark = pytest.mark.anyio

WRITES = [
    "INSERT INTO orders (id) VALUES (9)",
    "UPDATE orders SET total = 0",
    "DELETE FROM orders",
    "TRUNCATE orders",
    "MERGE INTO orders USING customers ON false WHEN NOT MATCHED THEN INSERT (id) VALUES (9)",
    "WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone",
    "SELECT id INTO copied FROM orders",
    "CREATE TABLE copied AS SELECT id FROM orders",
    "CREATE TEMP TABLE copied AS SELECT id FROM orders",
    "DROP TABLE orders",
    "ALTER TABLE orders ADD COLUMN more integer",
    "GRANT ALL ON orders TO PUBLIC",
    "SELECT id FROM orders FOR UPDATE",
    "LOCK TABLE orders",
    "COMMIT; DROP TABLE orders",
    "COMMIT",
    "SELECT 1; DROP TABLE orders",
    "EXPLAIN ANALYZE DELETE FROM orders",
    "EXPLAIN (ANALYZE) CREATE TABLE copied AS SELECT id FROM orders",
    "DO $$ BEGIN DELETE FROM orders; END $$",
    "CALL pg_sleep(0)",
    "REFRESH MATERIALIZED VIEW orders",
    "VACUUM orders",
]

REACHES = [
    "COPY orders TO PROGRAM 'cat'",
    "COPY orders TO STDOUT",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_catalog.pg_read_file('PG_VERSION')",
    "SELECT * FROM pg_read_file('PG_VERSION')",
    "SELECT id FROM orders ORDER BY pg_read_file('PG_VERSION')",
    r"""SELECT U&"pg\005Fread\005Ffile"('PG_VERSION')""",
    """SELECT "pg_read_file"('PG_VERSION')""",
    "SELECT /* */ pg_read_file /* */ ('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    """SELECT E'\\'', '"', id AS "'", pg_ls_dir('.') FROM orders""",
    "SELECT id FROM orders GROUP BY id HAVING count(pg_ls_dir('.')) > 0",
    "SELECT id FROM orders WHERE total > ALL (SELECT length(pg_read_file('PG_VERSION')))",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('PG_VERSION')",
    "SELECT pg_sleep(30)",
    "SELECT seconds.pg_sleep FROM unnest(ARRAY[30.0::float8]) AS seconds",
    "SELECT (place).pg_read_file FROM unnest(ARRAY['PG_VERSION']) AS place",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SET statement_timeout = 0",
    "RESET ALL",
    "SET ROLE postgres",
    "LISTEN news",
    "SELECT pg_notify('news', 'x')",
    "SELECT pg_advisory_lock(1)",
    "SELECT nextval('orders_id_seq')",
    "SELECT pg_logical_emit_message(false, 'x', 'y')",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT query_to_xml('SELECT api_key FROM secrets', true, true, '')",
    "SELECT table_to_xml('secrets', true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT current_setting('data_directory')",
    "SELECT has_table_privilege('secrets', 'SELECT')",
    "PREPARE p AS SELECT 1",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "FETCH ALL FROM c",
]

UNSHARED = [
    "SELECT api_key FROM secrets",
    "TABLE secrets",
    "SELECT s.api_key FROM public.secrets AS s",
    "SELECT id FROM orders UNION ALL SELECT id FROM secrets",
    "SELECT (SELECT max(api_key) FROM secrets) FROM orders",
    "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM secrets WHERE api_key LIKE 'h%')",
    "WITH orders AS (SELECT * FROM secrets) SELECT * FROM orders",
    "SELECT 'it''s', 1 AS \"'\", api_key FROM secrets WHERE api_key <> '' AND E'\\'' <> ''",
    "SELECT count(*) FROM secrets",
    "SELECT max(id) FROM secrets",
    "SELECT * FROM orders JOIN LATERAL (SELECT api_key FROM secrets LIMIT 1) AS s ON true",
    "SELECT relname FROM pg_class",
    "SELECT rolname FROM pg_roles",
    "SELECT table_name FROM information_schema.tables",
    "SELECT * FROM pg_stat_activity",
]

SYSTEM = [
    "SELECT query FROM pg_stat_activity",
    "SELECT setting FROM pg_settings",
    "SELECT * FROM pg_stat_bgwriter",
    "SELECT * FROM pg_show_all_settings()",
    "SELECT datid FROM pg_stat_get_activity(NULL)",
]

BOMBS = [
    "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "SELECT array_fill(0, ARRAY[40000000])",
    "SELECT repeat('x', 200000000)",
    "SELECT sum(length(repeat('x', 1000000 + a))) FROM generate_series(1, 100000) AS a",
    r"SELECT count(*) FROM generate_series(1, 1000000) AS a WHERE repeat('ab', 200 + a) ~ '^((a|b|ab)*)*\1\1c$'",
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with postgres_shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def engine(shop: Shop) -> Iterator[Postgres]:
    with closing(open_engine(shop.source())) as engine:
        yield engine


@pytest.fixture(scope="module")
def owner(shop: Shop) -> Iterator[Postgres]:
    """An account that could do everything."""
    with closing(open_engine(shop.source(as_owner=True))) as engine:
        yield engine


def everything(shop: Shop) -> tuple[list[tuple[object, ...]], ...]:
    """What an attack could have changed."""
    return (
        shop.rows("SELECT * FROM orders ORDER BY id"),
        shop.rows("SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"),
        shop.rows("SELECT oid FROM pg_largeobject_metadata"),
    )


def test_the_schema_has_what_is_shared(engine: Postgres) -> None:
    schema = engine.describe()
    customers = Table(
        "customers",
        (
            Column("id", "integer", is_nullable=False),
            Column("name", "character varying(50)", is_nullable=False),
            Column("email", "character varying(50)", is_masked=True),
        ),
        primary_key=("id",),
        unique=(("email",),),
    )
    assert schema.table("customers") == customers
    assert [(table.key, table.is_view) for table in schema.tables] == [
        ("big_orders", True),
        ("customers", False),
        ("orders", False),
    ]
    orders = schema.table("orders")
    assert orders is not None
    assert orders.foreign_keys == (ForeignKey(("customer_id",), "customers", ("id",)),)
    assert schema.hidden == {"customers": ("notes",)}


def test_comments_estimates_and_tables_of_other_schemas_are_in_the_schema(shop: Shop) -> None:
    shop.rows("CREATE SCHEMA sales; CREATE TABLE sales.deals (id integer)")
    shop.rows(
        "COMMENT ON TABLE orders IS 'what was bought'; COMMENT ON COLUMN orders.total IS 'in euro'; ANALYZE orders"
    )
    with closing(open_engine(shop.source(as_owner=True, tables=("public.Orders", "sales.deals", "nowhere")))) as engine:
        orders, deals = engine.describe().tables
        assert run(engine, "SELECT count(*) FROM sales.deals") == ((0,),)
    shop.rows("DROP SCHEMA sales CASCADE")
    assert (orders.key, orders.comment, orders.rows) == ("orders", "what was bought", 3)
    assert [column.comment for column in orders.columns] == ["", "", "in euro", ""]
    assert (deals.key, deals.schema, deals.rows) == ("sales.deals", "sales", None)


def test_without_a_list_the_default_schema_is_shared(shop: Shop) -> None:
    with closing(open_engine(shop.source(tables=None))) as engine:
        assert [table.key for table in engine.describe().tables] == ["big_orders", "customers", "orders", "secrets"]


def test_a_column_that_the_account_may_not_read_is_hidden(shop: Shop) -> None:
    shop.rows(f"REVOKE SELECT ON customers FROM {shop.account}")
    shop.rows(f"GRANT SELECT (id, name, notes) ON customers TO {shop.account}")
    with closing(open_engine(shop.source())) as engine:
        schema = engine.describe()
    shop.rows(f"GRANT SELECT ON customers TO {shop.account}")
    customers = schema.table("customers")
    assert customers is not None
    assert [column.name for column in customers.columns] == ["id", "name"]
    assert schema.hidden == {"customers": ("email", "notes")}


def test_the_version_changes_with_the_columns(shop: Shop, engine: Postgres) -> None:
    before = engine.version()
    assert engine.version() == before
    shop.rows("ALTER TABLE orders ADD COLUMN more integer")
    changed = engine.version()
    shop.rows("ALTER TABLE orders DROP COLUMN more")
    assert changed != before


def test_values_are_the_commonest_first_and_none_of_a_hidden_or_masked_column(engine: Postgres) -> None:
    assert engine.values("customers", ["name", "id", "email", "notes"], 10, 2.0) == {
        "name": ["Ada", "Bo"],
        "id": ["1", "2", "3"],
    }
    assert engine.values("secrets", ["api_key"], 10, 2.0) == {}


def test_the_values_of_an_enum_are_those_it_may_have(shop: Shop) -> None:
    shop.rows("CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE faces (mood mood)")
    with closing(open_engine(shop.source(as_owner=True, tables=("faces",)))) as engine:
        values = engine.values("faces", ["mood"], 10, 2.0)
    shop.rows("DROP TABLE faces; DROP TYPE mood")
    assert values == {"mood": ["sad", "happy"]}


def test_rows_have_names_roles_and_cells(engine: Postgres) -> None:
    fetched = engine.run(
        "SELECT id, total, placed, id, 5 % 2 AS odd, '%s' AS percent, '1 mon'::interval AS gap,"
        " 'infinity'::date AS late, '2024-01-02 03:04:05+00'::timestamptz AT TIME ZONE 'UTC' AS moment, true AS yes,"
        """ '{"a":1.50}'::jsonb AS js"""
        " FROM orders WHERE id = 1",
        Limits(),
        reads_masked=False,
    )
    assert fetched == Fetched(
        ("id", "total", "placed", "id_2", "odd", "percent", "gap", "late", "moment", "yes", "js"),
        ("number", "number", "date", "number", "number", "text", "text", "text", "time", "boolean", "text"),
        ((1, 10.5, "2024-01-31", 1, 1, "%s", "1 mon", "infinity", "2024-01-02T03:04:05", True, '{"a": 1.50}'),),
        is_truncated=False,
        elapsed_ms=fetched.elapsed_ms,
    )


def test_a_result_without_rows_has_its_columns(engine: Postgres) -> None:
    fetched = engine.run("SELECT id, placed, id FROM orders WHERE false", Limits(), reads_masked=False)
    assert (fetched.columns, fetched.roles, fetched.rows) == (
        ("id", "placed", "id_2"),
        ("number", "date", "number"),
        (),
    )


def test_of_a_large_result_the_first_rows_are_read(engine: Postgres) -> None:
    started = time.monotonic()
    fetched = engine.run("SELECT generate_series(1, 1000000000)", Limits(max_rows=2), reads_masked=False)
    assert (fetched.is_truncated, time.monotonic() - started < 5.0) == (True, True)
    assert run(engine, "SELECT 1") == ((1,),)


def test_a_plan_costs_more_for_more_rows_and_runs_nothing(engine: Postgres) -> None:
    few = engine.plan("SELECT * FROM orders", Limits())
    many = engine.plan("SELECT * FROM orders a, orders b, orders c, orders d", Limits())
    assert few is not None
    assert many is not None
    assert many > few > 0


def test_an_explanation_can_be_asked_for(engine: Postgres) -> None:
    ((line,), *_) = run(engine, "EXPLAIN SELECT * FROM orders")
    assert "Seq Scan on orders" in str(line)


@pytest.mark.parametrize("sql", WRITES + REACHES + SYSTEM)
def test_nothing_but_a_query_runs(shop: Shop, engine: Postgres, sql: str) -> None:
    before = everything(shop)
    assert failure(engine, sql).failure in ("refused", "syntax", "unknown_table", "other")
    assert everything(shop) == before


@pytest.mark.parametrize("sql", WRITES + REACHES + SYSTEM)
def test_nothing_but_a_query_runs_for_the_owner_either(shop: Shop, owner: Postgres, sql: str) -> None:
    """The account's rights stop nothing here."""
    before = everything(shop)
    assert failure(owner, sql).failure in ("refused", "syntax", "unknown_table", "other")
    assert everything(shop) == before


@pytest.mark.parametrize("sql", UNSHARED)
def test_no_table_that_is_not_shared_is_read(engine: Postgres, owner: Postgres, sql: str) -> None:
    for each in (engine, owner):
        failed = failure(each, sql)
        assert (failed.failure, failed.detail) == ("refused", "it reads a table that is not shared")
        with pytest.raises(EngineFailed, match="not shared"):
            each.plan(sql, Limits())


def test_a_shared_view_may_read_what_is_not_shared(shop: Shop) -> None:
    with closing(open_engine(shop.source(tables=("big_orders",)))) as engine:
        assert run(engine, "SELECT id FROM big_orders ORDER BY id") == ((2,), (3,))


def test_a_partition_that_came_later_is_read_with_its_table(shop: Shop) -> None:
    shop.rows("CREATE TABLE events (day date) PARTITION BY RANGE (day)")
    with closing(open_engine(shop.source(as_owner=True, tables=("events",)))) as engine:
        assert run(engine, "SELECT * FROM events") == ()
        shop.rows("CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
        shop.rows("INSERT INTO events VALUES ('2024-05-06')")
        found, tables = run(engine, "SELECT * FROM events"), engine.describe().tables
    shop.rows("DROP TABLE events")
    assert (found, [table.key for table in tables]) == ((("2024-05-06",),), ["events"])


def test_a_function_that_the_owner_wrote_into_a_view_is_not_the_statements(shop: Shop) -> None:
    shop.rows("CREATE VIEW mine AS SELECT id FROM orders WHERE pg_backend_pid() > 0")
    with closing(open_engine(shop.source(as_owner=True, tables=("mine",)))) as engine:
        found = run(engine, "SELECT count(*) FROM mine")
        refused = failure(engine, "SELECT pg_backend_pid() FROM mine")
    shop.rows("DROP VIEW mine")
    assert (found, refused.name) == (((3,),), "pg_backend_pid")


def test_a_row_policy_holds_and_may_call_what_it_needs(shop: Shop) -> None:
    shop.rows("CREATE POLICY own ON orders USING (customer_id = 2 AND current_setting('server_version') <> '')")
    shop.rows("ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
    with closing(open_engine(shop.source())) as engine:
        found = run(engine, "SELECT id FROM orders")
    shop.rows("DROP POLICY own ON orders; ALTER TABLE orders DISABLE ROW LEVEL SECURITY")
    assert found == ((3,),)


def test_nothing_of_a_call_is_left_for_the_next(shop: Shop) -> None:
    """By a function of the owner, into which the guard does not see."""
    shop.rows("""
        CREATE FUNCTION leave() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_advisory_lock(7), set_config('search_path', 'pg_catalog', false);
            LISTEN news;
            RETURN set_config('my.note', 'left', false) || set_config('statement_timeout', '1', false);
        END $$;
        CREATE FUNCTION note() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
            RETURN concat(current_setting('my.note', true), (SELECT count(*) FROM pg_listening_channels()));
        END $$""")
    with closing(open_engine(shop.source(as_owner=True))) as engine:
        assert str(run(engine, "SELECT leave()")[0][0]).startswith("left")
        assert run(engine, "SELECT note()") == (("0",),)
        assert run(engine, "SELECT count(*) FROM orders") == ((3,),)
        assert shop.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7") == []
    shop.rows("DROP FUNCTION leave; DROP FUNCTION note")


def test_a_function_of_the_owner_cannot_write(shop: Shop, owner: Postgres) -> None:
    shop.rows("CREATE FUNCTION wipe() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; END'")
    failed = failure(owner, "SELECT wipe()")
    shop.rows("DROP FUNCTION wipe")
    assert failed.failure == "refused"
    assert shop.rows("SELECT count(*) FROM orders") == [(3,)]


def test_a_statement_ends_with_its_time(shop: Shop) -> None:
    shop.rows("CREATE FUNCTION wait() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); END'")
    with closing(open_engine(shop.source(as_owner=True))) as engine:
        failed = failure(engine, "SELECT wait()", Limits(seconds=0.2))
        assert (failed.failure, run(engine, "SELECT 1")) == ("deadline", ((1,),))
    shop.rows("DROP FUNCTION wait")


def test_a_lost_connection_is_made_again(shop: Shop, engine: Postgres) -> None:
    run(engine, "SELECT 1")
    shop.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{shop.account}'")
    assert run(engine, "SELECT 1") == ((1,),)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT totl FROM orders", ("unknown_column", "totl")),
        ("SELECT o.totl FROM orders AS o", ("unknown_column", "totl")),
        ("SELECT 1 FROM order_list", ("unknown_table", "order_list")),
        ("SELEC 1", ("syntax", "")),
        ("SELECT total + placed FROM orders", ("syntax", "")),
        ("SELECT 1 / 0", ("other", "")),
        ("", ("syntax", "")),
    ],
)
def test_a_failure_has_its_kind_and_the_name_that_is_unknown(
    engine: Postgres, sql: str, expected: tuple[str, str]
) -> None:
    failed = failure(engine, sql)
    assert (failed.failure, failed.name) == expected


def test_no_detail_tells_of_a_table_that_is_not_shared(shop: Shop, engine: Postgres) -> None:
    shop.rows(f"REVOKE SELECT ON secrets FROM {shop.account}")
    failed = failure(engine, "SELECT api_key FROM secrets")
    shop.rows(f"GRANT SELECT ON secrets TO {shop.account}")
    assert (failed.failure, failed.detail) == ("refused", "permission denied for table …")


@pytest.mark.parametrize("place", ["127.0.0.1:5432/nowhere", "127.0.0.1:1/shop", "%2Fnowhere/shop"])
def test_a_server_that_refuses_or_is_not_there_is_down_and_nothing_of_its_url_is_told(shop: Shop, place: str) -> None:
    engine = open_engine(Source(name="shop", engine="postgres", location=f"postgresql://bella:s3cret@{place}"))
    with pytest.raises(EngineFailed) as failed:
        engine.describe()
    assert failed.value.failure == "down"
    assert not any(word in failed.value.detail for word in ("bella", "s3cret", "127", "nowhere", "shop"))


def test_an_account_that_may_only_select_has_no_further_rights(engine: Postgres) -> None:
    assert engine.rights() == []


def test_a_superuser_is_named_as_such(owner: Postgres) -> None:
    assert owner.rights() == ["is a superuser"]


def test_rights_beyond_reading_are_told_in_words(shop: Shop) -> None:
    shop.rows(f"GRANT INSERT, DELETE ON orders TO {shop.account}; GRANT UPDATE (name) ON customers TO {shop.account}")
    shop.rows(f"GRANT CREATE ON SCHEMA public TO {shop.account}; ALTER VIEW big_orders OWNER TO {shop.account}")
    shop.rows(f"ALTER ROLE {shop.account} CREATEDB; GRANT pg_read_server_files TO {shop.account}")
    with closing(open_engine(shop.source())) as engine:
        rights = engine.rights()
    shop.rows(f"ALTER ROLE {shop.account} NOCREATEDB; REVOKE pg_read_server_files FROM {shop.account}")
    shop.rows(
        f"REVOKE CREATE ON SCHEMA public FROM {shop.account}; REVOKE INSERT, DELETE ON orders FROM {shop.account}"
    )
    shop.rows(f"REVOKE UPDATE (name) ON customers FROM {shop.account}; ALTER VIEW big_orders OWNER TO CURRENT_USER")
    shop.rows(f"GRANT SELECT ON big_orders TO {shop.account}")
    told = {
        "is a member of pg_read_server_files",
        "may create databases",
        "may create in schema public",
        "may delete from orders",
        "may insert into orders",
        "may update customers",
        "owns big_orders",
    }
    assert told <= set(rights)


@pytest.mark.slow
@pytest.mark.parametrize("sql", BOMBS)
async def test_a_bomb_ends_within_its_deadline_and_a_second(shop: Shop, sql: str) -> None:
    target = Target(shop.source())
    assert (await target.run("SELECT 1", Limits())).rows == ((1,),)
    started = time.monotonic()
    with pytest.raises(EngineFailed) as failed:
        await target.run(sql, Limits(seconds=1.0))
    elapsed = time.monotonic() - started
    assert (await target.run("SELECT 2", Limits())).rows == ((2,),)
    await target.close()
    assert (failed.value.failure in ("deadline", "memory"), elapsed < 2.0) == (True, True)


def test_of_names_that_differ_in_case_alone_the_one_that_was_written_is_shared(shop: Shop) -> None:
    shop.admin.execute("""CREATE TABLE "ORDERS" (id integer, key text); INSERT INTO "ORDERS" VALUES (9, 'hunter4')""")
    shop.admin.execute(f'GRANT SELECT ON "ORDERS" TO {shop.account}')
    try:
        for tables, name in ((("orders",), "orders"), (("ORDERS",), "ORDERS"), (None, "orders")):
            with closing(open_engine(shop.source(tables=tables))) as engine:
                assert [table.name for table in engine.describe().tables if table.key == "orders"] == [name]
    finally:
        shop.admin.execute('DROP TABLE "ORDERS"')
