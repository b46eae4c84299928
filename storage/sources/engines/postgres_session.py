"""A connection to PostgreSQL that forgets: each call has a read-only transaction, and a session as new."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, ClassVar

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import make_conninfo
from psycopg.types.string import TextLoader

from storage.sources.engine import NO_CONNECTION, EngineFailed
from storage.sources.engines.quoting import quoted
from storage.sources.url import Address

Row = tuple[Any, ...]
Cursor = psycopg.Cursor[Row]

LOCK_MILLISECONDS = 500
IDLE_MILLISECONDS = 60_000
"""A transaction whose client hangs is ended by the server."""

BEGIN = """
BEGIN READ ONLY; SET LOCAL statement_timeout = {timeout}; SET LOCAL lock_timeout = {lock};
SET LOCAL idle_in_transaction_session_timeout = {idle}; SET LOCAL search_path = {path};
SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL standard_conforming_strings = on"""


class Moment(Loader):
    """Dates and times, and as text those that Python has none for: ``infinity``, years before Christ."""

    kind: ClassVar[type[date] | type[datetime] | type[time]]

    def load(self, data: Buffer) -> object:
        text = bytes(data).decode()
        try:
            return self.kind.fromisoformat(text)
        except ValueError:
            return text


class Date(Moment):
    kind = date


class Timestamp(Moment):
    kind = datetime


class Time(Moment):
    kind = time


RANGES = [f"{of}{kind}" for of in ("int4", "int8", "num", "date", "ts", "tstz") for kind in ("range", "multirange")]

LOADERS: dict[str, type[Loader]] = {
    "date": Date,
    "timestamp": Timestamp,
    "timestamptz": Timestamp,
    "time": Time,
    "timetz": Time,
    **dict.fromkeys(("interval", "json", "jsonb", "record", "inet", "cidr", "uuid", *RANGES), TextLoader),
}
"""As the server writes them: a month is no number of days, and JSON is text already."""


class Session:
    """The connection, made when it is first needed, and again after it was lost."""

    def __init__(self, place: Address) -> None:
        self._place = place
        self._connection: psycopg.Connection[Row] | None = None
        self.path: list[str] = []
        """The schemas that names are looked up in, the default one first; known once connected."""

    @contextmanager
    def reading(self, seconds: float) -> Generator[Cursor]:
        """A cursor in a read-only transaction, each of whose statements may take so long. What a statement leaves in
        the session (settings, locks, listening) is gone after it. Raises EngineFailed, and psycopg's errors."""
        connection = self._begun(seconds)
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            self._clear(connection)

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _begun(self, seconds: float) -> psycopg.Connection[Row]:
        """The connection with a transaction begun; a new one, where the kept one was lost meanwhile."""
        try:
            connection = self._connected()
            self._begin(connection, seconds)
        except psycopg.OperationalError:
            if self._connection is None:
                raise
            self.close()
            connection = self._connected()
            self._begin(connection, seconds)
        return connection

    def _connected(self) -> psycopg.Connection[Row]:
        if self._connection is None:
            try:
                self._connection = _connect(self._place)
            except psycopg.Error:
                raise EngineFailed("down", NO_CONNECTION) from None
            ((schemas,),) = self._connection.execute("SELECT current_schemas(false)::text[]").fetchall()
            self.path = schemas or ["public"]
        return self._connection

    def _begin(self, connection: psycopg.Connection[Row], seconds: float) -> None:
        path = ", ".join(quoted(name) for name in [*self.path, "pg_temp"])
        begin = BEGIN.format(timeout=_milliseconds(seconds), lock=LOCK_MILLISECONDS, idle=IDLE_MILLISECONDS, path=path)
        connection.execute(begin.encode())

    def _clear(self, connection: psycopg.Connection[Row]) -> None:
        """End the transaction, and what a statement may have left in the session: settings, locks, listening."""
        try:
            connection.execute("ROLLBACK")
            connection.execute("DISCARD ALL")
        except psycopg.Error:
            self.close()


def allow(cursor: Cursor, seconds: float) -> None:
    """Limit the next statements to so long each."""
    cursor.execute(f"SET LOCAL statement_timeout = {_milliseconds(seconds)}".encode())


def _connect(place: Address) -> psycopg.Connection[Row]:
    """By parts, not by the URL: two readers of one URL could differ."""
    asked = make_conninfo(
        host=place.host,
        port=place.port,
        dbname=place.database,
        user=place.user or None,
        password=place.password or None,
        application_name="satchel",
        client_encoding="utf8",
        **{**place.options, "connect_timeout": str(place.connect_seconds)},
    )
    connection = psycopg.connect(asked, autocommit=True, prepare_threshold=None)
    for name, loader in LOADERS.items():
        connection.adapters.register_loader(name, loader)
    return connection


def _milliseconds(seconds: float) -> int:
    """At least one: zero would be no limit."""
    return max(1, int(seconds * 1000))
