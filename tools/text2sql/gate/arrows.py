"""DuckDB's ``->`` inside a call: JSON for most functions, a lambda for a few. The parser takes all for lambdas."""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as Grammar

from tools.text2sql.gate.rejected import Rejected

TYPED = (exp.Transform, exp.ArrayFilter, exp.Reduce, exp.Columns)
NAMED = frozenset(
    f"{of}{name}" for of in ("", "list_", "array_") for name in ("apply", "transform", "filter", "reduce")
)
"""The functions that take a lambda (duckdb_functions(), parameter type LAMBDA) but for ``invoke``, and COLUMNS."""
ARROWS = (exp.JSONExtract, exp.JSONExtractScalar)
STEPS = (exp.Literal, exp.Neg, exp.JSONPath)


def mend(tree: exp.Expr, grammar: Grammar) -> None:
    """Make JSON arrows of the lambdas that stand where no lambda can. Raises Rejected for one without a plain path."""
    for node in list(tree.find_all(exp.Lambda)):
        if not _takes_lambda(node.parent):
            node.replace(_arrow(node, grammar))


def _takes_lambda(call: exp.Expr | None) -> bool:
    return isinstance(call, TYPED) or (isinstance(call, exp.Anonymous) and call.name.lower() in NAMED)


def _arrow(node: exp.Lambda, grammar: Grammar) -> exp.Expr:
    """``a -> ('b' -> 'c')`` of the parser is ``(a -> 'b') -> 'c'`` to DuckDB: the first step belongs to the column."""
    steps = list(_steps(node.this))
    if len(node.expressions) != 1 or not all(isinstance(step, STEPS) for step in steps):
        raise Rejected("syntax", "Put a JSON arrow inside of a call in parentheses: f((column -> 'key')).")
    body: exp.Expr = node.this
    first = steps[-1]
    column = exp.Column(this=node.expressions[0])
    mended = exp.JSONExtract(this=column, expression=grammar.to_json_path(first.copy()))
    first.replace(mended)
    return mended if first is body else body


def _steps(body: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the steps of a chain of arrows, the last one first."""
    while isinstance(body, ARROWS):
        yield body.expression
        body = body.this
    yield body
