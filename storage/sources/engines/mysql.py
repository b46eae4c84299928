"""MySQL and MariaDB, read-only: a connection of its own for each call, closed after it.

The guard, beside the account's own rights: a read-only transaction with time limits and one statement at a time; the
words of a statement (no comments, variables, INTO, locks, functions that act); then the server explains it, which it
does for nothing but queries and changes of rows, and writes it out with every table's real name.
Alone it lets through: a function of the owner that the account may execute; columns that are hidden by settings rather
than by the account's rights; where a view hides its tables from the account, the server explains nothing, and every
name in the statement has to be free of unshared tables instead; a long expression over joined rows, which MariaDB goes
on computing for its batch of rows after we have left (over a minute with ``repeat('x', 1000000)``). DDL and INTO
OUTFILE are stopped by the words and the account's rights: a read-only transaction does not stop them.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pymysql

from storage.sources.cells import collect, fetched
from storage.sources.engine import EngineFailed, Limits
from storage.sources.engines import examples, mysql_catalog, mysql_failures, mysql_rights, mysql_statement, mysql_values
from storage.sources.engines.mysql_catalog import Catalog
from storage.sources.engines.mysql_session import Session, reading
from storage.sources.fetched import Fetched
from storage.sources.schema import Schema
from storage.sources.sharing import Sharing
from storage.sources.source import Source
from storage.sources.url import address

CATALOG_SECONDS = 8.0

WRITTEN_OUT = 1003
"""The note with the explained statement."""
UNEXPLAINED = 1345
"""A view whose tables the account may not see."""


class MySQL:
    """An `Engine`. Connects for each call."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._address = address(source.location)
        self._catalog: Catalog | None = None

    def version(self) -> str:
        with self._reading(CATALOG_SECONDS) as session:
            return mysql_catalog.version(session)

    def describe(self) -> Schema:
        with self._reading(CATALOG_SECONDS) as session:
            return self._read_catalog(session).schema

    def values(self, table: str, columns: Sequence[str], most: int, seconds: float) -> dict[str, list[str]]:
        """As the protocol says; of a large table the first rows are looked at. What took too long is left out."""
        end = time.monotonic() + seconds
        found: dict[str, list[str]] = {}
        with self._reading(seconds) as session:
            shared = self._known(session).schema.table(table)
            for name in examples.told(shared, columns):
                left = end - time.monotonic()
                if shared is None or left < examples.LEAST_SECONDS:
                    break
                session.allow(left)
                with mysql_failures.unless_late():
                    found[name] = mysql_values.read(session, shared, name, most)
        return found

    def plan(self, sql: str, limits: Limits) -> float | None:
        query = _query(sql)
        with self._reading(limits.seconds) as session:
            return self._approved(session, query)

    def run(self, sql: str, limits: Limits, *, reads_masked: bool) -> Fetched:
        started = time.monotonic()
        query = _query(sql)
        with self._reading(limits.seconds) as session:
            self._approved(session, query)
            session.allow(limits.seconds - (time.monotonic() - started))
            with session.stream(sql) as (columns, rows):
                collected = collect(rows, limits)
        types = [mysql_values.TYPES.get(code, "") for _, code in columns]
        return fetched([name for name, _ in columns], collected, (time.monotonic() - started) * 1000, types)

    def rights(self) -> list[str]:
        with self._reading(CATALOG_SECONDS) as session:
            return mysql_rights.read(session)

    def close(self) -> None:
        """There is no connection between two calls."""

    @contextmanager
    def _reading(self, seconds: float) -> Generator[Session]:
        """A session, where nothing but EngineFailed is raised."""
        started = time.monotonic()
        try:
            with reading(self._address, seconds) as session:
                yield session
        except pymysql.err.Error as error:
            untold = {name for _, name in self._catalog.unshared} if self._catalog else set[str]()
            is_late = time.monotonic() - started >= seconds
            raise mysql_failures.translated(error, untold, is_late=is_late) from None

    def _approved(self, session: Session, query: str) -> float | None:
        """The cost in rows of a query that may be run, None where the server does not tell. Raises EngineFailed."""
        catalog = self._known(session)
        try:
            plan = session.rows(f"EXPLAIN {'EXTENDED' if session.is_maria else 'FORMAT=TRADITIONAL'} {query}")
        except pymysql.err.OperationalError as error:
            if error.args[0] != UNEXPLAINED:
                raise
            self._check_words(catalog, query)
            return None
        written = [text for _, code, text in session.rows("SHOW WARNINGS") if code == WRITTEN_OUT]
        if not written:
            raise EngineFailed("refused", "the server does not explain it")
        if not all(mysql_statement.relations(text) <= catalog.relations for text in written):
            raise EngineFailed("refused", "it reads a table that is not shared")
        return mysql_statement.touched(plan)

    def _check_words(self, catalog: Catalog, query: str) -> None:
        """Without an explanation: no name of a table, or of another database, that is not shared."""
        foreign = {name.lower() for relation in catalog.unshared for name in relation} | mysql_catalog.SYSTEM_DATABASES
        shared = {name.lower() for relation in catalog.relations for name in relation}
        if mysql_statement.words(query) & (foreign - shared):
            raise EngineFailed("refused", "it names a table that is not shared")

    def _known(self, session: Session) -> Catalog:
        return self._catalog or self._read_catalog(session)

    def _read_catalog(self, session: Session) -> Catalog:
        self._catalog = mysql_catalog.read(session, Sharing(self._source, self._address.database))
        return self._catalog


def open_engine(source: Source) -> MySQL:
    """The engine; it connects when it is asked."""
    return MySQL(source)


def _query(sql: str) -> str:
    """The statement without a leading EXPLAIN, if its words allow it. Raises EngineFailed."""
    query = mysql_statement.explained(sql)
    if objection := mysql_statement.objection(query):
        raise EngineFailed("refused", objection)
    return query
