"""The guard of MySQL and MariaDB, with no gate before it, and what they say of their tables."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing

import pymysql
import pytest

from storage.sources.engine import EngineFailed, Limits
from storage.sources.engines.mysql import MySQL, open_engine
from storage.sources.engines.mysql_session import reading
from storage.sources.fetched import Fetched
from storage.sources.schema import ForeignKey
from storage.sources.source import Source
from storage.sources.target import Target
from storage.sources.url import address
from tests.storage.sources.servers import Shop, failure, mysql_shop, run

pytestmark = pytest.mark.anyio

WRITES = [
    "INSERT INTO orders (id) VALUES (9)",
    "REPLACE INTO orders (id) VALUES (9)",
    "UPDATE orders SET total = 0",
    "DELETE FROM orders",
    "WITH few AS (SELECT 1 AS id) DELETE FROM orders WHERE id IN (SELECT id FROM few)",
    "TRUNCATE orders",
    "DROP TABLE orders",
    "CREATE TABLE copied AS SELECT id FROM orders",
    "CREATE TEMPORARY TABLE copied AS SELECT id FROM orders",
    "ALTER TABLE orders ADD COLUMN more integer",
    "RENAME TABLE orders TO gone",
    "GRANT ALL ON *.* TO bella",
    "CREATE USER bella",
    "SET PASSWORD = ''",
    "LOAD DATA LOCAL INFILE 'x' INTO TABLE orders",
    "COMMIT; DROP TABLE orders",
    "SELECT 1; DROP TABLE orders",
    "EXPLAIN ANALYZE DELETE FROM orders",
    "ANALYZE DELETE FROM orders",
    "ANALYZE TABLE orders",
    "OPTIMIZE TABLE orders",
    "CALL something()",
    "(DELETE FROM orders)",
    "EXECUTE IMMEDIATE 'DELETE FROM orders'",
    "PREPARE p FROM 'DELETE FROM orders'",
    "BEGIN NOT ATOMIC DELETE FROM orders; END",
]

REACHES = [
    "SELECT id FROM orders INTO OUTFILE 'satchel_attack'",
    "SELECT id INTO DUMPFILE 'satchel_attack' FROM orders LIMIT 1",
    "SELECT id FROM orders LIMIT 1 INTO @id",
    "SELECT load_file('x')",
    "SELECT @id := 1",
    "SELECT @@datadir",
    "SELECT @@global.secure_file_priv",
    "SET @id = 1",
    "SET SESSION sql_mode = 'ANSI_QUOTES'",
    "SET STATEMENT max_statement_time = 0 FOR SELECT 1",
    "SELECT sleep(30)",
    "SELECT SLEEP\t(30)",
    "SELECT `sleep`(30)",
    "SELECT id FROM orders ORDER BY sleep(30)",
    "SELECT benchmark(1000000000, md5('x'))",
    "SELECT get_lock('x', 10)",
    "SELECT release_all_locks()",
    "DO sleep(30)",
    "SELECT /*!50000 sleep(30) */",
    "SELECT /*M! sleep(30) */",
    "SELECT 1 /*! INTO OUTFILE 'satchel_attack' */",
    "SELECT /*+ MAX_EXECUTION_TIME(0) */ id FROM orders",
    "SELECT id FROM orders -- more",
    "SELECT id FROM orders # more",
    r"SELECT 'a\\' OR 1; DROP TABLE orders -- '",
    "SELECT 'open",
    "SELECT id FROM orders FOR UPDATE",
    "SELECT id FROM orders LOCK IN SHARE MODE",
    "SELECT id FROM orders PROCEDURE ANALYSE()",
    "SELECT NEXT VALUE FOR numbers",
    "SELECT nextval(numbers)",
    "SELECT extractvalue(1, concat('~', 'x'))",
    "HANDLER orders OPEN",
    "HANDLER orders READ FIRST",
    "LOCK TABLES orders READ",
    "USE mysql",
    "SHOW TABLES",
    "SHOW GRANTS",
    "DESCRIBE secrets",
    "KILL 1",
    "FLUSH TABLES",
]

UNSHARED = [
    "SELECT api_key FROM secrets",
    "SELECT o.api_key FROM `secrets` AS o",
    "SELECT api_key AS id FROM secrets AS orders WHERE id = 1",
    "SELECT id FROM orders UNION ALL SELECT id FROM secrets",
    "SELECT (SELECT max(api_key) FROM secrets) FROM orders",
    "SELECT id FROM orders WHERE id = 1 AND (SELECT 1 FROM secrets AS orders LIMIT 1)",
    "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM secrets AS orders WHERE api_key LIKE 'h%')",
    "SELECT if((SELECT 1 FROM secrets AS orders WHERE id = 1 AND api_key LIKE 'h%'), 1, 2)",
    "WITH orders AS (SELECT * FROM secrets) SELECT * FROM orders",
    "SELECT 1 AS `it's`, api_key FROM secrets WHERE 'a' = 'a'",
    "SELECT 'a', \"b`\" AS `\"'`, api_key FROM secrets WHERE '\\'' <> 'a' AND api_key <> ''",
    "SELECT count(*) FROM secrets",
    "SELECT max(id) FROM secrets",
    "SELECT 1 FROM (orders, secrets)",
    "SELECT 1 FROM orders NATURAL JOIN secrets",
    "SELECT s.api_key FROM orders AS o STRAIGHT_JOIN secrets AS s",
    "SELECT trim(BOTH 'x' FROM (SELECT max(api_key) FROM secrets)) FROM orders",
    "SELECT table_name FROM information_schema.tables",
    "SELECT * FROM information_schema.processlist",
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with mysql_shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def engine(shop: Shop) -> MySQL:
    return open_engine(shop.source())


@pytest.fixture(scope="module")
def owner(shop: Shop) -> MySQL:
    """An account that could do everything."""
    return open_engine(shop.source(as_owner=True))


def everything(shop: Shop) -> tuple[list[tuple[object, ...]], ...]:
    """What an attack could have changed."""
    return (
        shop.rows("SELECT * FROM orders ORDER BY id"),
        shop.rows(f"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '{shop.name}'"),
        shop.rows(f"SHOW GRANTS FOR {shop.account}@'%'"),
        shop.rows("SELECT user FROM mysql.user WHERE user = 'bella'"),
    )


def test_the_schema_has_what_is_shared(shop: Shop, engine: MySQL) -> None:
    shop.rows("ALTER TABLE orders COMMENT 'what was bought', MODIFY total decimal(10, 2) COMMENT 'in euro'")
    schema = engine.describe()
    assert [(table.key, table.is_view) for table in schema.tables] == [
        ("big_orders", True),
        ("customers", False),
        ("orders", False),
    ]
    big, customers, orders = schema.tables
    assert [(column.name, column.type[:7], column.is_nullable, column.is_masked) for column in customers.columns] == [
        ("id", "int(11)", False, False),
        ("name", "varchar", False, False),
        ("email", "varchar", True, True),
    ]
    assert (customers.primary_key, customers.unique, customers.foreign_keys) == (("id",), (("email",),), ())
    assert orders.foreign_keys == (ForeignKey(("customer_id",), "customers", ("id",)),)
    assert (orders.comment, orders.columns[2].comment, big.comment, big.rows) == (
        "what was bought",
        "in euro",
        "",
        None,
    )
    assert schema.hidden == {"customers": ("notes",)}


def test_tables_of_other_databases_are_shared_by_their_full_names(shop: Shop) -> None:
    other = shop.other
    shop.rows(f"CREATE DATABASE {other}")
    shop.rows(f"CREATE TABLE {other}.deals (id integer)")
    engine = open_engine(shop.source(as_owner=True, tables=(f"{shop.name}.Orders", f"{other}.deals", "nowhere")))
    tables = engine.describe().tables
    found = run(engine, f"SELECT count(*) FROM {other}.deals")
    shop.rows(f"DROP DATABASE {other}")
    assert {(table.key, table.schema) for table in tables} == {("orders", ""), (f"{other}.deals", other)}
    assert found == ((0,),)


def test_without_a_list_the_urls_database_is_shared(shop: Shop) -> None:
    tables = open_engine(shop.source(tables=None)).describe().tables
    assert [table.key for table in tables] == ["big_orders", "customers", "orders", "secrets"]


def test_the_version_changes_with_the_columns(shop: Shop, engine: MySQL) -> None:
    before = engine.version()
    assert engine.version() == before
    shop.rows("ALTER TABLE orders ADD COLUMN more integer")
    changed = engine.version()
    shop.rows("ALTER TABLE orders DROP COLUMN more")
    assert changed != before


def test_values_are_the_commonest_first_and_none_of_a_hidden_or_masked_column(engine: MySQL) -> None:
    assert engine.values("customers", ["name", "id", "email", "notes"], 10, 2.0) == {
        "name": ["Ada", "Bo"],
        "id": ["1", "2", "3"],
    }
    assert engine.values("secrets", ["api_key"], 10, 2.0) == {}


def test_the_values_of_an_enum_are_those_it_may_have(shop: Shop) -> None:
    shop.rows("CREATE TABLE faces (mood enum('sad', 'it''s fine'), photo blob)")
    values = open_engine(shop.source(tables=("faces",))).values("faces", ["mood", "photo"], 10, 2.0)
    shop.rows("DROP TABLE faces")
    assert values == {"mood": ["sad", "it's fine"], "photo": []}


def test_rows_have_names_roles_and_cells(engine: MySQL) -> None:
    sql = (
        "SELECT id, total, placed, id, 5 % 2 AS odd, '%s' AS percent, timestamp('2024-01-02 03:04:05') AS moment,"
        " maketime(30, 0, 0) AS span, x'00ff' AS bytes, 'it''s' AS quote, cast(18446744073709551615 AS unsigned) AS big"
        " FROM orders WHERE id = 1"
    )
    fetched = engine.run(sql, Limits(), reads_masked=False)
    assert fetched == Fetched(
        ("id", "total", "placed", "id_2", "odd", "percent", "moment", "span", "bytes", "quote", "big"),
        ("number", "number", "date", "number", "number", "text", "time", "other", "text", "text", "number"),
        ((1, 10.5, "2024-01-31", 1, 1, "%s", "2024-01-02T03:04:05", "30:00:00", "<2 bytes>", "it's", str(2**64 - 1)),),
        is_truncated=False,
        elapsed_ms=fetched.elapsed_ms,
    )


def test_a_result_without_rows_has_its_columns(engine: MySQL) -> None:
    fetched = engine.run("SELECT id, placed, id FROM orders WHERE 1 = 0", Limits(), reads_masked=False)
    assert (fetched.columns, fetched.roles) == (("id", "placed", "id_2"), ("number", "date", "number"))
    assert fetched.rows == ()


def test_bits_are_numbers(shop: Shop) -> None:
    shop.rows("CREATE TABLE flags (is_on bit(1), many bit(12))")
    shop.rows("INSERT INTO flags VALUES (1, 2048)")
    found = run(open_engine(shop.source(tables=("flags",))), "SELECT * FROM flags")
    shop.rows("DROP TABLE flags")
    assert found == ((1, 2048),)


def test_of_a_large_result_the_first_rows_are_read(engine: MySQL) -> None:
    many = ", ".join(f"orders AS o{number}" for number in range(16))
    started = time.monotonic()
    fetched = engine.run(f"SELECT o1.id FROM {many}", Limits(max_rows=2), reads_masked=False)
    assert (fetched.is_truncated, time.monotonic() - started < 3.0) == (True, True)


def test_a_plan_costs_the_rows_it_goes_through_and_runs_nothing(engine: MySQL) -> None:
    assert engine.plan("SELECT * FROM orders", Limits()) == 3.0
    assert engine.plan("SELECT * FROM orders a, orders b, customers c", Limits()) == 27.0


def test_an_explanation_can_be_asked_for(engine: MySQL) -> None:
    ((_, kind, table, *_),) = run(engine, "EXPLAIN SELECT * FROM orders")
    assert (kind, table) == ("SIMPLE", "orders")


def test_texts_and_quoted_names_may_hold_what_is_refused_elsewhere(engine: MySQL) -> None:
    sql = "SELECT 'sleep(1) -- @x; /* into */ it''s \\' #', \"for update\", id AS `sleep(1) # @x`, 5 - -1 FROM orders"
    assert run(engine, sql)[:1] == (("sleep(1) -- @x; /* into */ it's ' #", "for update", 1, 6),)


@pytest.mark.parametrize("sql", WRITES + REACHES)
def test_nothing_but_a_query_runs(shop: Shop, engine: MySQL, owner: MySQL, sql: str) -> None:
    """For the owner, whose rights stop nothing, neither."""
    before = everything(shop)
    for each in (engine, owner):
        assert failure(each, sql).failure in ("refused", "syntax")
    assert everything(shop) == before


@pytest.mark.parametrize("sql", UNSHARED)
def test_no_table_that_is_not_shared_is_read(engine: MySQL, owner: MySQL, sql: str) -> None:
    for each in (engine, owner):
        failed = failure(each, sql)
        assert (failed.failure, failed.detail) == ("refused", "it reads a table that is not shared")
        with pytest.raises(EngineFailed, match="not shared"):
            each.plan(sql, Limits())


def test_the_servers_accounts_are_not_read_by_the_owner(owner: MySQL) -> None:
    assert failure(owner, "SELECT user FROM mysql.user").failure == "refused"


def test_a_shared_view_may_read_what_is_not_shared(shop: Shop) -> None:
    shop.rows("CREATE ALGORITHM = TEMPTABLE VIEW ids AS SELECT id FROM big_orders")
    engine = open_engine(shop.source(tables=("ids", "big_orders")))
    found = [run(engine, f"SELECT id FROM {view} ORDER BY id") for view in ("ids", "big_orders")]
    shop.rows("DROP VIEW ids")
    assert found == [((2,), (3,))] * 2


def test_a_part_of_a_value_may_be_taken_from_a_subquerys_column(engine: MySQL) -> None:
    inner = "(SELECT placed, ' a ' AS name FROM orders WHERE id = 1 LIMIT 1) AS few"
    sql = f"SELECT extract(YEAR_MONTH FROM few.placed), trim(BOTH ' ' FROM few.name) FROM {inner}"
    assert run(engine, sql) == ((202401, "a"),)


def test_where_a_view_cannot_be_explained_no_other_table_may_be_named(shop: Shop) -> None:
    """The account may not see what the view reads, so the server explains nothing."""
    shop.rows(f"REVOKE SELECT, SHOW VIEW ON {shop.name}.* FROM {shop.account}@'%'")
    for table in ("big_orders", "secrets"):
        shop.rows(f"GRANT SELECT ON {shop.name}.{table} TO {shop.account}@'%'")
    engine = open_engine(shop.source())
    found, cost = run(engine, "SELECT id FROM big_orders"), engine.plan("SELECT id FROM big_orders", Limits())
    refused = failure(engine, "SELECT big_orders.id FROM big_orders JOIN `secrets` AS s ON true")
    system = failure(engine, "SELECT big_orders.id FROM big_orders, information_schema.tables")
    for table in ("big_orders", "secrets"):
        shop.rows(f"REVOKE SELECT ON {shop.name}.{table} FROM {shop.account}@'%'")
    shop.rows(f"GRANT SELECT, SHOW VIEW ON {shop.name}.* TO {shop.account}@'%'")
    assert (found, cost) == (((2,), (3,)), None)
    assert refused.detail == system.detail == "it names a table that is not shared"


def test_nothing_of_a_call_is_left_for_the_next(shop: Shop, owner: MySQL) -> None:
    """By a function of the owner, into which the guard does not see."""
    shop.rows(
        "CREATE FUNCTION leave_it() RETURNS int DETERMINISTIC BEGIN SET @note = 1; RETURN get_lock('mine', 0); END"
    )
    shop.rows("CREATE FUNCTION note() RETURNS int DETERMINISTIC RETURN @note")
    try:
        assert run(owner, "SELECT leave_it()") == ((1,),)
        assert run(owner, "SELECT note()") == ((None,),)
        assert run(owner, "SELECT leave_it()") == ((1,),)
    finally:
        shop.rows("DROP FUNCTION leave_it")
        shop.rows("DROP FUNCTION note")


def test_a_function_of_the_owner_cannot_write(shop: Shop, owner: MySQL) -> None:
    shop.rows("CREATE FUNCTION wipe() RETURNS int DETERMINISTIC BEGIN DELETE FROM orders; RETURN 1; END")
    failed = failure(owner, "SELECT wipe()")
    shop.rows("DROP FUNCTION wipe")
    assert failed.failure == "refused"
    assert shop.rows("SELECT count(*) FROM orders") == [(3,)]


def test_what_encrypts_is_made_once_for_the_same_options(shop: Shop) -> None:
    """The system's certificates take longer to read than most queries to run."""
    with reading(address(shop.reader), 1.0) as one, reading(address(shop.reader), 1.0) as other:
        contexts = [session._connection.ctx for session in (one, other)]
    assert contexts[0] is contexts[1]
    assert contexts[0].verify_mode is ssl.CERT_NONE  # encrypts where the server can, as the driver does without options


