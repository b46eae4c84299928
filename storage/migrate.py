"""Brings a database to the newest schema: numbered SQL files, one transaction each, with a backup before.

`PRAGMA user_version` holds the number of the last file applied; it is written in the file's own transaction, so a
killed migration leaves the schema it started from.
"""

import logging
import re
import sqlite3
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

from storage import durable
from storage.database_file import open_like
from storage.errors import NewerData

logger = logging.getLogger("satchel.migrate")

Migration = tuple[int, str, str]  # number, name, SQL


def migrations() -> list[Migration]:
    """Every migration that ships with this version, in order."""
    return sorted(
        (int(match[1]), file.name.removesuffix(".sql"), file.read_text("utf-8"))
        for file in files("storage.migrations").iterdir()
        if (match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name))
    )


def newest_schema() -> int:
    """The number of the newest schema this version knows."""
    return migrations()[-1][0]


def schema_version(db: sqlite3.Connection) -> int:
    """The number of the last migration applied; 0 for an empty database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, backups: Path, steps: list[Migration] | None = None) -> list[str]:
    """Apply what is missing and return the names applied.

    Raises NewerData when the database is ahead of the newest step. A database that already holds data is copied to
    ``backups`` first.
    """
    steps = migrations() if steps is None else steps
    version, newest = schema_version(db), steps[-1][0]
    if version > newest:
        raise NewerData(f"its schema is number {version}, this version knows {newest}")
    missing = [step for step in steps if step[0] > version]
    if missing and version > 0:
        _backup(db, backups / f"before-{missing[0][1]}.sqlite", version)
    return [name for number, name, sql in missing if _apply(db, number, name, sql)]


def _apply(db: sqlite3.Connection, number: int, name: str, sql: str) -> bool:
    db.execute("BEGIN IMMEDIATE")
    try:
        if schema_version(db) >= number:  # another process was faster
            db.execute("ROLLBACK")
            return False
        for statement in _statements(sql):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number:d}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    logger.info("migration.applied", extra={"migration": name})
    return True


def _statements(sql: str) -> list[str]:
    """The statements of a script, cut where SQLite says one is complete; executescript would commit between them."""
    statements: list[str] = []
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements


class _Overtaken(Exception):
    """Another process has migrated the database meanwhile, with a copy of its own."""


def _backup(db: sqlite3.Connection, target: Path, version: int) -> None:
    """Keep the database as it is at ``version``; a copy of anything else must not take the place of that one."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(_Overtaken), durable.partial(target) as path:
        with closing(open_like(db, path)) as copy:
            db.backup(copy)
            if schema_version(copy) != version:
                raise _Overtaken
        logger.info("migration.backup", extra={"file": target.name})
