"""What an SQLite database says of its tables: names, columns, keys, and how many rows there are."""

import sqlite3
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storage.sources.engines.quoting import quoted
from storage.sources.engines.sqlite_guard import Guard, hurry
from storage.sources.schema import Column, ForeignKey, Schema, Table
from storage.sources.sharing import Sharing

DEFAULT_SCHEMA = "main"
COUNT_SECONDS = 0.3
"""For counting the rows of all tables together."""

RELATIONS = "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
COLUMNS = 'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid'
KEYS = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'
UNIQUE = "SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND origin <> 'pk' AND NOT partial ORDER BY seq"
INDEXED = "SELECT name FROM pragma_index_info(?) ORDER BY seqno"
ESTIMATES = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view as SQLite lists it. ``kind`` is table, view, virtual or shadow (a virtual table's own)."""

    name: str
    kind: str
    columns: tuple[tuple[str, str, bool, int], ...]
    """Name, declared type, NOT NULL, place in the primary key from 1 or 0."""

    @property
    def key(self) -> str:
        return self.name.lower()


class Catalog:
    """The relations of one database, and what of them is shared. Reads all it needs when it is made."""

    def __init__(self, connection: sqlite3.Connection, sharing: Sharing) -> None:
        self._sharing = sharing
        self._all = dict(_relations(connection))
        self.shared = {
            key: relation
            for key, relation in self._all.items()
            if relation.kind != "shadow" and relation.columns and sharing.shares(relation.name)
        }
        self.guard = self._guard(connection)

    @property
    def unshared(self) -> list[str]:
        """The names that no message may tell."""
        return [relation.name for key, relation in self._all.items() if key not in self.shared]

    def virtual_tables(self) -> list[str]:
        """The shared ones: their first use in a connection is refused under the guard."""
        return [relation.name for relation in self.shared.values() if relation.kind == "virtual"]

    def schema(self, connection: sqlite3.Connection) -> Schema:
        """The shared tables with keys and numbers of rows."""
        counts = _counts(connection, self.shared.values())
        tables = [self._table(connection, relation, counts.get(key)) for key, relation in sorted(self.shared.items())]
        columns = {key: [name for name, *_ in relation.columns] for key, relation in self.shared.items()}
        return self._sharing.schema(tables, columns)

    def shown(self, key: str) -> list[Column]:
        """The columns of a shared table that are not hidden."""
        return [
            Column(name, declared, not is_required, is_masked=self._sharing.masks(key, name))
            for name, declared, is_required, _ in self.shared[key].columns
            if not self._sharing.hides(key, name)
        ]

    def _table(self, connection: sqlite3.Connection, relation: Relation, rows: int | None) -> Table:
        columns = self.shown(relation.key)
        names = {column.name for column in columns}
        primary = sorted((place, name) for name, *_, place in relation.columns if place)
        key = tuple(name for _, name in primary)
        unique = (tuple(_names(connection, INDEXED, index)) for index in _names(connection, UNIQUE, relation.name))
        return Table(
            name=relation.name,
            columns=tuple(columns),
            is_view=relation.kind == "view",
            primary_key=key if names.issuperset(key) else (),
            unique=tuple(columns for columns in unique if names.issuperset(columns)),
            foreign_keys=tuple(
                key for key in self._foreign_keys(connection, relation) if names.issuperset(key.columns)
            ),
            rows=rows,
        )

    def _foreign_keys(self, connection: sqlite3.Connection, relation: Relation) -> list[ForeignKey]:
        """Those to shared tables and columns."""
        pairs: dict[int, tuple[str, list[tuple[str, str | None]]]] = {}
        for number, parent, child_column, parent_column in connection.execute(KEYS, (relation.name,)):
            pairs.setdefault(number, (parent, []))[1].append((child_column, parent_column))
        found = (self._foreign_key(parent, columns) for parent, columns in pairs.values())
        return [key for key in found if key is not None]

    def _foreign_key(self, parent: str, columns: list[tuple[str, str | None]]) -> ForeignKey | None:
        referred = self.shared.get(parent.lower())
        if referred is None:
            return None
        primary = [name for _, name in sorted((place, name) for name, *_, place in referred.columns if place)]
        names = [name for _, name in columns if name is not None] or primary
        shown = {column.name.lower(): column.name for column in self.shown(referred.key)}
        if len(names) != len(columns) or not shown.keys() >= {name.lower() for name in names}:
            return None
        return ForeignKey(
            tuple(name for name, _ in columns), referred.name, tuple(shown[name.lower()] for name in names)
        )

    def _guard(self, connection: sqlite3.Connection) -> Guard:
        views, behind = _within_views(connection, [item.name for item in self.shared.values() if item.kind == "view"])
        visible, masked, withheld, free = {}, {}, {}, set[str]()
        for key, relation in self.shared.items():
            shown = self.shown(key)
            masked[key] = frozenset(column.name.lower() for column in shown if column.is_masked)
            visible[key] = frozenset(column.name.lower() for column in shown) - masked[key]
            if len(visible[key]) < len(relation.columns):
                withheld[key] = len(shown) < len(relation.columns)
            if relation.kind == "virtual" and len(visible[key]) == len(relation.columns):
                visible[key] |= {key, "rank", "rowid"}  # what MATCH and an order by rank read
                free |= {name for name, other in self._all.items() if _is_shadow(other, relation)}
        names = frozenset(self._all) | {"sqlite_schema", "sqlite_master", "sqlite_temp_schema", "sqlite_temp_master"}
        trusted = self._sharing.source.functions
        return Guard(visible, masked, withheld, frozenset(free), views, behind, names, trusted)


def _relations(connection: sqlite3.Connection) -> Iterable[tuple[str, Relation]]:
    for name, kind in connection.execute(RELATIONS).fetchall():
        yield name.lower(), Relation(name, kind, tuple(_columns(connection, name)))


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, bool, int]]:
    """None where a view does not work any more, or a virtual table's module is not here."""
    try:
        rows = connection.execute(COLUMNS, (table,)).fetchall()
    except sqlite3.DatabaseError:
        return []
    return [(name, declared, bool(is_required), place) for name, declared, is_required, place in rows]


