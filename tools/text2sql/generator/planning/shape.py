"""Joins and conditions of a query, put where they multiply no rows."""

from collections.abc import Iterable, Sequence

from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.planning.binding import Binder, Stuck
from tools.text2sql.generator.planning.conditions import SIGNS, test_of
from tools.text2sql.generator.planning.joins import Edge, Way
from tools.text2sql.generator.planning.plan import Condition, Related, Scope, Test
from tools.text2sql.generator.reading.asked import Absent, Counted, Filter, Is, Named, When
from tools.text2sql.generator.reading.tagging import Item


class Shape:
    """A query for rows of ``base``. Tests over many-to-one steps are joined; those behind a one-to-many step become an
    EXISTS, all behind the same step in one, so that they speak of the same row."""

    def __init__(self, bind: Binder, base: str) -> None:
        self.bind, self.base, self.edges = bind, base, list[Edge]()
        self.inner: dict[Edge, tuple[list[Edge], list[Condition]]] = {}

    @property
    def scope(self) -> Scope:
        return Scope(self.base, tuple(self.edges))

    def join(self, way: Iterable[Edge]) -> None:
        """Join along the way. Raises Stuck where a table would be joined twice."""
        for edge in way:
            if edge in self.edges:
                continue
            if edge.end in self.scope.tables:
                raise Stuck(edge.end)
            self.edges.append(edge)

    def show(self, fields: Iterable[Field]) -> None:
        """Join the tables of columns to be shown. Raises Stuck where a row has several."""
        for field in fields:
            way = self.bind.way(self.base, field.table)
            if not all(edge.is_to_one or edge in self.edges for edge in way):
                raise Stuck(field.column)
            self.join(way)

    def conditions(self) -> tuple[Condition, ...]:
        """All filters of the question, its mentioned tables, and what rows must have or lack."""
        asked, here = self.bind.asked, list[Condition]()
        for each in asked.filters:
            test = test_of(each, self.bind, self.base)
            self._check_grounds(each, test)
            if self._reach(test.field.table, test):
                here.append(test)
        for entity in self.bind.mentioned:
            if entity.key not in self._hanging():
                self._reach(entity.key, None)
        others: list[Counted | Absent] = [*asked.counted, *asked.absent]
        taken = {way[:1] for each in others if (way := self._way_to(each))}
        here += [self._absent(each) for each in asked.absent]
        here += [self._counted(each) for each in asked.counted]
        for edge, (steps, tests) in self.inner.items():
            if (edge,) not in taken:
                _check_one_row(tests)
                here.append(Related(edge, Scope(edge.end, tuple(steps)), tuple(tests)))
        _check_one_row(here)
        return tuple(here)

    def _check_grounds(self, each: Filter, test: Test) -> None:
        """Verbs and negations speak of rows that the question names; they bring in no table of their own. Raises
        Stuck."""
        table = test.field.table
        is_named = table in {*self.scope.tables, *self.bind.through()} or self._is_between(table)
        is_to_one = all(edge.is_to_one for edge in self.bind.way(self.base, table))
        match each:
            case Named(values=values) if not is_named and any(_is_participle(value) for value in values):
                raise Stuck(values[0].text)
            case Named(is_negated=True) | Is(is_negated=True) if not is_to_one and not self._is_last(each.at, table):
                raise Stuck(f"not, of {table}")
            case Named(is_joined=True, values=values) if len(values) > 1 and not is_to_one:
                raise Stuck(f"{values[0].text} and {values[1].text}, each or any")
            case Is(noun=noun, test="present") if not is_named:
                raise Stuck(noun.text)
            case When(cue=cue) if cue is not None and not is_named and not is_to_one:
                raise Stuck(cue.text)
            case _:
                pass

    def _is_between(self, table: str) -> bool:
        """Whether the way to a table that is named leads over it."""
        ways = (self.bind.way(self.base, end) for end in self.bind.through())
        return any(edge.end == table for way in ways for edge in way)

    def _is_last(self, at: int, table: str) -> bool:
        """Whether the table was named right before that place, or at it."""
        before = [entity.key for place, entity in self.bind.sites if place <= at + 1]
        return before[-1:] == [table]

    def _hanging(self) -> set[str]:
        return {entity.key for entity in self.bind.hanging}

    def _way_to(self, each: Absent | Counted) -> Way:
        return self.bind.way(self.base, self.bind.entity(each.noun).key)

    def _reach(self, table: str, test: Test | None) -> bool:
        """Join the table if each row meets one of it at most; else put it, and the test, where it is looked for."""
        way = self.bind.way(self.base, table)
        if all(edge.is_to_one or edge in self.edges for edge in way):
            self.join(way)
            return True
        self._put(way, test)
        return False

    def _put(self, way: Way, test: Test | None) -> tuple[Edge, list[Edge], list[Condition]]:
        """A test at the end of a way, inside the EXISTS of its first one-to-many step."""
        cut = next(place for place, edge in enumerate(way) if not edge.is_to_one and edge not in self.edges)
        self.join(way[:cut])
        steps, tests = self.inner.setdefault(way[cut], ([], []))
        for edge in way[cut + 1 :]:
            if edge in steps:
                continue
            if edge.end in (way[cut].end, *(each.end for each in steps)):
                raise Stuck(edge.end)
            steps.append(edge)
        if test is not None:
            tests.append(test)
        return way[cut], steps, tests

    def _absent(self, each: Absent) -> Condition:
        way = self._way_to(each)
        if len(way) == 1 and way[0].is_to_one and not self._is_key(way[0].start_columns):
            return Test(self.bind.vocabulary.entities[self.base].field(way[0].start_columns[0]), "empty")
        if all(edge.is_to_one or edge in self.edges for edge in way):
            raise Stuck(each.noun.text)
        link, steps, tests = self._put(way, None)
        return Related(link, Scope(link.end, tuple(steps)), tuple(tests), "none")

    def _is_key(self, columns: Sequence[str]) -> bool:
        return tuple(columns) == self.bind.vocabulary.entities[self.base].table.primary_key

    def _counted(self, each: Counted) -> Condition:
        entity, way = self.bind.entity(each.noun), self._way_to(each)
        if not way or way[0].is_to_one or way[0] in self.edges or len(way[0].start_columns) != 1:
            raise Stuck(each.noun.text)
        link, steps, tests = self._put(way, None)
        if any(edge.is_to_one for edge in steps) and not entity.is_person and not self._is_pairing(link, steps):
            raise Stuck(f"{each.noun.text}, or how often each")
        key = self._counted_key(entity) if steps else None
        sign = SIGNS[each.sign]
        return Related(link, Scope(link.end, tuple(steps)), tuple(tests), sign, each.number, each.high, key)

    def _is_pairing(self, link: Edge, steps: Sequence[Edge]) -> bool:
        """Whether the table between has each pair but once, so that different rows and rows are as many."""
        key = self.bind.vocabulary.entities[link.end].table.primary_key
        return len(steps) == 1 and set(key) == {*link.end_columns, *steps[0].start_columns}

    def _counted_key(self, entity: Entity) -> Field:
        keys = self.bind.keys(entity)
        if len(keys) != 1:
            raise Stuck(entity.table.name)
        return keys[0]


def _is_participle(value: Item) -> bool:
    """``flown``, which somebody did, rather than a name."""
    return value.is_verb and not value.is_capital and not value.is_quoted


SIDES = {"=": "<>", "in": "<>", "range": "<>", "between": "<>", ">": ">", ">=": ">", "<": "<", "<=": "<"}
"""From which sides a test bounds a column."""


def _check_one_row(tests: Iterable[Condition]) -> None:
    """One row cannot hold two values: laptops and phones would need two orders. Nor is a bound given twice."""
    bounded = [(test.field, SIDES[test.sign]) for test in tests if isinstance(test, Test) and test.sign in SIDES]
    seen = [(field, side) for field, sides in bounded for side in sides]
    if len(seen) != len(set(seen)):
        raise Stuck("two values at once")
