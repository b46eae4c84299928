"""A connection to MySQL or MariaDB for one call: read-only, with time limits, and closed after it, so that nothing a
statement leaves behind (variables, locks, temporary tables) outlives the call."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, ClassVar

import pymysql
import pymysql.connections
import pymysql.cursors
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions

from storage.sources.engine import NO_CONNECTION, EngineFailed
from storage.sources.url import Address

Row = tuple[Any, ...]
Connection = Any
"""The driver has no types, and the stubs that one of our checkers brings do not know all of it."""

LATE_SECONDS = 0.2
"""After the server's own deadline we stop listening, and have the statement killed."""

LOST = 2013

SETTINGS = (
    "SESSION sql_mode = IF(FIND_IN_SET('ONLY_FULL_GROUP_BY', @@sql_mode), 'ONLY_FULL_GROUP_BY', '')",
    "SESSION lock_wait_timeout = 1",
    "SESSION innodb_lock_wait_timeout = 1",
    "SESSION sql_notes = 1",
    "SESSION max_error_count = 1024",
)
"""No ANSI_QUOTES, no NO_BACKSLASH_ESCAPES, no PIPES_AS_CONCAT: texts are read as the gate reads them. The notes are
where an explained statement is written out."""

NOTHING_EARLY = "SESSION expensive_subquery_limit = 0"
"""MariaDB, while it explains: no subquery may be computed, and so vanish from the explanation."""
AS_USUAL = "SESSION expensive_subquery_limit = DEFAULT"


def _of_bits(bits: bytes) -> int:
    return int.from_bytes(bits, "big")


CONVERSIONS: dict[Any, Any] = {**conversions, FIELD_TYPE.BIT: _of_bits}
"""How the driver reads values; it leaves bits as bytes."""


class _Connection(pymysql.connections.Connection):  # type: ignore[misc]  # the driver has no types
    """Keeps the driver's TLS contexts for the process: it would read the system's certificates for every connection,
    which takes 20 ms. How they verify is as the driver makes them, from the same options."""

    _contexts: ClassVar[dict[str, Any]] = {}

    def _create_ssl_ctx(self, sslp: dict[str, Any]) -> Any:
        options = repr(sorted(sslp.items()))
        if options not in self._contexts:
            parent: Any = super()
            self._contexts[options] = parent._create_ssl_ctx(sslp)
        return self._contexts[options]


class Session:
    """One connection, in a read-only transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_maria = "MariaDB" in connection.get_server_info()

    def prepare(self, seconds: float) -> None:
        """Settle how statements are read and explained, and begin the transaction."""
        more = (NOTHING_EARLY,) if self.is_maria else ()
        self.rows("SET " + ", ".join((*SETTINGS, *more, self._limit(seconds))))
        self.rows("START TRANSACTION READ ONLY")

    def allow(self, seconds: float) -> None:
        """The explaining is over: limit the next statement to so long."""
        more = (AS_USUAL,) if self.is_maria else ()
        self.rows("SET " + ", ".join((*more, self._limit(seconds))))

    def rows(self, sql: str) -> list[Row]:
        """All rows of a statement of ours."""
        with closing(self._connection.cursor(pymysql.cursors.Cursor)) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    @contextmanager
    def stream(self, sql: str) -> Generator[tuple[list[tuple[str, int]], Iterator[Row]]]:
        """The names and type codes of the columns, and the rows as they come. No statement can follow."""
        cursor = self._connection.cursor(pymysql.cursors.SSCursor)
        cursor.execute(sql)
        try:
            columns = [(column[0], column[1]) for column in cursor.description or ()]
            yield columns, iter(cursor.fetchone, None)
        finally:
            # else the driver would read the rest of the rows, however many; it has no public way to leave them
            cursor._result.unbuffered_active = False
            self._connection.close()

    def _limit(self, seconds: float) -> str:
        """At least a millisecond: zero would be no limit."""
        if self.is_maria:
            return f"SESSION max_statement_time = {max(0.001, seconds):.3f}"
        return f"SESSION max_execution_time = {max(1, int(seconds * 1000))}"


@contextmanager
def reading(place: Address, seconds: float) -> Generator[Session]:
    """A session of its own, each of whose statements may take so long. Raises EngineFailed, and pymysql's errors."""
    connection = _connect(place, seconds + LATE_SECONDS)
    try:
        session = Session(connection)
        session.prepare(seconds)
        yield session
    except pymysql.err.OperationalError as error:
        if error.args[0] == LOST:
            _kill(place, connection.thread_id())
        raise
    finally:
        with suppress(pymysql.err.Error):  # it may be closed already
            connection.close()


def _connect(place: Address, seconds: float) -> Connection:
    """Without LOAD DATA LOCAL and without several statements at a time, which the driver leaves off by itself."""
    connect: Any = _Connection
    options = {name: value for name, value in place.options.items() if name.startswith("ssl_")}
    try:
        return connect(
            host=place.host,
            port=place.port,
            user=place.user or None,
            password=place.password.encode(),
            database=place.database,
            charset="utf8mb4",
            conv=CONVERSIONS,
            local_infile=False,
            autocommit=True,
            connect_timeout=place.connect_seconds,
            read_timeout=seconds,
            write_timeout=seconds,
            ssl_verify_identity="ssl_ca" in options or None,
            **options,
        )
    except (pymysql.err.Error, OSError):
        raise EngineFailed("down", NO_CONNECTION) from None


def _kill(place: Address, thread: int) -> None:
    """Stop what a connection that we left is still doing."""
    with suppress(pymysql.err.Error, EngineFailed), closing(_connect(place, 1.0)) as connection:
        connection.cursor().execute(f"KILL {thread:d}")