def test_a_statement_ends_with_its_time(shop: Shop, owner: MySQL) -> None:
    shop.rows("CREATE FUNCTION wait_long() RETURNS int DETERMINISTIC RETURN sleep(60)")
    failed = failure(owner, "SELECT wait_long()", Limits(seconds=0.2))
    shop.rows("DROP FUNCTION wait_long")
    assert failed.failure == "deadline"


def sleep_on(shop: Shop) -> None:
    """Where the server's own limit is off."""
    with reading(address(shop.reader), 0.1) as session:
        session.rows("SET SESSION max_statement_time = 0")
        session.rows("SELECT sleep(60)")


def test_a_statement_that_the_server_does_not_end_is_killed(shop: Shop) -> None:
    asked = "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'"
    with pytest.raises(pymysql.err.OperationalError):
        sleep_on(shop)
    end = time.monotonic() + 5.0
    while shop.rows(asked):
        assert time.monotonic() < end


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT totl FROM orders", ("unknown_column", "totl")),
        ("SELECT o.totl FROM orders AS o", ("unknown_column", "totl")),
        ("SELECT 1 FROM order_list", ("unknown_table", "order_list")),
        ("SELECT FROM orders WHERE", ("syntax", "")),
        ("SELECT 1 FROM orders AS o, orders AS o", ("other", "")),
        ("", ("refused", "")),
    ],
)
def test_a_failure_has_its_kind_and_the_name_that_is_unknown(
    engine: MySQL, sql: str, expected: tuple[str, str]
) -> None:
    failed = failure(engine, sql)
    assert (failed.failure, failed.name) == expected


