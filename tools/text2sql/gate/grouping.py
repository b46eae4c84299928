"""PostgreSQL lets a query that groups by a table's key show the table's other columns, but only of the table itself.

Behind a derived table it no longer knows the key, so the other columns are added to GROUP BY: as each key has one row,
the groups stay what they were.
"""

from collections.abc import Sequence

from sqlglot import exp

from storage.sources.schema import Schema
from tools.text2sql.gate.columns import Mention
from tools.text2sql.gate.masking import is_protected

UNEVEN = ("rollup", "cube", "grouping_sets", "all")  # parts of a GROUP BY that group by less than all of it


def regroup(tree: exp.Expr, found: Sequence[Mention], schema: Schema) -> None:
    """Add to each GROUP BY what the key of a protected table decides."""
    if schema.dialect != "postgres":
        return
    for group in tree.find_all(exp.Group):
        if not any(group.args.get(part) for part in UNEVEN):
            for mention in _decided(group, found, schema):
                group.append("expressions", mention.node.copy())


def _decided(group: exp.Group, found: Sequence[Mention], schema: Schema) -> list[Mention]:
    listed = {id(each) for each in group.expressions}
    grouped = {(id(each.origin.node), each.name) for each in found if id(each.node) in listed}
    decided: dict[tuple[int, str], Mention] = {}
    for mention in found:
        key = [(id(mention.origin.node), name.lower()) for name in mention.table.primary_key]
        place = (id(mention.origin.node), mention.name)
        is_known = bool(key) and grouped.issuperset(key) and is_protected(mention.table, schema)
        if is_known and not mention.is_masked and place not in grouped:
            decided.setdefault(place, mention)
    return list(decided.values())
