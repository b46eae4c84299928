"""What words of a question stand for in a database: the context that any writer of SQL needs."""

from dataclasses import dataclass
from datetime import date

from tools.text2sql.catalog import Catalog, Place, Stored
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.vocabulary import Found, vocabulary_of
from tools.text2sql.generator.reading.tagging import Item, items

ANY_DAY = date(2000, 1, 1)
MOST_PLACES = 3


@dataclass(frozen=True, slots=True)
class Linked:
    """A phrase of the question and what it may be: tables by key, columns as (table key, column), stored values."""

    text: str
    tables: tuple[str, ...]
    columns: tuple[Place, ...]
    values: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """The phrases that name something, in the question's order."""

    phrases: tuple[Linked, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """Keys of all tables that are named, or whose columns or values are."""
        found = [
            (*each.tables, *(table for table, _ in each.columns), *(value.table for value in each.values))
            for each in self.phrases
        ]
        return tuple(dict.fromkeys(table for tables in found for table in tables))

    def lines(self) -> tuple[str, ...]:
        """``'paid' is orders.status``, ``customers is a table``: a line a phrase."""
        return tuple(_line(each) for each in self.phrases)


def links(question: str, catalog: Catalog) -> Links:
    """Tables, columns and values that the question's words name."""
    linked = (_linked(item) for item in items(question, vocabulary_of(catalog), ANY_DAY))
    return Links(tuple(each for each in linked if each.tables or each.columns or each.values))


def _linked(item: Item) -> Linked:
    best = [hit for hit in item.nouns if hit.level <= max(item.nouns[0].level, names.OWN)]
    if item.is_filler and best and best[0].level > names.OWN:
        best = []
    tables = tuple(dict.fromkeys(hit.entity.key for hit in best if hit.field is None))
    columns = tuple(dict.fromkeys(place for hit in best for place in _places(hit)))
    return Linked(item.text, tables, columns, item.values)


def _places(hit: Found) -> tuple[Place, ...]:
    if hit.is_label:
        return tuple((label.table, label.column) for label in hit.entity.labels)
    return ((hit.field.table, hit.field.column),) if hit.field else ()


def _line(each: Linked) -> str:
    if each.values:
        places = dict.fromkeys(f"{value.table}.{value.column} = {value.value!r}" for value in each.values)
        return f"{each.text!r} is " + " or ".join(list(places)[:MOST_PLACES])
    if each.tables:
        return f"{each.text} is the table " + " or ".join(each.tables[:MOST_PLACES])
    return f"{each.text} is " + " or ".join(f"{table}.{column}" for table, column in each.columns[:MOST_PLACES])
