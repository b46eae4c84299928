"""A connection to a new database with the newest schema."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import connect
from storage.migrate import migrate


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "direct.sqlite", False)) as db:
        db.execute("PRAGMA synchronous = OFF")
        migrate(db, tmp_path / "backups")
        yield db
