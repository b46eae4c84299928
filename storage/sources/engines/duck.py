"""A DuckDB file as a source. It is opened for each call alone, so that its owner can write between two of them."""

import os
import secrets
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import duckdb

from storage.sources.engine import EngineFailed
from storage.sources.engines.duck_engine import DEFAULT_SCHEMA, Catalog, DuckEngine, Stored
from storage.sources.engines.quoting import literal, quoted
from storage.sources.schema import Column, ForeignKey, Table
from storage.sources.sharing import Sharing
from storage.sources.source import Source

RELATIONS = """
SELECT schema_name, table_name, false, estimated_size, comment FROM duckdb_tables()
WHERE database_name = $catalog AND NOT internal AND NOT temporary
UNION ALL
SELECT schema_name, view_name, true, NULL, comment FROM duckdb_views() WHERE database_name = $catalog AND NOT internal
"""
COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()
WHERE database_name = $catalog AND NOT internal ORDER BY schema_name, table_name, column_index
"""
CONSTRAINTS = """
SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names
FROM duckdb_constraints() WHERE database_name = $catalog ORDER BY constraint_index
"""

Name = tuple[str, str]


def open_engine(source: Source) -> DuckEngine:
    """The engine; the file need not be there yet."""
    return DuckEngine(Sharing(source, DEFAULT_SCHEMA), File(Path(source.location)))


class File:
    """A DuckDB database file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def version(self) -> str:
        """By the file and the log beside it."""
        seen = [_state(self._path), _state(Path(f"{self._path}.wal"))]
        if seen[0] == "-":
            raise EngineFailed("down", "the database file is not there")
        return ",".join(seen)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Under a name that nobody can guess: what is not shared can only be named with it."""
        catalog = f"source_{secrets.token_hex(16)}"
        connection.execute(f"ATTACH {literal(self._path.absolute())} AS {catalog} (READ_ONLY, TYPE DUCKDB)")
        return catalog

    def read(self, connection: duckdb.DuckDBPyConnection, sharing: Sharing, catalog: str) -> Catalog:
        reading = _Reading(connection, sharing, catalog)
        return Catalog(reading.stored(), reading.untold())

    def permit(self, connection: duckdb.DuckDBPyConnection, stored: Sequence[Stored]) -> None:
        """The attached file stays readable; no other file is needed."""


class _Reading:
    """The catalog of an attached file, read once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sharing: Sharing, catalog: str) -> None:
        bound = {"catalog": catalog}
        self._sharing = sharing
        self._relations = connection.execute(RELATIONS, bound).fetchall()
        self._columns: defaultdict[Name, list[Column]] = defaultdict(list)
        for schema, table, column, declared, is_nullable, comment in connection.execute(COLUMNS, bound).fetchall():
            is_masked = sharing.masks(sharing.key(table, schema), column)
            self._columns[schema, table].append(Column(column, declared, is_nullable, comment or "", is_masked))
        self._constraints: defaultdict[Name, list[tuple[str, list[str], str, list[str]]]] = defaultdict(list)
        for schema, table, *constraint in connection.execute(CONSTRAINTS, bound).fetchall():
            self._constraints[schema, table].append((constraint[0], constraint[1], constraint[2], constraint[3]))

    def stored(self) -> dict[str, Stored]:
        """The shared tables by key."""
        found: dict[str, Stored] = {}
        for schema, name, is_view, rows, comment in self._relations:
            if self._sharing.shares(name, schema) and self._columns[schema, name]:
                table = self._table((schema, name), is_view=is_view, rows=rows, comment=comment or "")
                names = tuple(column.name for column in self._columns[schema, name])
                found[table.key] = Stored(table, names, f"{{catalog}}.{quoted(schema)}.{quoted(name)}")
        return found

    def untold(self) -> tuple[str, ...]:
        """The names of what is not shared."""
        return tuple(name for schema, name, *_ in self._relations if not self._sharing.shares(name, schema))

    def _table(self, name: Name, *, is_view: bool, rows: int | None, comment: str) -> Table:
        shown = {column.name for column in self._shown(name)}
        keys = [(kind, tuple(columns)) for kind, columns, *_ in self._constraints[name] if shown.issuperset(columns)]
        return Table(
            name=name[1],
            columns=tuple(self._shown(name)),
            schema=_schema(name[0]),
            is_view=is_view,
            primary_key=next((columns for kind, columns in keys if kind == "PRIMARY KEY"), ()),
            unique=tuple(columns for kind, columns in keys if kind == "UNIQUE"),
            foreign_keys=tuple(self._foreign_keys(name, shown)),
            rows=rows,
            comment=comment,
        )

    def _foreign_keys(self, name: Name, shown: set[str]) -> list[ForeignKey]:
        """Those to shared tables and columns; a key stays within its schema."""
        found: list[ForeignKey] = []
        for kind, columns, parent, referred in self._constraints[name]:
            if kind != "FOREIGN KEY" or not shown.issuperset(columns) or not self._sharing.shares(parent, name[0]):
                continue
            if {column.name for column in self._shown((name[0], parent))}.issuperset(referred):
                key = f"{_schema(name[0])}.{parent}" if _schema(name[0]) else parent
                found.append(ForeignKey(tuple(columns), key, tuple(referred)))
        return found

    def _shown(self, name: Name) -> list[Column]:
        key = self._sharing.key(name[1], name[0])
        return [column for column in self._columns[name] if not self._sharing.hides(key, column.name)]


def _schema(name: str) -> str:
    return "" if name.lower() == DEFAULT_SCHEMA else name


def _state(path: Path) -> str:
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return "-"
    return f"{state.st_ino}.{state.st_size}.{state.st_mtime_ns}"
