"""Which functions a statement calls: asked of the tree, and once more of the text that will run."""

from difflib import get_close_matches
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from storage.sources.source import Dialect
from tools.text2sql.gate.functions import NAMES, TABLE_NAMES, TYPES, WORDS
from tools.text2sql.gate.parsing import text_of
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.gate.text import tokens

UNCALLED = {TokenType.STRING, TokenType.NUMBER, TokenType.PARAMETER}
FIELDS = {"key", "value"}


def check_calls(tree: exp.Expr, dialect: Dialect, functions: frozenset[str]) -> None:
    """Raise Rejected for a function that is not known to be harmless. ``functions`` are names the owner trusts."""
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            _check_name(node, dialect, functions)
        elif isinstance(node, exp.Dot) and not isinstance(node.parent, exp.DataType):
            _check_dot(node, dialect)
        elif isinstance(node, exp.In) and node.args.get("field") is not None and dialect == "sqlite":
            raise Rejected("read_only", "IN needs a list or a subquery in parentheses.")
        if isinstance(node, exp.Table | exp.Lateral) and isinstance(node.this, exp.Func):
            _check_source(node.this, dialect, functions)


def check_text(sql: str, tree: exp.Expr, dialect: Dialect, functions: frozenset[str]) -> None:
    """Raise Rejected where the text that will run has a name before a parenthesis that is no known function, no word
    of SQL, no type and no name that the text itself gives columns to. Independent of how the parser reads functions."""
    known = NAMES[dialect] | TABLE_NAMES[dialect] | functions | WORDS | TYPES
    listed = {alias.name for alias in tree.find_all(exp.TableAlias) if alias.args.get("columns")}
    found = tokens(sql, dialect)
    for name, following in pairwise(found):
        if following.token_type is not TokenType.L_PAREN or name.token_type in UNCALLED or not _is_name(name.text):
            continue
        is_quoted = name.token_type is TokenType.IDENTIFIER
        is_known = not is_quoted and known.issuperset(name.text.lower().split())
        if not is_known and name.text not in listed:
            raise refused(name.text, dialect)


def refused(name: str, dialect: Dialect) -> Rejected:
    """The refusal of a function, with the nearest names that would do."""
    nearest = get_close_matches(name.lower(), NAMES[dialect], n=3, cutoff=0.75)
    hint = f" Nearest allowed: {', '.join(nearest)}." if nearest else ""
    return Rejected(
        "function", f"The function {name[:60]} is not on the list of functions that text2sql may call.{hint}"
    )


def _check_name(node: exp.Anonymous, dialect: Dialect, functions: frozenset[str]) -> None:
    is_plain = isinstance(node.this, str)
    if not is_plain or node.name.lower() not in NAMES[dialect] | TABLE_NAMES[dialect] | functions:
        raise refused(node.name, dialect)


def _check_dot(node: exp.Dot, dialect: Dialect) -> None:
    """A call behind a dot is a schema's own function; in PostgreSQL a plain name behind one may be a call as well."""
    if isinstance(node.expression, exp.Func):
        raise Rejected("function", "Call functions plainly, without a schema or a value before a dot.")
    if dialect != "duckdb" and node.expression.name.lower() not in FIELDS:
        raise Rejected("field", "Fields behind a parenthesis are not allowed here. Name columns as table.column.")


def _check_source(call: exp.Func, dialect: Dialect, functions: frozenset[str]) -> None:
    name = text_of(call, dialect).partition("(")[0].strip().lower()
    if name not in TABLE_NAMES[dialect] | functions:
        allowed = ", ".join(sorted(TABLE_NAMES[dialect]))
        raise Rejected("function", f"In FROM only tables and these functions are allowed: {allowed}.")


def _is_name(text: str) -> bool:
    return bool(text) and (text[0].isalpha() or text[0] == "_" or not text.isascii())
