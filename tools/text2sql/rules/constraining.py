"""Adds the conditions of constraints to a query: wherever it reads a constrained table, it reads only the rows that
meet them. The query's own filters stay, and what is there already is not added twice."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.tokens import Tokenizer

from storage.sources.schema import Schema, Table
from storage.sources.source import Dialect
from storage.sql_rules import RuleRow
from tools.text2sql.rules.rules import Condition, Value, constraints
from tools.text2sql.templating.origins import table_of

_SAFE = re.compile(r"[a-z_][a-z0-9_]*")
_INNER = ("", "INNER", "CROSS")
_TESTS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constrained:
    """The query with its constraints. ``notes`` name those that were applied, ``unmet`` those that hold for a table of
    it and could not be, such as one on a column that there is not or that is masked. Constraints in free words are in
    neither: `rules.free` names them."""

    sql: str
    notes: tuple[str, ...]
    unmet: tuple[str, ...]


def constrained(sql: str, dialect: Dialect, rules: Iterable[RuleRow], schema: Schema) -> Constrained:
    """The query as the constraints want it; unchanged, with all of them unmet, where it cannot be read."""
    wanted = list(constraints(rules))
    if not wanted:
        return Constrained(sql, (), ())
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
        scopes = traverse_scope(tree)
    except (SqlglotError, RecursionError):
        return Constrained(sql, (), tuple(rule.text for rule, _ in wanted))
    notes: list[str] = []
    unmet: list[str] = []
    for rule, condition in wanted:
        done = [_constrain(node, scope, table, condition) for node, scope, table in _uses(scopes, condition, schema)]
        if done:
            (notes if all(done) else unmet).append(rule.text)
    return Constrained(tree.sql(dialect=dialect) if notes else sql, tuple(notes), tuple(unmet))


def _uses(scopes: Iterable[Scope], condition: Condition, schema: Schema) -> Iterator[tuple[exp.Table, Scope, Table]]:
    """Where the query reads the condition's table; listed first, as adding a condition changes what is walked."""
    found = [
        (source, scope, table)
        for scope in scopes
        for _, source in scope.selected_sources.values()
        if isinstance(source, exp.Table) and (table := table_of(source, schema))
        if condition.table.lower() in (table.key, table.name.lower())
    ]
    return iter(found)


def _constrain(node: exp.Table, scope: Scope, table: Table, condition: Condition) -> bool:
    """Whether the condition could be added: to the filter, for a table that may be missing to its join, and where
    neither says the same in place of the table."""
    shown = (each.name for each in table.columns if not each.is_masked)
    column = next((name for name in shown if name.lower() == condition.column.lower()), None)
    if column is None or node.args.get("pivots") or not isinstance(scope.expression, exp.Select):
        return False
    query, join = scope.expression, node.parent
    test = _test(_identifier(node), column, condition)
    joins: list[exp.Join] = query.args.get("joins") or []
    keeps_others = any(each.side in ("RIGHT", "FULL") for each in joins)
    if isinstance(join, exp.From) or (isinstance(join, exp.Join) and not join.side and join.kind in _INNER):
        if not keeps_others:
            _add(query.args.get("where"), query.where, test)
            return True
    elif isinstance(join, exp.Join) and join.side == "LEFT" and join.args.get("on") and join.kind in ("", "OUTER"):
        _add(join.args.get("on"), join.on, test)
        return True
    node.replace(_filtered(node, table, column, condition))
    return True


def _add(held: exp.Expr | None, add: object, test: exp.Expr) -> None:
    if test not in _conjuncts(held.this if isinstance(held, exp.Where) else held) and callable(add):
        add(test, copy=False)


def _conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """The conditions that all have to hold."""
    if isinstance(condition, exp.Paren):
        condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    elif condition is not None:
        yield condition


def _filtered(node: exp.Table, table: Table, column: str, condition: Condition) -> exp.Subquery:
    """The table's rows that meet the condition, under the same name. Masked columns are not for showing."""
    inner = node.copy()
    inner.set("alias", None)
    names = [exp.column(_quoted(each.name)) for each in table.columns if not each.is_masked]
    query = exp.select(*names).from_(inner).where(_test(_identifier(inner), column, condition))
    return query.subquery(_identifier(node))


def _identifier(node: exp.Table) -> exp.Identifier:
    """What the table is called in the query."""
    alias = node.args.get("alias")
    name = alias.this if isinstance(alias, exp.TableAlias) and alias.this else node.this
    return name.copy() if isinstance(name, exp.Identifier) else exp.to_identifier(node.alias_or_name)


def _test(table: exp.Identifier, name: str, condition: Condition) -> exp.Expr:
    column = exp.column(_quoted(name), table=table)
    if condition.value is None:
        is_null = (condition.op == "is null") != condition.is_excluded
        null = exp.Is(this=column, expression=exp.Null())
        return null if is_null else exp.Not(this=null)
    test = _TESTS[condition.op](this=column, expression=_literal(condition.value))
    if not condition.is_excluded:
        return test
    other = exp.NEQ(this=column, expression=_literal(condition.value)) if condition.op == "=" else exp.Not(this=test)
    return exp.Or(this=other, expression=exp.Is(this=column.copy(), expression=exp.Null()))


def _quoted(name: str) -> exp.Identifier:
    """A name as it is; in quotes where case or a word of SQL could change it."""
    is_word = name.upper() in Tokenizer.KEYWORDS
    return exp.to_identifier(name, quoted=is_word or _SAFE.fullmatch(name) is None)


def _literal(value: Value) -> exp.Expr:
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    return exp.Literal.string(value) if isinstance(value, str) else exp.convert(value)
