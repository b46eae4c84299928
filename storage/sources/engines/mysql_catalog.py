"""What MySQL or MariaDB says of its tables, and of what the account may do."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from storage.sources.engines.mysql_session import Row, Session
from storage.sources.engines.mysql_statement import Relation, relations
from storage.sources.schema import Column, ForeignKey, Schema, Table
from storage.sources.sharing import Sharing

SYSTEM_DATABASES = frozenset({"information_schema", "mysql", "performance_schema", "sys"})
SYSTEM = "('information_schema', 'mysql', 'performance_schema', 'sys')"

TABLES = f"""
SELECT table_schema, table_name, table_type = 'VIEW', table_rows, table_comment
FROM information_schema.tables WHERE table_schema NOT IN {SYSTEM} AND table_type <> 'SEQUENCE'
ORDER BY table_schema, table_name"""

COLUMNS = f"""
SELECT table_schema, table_name, column_name, column_type, is_nullable = 'YES', column_comment,
       FIND_IN_SET('select', privileges) > 0
FROM information_schema.columns WHERE table_schema NOT IN {SYSTEM}
ORDER BY table_schema, table_name, ordinal_position"""

KEYS = f"""
SELECT k.table_schema, k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema,
       k.referenced_table_name, k.referenced_column_name
FROM information_schema.key_column_usage AS k WHERE k.table_schema NOT IN {SYSTEM}
ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position"""

VIEWS = f"""
SELECT table_schema, table_name, view_definition FROM information_schema.views WHERE table_schema NOT IN {SYSTEM}"""

VERSION = f"""
SELECT COUNT(*), SUM(CRC32(CONCAT_WS(' ', table_schema, table_name, column_name, ordinal_position, column_type,
       is_nullable, column_key, privileges)))
FROM information_schema.columns WHERE table_schema NOT IN {SYSTEM}"""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The shared tables, the relations that the server may write out for them, and those that it may not."""

    schema: Schema
    relations: frozenset[Relation]
    unshared: frozenset[Relation]


def read(session: Session, sharing: Sharing) -> Catalog:
    """The catalog, as the account sees it. A shared name that is not there, or not readable, is left out."""
    columns = _by_relation(session.rows(COLUMNS))
    readable = {relation for relation, rows in columns.items() if any(row[-1] for row in rows)}
    found = {(row[0], row[1]): row[2:] for row in session.rows(TABLES)}
    asked = [each for each in found if each in readable and sharing.shares(each[1], each[0])]
    first: dict[str, Relation] = {}  # of names that differ in case alone, one: keys are in lower case
    for schema, name in sorted(asked, key=lambda each: sharing.precedence(each[1], each[0])):
        first.setdefault(sharing.key(name, schema), (schema, name))
    shared = {relation: found[relation] for relation in asked if relation in first.values()}
    reader = _Reader(sharing, shared, columns, _by_relation(session.rows(KEYS)))
    reached = _reached(shared, {(row[0], row[1]): relations(row[2] or "") for row in session.rows(VIEWS)})
    return Catalog(reader.schema(), frozenset(reached), frozenset(found.keys() - shared.keys()))


def version(session: Session) -> str:
    """A checksum of all columns and the rights on them."""
    ((count, checksum),) = session.rows(VERSION)
    return f"{count}.{checksum}"


def _by_relation(rows: Iterable[Row]) -> Mapping[Relation, list[Row]]:
    grouped: defaultdict[Relation, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[0], row[1]].append(row[2:])
    return grouped


def _reached(shared: Iterable[Relation], views: Mapping[Relation, set[Relation]]) -> set[Relation]:
    """The shared relations, and those that shared views read."""
    reached: set[Relation] = set()
    waiting = list(shared)
    while waiting:
        relation = waiting.pop()
        if relation not in reached:
            reached.add(relation)
            waiting.extend(views.get(relation, ()))
    return reached


class _Reader:
    """Tables out of the catalog's rows, by database and name."""

    def __init__(
        self,
        sharing: Sharing,
        shared: Mapping[Relation, Row],
        columns: Mapping[Relation, list[Row]],
        keys: Mapping[Relation, list[Row]],
    ) -> None:
        self._sharing = sharing
        self._shared = shared
        self._columns = columns
        self._keys = keys

    def schema(self) -> Schema:
        names = {self._key(relation): [row[0] for row in self._columns[relation]] for relation in self._shared}
        return self._sharing.schema([self._table(relation) for relation in self._shared], names)

    def _table(self, relation: Relation) -> Table:
        is_view, rows, comment = self._shared[relation]
        key = self._key(relation)
        columns = [
            Column(name, kind, bool(is_nullable), said, self._sharing.masks(key, name))
            for name, kind, is_nullable, said, _ in self._columns[relation]
            if not self._sharing.hides(key, name)
        ]
        constraints = self._constraints(relation)
        uniques = {name: parts for name, parts in constraints.items() if parts[0][1] is None}
        return Table(
            name=relation[1],
            columns=tuple(columns),
            schema=self._written_schema(relation),
            is_view=bool(is_view),
            primary_key=tuple(part[0] for part in uniques.get("PRIMARY", ())),
            unique=tuple(tuple(part[0] for part in parts) for name, parts in uniques.items() if name != "PRIMARY"),
            foreign_keys=tuple(self._foreign(parts) for name, parts in constraints.items() if name not in uniques),
            rows=int(rows) if rows is not None and not is_view else None,
            comment="" if is_view else comment,  # a view's says VIEW
        )

    def _constraints(self, relation: Relation) -> dict[str, list[Row]]:
        """The parts of each key that is shared wholly: column, and what it refers to."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for name, *part in self._keys[relation]:
            found[name].append(tuple(part))
        return {name: parts for name, parts in found.items() if all(self._is_told(relation, part) for part in parts)}

    def _is_told(self, relation: Relation, part: Row) -> bool:
        column, schema, table, referred = part
        if self._sharing.hides(self._key(relation), column):
            return False
        is_shared = (schema, table) in self._shared
        return table is None or (is_shared and not self._sharing.hides(self._key((schema, table)), referred))

    def _foreign(self, parts: list[Row]) -> ForeignKey:
        _, database, name, _ = parts[0]
        schema = self._written_schema((database, name))
        return ForeignKey(
            tuple(part[0] for part in parts), f"{schema}.{name}" if schema else name, tuple(part[3] for part in parts)
        )

    def _key(self, relation: Relation) -> str:
        return self._sharing.key(relation[1], relation[0])

    def _written_schema(self, relation: Relation) -> str:
        return "" if self._key(relation) == relation[1].lower() else relation[0]
