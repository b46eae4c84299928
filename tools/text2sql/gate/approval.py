"""From a draft to a statement: the only place that makes one.

The checks do not trust each other. The tree may hold only known parts, known functions and shared tables; hidden
columns are taken out of the tables themselves; then the tree is written as text, and that text, which is what will
run, is read again and has to pass the same checks and give the same text.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from storage.sources.schema import Schema
from storage.sources.source import Dialect
from tools.text2sql.gate.calls import check_calls, check_text
from tools.text2sql.gate.casts import check_types
from tools.text2sql.gate.columns import Mention, mentions, starred
from tools.text2sql.gate.grouping import regroup
from tools.text2sql.gate.masking import included, unwrap, wrap
from tools.text2sql.gate.nodes import check_nodes
from tools.text2sql.gate.parsing import query, text_of
from tools.text2sql.gate.recursion import check_recursion
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.gate.scopes import Origin, Scopes
from tools.text2sql.gate.sizes import check_sizes
from tools.text2sql.gate.tables import settle
from tools.text2sql.gate.text import check_numbers, checked

ROUNDS = 3  # a few functions are written in another way first and settle then


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL that may run. ``sql`` is written from the checked tree; ``tables`` are keys of the shared tables it reads,
    ``columns`` their columns as ``table_key.column``, as far as they could be told; ``reads_masked`` says that it
    counts or joins on a masked column; ``notes`` are for whoever reads the result."""

    sql: str
    dialect: Dialect
    tables: frozenset[str]
    columns: frozenset[str]
    reads_masked: bool
    notes: tuple[str, ...]


def approve(
    sql: str, schema: Schema, *, functions: frozenset[str] = frozenset(), max_rows: int | None = None
) -> Statement:
    """The statement that a draft becomes. ``functions`` are further names that the owner trusts; with ``max_rows``
    the outermost LIMIT is at most one more, so that a cut can be seen. Raises Rejected."""
    try:
        return _approved(sql, schema, frozenset(name.lower() for name in functions), max_rows)
    except RecursionError as error:
        raise Rejected("depth", "The statement is nested too deep. Use WITH, or IN for long lists.") from error


def _approved(sql: str, schema: Schema, functions: frozenset[str], max_rows: int | None) -> Statement:
    explain, draft = checked(sql, schema.dialect)
    check_numbers(draft, schema.dialect)
    tree = query(draft, schema.dialect)
    unwrap(tree, schema)
    tables = _check(tree, schema, functions)
    scopes = Scopes(schema)
    found = mentions(tree, scopes)
    masked = included(found, scopes, tree)
    stars = list(starred(tree, scopes))
    columns = frozenset(_columns(found, stars))
    regroup(tree, found, schema)
    wrap(tree, schema, masked)
    if max_rows is not None:
        _limit(tree, max_rows + 1)
    text = _faithful(tree, schema, functions)
    return Statement(
        f"{explain} {text}" if explain else text,
        schema.dialect,
        tables,
        columns,
        bool(masked),
        tuple(dict.fromkeys(_notes(stars))),
    )


def _check(tree: exp.Expr, schema: Schema, functions: frozenset[str]) -> frozenset[str]:
    """The keys of the tables that are read, after all checks that need no columns."""
    check_nodes(tree, functions)
    check_types(tree, schema)
    tables = settle(tree, schema)
    check_calls(tree, schema.dialect, functions)
    check_sizes(tree)
    check_recursion(tree, schema)
    return tables


def _faithful(tree: exp.Expr, schema: Schema, functions: frozenset[str]) -> str:
    """The text of a checked tree, read once more until reading it changes nothing."""
    text = text_of(tree, schema.dialect)
    for _ in range(ROUNDS):
        again = query(text, schema.dialect)
        _check(again, schema, functions)
        check_text(text, again, schema.dialect, functions)
        written, text = text, text_of(again, schema.dialect)
        if text == written:
            return text
    raise Rejected("syntax", "A part of the statement cannot be written back safely. Write it in a plainer way.")


def _limit(tree: exp.Expr, most: int) -> None:
    limit = tree.args.get("limit")
    count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.expression if limit is not None else None
    is_open = count is None or isinstance(count, exp.Neg | exp.Var | exp.Null)
    is_larger = isinstance(count, exp.Literal) and not (count.name.isdigit() and int(count.name) <= most)
    if (is_open or is_larger) and not isinstance(tree, exp.Values) and not _is_share(limit):
        tree.set("limit", exp.Limit(expression=exp.Literal.number(most)))


def _is_share(limit: exp.Expr | None) -> bool:
    """Whether a LIMIT is a percentage or keeps ties; the rows are counted when they are fetched, too."""
    options = limit.args.get("limit_options") if limit is not None else None
    return options is not None and bool(options.args.get("percent") or options.args.get("with_ties"))


def _columns(found: Iterable[Mention], stars: Iterable[Origin]) -> Iterable[str]:
    yield from (f"{mention.table.key}.{mention.name}" for mention in found)
    for origin in stars:
        if origin.table is not None:
            yield from (
                f"{origin.table.key}.{each.name.lower()}" for each in origin.table.columns if not each.is_masked
            )


def _notes(stars: Iterable[Origin]) -> Iterable[str]:
    for origin in stars:
        if origin.table is not None:
            for column in origin.table.columns:
                if column.is_masked:
                    yield f"{origin.table.name}.{column.name} is masked and left out of *"
