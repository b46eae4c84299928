"""Connections of SQLCipher that behave as those of `sqlite3`: its errors are raised as that module's.

The package has a tree of errors of its own. Translated here, at the cursor, nothing above needs to know which of the
two it talks to. Imported where there is a key only.
"""

import sqlite3
from importlib import import_module
from typing import Any, cast

from storage.encryption.data_key import DataKey

engine: Any = import_module("sqlcipher3.dbapi2")  # so imported, as it has no types for a checker to find


class CipherCursor(engine.Cursor):  # type: ignore[misc]  # no types
    """A cursor that raises `sqlite3.Error`."""

    def execute(self, *given: Any) -> Any:
        try:
            return super().execute(*given)
        except engine.Error as error:
            raise _known(error) from error

    def executemany(self, *given: Any) -> Any:
        try:
            return super().executemany(*given)
        except engine.Error as error:
            raise _known(error) from error

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except engine.Error as error:
            raise _known(error) from error

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except engine.Error as error:
            raise _known(error) from error

    def fetchmany(self, *given: Any) -> Any:
        try:
            return super().fetchmany(*given)
        except engine.Error as error:
            raise _known(error) from error

    def fetchall(self) -> Any:
        try:
            return super().fetchall()
        except engine.Error as error:
            raise _known(error) from error


class CipherConnection(engine.Connection):  # type: ignore[misc]  # no types
    """A connection that raises `sqlite3.Error`, and knows its ``key``."""

    key: DataKey | None = None

    def cursor(self, factory: Any = CipherCursor) -> Any:
        return super().cursor(factory)

    def backup(self, *given: Any, **named: Any) -> None:
        try:
            super().backup(*given, **named)
        except engine.Error as error:
            raise _known(error) from error


def connect(uri: str, key: DataKey | None, timeout: float) -> sqlite3.Connection:
    """A connection under the key; under None it reads and writes plain files. A wrong key is found out by the first
    statement that reads the file."""
    try:
        db = engine.connect(
            uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False, factory=CipherConnection
        )
    except engine.Error as error:
        raise _known(error) from error
    db.key = key
    db.execute("PRAGMA cipher_log_level = NONE")  # it would write to stderr what we say in our own words
    if key is not None:
        db.execute(f'PRAGMA key = "{key.for_sqlcipher}"')
    return cast(sqlite3.Connection, db)


def version() -> str:
    """Of SQLCipher, and of the SQLite inside it."""
    db = connect(":memory:", None, 0)
    try:
        return f"SQLCipher {db.execute('PRAGMA cipher_version').fetchone()[0]}, SQLite {engine.sqlite_version}"
    finally:
        db.close()


def _known(error: Exception) -> sqlite3.Error:
    """The error of the same name and code."""
    known: sqlite3.Error = getattr(sqlite3, type(error).__name__)(*error.args)
    for name in ("sqlite_errorcode", "sqlite_errorname"):  # not there for mistakes in the use of the module
        if hasattr(error, name):
            setattr(known, name, getattr(error, name))
    return known
