"""Which columns a statement names, and which of them belong to shared tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from sqlglot import exp

from storage.sources.schema import Table
from tools.text2sql.gate.parsing import text_of
from tools.text2sql.gate.rejected import Rejected
from tools.text2sql.gate.scopes import DEFAULT_SCHEMA, Origin, Scopes, is_inside, is_named, with_query

MOST_NAMED = 40  # columns in a message
SYSTEM = frozenset("rowid _rowid_ oid ctid xmin xmax cmin cmax tableoid filename file_row_number".split())
SESSION = frozenset(
    """user current_user session_user system_user current_role current_catalog current_database current_schema
    current_schemas current_path current_setting version""".split()
)
BY_ALIAS = {"order", "group", "having", "qualify"}
"""Where a name means what the SELECT calls so, before it means a column; elsewhere it is the other way around."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A column of a shared table at one place of the statement."""

    node: exp.Column
    origin: Origin
    table: Table

    @property
    def name(self) -> str:
        return self.node.name.lower()

    @property
    def is_masked(self) -> bool:
        return any(column.is_masked for column in self.table.columns if column.name.lower() == self.name)


def mentions(tree: exp.Expr, scopes: Scopes) -> list[Mention]:
    """The columns of shared tables that are named, as far as they can be told. Raises Rejected for unknown names."""
    found: list[Mention] = []
    for node in tree.find_all(exp.Column):
        if isinstance(node.this, exp.Star):
            continue
        origins = _qualified(node, scopes) if node.args.get("table") else _plain(node, scopes)
        found += [Mention(node, origin, origin.table) for origin in origins if origin.table is not None]
    return found


def starred(tree: exp.Expr, scopes: Scopes) -> Iterator[Origin]:
    """Yield the shared tables whose columns a ``*`` stands for."""
    for star in tree.find_all(exp.Star):
        select = star.find_ancestor(exp.Select)
        qualifier = star.parent.text("table").lower() if isinstance(star.parent, exp.Column) else ""
        if select is None or isinstance(star.parent, exp.Count):
            continue
        yield from (each for each in scopes.origins(select) if each.table and qualifier in ("", each.alias))


def _plain(node: exp.Column, scopes: Scopes) -> list[Origin]:
    """The shared tables that an unqualified name may belong to."""
    name = node.name.lower()
    if _is_bound(node, name):
        return []
    around = list(scopes.visible(node))
    for select, origins in around:
        holders = [origin for origin in origins if origin.columns is not None and name in origin.columns]
        named = _is_alias(node, name, select, scopes)
        if named and (not holders or _clause(node, select) in BY_ALIAS):
            return []
        if holders:
            return holders
        if any(origin.columns is None for origin in origins) and name not in SYSTEM | SESSION:
            return []
        if any(origin.alias == name for origin in origins):
            return []  # the whole row
    if _is_result(node, name, scopes):
        return []
    raise _unknown(node, [origin for _, origins in around for origin in origins], scopes)


def _qualified(node: exp.Column, scopes: Scopes) -> list[Origin]:
    """The shared table that a qualified name belongs to, or nothing for one of another source."""
    parts = [part.name.lower() for part in node.parts]
    around = [origin for _, origins in scopes.visible(node) for origin in origins]
    if scopes.schema.dialect == "duckdb" and len(parts) > 1 and _is_struct(parts, around):
        return []
    if len(parts) > 3 or (len(parts) == 3 and not _drop_schema(node, parts, around, scopes)):
        raise Rejected("unknown_column", f"Write {'.'.join(parts)[:120]} as table.column.")
    for origin in around:
        if origin.alias == parts[-2]:
            return _checked(node, origin, around, scopes)
    if any(origin.node.args.get("pivots") for origin in around):
        return []
    aliases = sorted({origin.alias for origin in around if origin.alias})
    raise Rejected(
        "unknown_table",
        f"{parts[-2][:80]} is no table or alias here. Known at this place: {', '.join(aliases) or 'none'}.",
    )


def _checked(node: exp.Column, origin: Origin, around: list[Origin], scopes: Scopes) -> list[Origin]:
    name = node.name.lower()
    known = _known(origin, scopes)
    if known is None and name not in SYSTEM | SESSION:
        return []
    if known is not None and name in known:
        return [origin]
    raise _unknown(node, [origin], scopes)


