"""PIVOT, after a table or as a statement of its own. DuckDB runs one that does not list its values as several
statements, so the values have to be listed."""

from sqlglot import exp

from tools.text2sql.gate.rejected import Rejected


def selected(tree: exp.Expr) -> exp.Expr:
    """A PIVOT or UNPIVOT statement as a SELECT from it; other trees as they are. Raises Rejected for values that are
    not listed."""
    for pivot in tree.find_all(exp.Pivot):
        if not pivot.args.get("unpivot") and not _lists_values(pivot):
            raise Rejected("pivot", "List the values to pivot on: PIVOT t ON y IN ('a', 'b') USING sum(x).")
    if not isinstance(tree, exp.Pivot):
        return tree
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=exp.Subquery(this=tree)))


def _lists_values(pivot: exp.Pivot) -> bool:
    """Whether every column pivoted on has its values after it; a PIVOT after a table keeps those columns apart."""
    columns = pivot.args.get("fields") or pivot.expressions
    return all(
        isinstance(column, exp.In) and column.expressions and column.find(exp.Query) is None for column in columns
    )
