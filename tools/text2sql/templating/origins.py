"""Which column of which shared table a column of a query is."""

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from storage.sources.schema import Schema, Table
from tools.text2sql.catalog import Place

DEEPEST = 8
"""Derived tables inside of one another that are looked through; a recursive one has no end."""


def origins(tree: exp.Expr, schema: Schema) -> dict[int, Place]:
    """The origin of each column by its ``id``; those without one, or with more than one, are left out."""
    found: dict[int, Place] = {}
    try:
        scopes = traverse_scope(tree)
    except SqlglotError:
        return found
    for scope in scopes:
        for column in scope.columns:
            if origin := _origin(column, scope, schema):
                found[id(column)] = origin
    return found


def table_of(node: exp.Table, schema: Schema) -> Table | None:
    """The shared table that it names."""
    for parts in ((node.db, node.name), (node.name,)):
        if table := schema.table(".".join(part for part in parts if part)):
            return table
    return None


def _origin(column: exp.Column, scope: Scope, schema: Schema) -> Place | None:
    """Looked for in the query that holds it, then in those around it."""
    around: Scope | None = scope
    while around is not None:
        found = _candidates(column, around, schema, DEEPEST)
        if found:
            return found[0] if len(found) == 1 else None
        around = around.parent
    return None


def _candidates(column: exp.Column, scope: Scope, schema: Schema, depth: int) -> list[Place]:
    found: list[Place] = []
    for alias, (_, source) in scope.selected_sources.items():
        if column.table and alias.lower() != column.table.lower():
            continue
        if isinstance(source, exp.Table):
            found += _in_table(column, source, schema)
        elif depth:
            found += _in_query(column, source, schema, depth - 1)
    return found


def _in_table(column: exp.Column, node: exp.Table, schema: Schema) -> list[Place]:
    table = table_of(node, schema)
    names = [each.name for each in table.columns if each.name.lower() == column.name.lower()] if table else []
    return [(table.key, name) for name in names] if table else []


def _in_query(column: exp.Column, source: Scope, schema: Schema, depth: int) -> list[Place]:
    """A derived table's column, where it is a column of what that reads."""
    query = source.expression
    if not isinstance(query, exp.Select):
        return []
    for projection in query.selects:
        inner = projection.unalias()
        if projection.alias_or_name.lower() == column.name.lower() and isinstance(inner, exp.Column):
            return _candidates(inner, source, schema, depth)
    has_star = any(isinstance(each, exp.Star) for each in query.selects)
    return _candidates(exp.column(column.name), source, schema, depth) if has_star else []
