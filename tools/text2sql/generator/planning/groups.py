"""What rows are grouped by, and the order groups come in."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.text2sql.generator.language.dates import year_of
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.binding import Binder, Stuck, is_table_first
from tools.text2sql.generator.planning.joins import Edge
from tools.text2sql.generator.planning.moments import date_of
from tools.text2sql.generator.planning.plan import Aggregate, Bucket, Expression
from tools.text2sql.generator.reading.asked import When
from tools.text2sql.generator.reading.tagging import Item

UNITS = frozenset("day week month quarter year".split())
LAST = 1_000_000
"""A place behind all words."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Expressions to group by, the steps that lead to them, and those to show: labels stand for keys."""

    by: tuple[Field | Bucket, ...]
    steps: tuple[Edge, ...]

    @property
    def shown(self) -> tuple[Field | Bucket, ...]:
        named = {each.table for each in self.by if isinstance(each, Field) and each.kind != "key"}
        return tuple(
            each for each in self.by if isinstance(each, Bucket) or each.kind != "key" or each.table not in named
        )


def groups_of(bind: Binder, base: str, items: Sequence[Item]) -> Groups:
    """The groups that the items and the question's unit of time make of a table's rows. Raises Stuck."""
    by: list[Field | Bucket] = [field for item in items for field in _fields(bind, item, base)]
    if bind.asked.unit:
        by.append(bucket_of(bind, base))
    tables = dict.fromkeys(each.table if isinstance(each, Field) else each.field.table for each in by)
    steps = dict.fromkeys(edge for table in tables for edge in bind.way(base, table))
    return Groups(tuple(dict.fromkeys(by)), tuple(steps))


def _fields(bind: Binder, item: Item, base: str) -> list[Field]:
    near = [hit.field for hit in item.nouns if hit.field and hit.entity.key == base and hit.level <= names.OWN]
    if is_table_first(item) and not any(field.kind != "key" for field in near):
        entity = bind.entity(item)
        if entity.key == base:
            raise Stuck(item.text)
        if entity.is_person and not entity.labels:
            raise Stuck(f"names of {entity.table.name}")
        return [*bind.keys(entity), *entity.labels]
    if item.nouns[0].is_label:
        entity = item.nouns[0].entity
        return [*bind.keys(entity), *entity.labels]
    field = bind.field(item, base)
    if field.kind == "date" or (item.text.lower() in UNITS and field.table != base):
        raise Stuck(item.text)  # accidents per year are not by the year the car was built
    return [field]


def bucket_of(bind: Binder, base: str) -> Bucket:
    """The unit of time of the date that the question is about: a verb's, a period's, or the main one."""
    asked = bind.asked
    if asked.unit_cue is not None:
        return Bucket(asked.unit, date_of(bind, When(LAST, year_of(2000), cue=asked.unit_cue), base))
    fields = {date_of(bind, each, base) for each in asked.filters if isinstance(each, When)}
    if len(fields) == 1:
        return Bucket(asked.unit, fields.pop())
    return Bucket(asked.unit, date_of(bind, When(LAST, year_of(2000)), base))


def order_of(bind: Binder, groups: Groups, aggregates: Sequence[Aggregate]) -> tuple[tuple[Expression, bool], ...]:
    """As asked; else times and numbers rise, and other groups come with the greatest first."""
    ordered = bind.asked.ordered
    if not groups.by:
        return ()
    if ordered is None:
        steps = tuple((each, False) for each in groups.by if isinstance(each, Bucket) or each.kind == "number")
        return steps or ((aggregates[0], True),)
    noun, first = ordered.noun, groups.by[0]
    if noun is None or not noun.nouns or ordered.function != "show":
        return ((aggregates[0], ordered.is_descending),)
    table = first.table if isinstance(first, Field) else first.field.table
    named = {hit.field for hit in noun.nouns if hit.field and hit.entity.key == table}
    chosen = [each for each in groups.by if each in named]
    return ((chosen[0] if chosen else aggregates[0], ordered.is_descending),)
