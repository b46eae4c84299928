"""What an agent or a model writes SQL from: the tables that matter for a question, compact and marked as data.

Tables and keys as compact DDL with a few stored values, then how the question's words link to them, then earlier
queries: what a published ablation found to help most, and in that order (guides name keys and sample rows). What does
not fit the budget is said, so that it can be asked for.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from storage.sources.schema import Column, Schema, Table
from storage.sources.source import Dialect
from tools.retrieval.budget import shortened, tokens
from tools.retrieval.rendering import fenced
from tools.text2sql.catalog import Catalog, Place
from tools.text2sql.text_table import spelled

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names that need no quotes."""
ALL_NAMES_UP_TO = 40
LINKED_AT_MOST = 12
SAMPLES = 3
SAMPLE_LENGTH = 40
COMMENT_TOKENS = 30
NAME_TOKENS = 100
FIRST_OF_ROOM = 0.75
"""Of the room may go to a first table that does not fit; it is shown with the columns that matter."""
NAMES_OF_ROOM = 8
"""An eighth of the budget may go to the names of tables that are not described."""

HINTS = {
    "sqlite": "Dates are text: compare with '2026-01-31', group months by strftime('%Y-%m', d).",
    "duckdb": "Group months by date_trunc('month', d); integer / integer is a decimal, // is whole.",
    "postgres": "Group months by date_trunc('month', d); write 1.0 * a / b for a ratio of integers.",
    "mysql": "Group months by DATE_FORMAT(d, '%Y-%m'); quote names with backticks.",
}
GENERAL = (
    "One SELECT; only these tables and columns. Date ranges half-open (d >= '2026-01-01' AND d < '2026-02-01'). "
    "NOT EXISTS rather than NOT IN where NULLs may be. ORDER BY with LIMIT."
)


def context(
    catalog: Catalog,
    max_tokens: int,
    *,
    linked: Sequence[str],
    places: Collection[Place] = (),
    hits: Sequence[str] = (),
    examples: Sequence[tuple[str, str]] = (),
) -> str:
    """The context for a question. ``linked`` are keys of the tables that its words lead to, ``places`` the columns,
    ``hits`` lines such as ``'paid' is orders.status``, ``examples`` earlier questions and their SQL, the most similar
    first."""
    left = max_tokens - tokens(GENERAL) - 40
    shown, lines = _fitting(catalog, _chosen(catalog.schema, linked), places, left)
    left -= sum(map(tokens, lines))
    for line in _rest(hits, examples):
        if (cost := tokens(line)) <= left:
            lines.append(line)
            left -= cost
    lines += _left_out(catalog.schema, shown, left, max_tokens)
    dialect = catalog.schema.dialect
    return "\n".join([f"{dialect}. {GENERAL} {HINTS[dialect]}", fenced("schema", lines)])


def described(catalog: Catalog, max_tokens: int) -> str:
    """All of a database that fits, for whoever wants to see what there is."""
    return context(catalog, max_tokens, linked=[table.key for table in catalog.schema.tables])


def _chosen(schema: Schema, linked: Sequence[str]) -> list[Table]:
    """The linked tables, then those they join to; a small database's tables all, the largest first, when no word of
    the question leads anywhere."""
    tables = {table.key: table for table in schema.tables}
    first = [tables[key] for key in linked if key in tables]
    if not first:
        return sorted(schema.tables, key=lambda table: -(table.rows or 0))[:LINKED_AT_MOST]
    near = [tables[key] for key in _neighbours(first, schema) if key in tables]
    return list(dict.fromkeys([*first, *near]))


def _fitting(
    catalog: Catalog, chosen: Iterable[Table], places: Collection[Place], room: int
) -> tuple[list[Table], list[str]]:
    """The first of the tables, as many as there is room for, and their lines; a first one that is too large in part."""
    shown: list[Table] = []
    lines: list[str] = []
    for table in chosen:
        told = list(_described(table, table.columns, catalog))
        if sum(map(tokens, told)) > room:
            if shown:
                break
            told = list(_narrowed(table, places, catalog, int(room * FIRST_OF_ROOM)))
        shown.append(table)
        lines += told
        room -= sum(map(tokens, told))
    return shown, lines


def _neighbours(tables: Sequence[Table], schema: Schema) -> Iterator[str]:
    keys = {table.key for table in tables}
    for table in tables:
        yield from (key.table for key in table.foreign_keys)
    for table in schema.tables:
        if any(key.table in keys for key in table.foreign_keys):
            yield table.key


