"""What PostgreSQL says of its relations, and of what the account may do with them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from psycopg import Cursor

from storage.sources.engines.postgres_plan import words
from storage.sources.schema import Column, ForeignKey, Schema, Table
from storage.sources.sharing import Sharing

Row = tuple[Any, ...]

OWN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
"""Tables, views, materialised views, partitioned and foreign tables; a partition is reached through its table."""

RELATIONS = f"""
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind IN ('v', 'm'), c.reltuples::float8,
       coalesce(obj_description(c.oid, 'pg_class'), ''),
       has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'), c.relispartition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OWN} ORDER BY n.nspname, c.relname"""

COLUMNS = """
SELECT a.attrelid::bigint, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       coalesce(col_description(a.attrelid, a.attnum), ''), has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_attribute a
WHERE a.attrelid = ANY(%s::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"""

KEYS = """
SELECT k.conrelid::bigint, k.contype::text, k.confrelid::bigint,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS part(number, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = part.number ORDER BY part.place),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS part(number, place)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = part.number ORDER BY part.place)
FROM pg_constraint k
WHERE k.conrelid = ANY(%s::bigint[]::oid[]) AND k.contype IN ('p', 'u', 'f') ORDER BY k.conrelid, k.conname"""

REACHED = """
WITH RECURSIVE reached(oid) AS (
    SELECT unnest(%s::bigint[]::oid[])
    UNION
    SELECT below.oid FROM reached JOIN LATERAL (
        SELECT i.inhrelid AS oid FROM pg_inherits i WHERE i.inhparent = reached.oid
        UNION ALL
        SELECT d.refobjid FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
        JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
                        AND d.refclassid = 'pg_class'::regclass
        WHERE v.oid = reached.oid AND v.relkind = 'v'
    ) AS below ON true)
SELECT n.nspname, c.relname, concat_ws(' ', CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) END,
       (SELECT string_agg(pg_get_expr(p.polqual, p.polrelid), ' ') FROM pg_policy p WHERE p.polrelid = c.oid))
FROM reached JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace"""
"""Partitions and heirs of the shared tables, and what the shared views read: the plan names these. And the texts of
views and row policies, whose functions are the owner's affair."""

UNFIT = """
SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
AND (provolatile = 'v' OR provolatile = 's'
     AND proname ~ '^(pg_|has_|inet_|to_reg|txid_)|_to_xml|_description$|^current_setting$')
AND proname <> ALL ('{random,random_normal,gen_random_uuid,uuidv4,uuidv7,clock_timestamp,timeofday,pg_typeof}')"""
"""PostgreSQL's own functions that do more than compute: volatile ones act or read state, the named ones tell of the
server, of other tables, or run SQL they are given."""

