"""What an agent or a model writes SQL from: the tables that matter for a question, compact and marked as data.

Tables and keys as compact DDL with a few stored values, then how the question's words link to them, then verified
queries: what a published ablation found to help most, and in that order (guides name keys and sample rows). What does
not fit the budget is said, so that it can be asked for.
"""

from collections.abc import Iterable, Iterator, Sequence

from storage.sources.schema import Column, Schema, Table
from tools.retrieval.budget import shortened, tokens
from tools.retrieval.rendering import fenced, in_a_line
from tools.text2sql.catalog import Catalog

ALL_NAMES_UP_TO = 40
LINKED_AT_MOST = 12
SAMPLES = 3
SAMPLE_LENGTH = 40
COMMENT_TOKENS = 30
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
    hits: Sequence[str] = (),
    examples: Sequence[tuple[str, str]] = (),
) -> str:
    """The context for a question. ``linked`` are keys of the tables that its words lead to, ``hits`` lines such as
    ``'paid' is orders.status``, ``examples`` verified questions and their SQL, the most similar first."""
    chosen = _chosen(catalog.schema, linked)
    lines: list[str] = []
    left = max_tokens - tokens(GENERAL) - 40
    shown: list[Table] = []
    for table in chosen:
        told = list(_described(table, catalog))
        cost = sum(map(tokens, told))
        if shown and cost > left:
            break
        lines += told
        shown.append(table)
        left -= cost
    for line in _rest(hits, examples):
        if (cost := tokens(line)) <= left:
            lines.append(line)
            left -= cost
    lines += _left_out(catalog.schema, shown, max_tokens)
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


def _neighbours(tables: Sequence[Table], schema: Schema) -> Iterator[str]:
    keys = {table.key for table in tables}
    for table in tables:
        yield from (key.table for key in table.foreign_keys)
    for table in schema.tables:
        if any(key.table in keys for key in table.foreign_keys):
            yield table.key


def _described(table: Table, catalog: Catalog) -> Iterator[str]:
    rows = f" -- {table.rows:,} rows" if table.rows is not None else ""
    comment = f" -- {_short(table.comment)}" if table.comment else ""
    yield f"{'VIEW' if table.is_view else 'TABLE'} {_line(_name(table))} ({rows}{comment}".rstrip()
    for column in table.columns:
        yield f"  {_column(table, column, catalog)}"
    if len(table.primary_key) > 1:
        yield f"  PRIMARY KEY ({_listed(table.primary_key)})"
    for key in table.foreign_keys:
        yield f"  FOREIGN KEY ({_listed(key.columns)}) REFERENCES {_line(key.table)} ({_listed(key.referred)})"
    yield ")"


def _column(table: Table, column: Column, catalog: Catalog) -> str:
    key = " PRIMARY KEY" if table.primary_key == (column.name,) else ""
    notes = ["masked: only count it or join on it"] if column.is_masked else []
    notes += [_short(column.comment)] if column.comment else []
    if samples := catalog.values.get((table.key, column.name), ())[:SAMPLES]:
        notes.append(" | ".join(_line(value[:SAMPLE_LENGTH]) for value in samples))
    note = f" -- {'; '.join(notes)}" if notes else ""
    return f"{_line(column.name)} {_line(column.type)}{key}{note}"


def _rest(hits: Sequence[str], examples: Sequence[tuple[str, str]]) -> Iterator[str]:
    yield from map(_line, hits)
    for question, sql in examples:
        yield f"verified: {_line(question)} → {_line(' '.join(sql.split()))}"


def _left_out(schema: Schema, shown: Sequence[Table], max_tokens: int) -> Iterator[str]:
    """The names of the tables that are not described, as far as there is room."""
    missing = [table for table in schema.tables if table not in shown]
    if not missing:
        return
    names = ", ".join(_line(_name(table)) for table in missing)
    if len(schema.tables) > ALL_NAMES_UP_TO:
        names = shortened(names, max_tokens // NAMES_OF_ROOM)
    yield f"{len(missing)} more tables without their columns here; name one in the question to see it: {names}"


def _name(table: Table) -> str:
    return f"{table.schema}.{table.name}" if table.schema else table.name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_line, names))


def _short(text: str) -> str:
    return shortened(_line(text), COMMENT_TOKENS)


def _line(text: str) -> str:
    return in_a_line(" ".join(text.split()))
