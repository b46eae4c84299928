"""PostgreSQL, read-only: one kept connection, a transaction and a fresh session for each call.

The guard, beside the account's own rights: the transaction is read-only and has time limits; the server plans each
statement first, which it does for nothing but queries, and the plan may name shared relations and harmless functions
only; the extended protocol takes one statement; what a statement sets or locks is gone with its call.
Alone it lets through: a function of an extension or of the owner that the account may execute; columns that are hidden
by settings rather than by the account's rights; one call that computes for long in the server after we have left.
"""

import json
import re
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import cast

import psycopg

from storage.sources.cells import collect, fetched
from storage.sources.engine import EngineFailed, Failure, Limits
from storage.sources.engines import examples, postgres_catalog, postgres_plan, postgres_rights
from storage.sources.engines.postgres_catalog import Catalog
from storage.sources.engines.postgres_plan import Plan
from storage.sources.engines.postgres_session import Cursor, Row, Session, allow
from storage.sources.engines.quoting import quoted
from storage.sources.fetched import Fetched
from storage.sources.schema import Schema, Table
from storage.sources.scrubbing import scrubbed
from storage.sources.sharing import Sharing
from storage.sources.source import Source
from storage.sources.url import address

CATALOG_SECONDS = 8.0
EXPLAIN = re.compile(r"\s*EXPLAIN\s+", re.IGNORECASE)

KIND = """
SELECT t.typcategory = 'S',
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attname = %s AND t.typname <> 'bytea'"""

TEXTS = """
SELECT value FROM (SELECT {column}::text AS value FROM {table} WHERE {column} IS NOT NULL LIMIT {sample}) AS sample
WHERE value <> '' AND length(value) <= {longest} GROUP BY value ORDER BY count(*) DESC, value LIMIT {most}"""

FAILURES: dict[str, Failure] = {
    "57014": "deadline",
    "42703": "unknown_column",
    "42P01": "unknown_table",
    "42501": "refused",
    "25": "refused",
    "08": "down",
    "57P": "down",
    "53200": "memory",
    "54": "memory",
    "42": "syntax",
}
"""By the beginning of the SQLSTATE; the longest counts."""

UNKNOWN_NAME = re.compile(r'(?:column|relation|table) "?([^" ]+)')


