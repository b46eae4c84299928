"""What the two DuckDB sources have in common: an empty database in memory for each call, in which views stand for the
shared tables with the columns that may be read, and nothing else can be reached."""

import json
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import duckdb

from storage.sources.cells import cell, collect, fetched, without
from storage.sources.engine import EngineFailed, Limits
from storage.sources.engines import examples
from storage.sources.engines.duck_failures import failure_of
from storage.sources.engines.duck_guard import EXPLAIN, tables_read
from storage.sources.engines.quoting import quoted
from storage.sources.fetched import Fetched
from storage.sources.schema import Column, Schema, Table
from storage.sources.sharing import Sharing

DEFAULT_SCHEMA = "main"
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "512MB",
    "temp_directory": "",  # nothing is written: what does not fit fails for its memory
    "threads": "2",
    "python_enable_replacements": "false",  # else a table's name finds a variable of ours
}
LOCK = "SET enable_external_access = false; SET lock_configuration = true"
BATCH_ROWS = 200
OFFSET_TYPE = "WITH TIME ZONE"

COMMONEST = """
SELECT value FROM (SELECT CAST({column} AS VARCHAR) AS value FROM {table} LIMIT ?)
WHERE value <> '' AND length(value) <= ? GROUP BY value ORDER BY count(*) DESC, value LIMIT ?
"""
SOME = "SELECT DISTINCT CAST({column} AS VARCHAR) FROM {table} WHERE {column} IS NOT NULL LIMIT ?"


@dataclass(frozen=True, slots=True)
class Stored:
    """A shared table, all its columns' names, the text that reads it once its storage is attached, and its own file
    where it has one. ``{catalog}`` in ``origin`` is the attached catalog's name."""

    table: Table
    columns: tuple[str, ...]
    origin: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The shared tables by key, and the names of the others, which no message tells."""

    stored: Mapping[str, Stored]
    untold: tuple[str, ...] = ()


class Storage(Protocol):
    """Where the tables come from."""

    def version(self) -> str:
        """Changes when the tables may have. Raises EngineFailed (``down``)."""
        ...

    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Make what is stored readable, and say under which catalog's name, if any."""
        ...

    def read(self, connection: duckdb.DuckDBPyConnection, sharing: Sharing, catalog: str) -> Catalog:
        """What there is, and what of it is shared."""
        ...

    def permit(self, connection: duckdb.DuckDBPyConnection, stored: Sequence[Stored]) -> None:
        """Say which files these tables are read from."""
        ...


class DuckEngine:
    """A source that DuckDB reads. Nothing is held open between two calls: another process may write meanwhile."""

    def __init__(self, sharing: Sharing, storage: Storage) -> None:
        self._sharing = sharing
        self._storage = storage
        self._known: tuple[str, Catalog] | None = None
        self._parser = duckdb.connect(":memory:", config=SETTINGS)
        self._parser.execute(LOCK)

    def version(self) -> str:
        return self._storage.version()

    def describe(self) -> Schema:
        stored = self._catalog().stored
        columns = {key: table.columns for key, table in stored.items()}
        return self._sharing.schema([stored[key].table for key in sorted(stored)], columns)

    def values(self, table: str, columns: Sequence[str], most: int, seconds: float) -> dict[str, list[str]]:
        until = time.monotonic() + seconds
        asked = {name.lower() for name in columns}
        known = self._catalog().stored.get(table.lower())
        if known is None:
            raise EngineFailed("unknown_table", "no such table is shared", table)
        shown = [each for each in known.table.columns if each.name.lower() in asked and not each.is_masked]
        found: dict[str, list[str]] = {}
        with self._opened({known.table.key}, reads_masked=False) as connection, suppress(duckdb.InterruptException):
            for column in shown:  # until there is no time any more: what was found is of use
                with _in_time(connection, until - time.monotonic()):
                    found[column.name] = _values(connection, _qualified(known.table), column, most)
        return found

    def plan(self, sql: str, limits: Limits) -> float | None:
        query = EXPLAIN.sub("", sql, count=1)
        with (
            self._opened(self._read_by(query), reads_masked=True) as connection,
            _in_time(connection, limits.seconds),
        ):
            return _rows_expected(connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall())

    def run(self, sql: str, limits: Limits, *, reads_masked: bool) -> Fetched:
        started = time.monotonic()
        with (
            self._opened(self._read_by(sql), reads_masked=reads_masked) as connection,
            _in_time(connection, started + limits.seconds - time.monotonic()),
        ):
            readable, types = _readable(connection, sql)
            cursor = connection.execute(readable)
            collected = collect(_rows(cursor), limits)
            names = [column[0] for column in cursor.description or ()]
        if EXPLAIN.match(sql):
            collected = without(collected, self._catalog().untold)
        return fetched(names, collected, (time.monotonic() - started) * 1000, types)

    def rights(self) -> list[str]:
        return []

    def close(self) -> None:
        self._parser.close()

    def _read_by(self, sql: str) -> frozenset[str]:
        with self._failures():
            return tables_read(self._parser, sql, self._catalog().stored.keys())

    def _catalog(self) -> Catalog:
        """What is shared, read again when it may have changed."""
        version = self._storage.version()
        if self._known is None or self._known[0] != version:
            with self._failures(), closing(duckdb.connect(":memory:", config=SETTINGS)) as connection:
                catalog = self._storage.attach(connection)
                self._known = version, self._storage.read(connection, self._sharing, catalog)
        return self._known[1]

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise failure_of(error, self._known[1].untold if self._known else ()) from error

    @contextmanager
    def _opened(self, keys: Set[str], *, reads_masked: bool) -> Generator[duckdb.DuckDBPyConnection]:
        """A connection with views of these tables, and no way out of it."""
        stored = [self._catalog().stored[key] for key in sorted(keys)]
        with self._failures(), closing(duckdb.connect(":memory:", config=SETTINGS)) as connection:
            catalog = self._storage.attach(connection)
            self._storage.permit(connection, stored)
            connection.execute("SET enable_external_access = false")
            for each in stored:
                _create_view(connection, each, catalog, reads_masked=reads_masked)
            connection.execute("SET lock_configuration = true")
            yield connection