def _names(connection: sqlite3.Connection, query: str, of: str) -> list[str]:
    return [name for (name,) in connection.execute(query, (of,)).fetchall()]


def _is_shadow(relation: Relation, virtual: Relation) -> bool:
    return relation.kind == "shadow" and relation.key.startswith(f"{virtual.key}_")


def _within_views(connection: sqlite3.Connection, views: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The names under which these views read, and the tables they read."""
    contexts, tables = set[str](), set[str]()

    def note(action: int, first: str | None, _column: str | None, _database: str | None, via: str | None) -> int:
        if via is not None:
            contexts.add(via.lower())
        if action == sqlite3.SQLITE_READ and first is not None:
            tables.add(first.lower())
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    for view in views:
        connection.execute(f"EXPLAIN SELECT * FROM main.{quoted(view)}")
    connection.set_authorizer(None)
    return frozenset(contexts), frozenset(tables)


def _counts(connection: sqlite3.Connection, relations: Iterable[Relation]) -> Mapping[str, int]:
    """Rows by table: counted while there is time, then as ANALYZE found them."""
    found: dict[str, int] = {}
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").fetchone():
        found = {table.lower(): rows for table, rows in connection.execute(ESTIMATES) if rows is not None}
    hurry(connection, time.monotonic() + COUNT_SECONDS)
    for relation in relations:
        try:
            ((found[relation.key],),) = connection.execute(f"SELECT count(*) FROM main.{quoted(relation.name)}")
        except sqlite3.DatabaseError:
            continue
    connection.set_progress_handler(None, 0)
    return found