def _narrowed(table: Table, places: Collection[Place], catalog: Catalog, room: int) -> Iterator[str]:
    """The table with as many columns as there is room for: those that the question names first, then its keys."""
    named = {name for key, name in places if key == table.key}
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    kept: list[Column] = []
    for column in sorted(table.columns, key=lambda each: (each.name not in named, each.name not in keys)):
        room -= tokens(_column(table, column, catalog)) + 1
        if kept and room < 0:
            break
        kept.append(column)
    *lines, end = _described(table, [column for column in table.columns if column in kept], catalog)
    yield from lines
    yield f"  -- {len(table.columns) - len(kept)} more columns; name one in the question to see it"
    yield end


def _described(table: Table, columns: Iterable[Column], catalog: Catalog) -> Iterator[str]:
    rows = f" -- {table.rows:,} rows" if table.rows is not None else ""
    comment = f" -- {_short(table.comment)}" if table.comment else ""
    dialect = catalog.schema.dialect
    yield f"{'VIEW' if table.is_view else 'TABLE'} {_name(table, dialect)} ({rows}{comment}".rstrip()
    for column in columns:
        yield f"  {_column(table, column, catalog)}"
    if len(table.primary_key) > 1:
        yield f"  PRIMARY KEY ({_listed(table.primary_key, dialect)})"
    for key in table.foreign_keys:
        other = catalog.schema.table(key.table)
        name = _name(other, dialect) if other else _line(key.table)
        yield f"  FOREIGN KEY ({_listed(key.columns, dialect)}) REFERENCES {name} ({_listed(key.referred, dialect)})"
    yield ")"


def _column(table: Table, column: Column, catalog: Catalog) -> str:
    key = " PRIMARY KEY" if table.primary_key == (column.name,) else ""
    notes = ["masked: only count it or join on it"] if column.is_masked else []
    notes += [_short(column.comment)] if column.comment else []
    if samples := catalog.values.get((table.key, column.name), ())[:SAMPLES]:
        notes.append(" | ".join(_line(value[:SAMPLE_LENGTH]) for value in samples))
    note = f" -- {'; '.join(notes)}" if notes else ""
    return f"{_quoted(column.name, catalog.schema.dialect)} {_short(column.type)}{key}{note}"


def _rest(hits: Sequence[str], examples: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield from map(_line, hits)
    for question, sql in examples:
        yield f"asked before: {_line(question)} → {_line(' '.join(sql.split()))}"


def _left_out(schema: Schema, shown: Sequence[Table], left: int, max_tokens: int) -> Iterator[str]:
    """The other tables with their columns' names where ``left`` has room for all, and else their own names alone."""
    missing = [table for table in schema.tables if table not in shown]
    if not missing:
        return
    dialect = schema.dialect
    brief = [_in_brief(table, dialect) for table in missing]
    if sum(map(tokens, brief)) + len(brief) <= left:
        yield "further tables, without types and values:"
        yield from brief
        return
    names = ", ".join(_name(table, dialect) for table in missing)
    part = NAMES_OF_ROOM if len(schema.tables) > ALL_NAMES_UP_TO else 2
    names = shortened(names, max_tokens // part)
    more = f"{len(missing)} more table{'' if len(missing) == 1 else 's'}"
    yield f"{more} without their columns here; name one in the question to see it: {names}"


def _in_brief(table: Table, dialect: Dialect) -> str:
    names = (f"{_quoted(each.name, dialect)}{' masked' if each.is_masked else ''}" for each in table.columns)
    return f"{_name(table, dialect)} ({', '.join(names)})"


def _name(table: Table, dialect: Dialect) -> str:
    name = _quoted(table.name, dialect)
    return f"{_quoted(table.schema, dialect)}.{name}" if table.schema else name


def _listed(names: Iterable[str], dialect: Dialect) -> str:
    return ", ".join(_quoted(name, dialect) for name in names)


def _quoted(name: str, dialect: Dialect) -> str:
    """The name as a query has to write it, in a line."""
    if PLAIN.fullmatch(name) and (name.islower() or dialect != "postgres"):
        return name
    quote = "`" if dialect == "mysql" else '"'
    return f"{quote}{shortened(_line(name), NAME_TOKENS).replace(quote, quote * 2)}{quote}"


def _short(text: str) -> str:
    return shortened(_line(text), COMMENT_TOKENS)


def _line(text: str) -> str:
    return spelled(" ".join(text.split()))
