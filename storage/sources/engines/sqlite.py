"""SQLite as a source: a connection of its own for each call, guarded by SQLite itself (`sqlite_guard`)."""

import hashlib
import re
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress

from storage.sources.cells import cell, collect, fetched, without
from storage.sources.engine import OUT_OF_TIME, TOO_MUCH_MEMORY, EngineFailed, Failure, Limits
from storage.sources.engines import examples
from storage.sources.engines.quoting import quoted
from storage.sources.engines.sqlite_catalog import DEFAULT_SCHEMA, Catalog
from storage.sources.engines.sqlite_file import Opened, checked
from storage.sources.engines.sqlite_guard import hurry, tokens_of
from storage.sources.fetched import Fetched
from storage.sources.schema import Column, Schema
from storage.sources.scrubbing import scrubbed
from storage.sources.sharing import Sharing
from storage.sources.source import Source

DESCRIBE_SECONDS = 9.0

EXPLAIN = re.compile(r"\s*explain\s+(?:query\s+plan\s+)?", re.IGNORECASE)
PLAN = "EXPLAIN QUERY PLAN "
WARM_UP = "SELECT 1 FROM json_each('[]'), json_tree('[]')"
"""Their first use in a connection writes to its schema, in memory, which the guard refuses."""
COMMONEST = """
SELECT value FROM (SELECT {column} AS value FROM main.{table} LIMIT ?)
WHERE typeof(value) = 'text' AND value <> '' AND length(value) <= ? GROUP BY value ORDER BY count(*) DESC, value LIMIT ?
"""
SOME = "SELECT DISTINCT {column} FROM main.{table} WHERE {column} IS NOT NULL LIMIT ?"

FAILURES: dict[int, Failure] = {
    sqlite3.SQLITE_AUTH: "refused",
    sqlite3.SQLITE_INTERRUPT: "deadline",
    sqlite3.SQLITE_NOMEM: "memory",
    sqlite3.SQLITE_TOOBIG: "memory",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_CANTOPEN: "down",
    sqlite3.SQLITE_NOTADB: "down",
    sqlite3.SQLITE_CORRUPT: "down",
    sqlite3.SQLITE_IOERR: "down",
    sqlite3.SQLITE_READONLY: "down",
    sqlite3.SQLITE_PERM: "down",
}
UNKNOWN: tuple[tuple[str, Failure], ...] = (
    ("no such column: ", "unknown_column"),
    ("no such table: ", "unknown_table"),
)
REFUSAL = "it reaches for what is not shared, or does more than read"
REFUSED = ("not authorized", "vtable constructor failed")
NO_FUNCTION = "not authorized to use function: "
WORDS: dict[Failure, str] = {
    "refused": REFUSAL,
    "deadline": OUT_OF_TIME,
    "memory": TOO_MUCH_MEMORY,
    "busy": "another process is writing to the file",
}


class Disturbed(EngineFailed):
    """Another process wrote to a file that was read without locks."""

    def __init__(self) -> None:
        super().__init__("busy", "the database changes while it is read; try again")


def open_engine(source: Source) -> "SqliteEngine":
    """The engine; the file need not be there yet."""
    return SqliteEngine(source)


