"""Hidden and masked columns.

Every table that has some is replaced by a derived table of its other columns under the same alias, so that ``*``, whole
rows, NATURAL JOIN and whatever else an engine knows cannot reach them. A masked column is in it only if the statement
names it, and then every place around must be one that does not show it: COUNT, IS NULL, or an equality of two tables'
columns by which they are joined.
"""

from collections.abc import Iterable

from sqlglot import exp

from storage.sources.schema import Schema, Table
from tools.text2sql.gate.columns import Mention
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.gate.scopes import Origin, Scopes, find, is_named, with_query

OUTSIDE = ("alias", "joins", "laterals", "pivots", "sample")  # parts of a table that go to its derived table


def is_protected(table: Table, schema: Schema) -> bool:
    """Whether a table has columns that are not for everybody."""
    return bool(schema.hidden.get(table.key)) or any(column.is_masked for column in table.columns)


def unwrap(tree: exp.Expr, schema: Schema) -> None:
    """Put tables back in place of the derived tables that `wrap` made, so that approved text can be approved again."""
    for node in list(tree.find_all(exp.Subquery)):
        inner = _wrapped(node, schema) if isinstance(node.parent, exp.From | exp.Join) and node.alias else None
        if inner is not None:
            bare = inner.copy()
            for part in OUTSIDE:
                bare.set(part, node.args.get(part))
            node.replace(bare)


def wrap(tree: exp.Expr, schema: Schema, included: dict[int, set[str]]) -> None:
    """Replace protected tables. ``included`` are masked columns to leave in, by the table node's id."""
    for node in list(tree.find_all(exp.Table)):
        if is_named(node) and with_query(node, schema) is None:
            table = find(node, schema)
            if table is not None and is_protected(table, schema):
                node.replace(_derived(node, table, included.get(id(node), set())))


def included(found: Iterable[Mention], scopes: Scopes, tree: exp.Expr) -> dict[int, set[str]]:
    """The masked columns that are named, by the id of the table node. Raises Rejected for a place that shows one."""
    by_node: dict[int, set[str]] = {}
    based = {id(mention.node): mention for mention in found}
    origins: dict[int, Origin] = {}
    for mention in based.values():
        if mention.is_masked:
            if not _is_allowed(mention.node, based):
                raise _shown(f"{mention.table.name}.{mention.name}")
            by_node.setdefault(id(mention.origin.node), set()).add(mention.name)
            origins[id(mention.origin.node)] = mention.origin
    for origin, name in _joined(tree, scopes):
        by_node.setdefault(id(origin.node), set()).add(name)
        origins[id(origin.node)] = origin
    for key, names in by_node.items():
        alias = origins[key].node.args.get("alias")
        if alias is not None and alias.args.get("columns"):
            raise _shown(sorted(names)[0])  # a list of columns after the alias could give it another name
        _check_around(origins[key], names, based)
    return by_node


def _derived(node: exp.Table, table: Table, masked: set[str]) -> exp.Subquery:
    columns = [column.name for column in table.columns if not column.is_masked or column.name.lower() in masked]
    inner = exp.Table(**{part: value for part, value in node.args.items() if part not in OUTSIDE})
    listed: list[exp.Expr] = [exp.column(exp.to_identifier(name, quoted=True)) for name in columns]
    outer = exp.Subquery(this=exp.Select(expressions=listed or [exp.Null()], from_=exp.From(this=inner)))
    for part in OUTSIDE:
        outer.set(part, node.args.get(part))
    if not node.alias:
        outer.set("alias", exp.TableAlias(this=node.this.copy()))
    return outer


def _wrapped(node: exp.Subquery, schema: Schema) -> exp.Table | None:
    """The table inside a derived table of exactly the kind that `wrap` makes."""
    select = node.this
    if not isinstance(select, exp.Select) or {part for part, value in select.args.items() if value} != {
        "expressions",
        "from_",
    }:
        return None
    inner = select.args["from_"].this
    if not is_named(inner) or any(inner.args.get(part) for part in OUTSIDE) or with_query(inner, schema) is not None:
        return None
    table = find(inner, schema)
    if table is None or not is_protected(table, schema):
        return None
    names = {projection.name for projection in select.expressions}
    masked = {column.name.lower() for column in table.columns if column.is_masked and column.name in names}
    return inner if _derived(inner, table, masked).this == select else None


