"""Text to tree and back. What runs is always the text that the checked tree gives, never the text that came in."""

import logging
from functools import cache
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as Grammar
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.mysql import MySQL
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import SqlglotError
from sqlglot.generators.mysql import MySQLGenerator
from sqlglot.generators.sqlite import SQLiteGenerator
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.parsers.sqlite import SQLiteParser

from storage.sources.source import Dialect
from tools.text2sql.gate.arrows import mend
from tools.text2sql.gate.pivots import selected
from tools.text2sql.gate.rejected import Rejected

ROOTS = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
STUMBLES = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What the parser and the generator fail with on halves of statements, besides their own errors."""
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it would log the text of what it cannot read


def query(sql: str, dialect: Dialect) -> exp.Expr:
    """The one query of a text. Raises Rejected for text that is no SQL, several statements, or another statement."""
    try:
        parsed: list[exp.Expr | None] = [*sqlglot.parse(sql, read=_grammar(dialect))]
    except SqlglotError as error:
        raise Rejected("syntax", f"This is not {dialect} SQL as text2sql reads it: {_first_line(error)}") from error
    except STUMBLES as error:
        raise Rejected("syntax", f"This is not {dialect} SQL as text2sql reads it.") from error
    trees = [tree for tree in parsed if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        raise Rejected("one_statement", "Send exactly one SELECT statement.")
    tree = selected(trees[0])
    if not isinstance(tree, ROOTS):
        raise Rejected("read_only", f"text2sql only reads, and this is {_kind(tree)}. Send one SELECT.")
    for table in tree.find_all(exp.Table):
        table.set("hints", None)  # which index to use changes no row
        table.set("indexed", None)
    if dialect == "mysql":
        _drop_dual(tree)
    elif dialect == "duckdb":
        mend(tree, _grammar(dialect))
    return tree


def _drop_dual(tree: exp.Expr) -> None:
    """MySQL's word for no table would be written back as the name of one."""
    for select in tree.find_all(exp.Select):
        start = select.args.get("from_")
        source = start.this if isinstance(start, exp.From) and not select.args.get("joins") else None
        if isinstance(source, exp.Table) and source.sql().lower() == "dual":
            select.set("from_", None)


def text_of(tree: exp.Expr, dialect: Dialect) -> str:
    """The tree as one line of SQL, without comments. Raises Rejected for one that only half a statement made."""
    try:
        return tree.sql(dialect=_grammar(dialect), comments=False)
    except (SqlglotError, *STUMBLES) as error:
        raise Rejected(
            "syntax", "A part of the statement cannot be written back. Write it in a plainer way."
        ) from error


def _regexp(generator: sqlglot.Generator, node: exp.RegexpLike) -> str:
    if node.args.get("flag"):
        return generator.func("REGEXP_LIKE", node.this, node.expression, node.args["flag"])
    return generator.binary(node, "REGEXP")


def _median(generator: sqlglot.Generator, node: exp.Median) -> str:
    return generator.func("MEDIAN", node.this)


class _MySQLGenerator(MySQLGenerator):
    """MySQL as MariaDB reads it too: it has the operator REGEXP but no function REGEXP_LIKE, and a MEDIAN."""

    TRANSFORMS: ClassVar = {**MySQLGenerator.TRANSFORMS, exp.RegexpLike: _regexp, exp.Median: _median}


class _SQLiteParser(SQLiteParser):
    """LIMIT takes an expression there, and the sign % in one is no percentage."""

    def _parse_term(self, parse_mod: bool = True) -> exp.Expr | None:
        return super()._parse_term()


class _SQLiteGenerator(SQLiteGenerator):
    """A decimal is no float there: CAST('5' AS NUMERIC) / 2 is 2."""

    TYPE_MAPPING: ClassVar = {**SQLiteGenerator.TYPE_MAPPING, exp.DataType.Type.DECIMAL: "NUMERIC"}


def _reduce(arguments: list[exp.Expr]) -> exp.Anonymous:
    return exp.Anonymous(this="LIST_REDUCE", expressions=arguments)


class _DuckDBParser(DuckDBParser):
    """Another engine's REDUCE takes its arguments in another order."""

    FUNCTIONS: ClassVar = {**DuckDBParser.FUNCTIONS, "REDUCE": _reduce}


class _DuckDB(DuckDB):
    Parser = _DuckDBParser


class _MySQL(MySQL):
    Generator = _MySQLGenerator


class _SQLite(SQLite):
    Parser = _SQLiteParser
    Generator = _SQLiteGenerator


@cache
def _grammar(dialect: Dialect) -> Grammar:
    own: dict[Dialect, type[Grammar]] = {"mysql": _MySQL, "sqlite": _SQLite, "duckdb": _DuckDB}
    return own[dialect]() if dialect in own else Grammar.get_or_raise(dialect)


def _first_line(error: SqlglotError) -> str:
    return str(error).splitlines()[0][:200]


def _kind(tree: exp.Expr) -> str:
    return str(tree.this).upper() if isinstance(tree, exp.Command) else type(tree).__name__.upper()
