"""Nouns of a question bound to the tables and columns they mean, or a reason why they cannot be."""

from collections.abc import Callable, Sequence

from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.naming.vocabulary import Found, Vocabulary
from tools.text2sql.generator.planning.joins import Joins, NoWay, Way
from tools.text2sql.generator.reading.asked import Absent, Asked, Counted, Named
from tools.text2sql.generator.reading.tagging import Item

FAR = 9
"""As many joins as there never are."""
SPECIAL = frozenset(
    stem(word) for word in "cost tax discount min max minimum maximum old previous net fee shipping refund".split()
)
"""Words of a column's name that make it another thing than its last word says."""


class Stuck(Exception):
    """Words that could not be bound. ``readings`` are the meanings that compete, if that is why."""

    def __init__(self, words: str, readings: Sequence[str] = ()) -> None:
        super().__init__(words)
        self.words, self.readings = words, tuple(readings)


class Binder:
    """Binds one question's words; ``mentioned`` are the tables it names."""

    def __init__(self, vocabulary: Vocabulary, joins: Joins, asked: Asked) -> None:
        self.vocabulary, self.joins, self.asked = vocabulary, joins, asked
        self.mentioned = [self.entity(item) for item in asked.mentions]
        others: list[Counted | Absent] = [*asked.counted, *asked.absent]
        self.hanging = [self.entity(each.noun) for each in others]
        hanging = [(each.at, entity) for each, entity in zip(others, self.hanging, strict=True)]
        mentioned = [(item.at, entity) for item, entity in zip(asked.mentions, self.mentioned, strict=True)]
        self.sites = sorted((*mentioned, *hanging), key=lambda site: site[0])

    # Tables

    def entity(self, item: Item) -> Entity:
        """The table that a noun names."""
        tables = [hit for hit in item.nouns if hit.field is None]
        best = [hit for hit in tables if _rank(hit) == _rank(tables[0])]
        if len(best) > 1:
            raise Stuck(item.text, [f"{item.text} is the table {hit.entity.table.name}" for hit in best])
        return best[0].entity

    def through(self) -> set[str]:
        return {entity.key for entity in (*self.mentioned, *self.hanging)}

    def way(self, start: str, end: str) -> Way:
        """The one way between two tables. Raises Stuck."""
        try:
            return self.joins.way(start, end, self.through())
        except NoWay as error:
            raise Stuck(f"{start} and {end}") from error

    def is_beside(self, start: str, end: str) -> bool:
        """Whether one foreign key ties the tables."""
        return any(edge.end == end for edge in self.joins.edges.get(start, ()))

    def is_single(self, start: str, end: str) -> bool:
        """Whether each row of ``start`` leads to at most one of ``end``."""
        try:
            return all(edge.is_to_one for edge in self.joins.way(start, end))
        except NoWay:
            return False

    def only(self, tables: set[str], words: str) -> str:
        """The one table there is. Raises Stuck."""
        if len(tables) != 1:
            raise Stuck(words, [f"{words} of {key}" for key in sorted(tables)])
        return next(iter(tables))

    def valued(self) -> set[str]:
        """The tables in which the question's values stand."""
        named = [each for each in self.asked.filters if isinstance(each, Named)]
        return {value.table for each in named for item in each.values for value in item.values}

    def keys(self, entity: Entity) -> list[Field]:
        """The columns of a table's primary key. Raises Stuck where it has none."""
        if not entity.table.primary_key:
            raise Stuck(entity.table.name)
        return [entity.field(column) for column in entity.table.primary_key]

    def distance(self, start: str, end: str) -> int:
        try:
            return len(self.joins.way(start, end, self.through()))
        except NoWay as error:
            return error.steps or FAR

    # Columns

    def field(self, item: Item, base: str, accepts: Callable[[Field], bool] = lambda field: True) -> Field:
        """The column a noun names, near to the tables in question."""
        hits = [hit for hit in item.nouns if hit.field is not None and accepts(hit.field) and hit.level < names.VERB]
        if not hits:
            raise Stuck(item.text)
        ranked = sorted(hits, key=lambda hit: self.order(hit, base))
        best = [hit for hit in ranked if self.order(hit, base) == self.order(ranked[0], base)]
        fields = list(dict.fromkeys(hit.field for hit in best if hit.field is not None))
        if len(fields) > 1 and not best[0].is_label:
            raise Stuck(item.text, [f"{item.text} is {field.table}.{field.column}" for field in fields])
        chosen = ranked[0]
        if self.order(chosen, base)[1] >= FAR:
            raise Stuck(item.text)
        if chosen.level >= names.ALIKE and not chosen.is_bound:
            self._doubt(item, chosen, hits, base)
        return fields[0]

    def order(self, hit: Found, base: str) -> tuple[int, int, float]:
        assert hit.field is not None
        near = 0 if hit.entity.key == base else self.distance(base, hit.entity.key)
        if near and hit.entity.key in self.through():
            near = 1
        special = any(word.stems & SPECIAL for word in hit.field.own) and hit.level >= names.PART
        is_close = hit.is_bound or hit.level == names.EXACT
        return (0 if is_close else 1, near, _rank(hit) + special * 0.5)

    def _doubt(self, item: Item, chosen: Found, hits: Sequence[Found], base: str) -> None:
        """A loose fit near by does not beat a close fit one step on."""
        for hit in hits:
            if hit.level <= names.OWN and hit.entity is not chosen.entity and self.distance(base, hit.entity.key) <= 1:
                readings = [
                    f"{item.text} is {each.field.table}.{each.field.column}" for each in (chosen, hit) if each.field
                ]
                raise Stuck(item.text, readings)


def _rank(hit: Found) -> float:
    return names.ALIKE if hit.level == names.PART and hit.field is None else hit.level


def is_table_first(item: Item) -> bool:
    """Whether a noun names a table at least as well as a column."""
    tables = [hit.level for hit in item.nouns if hit.field is None]
    columns = [hit.level for hit in item.nouns if hit.field is not None and not hit.is_label]
    return bool(tables) and min(tables) <= min(columns, default=FAR)