def test_no_detail_tells_of_the_account_or_a_table_that_is_not_shared(shop: Shop, engine: MySQL) -> None:
    failed = failure(engine, "SELECT user FROM mysql.user")
    assert failed.failure == "refused"
    assert not any(word in failed.detail for word in (shop.account, "localhost", "127", "mysql"))


@pytest.mark.parametrize("place", ["127.0.0.1:3306/nowhere", "127.0.0.1:1/shop"])
def test_a_server_that_refuses_or_is_not_there_is_down_and_nothing_of_its_url_is_told(shop: Shop, place: str) -> None:
    engine = open_engine(Source(name="shop", engine="mysql", location=f"mysql://bella:s3cret@{place}"))
    with pytest.raises(EngineFailed) as failed:
        engine.describe()
    assert failed.value.failure == "down"
    assert not any(word in failed.value.detail for word in ("bella", "s3cret", "127", "nowhere", "shop"))


def test_an_account_that_may_only_select_has_no_further_rights(engine: MySQL) -> None:
    assert engine.rights() == []


def test_rights_beyond_reading_are_told_in_words(shop: Shop, owner: MySQL) -> None:
    shop.rows(f"GRANT INSERT, DELETE, UPDATE (total) ON {shop.name}.orders TO {shop.account}@'%' WITH GRANT OPTION")
    shop.rows(f"GRANT FILE, SELECT ON *.* TO {shop.account}@'%'")
    rights = open_engine(shop.source()).rights()
    shop.rows(f"REVOKE ALL, GRANT OPTION FROM {shop.account}@'%'")
    shop.rows(f"GRANT SELECT, SHOW VIEW ON {shop.name}.* TO {shop.account}@'%'")
    table = f"{shop.name}.orders"
    assert set(rights) == {
        "is granted FILE on *.*",
        "is granted SELECT on *.*, where the server keeps its accounts",
        *(f"is granted {right} on {table}" for right in ("INSERT", "DELETE", "UPDATE")),
        f"may pass on its rights on {table}",
    }
    assert "is granted ALL PRIVILEGES on *.*" in owner.rights()


