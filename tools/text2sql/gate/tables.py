"""Which tables a statement reads: shared ones and its own WITH queries, nothing else."""

from difflib import get_close_matches

from sqlglot import exp

from storage.sources.schema import Schema, Table
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.gate.scopes import find, is_named, with_query

MOST_NAMED = 30  # tables in a message


def settle(tree: exp.Expr, schema: Schema) -> frozenset[str]:
    """The keys of the shared tables that are read. Every one of them gets its exact name, without the name of the
    default schema, so that the engine cannot find another one. Raises Rejected."""
    keys: set[str] = set()
    for node in list(tree.find_all(exp.Table)):
        if node.args.get("rows_from") or isinstance(node.this, exp.Func):
            continue
        if not is_named(node):
            raise Rejected("table", "FROM takes tables, WITH queries, subqueries and a few functions.")
        if with_query(node, schema) is None:
            keys.add(_settled(node, schema).key)
    return frozenset(keys)


def _settled(node: exp.Table, schema: Schema) -> Table:
    table = find(node, schema)
    if table is None:
        raise _unknown(node, schema)
    written = node.this
    if not node.alias:
        node.set("alias", exp.TableAlias(this=written.copy())) if written.name != table.name else None
    if written.name != table.name:
        node.set("this", exp.to_identifier(table.name, quoted=True))
    if node.args.get("db") and not table.schema:
        node.set("db", None)
        if with_query(node, schema) is not None:
            raise Rejected("table", f"{table.name} is a table and a WITH query here. Give the WITH query another name.")
    return table


def _unknown(node: exp.Table, schema: Schema) -> Rejected:
    """Names what was written and what is shared; never whether an unshared table of that name exists."""
    name = ".".join(part for part in (node.catalog, node.db, node.name) if part)
    shared = [f"{table.schema}.{table.name}" if table.schema else table.name for table in schema.tables]
    nearest = get_close_matches(name.lower(), [each.lower() for each in shared], n=3, cutoff=0.6)
    if node.db and not nearest and find_plain(node, schema):
        nearest = [node.name]
    hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
    listed = ", ".join(shared[:MOST_NAMED]) + (", …" if len(shared) > MOST_NAMED else "")
    return Rejected("unknown_table", f"There is no shared table {name[:80]}.{hint} Shared: {listed or 'none'}.")


def find_plain(node: exp.Table, schema: Schema) -> Table | None:
    """The shared table that would be meant without the schema before it."""
    return find(exp.Table(this=node.this.copy()), schema)