VERSION = f"""
SELECT md5(coalesce(string_agg(concat_ws(' ', c.oid, n.nspname, c.relname, c.relkind, c.relacl::text, a.attnum,
           a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attacl::text), ',' ORDER BY c.oid, a.attnum), ''))
       || (SELECT count(*) || '.' || coalesce(max(oid::bigint), 0) FROM pg_constraint)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE {OWN} AND a.attnum > 0 AND NOT a.attisdropped"""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The shared tables, the relations that a plan for them may name, and the names that may not be told."""

    schema: Schema
    relations: frozenset[tuple[str, str]]
    unfit_calls: frozenset[str]
    excused_calls: frozenset[str]
    untold: frozenset[str]


def read(cursor: Cursor[Row], sharing: Sharing) -> Catalog:
    """The catalog, as the account sees it. A shared name that is not there, or not readable, is left out."""
    relations = _rows(cursor, RELATIONS)
    shared = {row[0]: row for row in _distinct(relations, sharing)}
    oids = list(shared)
    columns, keys = _by_oid(_rows(cursor, COLUMNS, oids)), _by_oid(_rows(cursor, KEYS, oids))
    reader = _Reader(sharing, shared, columns, keys)
    reached = _rows(cursor, REACHED, oids)
    untold = {row[2] for row in relations} - {row[2] for row in shared.values()}
    return Catalog(
        reader.schema(),
        frozenset((schema, name) for schema, name, _ in reached),
        frozenset(name for (name,) in _rows(cursor, UNFIT)),
        frozenset(word for *_, text in reached for word in words(text)),
        frozenset(untold),
    )


def version(cursor: Cursor[Row]) -> str:
    """A digest of all relations, columns and rights."""
    ((token,),) = _rows(cursor, VERSION)
    return str(token)


def _rows(cursor: Cursor[Row], query: str, oids: list[int] | None = None) -> list[Row]:
    return cursor.execute(query.encode(), None if oids is None else (oids,)).fetchall()


def _by_oid(rows: list[Row]) -> Mapping[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row[1:])
    return grouped


def _distinct(relations: list[Row], sharing: Sharing) -> Iterator[Row]:
    """The shared relations. Of names that differ in case alone, one: keys are in lower case."""
    first: dict[str, Row] = {}
    for row in sorted(relations, key=lambda row: sharing.precedence(row[2], row[1])):
        _, schema, name, _, _, _, is_readable, is_partition = row
        is_asked = sharing.source.tables is not None or not is_partition
        if is_readable and is_asked and sharing.shares(name, schema):
            first.setdefault(sharing.key(name, schema), row)
    chosen = {row[0] for row in first.values()}
    return (row for row in relations if row[0] in chosen)


class _Reader:
    """Tables out of the catalog's rows, by the relations' oids."""

    def __init__(
        self,
        sharing: Sharing,
        shared: Mapping[int, Row],
        columns: Mapping[int, list[Row]],
        keys: Mapping[int, list[Row]],
    ) -> None:
        self._sharing = sharing
        self._shared = shared
        self._columns = columns
        self._keys = keys

    def schema(self) -> Schema:
        names = {self._key(oid): [column[0] for column in self._columns[oid]] for oid in self._shared}
        schema = self._sharing.schema([self._table(oid) for oid in self._shared], names)
        hidden = {self._key(oid): self._hidden(oid) for oid in self._shared}
        return replace(schema, hidden={key: columns for key, columns in hidden.items() if columns})

    def _table(self, oid: int) -> Table:
        _, _, name, is_view, rows, comment, _, _ = self._shared[oid]
        key = self._key(oid)
        hidden = set(self._hidden(oid))
        keys = [row for row in self._keys[oid] if not hidden.intersection(row[2])]
        columns = [
            Column(column, kind, is_nullable, said, self._sharing.masks(key, column))
            for column, kind, is_nullable, said, _ in self._columns[oid]
            if column not in hidden
        ]
        return Table(
            name=name,
            columns=tuple(columns),
            schema=self._written_schema(oid),
            is_view=is_view,
            primary_key=next((tuple(row[2]) for row in keys if row[0] == "p"), ()),
            unique=tuple(tuple(row[2]) for row in keys if row[0] == "u"),
            foreign_keys=tuple(self._foreign(row) for row in keys if row[0] == "f" and self._refers_to_shared(row)),
            rows=int(rows) if rows >= 0 and not is_view else None,
            comment=comment,
        )

    def _key(self, oid: int) -> str:
        return self._sharing.key(self._shared[oid][2], self._shared[oid][1])

    def _written_schema(self, oid: int) -> str:
        _, schema, name, *_ = self._shared[oid]
        return "" if self._key(oid) == name.lower() else schema

    def _hidden(self, oid: int) -> tuple[str, ...]:
        """What the owner hides, and what the account may not read: ``*`` would fail on it."""
        key = self._key(oid)
        return tuple(
            name for name, *_, is_readable in self._columns[oid] if not is_readable or self._sharing.hides(key, name)
        )

    def _refers_to_shared(self, row: Row) -> bool:
        _, referred_oid, _, referred = row
        return referred_oid in self._shared and not set(self._hidden(referred_oid)).intersection(referred)

    def _foreign(self, row: Row) -> ForeignKey:
        _, oid, columns, referred = row
        schema = self._written_schema(oid)
        name = self._shared[oid][2]
        return ForeignKey(tuple(columns), f"{schema}.{name}" if schema else name, tuple(referred))