def test_the_rights_of_a_role_are_the_accounts(shop: Shop) -> None:
    role = shop.role
    for sql in (f"CREATE ROLE {role}", f"GRANT DROP ON {shop.name}.* TO {role}", f"GRANT {role} TO {shop.account}@'%'"):
        shop.rows(sql)
    rights = open_engine(shop.source()).rights()
    shop.rows(f"DROP ROLE {role}")
    assert rights == [f"is granted DROP on {shop.name}.*"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM {many}",
        "SELECT sum(length(repeat('x', 20000 + o1.id))) FROM {many}",
        "SELECT max(concat(repeat('a', 5000 + o1.id), '!') REGEXP '(a*)*(a*)*(a*)*b$') FROM {many}",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, n AS m, n AS o, n p",
        "SELECT o1.id FROM {many} ORDER BY md5(concat(o1.id, o2.id, o3.id))",
    ],
)
async def test_a_bomb_ends_within_its_deadline_and_a_second(shop: Shop, sql: str) -> None:
    many = ", ".join(f"orders AS o{number}" for number in range(1, 25))
    target = Target(shop.source())
    assert (await target.run("SELECT 1", Limits())).rows == ((1,),)
    started = time.monotonic()
    with pytest.raises(EngineFailed) as failed:
        await target.run(sql.format(many=many), Limits(seconds=1.0))
    elapsed = time.monotonic() - started
    assert (await target.run("SELECT 2", Limits())).rows == ((2,),)
    await target.close()
    assert (failed.value.failure in ("deadline", "memory"), elapsed < 2.0) == (True, True)


def test_of_names_that_differ_in_case_alone_the_one_that_was_written_is_shared(shop: Shop) -> None:
    shop.rows("CREATE TABLE ORDERS (id integer, api_key varchar(50))")
    try:
        for tables, name in ((("orders",), "orders"), (("ORDERS",), "ORDERS")):
            with closing(open_engine(shop.source(tables=tables))) as engine:
                assert [table.name for table in engine.describe().tables if table.key == "orders"] == [name]
    finally:
        shop.rows("DROP TABLE ORDERS")