class Postgres:
    """An `Engine`. Connects when it is first asked, and again after the connection was lost."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._session = Session(address(source.location))
        self._catalog: Catalog | None = None

    def version(self) -> str:
        with self._reading(CATALOG_SECONDS) as cursor:
            return postgres_catalog.version(cursor)

    def describe(self) -> Schema:
        with self._reading(CATALOG_SECONDS) as cursor:
            return self._read_catalog(cursor).schema

    def values(self, table: str, columns: Sequence[str], most: int, seconds: float) -> dict[str, list[str]]:
        """As the protocol says; of a large table the first rows are looked at. What took too long is left out."""
        end = time.monotonic() + seconds
        found: dict[str, list[str]] = {}
        with self._reading(seconds) as cursor:
            shared = self._known(cursor).schema.table(table)
            for column in examples.told(shared, columns):
                left = end - time.monotonic()
                if shared is None or left < examples.LEAST_SECONDS:
                    break
                allow(cursor, left)
                with suppress(psycopg.errors.QueryCanceled), cursor.connection.transaction():
                    found[column] = _values(cursor, shared, column, most)
        return found

    def plan(self, sql: str, limits: Limits) -> float | None:
        with self._reading(limits.seconds) as cursor:
            return self._approved(cursor, sql).cost

    def run(self, sql: str, limits: Limits, *, reads_masked: bool) -> Fetched:
        started = time.monotonic()
        with self._reading(limits.seconds) as cursor:
            self._approved(cursor, sql)
            allow(cursor, limits.seconds - (time.monotonic() - started))
            stream = cast("Generator[Row]", cursor.stream(sql.encode()))  # one statement, one row at a time
            with closing(stream) as rows:
                collected = collect(rows, limits)
            described = cursor.description or _described(cursor, sql)
            names, types = [column.name for column in described], [column.type_display for column in described]
        return fetched(names, collected, (time.monotonic() - started) * 1000, types)

    def rights(self) -> list[str]:
        with self._reading(CATALOG_SECONDS) as cursor:
            return postgres_rights.read(cursor)

    def close(self) -> None:
        self._session.close()

    @contextmanager
    def _reading(self, seconds: float) -> Generator[Cursor]:
        """`Session.reading`, where nothing but EngineFailed is raised."""
        try:
            with self._session.reading(seconds) as cursor:
                yield cursor
        except psycopg.Error as error:
            raise self._failed(error) from None

    def _approved(self, cursor: Cursor, sql: str) -> Plan:
        """The statement's plan, if it may be run. Raises EngineFailed."""
        query = EXPLAIN.sub("", sql, count=1)
        ((explained,),) = list(cursor.stream(b"EXPLAIN (FORMAT JSON, VERBOSE) " + query.encode()))
        plan = postgres_plan.read(json.loads(explained))
        if plan is None or plan.writes:
            raise EngineFailed("refused", "it is not a query, or it writes or locks rows")
        catalog = self._known(cursor)
        if not plan.relations <= catalog.relations:
            catalog = self._read_catalog(cursor)  # a partition may be new
        if not plan.relations <= catalog.relations:
            raise EngineFailed("refused", "it reads a table that is not shared")
        if unfit := postgres_plan.own_calls(plan, query, catalog.excused_calls) & catalog.unfit_calls:
            raise EngineFailed("refused", f"it calls {min(unfit)}, which does more than compute", min(unfit))
        return plan

    def _known(self, cursor: Cursor) -> Catalog:
        return self._catalog or self._read_catalog(cursor)

    def _read_catalog(self, cursor: Cursor) -> Catalog:
        self._catalog = postgres_catalog.read(cursor, Sharing(self._source, self._session.path[0]))
        return self._catalog

    def _failed(self, error: psycopg.Error) -> EngineFailed:
        failure = _failure(error)
        if failure == "down":
            return EngineFailed(failure, "the connection was lost")
        message = error.diag.message_primary or str(error)
        untold = self._catalog.untold if self._catalog else ()
        named = UNKNOWN_NAME.search(message) if failure in ("unknown_column", "unknown_table") else None
        return EngineFailed(failure, scrubbed(message, untold), named[1].rpartition(".")[2] if named else "")


def open_engine(source: Source) -> Postgres:
    """The engine; it connects when it is first asked."""
    return Postgres(source)


def _described(cursor: Cursor, sql: str) -> Sequence[psycopg.Column]:
    """The columns of a query that had no row: a stream tells of them with the first one."""
    cursor.execute(f"SELECT * FROM (\n{sql}\n) AS nothing LIMIT 0".encode())
    return cursor.description or ()


def _failure(error: psycopg.Error) -> Failure:
    if error.sqlstate is None:  # the driver's own: without the server's word, the server is gone
        return "down" if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else "other"
    fits = [prefix for prefix in FAILURES if error.sqlstate.startswith(prefix)]
    return FAILURES[max(fits, key=len)] if fits else "other"


def _values(cursor: Cursor, table: Table, column: str, most: int) -> list[str]:
    place = ".".join(quoted(name) for name in (table.schema, table.name) if name)
    known = cursor.execute(KIND.encode(), (place, column)).fetchone()
    if known is None:
        return []
    is_text, labels = known
    if labels:
        return list(labels[:most])
    query = TEXTS.format(
        column=quoted(column),
        table=place,
        longest=examples.LONGEST_VALUE,
        sample=examples.SAMPLE_ROWS if is_text else examples.OTHER_SAMPLE_ROWS,
        most=most if is_text else min(most, examples.OTHER_VALUES),
    )
    return [value for (value,) in cursor.execute(query.encode()).fetchall()]
