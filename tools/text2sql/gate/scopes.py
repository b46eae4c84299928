"""What a name means at its place: which WITH query, which shared table, which columns a source has.

Resolved by the text's own nesting, the way all four engines do it, and not by guessing: where engines differ on
whether a name is the WITH query or a table (a query that reads itself without being recursive, or one further down),
the name counts as the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from storage.sources.schema import Schema, Table
from storage.sources.source import Dialect

Names = frozenset[str] | None
"""Lower-case column names; None where only the engine knows them."""

LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
"""Engines fold these only: to Python a Kelvin sign is a k as well."""
DEFAULT_SCHEMA: dict[Dialect, str] = {"sqlite": "main", "duckdb": "main", "postgres": "public", "mysql": ""}


@dataclass(frozen=True, slots=True)
class Origin:
    """One source of a FROM: ``alias`` qualifies its columns, ``table`` is set for a shared table."""

    alias: str
    node: exp.Expr
    columns: Names
    table: Table | None = None


class Scopes:
    """Answers for one tree, kept as long as the tree does not change."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._origins: dict[int, tuple[Origin, ...]] = {}
        self._outputs: dict[int, Names] = {}
        self._aliases: dict[int, dict[str, exp.Expr]] = {}

    def origins(self, select: exp.Expr) -> tuple[Origin, ...]:
        """The sources of a SELECT, in order."""
        if id(select) not in self._origins:
            self._origins[id(select)] = tuple(self._origin(node) for node in _sources(select))
        return self._origins[id(select)]

    def aliases(self, select: exp.Expr) -> dict[str, exp.Expr]:
        """The names that a SELECT gives to its columns, with what they name."""
        if id(select) not in self._aliases:
            found = self._aliases[id(select)] = {}
            for projection in select.expressions:
                names = projection.aliases if isinstance(projection, exp.Aliases) else [projection.alias]
                found.update({name.lower(): projection for name in map(str, names) if name})
        return self._aliases[id(select)]

    def outputs(self, query: exp.Expr | None) -> Names:
        """The columns that a query gives."""
        if query is None:
            return None
        if id(query) not in self._outputs:
            self._outputs[id(query)] = None  # a recursive query asks for itself
            self._outputs[id(query)] = self._output_names(query)
        return self._outputs[id(query)]

    def visible(self, node: exp.Expr) -> Iterator[tuple[exp.Expr, tuple[Origin, ...]]]:
        """Yield, from the inside out, each SELECT around a node with its sources."""
        above = node.parent
        while above is not None:
            if isinstance(above, exp.Select):
                yield above, self.origins(above)
            above = above.parent

    def _origin(self, node: exp.Expr) -> Origin:
        alias = (node.alias or (node.name if is_named(node) else _call_name(node))).lower()
        if node.args.get("pivots"):
            return Origin(_pivot_alias(node) or alias, node, None, self._shared(node))
        return Origin(alias, node, _renamed(self._columns(node), node), self._shared(node))

    def _shared(self, node: exp.Expr) -> Table | None:
        return find(node, self.schema) if is_named(node) and with_query(node, self.schema) is None else None

    def _columns(self, node: exp.Expr) -> Names:
        if is_named(node):
            return self._named_columns(node)
        if isinstance(node, exp.Subquery):
            return None if isinstance(node.this, exp.Table) else self.outputs(node.this)
        return (
            self.outputs(node.this) if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery) else None
        )

    def _named_columns(self, node: exp.Expr) -> Names:
        written = with_query(node, self.schema)
        if written is not None:
            return _renamed(self.outputs(written.this), written)
        table = find(node, self.schema)
        return frozenset(column.name.lower() for column in table.columns) if table else None

    def _output_names(self, query: exp.Expr) -> Names:
        if isinstance(query, exp.Subquery):
            return _renamed(self.outputs(query.this), query)
        if isinstance(query, exp.SetOperation):
            return None if query.args.get("by_name") else self.outputs(query.this)
        return self._projected(query) if isinstance(query, exp.Select) else None

    def _projected(self, select: exp.Select) -> Names:
        names: set[str] = set()
        for projection in select.expressions:
            found = self._projection(projection, select)
            if found is None:
                return None
            names |= found
        return frozenset(names)

    def _projection(self, projection: exp.Expr, select: exp.Select) -> Names:
        star = projection.this if isinstance(projection, exp.Column) else projection
        if not isinstance(star, exp.Star):
            return frozenset({projection.output_name.lower()}) if projection.output_name else None
        if star.args.get("rename"):
            return None
        qualifier = projection.text("table").lower() if isinstance(projection, exp.Column) else ""
        found = [origin.columns for origin in self.origins(select) if qualifier in ("", origin.alias)]
        return None if not found or None in found else frozenset().union(*(each for each in found if each is not None))


