"""What is known of a database before it is asked: its shared tables, and values that stand in them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from storage.sources.schema import Schema

Place = tuple[str, str]
"""A table's key and a column's name, as the schema spells it."""

WORD = re.compile(r"[^\W_]+")
DATED = re.compile(r"\d{4}-\d\d(-\d\d|$)")


@dataclass(frozen=True, slots=True)
class Stored:
    """A value, and where it stands; spelled as it is stored."""

    table: str
    column: str
    value: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Catalog:
    """The schema, and values by place: all distinct ones of a text column (or its commonest 2,000), a few examples of
    others, none of a masked one. Made by `catalog_of`."""

    schema: Schema
    values: Mapping[Place, tuple[str, ...]]
    whole: Mapping[str, tuple[Stored, ...]] = field(repr=False)
    """Values by `folded` text."""
    meant: Mapping[str, Place] = field(default_factory=dict[str, Place], repr=False)
    """Columns by the `folded` words that rules give them."""

    def exactly(self, text: str) -> tuple[Stored, ...]:
        """The stored values that are this text but for case and punctuation."""
        return self.whole.get(folded(text), ())


def catalog_of(schema: Schema, values: Mapping[Place, Iterable[str]]) -> Catalog:
    """A catalog with its index. Values of masked columns, and of columns the schema does not have, are left out."""
    shown = {(table.key, column.name) for table in schema.tables for column in table.columns if not column.is_masked}
    kept = {place: tuple(each) for place, each in values.items() if place in shown}
    whole: dict[str, list[Stored]] = defaultdict(list)
    for stored in _texts(kept):
        whole[folded(stored.value)].append(stored)
    return Catalog(schema, kept, {key: tuple(each) for key, each in whole.items()})


def folded(text: str) -> str:
    """The text as the index knows it: case and everything but letters and digits do not count."""
    return " ".join(WORD.findall(text.casefold()))


def _texts(values: Mapping[Place, tuple[str, ...]]) -> Iterator[Stored]:
    """What a question may name: no bare numbers and dates, which are looked for as such."""
    for (table, column), texts in values.items():
        for text in texts:
            if any(char.isalpha() for char in text) and not DATED.match(text):
                yield Stored(table, column, text)