def _known(origin: Origin, scopes: Scopes) -> frozenset[str] | None:
    """A source's columns. PostgreSQL takes ``g.f`` for a call of f where g is a function's result without such a
    column (`g.pg_sleep` sleeps), so there only the columns count that a function can have."""
    if origin.columns is not None or scopes.schema.dialect != "postgres":
        return origin.columns
    alias = origin.node.args.get("alias")
    listed = {column.name.lower() for column in (alias.args.get("columns") or ())} if alias is not None else set()
    return frozenset({origin.alias, "key", "value", "ordinality", *listed, *_call_names(origin.node, scopes)})


def _call_names(node: exp.Expr, scopes: Scopes) -> Iterator[str]:
    """Yield the names PostgreSQL gives to what has no alias: the function's, or that of its kind."""
    yield from ("?column?", "case", "column1", "column2", "column3", "column4", "column5", "exists", "array", "row")
    written = with_query(node, scopes.schema) if is_named(node) else None
    for part in (written or node).find_all(exp.Func, exp.Column, exp.Alias):
        if isinstance(part, exp.Func):
            yield text_of(part, scopes.schema.dialect).partition("(")[0].strip().lower()
        yield part.output_name.lower()


def _is_bound(node: exp.Column, name: str) -> bool:
    """Whether the name is a parameter of a lambda or a comprehension around it."""
    above = node.parent
    while above is not None and not isinstance(above, exp.Select):
        bound = (
            above.expressions
            if isinstance(above, exp.Lambda)
            else [above.expression]
            if isinstance(above, exp.Comprehension)
            else []
        )
        if any(each.name.lower() == name for each in bound if each is not None):
            return True
        above = above.parent
    return False


def _is_alias(node: exp.Column, name: str, select: exp.Expr, scopes: Scopes) -> bool:
    """Whether the name is one that the SELECT itself gives, to something other than the place of the name."""
    named = scopes.aliases(select).get(name)
    return named is not None and not is_inside(node, named)


def _is_result(node: exp.Column, name: str, scopes: Scopes) -> bool:
    """Whether the name is a column of the set operation or parenthesis whose ORDER BY it stands in."""
    below: exp.Expr = node
    while below.parent is not None:
        above = below.parent
        if isinstance(above, exp.SetOperation | exp.Subquery) and below.arg_key in ("order", "limit", "offset"):
            names = scopes.outputs(above)
            return (names is None and name not in SYSTEM | SESSION) or (names is not None and name in names)
        below = above
    return False


def _clause(node: exp.Expr, select: exp.Expr) -> str:
    """The part of a SELECT that a place lies in."""
    below = node
    while below.parent is not None and below.parent is not select:
        below = below.parent
    return below.arg_key or ""


def _is_struct(parts: list[str], around: list[Origin]) -> bool:
    """Whether a dotted name is a field of a struct column: ``column.field`` or ``table.column.field``."""
    for origin in around:
        columns = origin.columns
        if origin.alias == parts[0] and len(parts) > 2 and (columns is None or parts[1] in columns):
            return True
        if origin.alias != parts[0] and columns is not None and parts[0] in columns:
            return True
    is_open = any(origin.columns is None for origin in around)
    return is_open and not any(origin.alias in parts[:2] for origin in around)


def _drop_schema(node: exp.Column, parts: list[str], around: list[Origin], scopes: Scopes) -> bool:
    """Take the default schema's name off a column of a shared table, as it was taken off the table."""
    for origin in around:
        if origin.table is not None and origin.alias == parts[-2]:
            if origin.table.schema.lower() == parts[0] and not origin.node.alias:
                return True
            if not origin.table.schema and parts[0] == DEFAULT_SCHEMA[scopes.schema.dialect]:
                node.set("db", None)
                return True
    return False


def _unknown(node: exp.Column, origins: list[Origin], scopes: Scopes) -> Rejected:
    """Names the nearest columns, and all of the tables at hand."""
    name = node.name.lower()
    if name in SYSTEM | SESSION:
        return Rejected("system_column", f"{name} is not a column of the shared tables, and nothing else may be read.")
    tables = {origin.table.key: origin.table for origin in origins if origin.table is not None}
    known = {column.name: None for table in tables.values() for column in table.columns}
    known |= {each: None for origin in origins if origin.table is None for each in origin.columns or ()}
    nearest = get_close_matches(name, list(known), n=3, cutoff=0.6)
    hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
    if node.this.args.get("quoted") and scopes.schema.dialect != "mysql":
        hint += " Write text in single quotes."
    listed = " ".join(f"{table.name} has {_some(table)}." for table in list(tables.values())[:4])
    return Rejected("unknown_column", f"There is no column {node.sql()[:80]} here.{hint} {listed}".rstrip())


def _some(table: Table) -> str:
    names = [column.name for column in table.columns]
    return ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