def is_inside(node: exp.Expr, outer: exp.Expr) -> bool:
    """Whether a node lies in another one, or is it."""
    above: exp.Expr | None = node
    while above is not None and above is not outer:
        above = above.parent
    return above is outer


def is_named(node: exp.Expr) -> bool:
    """Whether a source is a name (of a table or a WITH query) and not a call or a subquery."""
    return isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier)


def with_query(table: exp.Expr, schema: Schema) -> exp.CTE | None:
    """The WITH query that a name stands for, None if it stands for a table."""
    if table.args.get("db"):
        return None
    inside: exp.CTE | None = None
    node: exp.Expr | None = table
    while node is not None:
        holder = node.args.get("with_")
        if holder is not None:
            for written in holder.expressions:
                if _is_same(written.args["alias"].this, table.this, schema.dialect) and _sees(
                    table, written, inside, schema
                ):
                    return written if isinstance(written, exp.CTE) else None
        if isinstance(node, exp.CTE):
            inside = node
        node = node.parent
    return None


def _is_same(one: exp.Expr, other: exp.Expr, dialect: Dialect) -> bool:
    """Whether two names are one to every engine of the dialect; MySQL's depend on the file system, so to the letter."""
    return _effective(one, dialect) == _effective(other, dialect)


def _effective(name: exp.Expr, dialect: Dialect) -> str:
    is_exact = dialect == "mysql" or (dialect == "postgres" and name.args.get("quoted"))
    return name.name if is_exact else name.name.translate(LOWER)


def _sees(table: exp.Expr, written: exp.CTE, inside: exp.CTE | None, schema: Schema) -> bool:
    """Whether a place sees a query of a WITH; ``inside`` is the WITH query it stands in itself, of this WITH or not."""
    holder = written.parent
    if holder is None or inside is None or inside.parent is not holder:
        return True
    is_lax = schema.dialect == "sqlite"
    if written is inside:
        return bool(holder.args.get("recursive") or is_lax) and _is_recursive_arm(table, inside, schema.dialect)
    places = [id(each) for each in holder.expressions]
    return is_lax or places.index(id(written)) < places.index(id(inside))


def _is_recursive_arm(table: exp.Expr, written: exp.CTE, dialect: Dialect) -> bool:
    """Whether a place lies in the last arm of the WITH query's UNION, or for SQLite and MySQL in any but the first."""
    arms: list[exp.Expr] = []
    top = written.this
    while isinstance(top, exp.Union):
        arms.append(top.expression)
        top = top.this if dialect in ("sqlite", "mysql") else None
    node: exp.Expr | None = table
    while node is not None and node is not written:
        if any(node is arm for arm in arms):
            return True
        node = node.parent
    return False


def find(table: exp.Expr, schema: Schema) -> Table | None:
    """The shared table of a name as the dialect reads names: PostgreSQL tells quoted ones apart by case."""
    qualifier = table.text("db").lower()
    if table.text("catalog"):
        return None
    keys = {f"{qualifier}.{table.name}".lower()} if qualifier else set()
    if qualifier in ("", DEFAULT_SCHEMA[schema.dialect]):
        keys.add(table.name.lower())
    found = [each for each in schema.tables if each.key in keys]
    exact = [each for each in found if each.name == table.name]
    quoted = bool(table.this.args.get("quoted")) and schema.dialect == "postgres"
    return next(iter(exact or ([] if quoted else found)), None)


def _sources(select: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the tables, subqueries and calls of a FROM, also those inside the parentheses of a nested join."""
    start = select.args.get("from_")
    joined = [join.this for join in select.args.get("joins") or ()]
    for node in [*([start.this] if start is not None else []), *joined, *(select.args.get("laterals") or ())]:
        yield from _flattened(node)


def _flattened(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:
        yield from _flattened(node.this)
    else:
        yield node
    for join in node.args.get("joins") or ():
        yield from _flattened(join.this)
    yield from node.args.get("laterals") or ()


def _renamed(names: Names, node: exp.Expr) -> Names:
    """The names after an alias's column list. A base table's later columns keep theirs, so nothing is taken away."""
    alias = node.args.get("alias")
    listed = [column.name.lower() for column in (alias.args.get("columns") or ())] if alias is not None else []
    if not listed:
        return names
    if isinstance(node, exp.CTE | exp.Values | exp.Unnest):
        return frozenset([*listed, node.text("offset").lower()])
    return None if names is None else names.union(listed)


def _call_name(node: exp.Expr) -> str:
    """The name by which the columns of a function in FROM go where it has no alias."""
    call = node.this
    return call.name if isinstance(call, exp.Anonymous) else call.sql_name() if isinstance(call, exp.Func) else ""


def _pivot_alias(node: exp.Expr) -> str:
    return next((pivot.alias.lower() for pivot in node.args["pivots"] if pivot.alias), "")