def _is_allowed(node: exp.Expr, based: dict[int, Mention]) -> bool:
    """Whether a column stands where it is counted, asked for NULL, or joined on."""
    parent = node.parent
    if isinstance(parent, exp.Distinct) and not parent.args.get("on"):
        parent = parent.parent
    if isinstance(parent, exp.Count):
        return True
    if isinstance(parent, exp.Is):
        return parent.this is node and isinstance(parent.expression, exp.Null)
    return isinstance(parent, exp.EQ) and _is_joining(parent, based)


def _is_joining(equality: exp.EQ, based: dict[int, Mention]) -> bool:
    """Whether an equality is between columns of two tables, and one of the conditions that must all hold."""
    sides = [based.get(id(side)) for side in (equality.this, equality.expression)]
    left, right = sides
    if left is None or right is None or left.origin.node is right.origin.node:
        return False
    below: exp.Expr = equality
    while isinstance(below.parent, exp.And | exp.Paren):
        below = below.parent
    return isinstance(below.parent, exp.Where) or (isinstance(below.parent, exp.Join) and below.arg_key == "on")


def _joined(tree: exp.Expr, scopes: Scopes) -> list[tuple[Origin, str]]:
    """Masked columns in USING, with their tables. Raises Rejected where a side is no table."""
    found: list[tuple[Origin, str]] = []
    for join in tree.find_all(exp.Join):
        select = join.find_ancestor(exp.Select)
        origins = scopes.origins(select) if select is not None else ()
        for name in [each.name.lower() for each in join.args.get("using") or ()]:
            sides = [origin for origin in origins if origin.columns is None or name in origin.columns]
            masked = [origin for origin in sides if origin.table is not None and _masks(origin.table, name)]
            is_ordered = str(join.args.get("method") or "").upper() == "ASOF"  # its last column is compared by order
            if masked and (is_ordered or any(origin.table is None for origin in sides)):
                raise _shown(name)
            found += [(origin, name) for origin in masked]
    return found


def _masks(table: Table, name: str) -> bool:
    return any(column.is_masked and column.name.lower() == name for column in table.columns)


def _check_around(origin: Origin, names: set[str], based: dict[int, Mention]) -> None:
    """Look at every place that could mean the column, whatever the engine makes of the name there."""
    region = origin.node.find_ancestor(exp.Select)
    for node in region.walk() if region is not None else ():
        if isinstance(node, exp.Identifier) and node.name.lower() in names:
            if not _is_harmless(node, origin, based):
                raise _shown(node.name)
        elif _shows_rows(node, origin):
            name = f"{origin.alias}.{sorted(names)[0]}"
            raise Rejected(
                "masked_column", f"Where {name} is counted or joined on, name the columns to show: no *, no whole row."
            )


def _is_harmless(node: exp.Identifier, origin: Origin, based: dict[int, Mention]) -> bool:
    parent = node.parent
    if isinstance(parent, exp.Column) and node.arg_key == "this":
        qualifier = parent.text("table").lower()
        return qualifier not in ("", origin.alias) or _is_allowed(parent, based)
    return isinstance(parent, exp.Join | exp.Alias | exp.TableAlias)


def _shows_rows(node: exp.Expr, origin: Origin) -> bool:
    if isinstance(node, exp.Star):
        if isinstance(node.parent, exp.Count):
            return False
        qualifier = node.parent.text("table").lower() if isinstance(node.parent, exp.Column) else ""
        return qualifier == origin.alias or (
            not qualifier and node.find_ancestor(exp.Select) is origin.node.find_ancestor(exp.Select)
        )
    if isinstance(node, exp.Column):
        return not node.args.get("table") and node.name.lower() == origin.alias
    if isinstance(node, exp.Join):
        return str(node.args.get("method") or "").upper() == "NATURAL"
    return isinstance(node, exp.Columns | exp.Pivot | exp.Dot)


def _shown(name: str) -> Rejected:
    return Rejected(
        "masked_column",
        f"{name} is masked: it may be counted (COUNT, COUNT DISTINCT), tested with IS NULL, or joined on"
        " (a.x = b.x between two tables), and never shown, compared, sorted or grouped by. Leave it out.",
    )
