"""Recursive WITH queries have to say where they end. The deadline would end the others, but only after a wait."""

from sqlglot import exp

from storage.sources.schema import Schema
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.gate.scopes import is_inside, is_named, with_query


def check_recursion(tree: exp.Expr, schema: Schema) -> None:
    """Raise Rejected for a recursive arm without a condition, a join or a limit, where no LIMIT stops it either."""
    if tree.find(exp.Limit, exp.Fetch) is not None:
        return
    for table in tree.find_all(exp.Table):
        written = with_query(table, schema) if is_named(table) else None
        if written is not None and is_inside(table, written) and not _ends(table, written):
            raise Rejected(
                "recursion", f"The recursive query {written.alias[:60]} never ends. Give its recursive part a WHERE."
            )


def _ends(table: exp.Expr, written: exp.CTE) -> bool:
    select = table.parent
    while select is not None and select is not written:
        if isinstance(select, exp.Select) and any(
            select.args.get(part) for part in ("where", "joins", "having", "qualify")
        ):
            return True
        select = select.parent
    return False
