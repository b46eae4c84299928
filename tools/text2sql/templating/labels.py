"""The names a query gives to its columns: ``paid_orders`` must not head a count of cancelled ones."""

import re
from calendar import month_name
from collections.abc import Sequence

from sqlglot import exp

from storage.analysis import fold
from storage.sources.schema import Schema
from tools.text2sql.templating.matching import Change, Renamed
from tools.text2sql.templating.periods import Period

SHORTEST = 3
"""Characters of a value that is looked for in a name."""


Exchange = tuple[str, str]
"""A text, and what takes its place."""


def exchanges(changes: Sequence[Change]) -> list[Exchange]:
    """What differs, as the query or the question writes it. To be asked before the query is changed."""
    pairs = [
        (each.slot.sites[0].core, each.text) if isinstance(each, Renamed) else (each.slot.text, each.raw)
        for each in changes
        if isinstance(each, Renamed) or each.old != each.new
    ]
    return [(old, new) for old, new in pairs if old != new]


def parts_exchanged(changes: Sequence[Change]) -> list[Exchange]:
    """The years and the months that differ."""
    pairs: list[Exchange] = []
    for each in changes:
        if isinstance(each, Renamed) or not (isinstance(each.old, Period) and isinstance(each.new, Period)):
            continue
        pairs.append((str(each.old.year), str(each.new.year)))
        if each.old.unit == each.new.unit == "month":
            pairs.append((month_name[each.old.part], month_name[each.new.part]))
    return [(old, new) for old, new in pairs if old != new]


def relabel(tree: exp.Expr, exchanges: Sequence[Exchange], schema: Schema) -> None:
    """Rename the aliases of the tree that hold an old value to hold the new one, wherever they are used. Names of real
    columns and tables stay, and so does an alias whose new name is taken."""
    real = {name.lower() for table in schema.tables for name in (table.name, *(each.name for each in table.columns))}
    taken = real | {node.name.lower() for node in tree.find_all(exp.Identifier)}
    given = {node.alias for node in tree.find_all(exp.Alias, exp.TableAlias) if node.alias}
    for name in given - {each for each in given if each.lower() in real}:
        new = _renamed(name, exchanges)
        if new != name and new.isidentifier() and new.lower() not in taken:
            taken.add(new.lower())
            for node in tree.find_all(exp.Identifier):
                if node.name == name:
                    node.set("this", new)


def _renamed(name: str, exchanges: Sequence[Exchange]) -> str:
    """All exchanges at once, so that two values may change places."""
    slugs = {_slug(old): _slug(new) for old, new in exchanges if len(_slug(old)) >= SHORTEST and _slug(new)}
    if not slugs:
        return name
    any_old = "|".join(re.escape(old) for old in sorted(slugs, key=len, reverse=True))
    return re.sub(rf"(?<![a-z0-9])(?:{any_old})(?![a-z0-9])", lambda found: slugs[found[0]], name)


def _slug(value: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", fold(value)))
