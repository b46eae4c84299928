"""The database that statements are run on, in each engine that is at hand: SQLite and DuckDB as files, PostgreSQL and
MariaDB or MySQL where one on the loopback lets its superuser in without a password. All are gone afterwards."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.sources.source import Dialect, EngineName, Source

SCRIPT = Path(__file__).with_name("fixture.sql")
UNSHARED = frozenset({"secrets"})
HIDDEN = frozenset({"customers.password_hash"})
MASKED = frozenset({"customers.email"})
"""For the statements of our own, which also reach for columns that are protected."""
CONNECT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Fixture:
    """A database, shared but for one table. ``state`` changes when anything in it does."""

    source: Source
    state: Callable[[], object]


@contextmanager
def fixtures(script: Path, folder: Path, *, is_protected: bool) -> Generator[Mapping[Dialect, Fixture]]:
    """The database of the script, by dialect. The script is written for SQLite."""
    text = script.read_text(encoding="utf-8")
    tables = _make_sqlite(folder, text)

    def shared(engine: EngineName, location: str) -> Source:
        return Source(
            name="fixture",
            engine=engine,
            location=location,
            tables=tables,
            hidden=HIDDEN if is_protected else frozenset(),
            masked=MASKED if is_protected else frozenset(),
            timeout_seconds=1.0,
        )

    found: dict[Dialect, Fixture] = {"sqlite": _file(shared("sqlite", str(folder / "sqlite" / "fixture.sqlite")))}
    with ExitStack() as stack:
        if _make_duckdb(folder, text):
            found["duckdb"] = _file(shared("duckdb", str(folder / "duckdb" / "fixture.duckdb")))
        if postgres := stack.enter_context(_postgres(text)):
            found["postgres"] = Fixture(shared("postgres", postgres[0]), postgres[1])
        if mysql := stack.enter_context(_mysql(text)):
            found["mysql"] = Fixture(shared("mysql", mysql[0]), mysql[1])
        yield found


def _make_sqlite(folder: Path, text: str) -> tuple[str, ...]:
    """The names of the tables to share."""
    (folder / "sqlite").mkdir()
    with closing(sqlite3.connect(folder / "sqlite" / "fixture.sqlite")) as db:
        db.executescript(text)
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")]
    return tuple(name for name in names if name.lower() not in UNSHARED)


def _make_duckdb(folder: Path, text: str) -> bool:
    """Whether DuckDB is installed."""
    try:
        import duckdb
    except ImportError:
        return False
    (folder / "duckdb").mkdir()
    with duckdb.connect(str(folder / "duckdb" / "fixture.duckdb")) as db:
        for statement in _translated(text, "duckdb"):
            db.execute(statement)
    return True


def _file(source: Source) -> Fixture:
    folder = Path(source.location).parent
    return Fixture(source, lambda: {file.name: hashlib.sha256(file.read_bytes()).digest() for file in folder.iterdir()})


Served = tuple[str, Callable[[], object]]


@contextmanager
def _postgres(text: str) -> Generator[Served | None]:
    server = _connected_postgres("postgres")
    if server is None:
        yield None
        return
    name, account = _names()
    with closing(server):
        server.execute(f"CREATE DATABASE {name}")
        server.execute(f"CREATE ROLE {account} LOGIN")
        try:
            with closing(_connected_postgres(name)) as db:
                for statement in _translated(text, "postgres"):
                    db.execute(statement)
                db.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {account}")
                yield f"postgresql://{account}@127.0.0.1:5432/{name}", lambda: _postgres_state(db)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE {account}")


def _postgres_state(db: Any) -> object:
    names = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [(name, db.execute(f'SELECT t::text FROM "{name}" AS t ORDER BY 1').fetchall()) for (name,) in names]


@contextmanager
def _mysql(text: str) -> Generator[Served | None]:
    server = _connected_mysql()
    if server is None:
        yield None
        return
    name, account = _names()
    with closing(server), closing(server.cursor()) as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE USER {account}@'%'")
        try:
            cursor.execute(f"USE {name}")
            for statement in _translated(text, "mysql"):
                cursor.execute(statement)
            cursor.execute(f"GRANT SELECT, SHOW VIEW ON {name}.* TO {account}@'%'")
            yield f"mysql://{account}@127.0.0.1:3306/{name}", lambda: _mysql_state(cursor)
        finally:
            cursor.execute(f"DROP DATABASE {name}")
            cursor.execute(f"DROP USER {account}@'%'")


def _mysql_state(cursor: Any) -> object:
    cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
    names = [name for name, _ in cursor.fetchall()]
    cursor.execute(f"CHECKSUM TABLE {', '.join(f'`{name}`' for name in names)}")
    return cursor.fetchall()


def _connected_postgres(database: str) -> Any:
    """As the superuser; None where that cannot be."""
    try:
        import psycopg
    except ImportError:
        return None
    place = f"host=127.0.0.1 port=5432 dbname={database} connect_timeout={CONNECT_SECONDS}"
    for user in ("postgres", "root"):
        try:
            return psycopg.connect(f"{place} user={user}", autocommit=True)
        except psycopg.OperationalError:
            continue
    return None


def _connected_mysql() -> Any:
    """As root; None where that cannot be."""
    try:
        import pymysql
    except ImportError:
        return None
    try:
        return pymysql.connect(host="127.0.0.1", user="root", autocommit=True, connect_timeout=CONNECT_SECONDS)
    except pymysql.err.OperationalError:
        return None


def _names() -> tuple[str, str]:
    """Of a database and of an account."""
    return f"satchel_{secrets.token_hex(4)}", f"satchel_{secrets.token_hex(4)}"


def _translated(text: str, dialect: Dialect) -> Sequence[str]:
    import sqlglot

    return [each for each in sqlglot.transpile(text, read="sqlite", write=dialect, comments=False) if each]