class SqliteEngine:
    """Each call opens the file anew and sees what was committed before it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sharing = Sharing(source, DEFAULT_SCHEMA)
        self._known: tuple[str, Catalog] | None = None

    def version(self) -> str:
        with self._opened() as opened:
            return _version(opened.connection)

    def describe(self) -> Schema:
        with self._opened() as opened:
            hurry(opened.connection, time.monotonic() + DESCRIBE_SECONDS)
            return self._catalog(opened.connection).schema(opened.connection)

    def values(self, table: str, columns: Sequence[str], most: int, seconds: float) -> dict[str, list[str]]:
        until = time.monotonic() + seconds
        asked = {name.lower() for name in columns}
        with self._opened() as opened:
            catalog = self._catalog(opened.connection)
            relation = catalog.shared.get(table.lower())
            if relation is None:
                raise EngineFailed("unknown_table", "no such table is shared", table)
            shown = [each for each in catalog.shown(relation.key) if each.name.lower() in asked and not each.is_masked]
            hurry(opened.connection, until)
            found: dict[str, list[str]] = {}
            with suppress(sqlite3.OperationalError):  # out of time: what was found is of use
                for column in shown:
                    found[column.name] = _values(opened.connection, relation.name, column, most)
            return found

    def plan(self, sql: str, limits: Limits) -> float | None:
        until = time.monotonic() + limits.seconds
        with self._guarded(sql, until, reads_masked=True) as opened:
            _execute(opened.connection, PLAN + EXPLAIN.sub("", sql, count=1)).fetchone()
        return None

    def run(self, sql: str, limits: Limits, *, reads_masked: bool) -> Fetched:
        started = time.monotonic()
        try:
            return self._rows(sql, limits, started, reads_masked=reads_masked, with_locks=False)
        except Disturbed:
            return self._rows(sql, limits, started, reads_masked=reads_masked, with_locks=True)

    def _rows(self, sql: str, limits: Limits, started: float, *, reads_masked: bool, with_locks: bool) -> Fetched:
        until = started + limits.seconds
        with self._guarded(sql, until, reads_masked=reads_masked, with_locks=with_locks) as opened:
            cursor = _execute(opened.connection, sql)
            if cursor.description is None:
                raise EngineFailed("syntax", "the text holds no query")
            collected = collect(cursor, limits)
            if tokens_of(sql)[0].lower() == "explain":
                collected = without(collected, self._untold())
            if opened.was_disturbed():
                raise Disturbed
            names = [name for name, *_ in cursor.description]
        return fetched(names, collected, (time.monotonic() - started) * 1000)

    def rights(self) -> list[str]:
        return []

    def close(self) -> None:
        self._known = None

    @contextmanager
    def _opened(self, *, with_locks: bool = False) -> Generator[Opened]:
        path = checked(self._source.location)
        try:
            opened = Opened(path, with_locks=with_locks)
            with closing(opened.connection):
                try:
                    yield opened
                except sqlite3.DatabaseError as error:
                    if opened.was_disturbed():
                        raise Disturbed from error
                    raise
        except (sqlite3.Error, sqlite3.Warning, OSError) as error:
            raise self._failure(error) from error

    @contextmanager
    def _guarded(self, sql: str, until: float, *, reads_masked: bool, with_locks: bool = False) -> Generator[Opened]:
        with self._opened(with_locks=with_locks) as opened:
            catalog = self._catalog(opened.connection)
            opened.connection.execute(WARM_UP).fetchall()
            for name in catalog.virtual_tables():
                opened.connection.execute(f"SELECT 1 FROM main.{quoted(name)} LIMIT 0")
            catalog.guard.stand(opened.connection, sql, reads_masked=reads_masked, until=until)
            yield opened

    def _catalog(self, connection: sqlite3.Connection) -> Catalog:
        """What is shared, read again when the schema has changed."""
        version = _version(connection)
        if self._known is None or self._known[0] != version:
            self._known = version, Catalog(connection, self._sharing)
        return self._known[1]

    def _failure(self, error: Exception) -> EngineFailed:
        message = str(error)
        code = getattr(error, "sqlite_errorcode", None)
        if isinstance(error, OSError):
            return EngineFailed("down", "the database file cannot be read")
        if message.startswith(REFUSED):  # by the message alone: the code is that of a syntax error
            function = message.removeprefix(NO_FUNCTION)
            is_told = function != message
            return EngineFailed("refused", f"function {scrubbed(function)} is not allowed" if is_told else REFUSAL)
        for opening, unknown in UNKNOWN:
            if message.startswith(opening):
                name = message.removeprefix(opening)
                return EngineFailed(unknown, self._told(message), name.rpartition(".")[2])
        failure = FAILURES.get(code & 0xFF, "syntax") if code is not None else "syntax"
        return EngineFailed(failure, WORDS.get(failure) or self._told(message))

    def _told(self, message: str) -> str:
        return scrubbed(message, self._untold())

    def _untold(self) -> list[str]:
        return self._known[1].unshared if self._known else []


def _values(connection: sqlite3.Connection, table: str, column: Column, most: int) -> list[str]:
    is_text = _is_text(column.type)
    query = (COMMONEST if is_text else SOME).format(column=quoted(column.name), table=quoted(table))
    bound = (examples.SAMPLE_ROWS, examples.LONGEST_VALUE, most) if is_text else (min(most, examples.OTHER_VALUES),)
    return [str(cell(value, examples.LONGEST_VALUE)[0]) for (value,) in connection.execute(query, bound)]


def _execute(connection: sqlite3.Connection, sql: str) -> sqlite3.Cursor:
    """The running statement. SQLite's driver refuses a second one itself."""
    try:
        return connection.execute(sql)
    except sqlite3.DataError as error:
        raise EngineFailed("memory", WORDS["memory"]) from error
    except ValueError as error:
        raise EngineFailed("syntax", "the text holds a character that no query may") from error


def _version(connection: sqlite3.Connection) -> str:
    """Of the schema's own text: another file under the same name may have the same version number."""
    digest = hashlib.sha256()
    for row in connection.execute("SELECT type, name, sql FROM sqlite_schema"):
        digest.update(repr(row).encode())
    return digest.hexdigest()[:16]


def _is_text(declared: str) -> bool:
    """By SQLite's rules of affinity, and also where no type is declared."""
    upper = declared.upper()
    return not upper or ("INT" not in upper and any(word in upper for word in ("CHAR", "CLOB", "TEXT")))
