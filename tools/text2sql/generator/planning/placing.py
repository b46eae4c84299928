"""Stored values bound to the one column in which a question means them."""

from collections.abc import Mapping

from tools.text2sql.catalog import Place, Stored, folded
from tools.text2sql.generator.language.demonyms import DEMONYMS
from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.binding import Binder, Stuck
from tools.text2sql.generator.planning.moments import is_state
from tools.text2sql.generator.reading.asked import Named
from tools.text2sql.generator.reading.tagging import Item

UNNAMED = 2
"""How near a value is whose table the question does not name."""
FARTHEST = 4
"""So many joins away a value may stand."""


def place(bind: Binder, named: Named, base: str) -> tuple[Field, list[Stored]]:
    """The column in which the values stand, and the values as stored. Raises Stuck."""
    text = " or ".join(item.text for item in named.values)
    near = {each: _nearness(bind, named, each[0], base) for each in _beside(named, places_of(named))}
    if named.owner is not None and any(is_state(bind.vocabulary.entities[key].field(column)) for key, column in near):
        owners = {hit.entity.key for hit in named.owner.nouns if hit.field is None}
        if not owners & {key for key, _ in near}:
            raise Stuck(text)  # active lines of active customers, who knows
    best = sorted(each for each in near if near[each] == min(near.values()))
    if len(best) != 1:
        raise Stuck(text, [f"{text} is {table}.{column}" for table, column in best])
    rivals = [] if near[best[0]][0] < UNNAMED else _rivals(bind, best[0], near, base)
    if rivals:
        raise Stuck(text, [f"{text} is {table}.{column}" for table, column in (*best, *rivals)])
    if near[best[0]][1] > FARTHEST:
        raise Stuck(text)
    stored = [each for item in named.values for each in item.values if (each.table, each.column) == best[0]]
    return bind.vocabulary.entities[best[0][0]].field(best[0][1]), stored


def _rivals(bind: Binder, best: Place, near: Mapping[Place, tuple[int, int]], base: str) -> list[Place]:
    """Other places that are as good though they take another join: of a row's own parents each is."""
    is_single = bind.is_single(base, best[0])
    others = sorted(each for each in near if each != best and near[each][1] <= FARTHEST)
    return [each for each in others if not is_single or bind.is_single(base, each[0])]


def places_of(named: Named) -> set[Place]:
    """The columns in which all the values stand."""
    return set.intersection(*(_places(item) for item in named.values))


def _places(item: Item) -> set[Place]:
    return {(each.table, each.column) for each in item.values}


def _beside(named: Named, places: set[Place]) -> set[Place]:
    """Only the places that a noun beside the values allows, if one does."""
    noun = named.column or named.owner
    if noun is None:
        return places
    columns = {(hit.entity.key, hit.field.column) for hit in noun.nouns if hit.field}
    tables = {hit.entity.key for hit in noun.nouns if hit.field is None}
    if named.column is not None:
        return places & columns or {each for each in places if each[0] in tables}
    owned = {each for each in places if each[0] in tables}
    return _nations(named, owned) or owned or _nations(named, places) or places


def _nations(named: Named, places: set[Place]) -> set[Place]:
    """``French customers`` come from a country rather than speak a language."""
    found = {
        (each.table, each.column)
        for item in named.values
        for each in item.values
        if folded(each.value) in DEMONYMS.get(folded(item.text), ())
    }
    return places & found


def _nearness(bind: Binder, named: Named, table: str, base: str) -> tuple[int, int]:
    """The nearest noun for a table in front of the values wins, then any mentioned table, then the fewest joins."""
    before = [entity.key for at, entity in bind.sites if at < named.at]
    if before and before[-1] == table:
        return 0, 0
    if table in bind.through() or table == base:
        return 1, 0
    return UNNAMED, bind.distance(base, table)