def _create_view(connection: duckdb.DuckDBPyConnection, stored: Stored, catalog: str, *, reads_masked: bool) -> None:
    table = stored.table
    shown = [quoted(column.name) for column in table.columns if reads_masked or not column.is_masked]
    if table.schema:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table.schema)}")
    columns = ", ".join(shown) or "NULL AS masked"
    origin = stored.origin.replace("{catalog}", quoted(catalog))
    connection.execute(f"CREATE VIEW {_qualified(table)} AS SELECT {columns} FROM {origin}")


def _qualified(table: Table) -> str:
    return f"{quoted(table.schema or DEFAULT_SCHEMA)}.{quoted(table.name)}"


def _values(connection: duckdb.DuckDBPyConnection, table: str, column: Column, most: int) -> list[str]:
    is_text = column.type.upper().startswith(("VARCHAR", "ENUM"))
    query = (COMMONEST if is_text else SOME).format(column=quoted(column.name), table=table)
    bound = [examples.SAMPLE_ROWS, examples.LONGEST_VALUE, most] if is_text else [min(most, examples.OTHER_VALUES)]
    return [str(cell(value, examples.LONGEST_VALUE)[0]) for (value,) in connection.execute(query, bound).fetchall()]


def _readable(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, list[str]]:
    """The statement and its columns' types; moments in a time zone are made text, as the driver needs a package of its
    own for them."""
    if EXPLAIN.match(sql):
        return sql, []
    described = [(row[0], row[1]) for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
    types = [declared for _, declared in described]
    if not any(OFFSET_TYPE in declared for declared in types):
        return sql, types
    places = [f"c{place}" for place in range(len(described))]
    shown = (
        f"{_as_text(place) if OFFSET_TYPE in declared else place} AS {quoted(name)}"
        for place, (name, declared) in zip(places, described, strict=True)
    )
    query = sql.rstrip().rstrip(";")
    return f"SELECT {', '.join(shown)} FROM (\n{query}\n) AS q({', '.join(places)})", types


def _as_text(place: str) -> str:
    return f"replace(CAST({place} AS VARCHAR), ' ', 'T')"


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[Sequence[object]]:
    while batch := cursor.fetchmany(BATCH_ROWS):
        yield from batch


def _rows_expected(explained: Sequence[Sequence[Any]]) -> float | None:
    """The sum of what each step of the plan expects to see."""
    waiting: list[Any] = json.loads(explained[0][1])
    rows = 0.0
    while waiting:
        step = waiting.pop()
        rows += float(step.get("extra_info", {}).get("Estimated Cardinality", 0))
        waiting += step.get("children", [])
    return rows


@contextmanager
def _in_time(connection: duckdb.DuckDBPyConnection, seconds: float) -> Generator[None]:
    """Interrupt what the connection does after so many seconds."""
    timer = threading.Timer(max(seconds, 0.0), connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
