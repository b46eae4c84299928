"""What rows are put in order by: ``the cheapest``, ``most orders``, ``top 5 by revenue``."""

from collections.abc import Sequence

from tools.text2sql.generator.language.lexicon import PAID, SUMS
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.planning.amounts import described, obvious
from tools.text2sql.generator.planning.binding import Binder, Stuck, is_table_first
from tools.text2sql.generator.planning.heads import Head
from tools.text2sql.generator.planning.measures import distinct_rows, money
from tools.text2sql.generator.planning.moments import main_date, year_field
from tools.text2sql.generator.planning.plan import Aggregate, Expression
from tools.text2sql.generator.reading.asked import Function, Ranked, Want
from tools.text2sql.generator.reading.tagging import Item

AGES = ("oldest", "youngest", "first", "last")
NOT_ADDITIVE = frozenset(stem(word) for word in "rating score price rate percent age grade year level".split())
"""Words of columns whose sums mean nothing."""

Placed = tuple[str, Expression]
"""The table whose rows are read, and what they are put in order by."""


def rank_of(bind: Binder, ranked: Ranked, head: Head) -> Placed:
    """What a ranking is by. Raises Stuck."""
    noun, entity = ranked.noun, head.entity
    if ranked.concept == "spent" or (noun is not None and not noun.nouns):
        function: Function = "avg" if ranked.function == "avg" else "sum"
        table, measure = money(bind, Want(function, noun), [entity.key])
        if table == entity.key and not head.columns:
            raise Stuck(noun.text if noun else "spent")
        return table, measure
    if ranked.concept in ("selling", "unselling"):
        return _sold(bind, entity)
    if ranked.concept in AGES:
        return entity.key, _by_age(bind, ranked.concept, entity)
    if ranked.concept:
        return _adjective(bind, ranked.concept, entity)
    if noun is None:
        return _rows(bind, head, is_often=ranked.function == "count")
    if is_table_first(noun):
        return _of_table(bind, ranked, noun, entity)
    return _of_column(bind, ranked, noun, head)


def _of_table(bind: Binder, ranked: Ranked, noun: Item, entity: Entity) -> Placed:
    other = bind.entity(noun)
    if ranked.function == "avg":
        return other.key, Aggregate("avg", obvious(noun.text, other, is_money=False))
    if ranked.function not in ("count", "show", "sum"):
        raise Stuck(noun.text)
    if ranked.function == "sum" and other.words[-1].stems & SUMS:
        raise Stuck(noun.text, [f"counts rows of {other.key}", f"adds up amounts of {other.key}"])
    return _counted(bind, other, entity)


def _of_column(bind: Binder, ranked: Ranked, noun: Item, head: Head) -> Placed:
    """A column of the rows themselves, or something made of a column of rows that hang on them."""
    is_inner = ranked.function == "avg" and not head.columns  # an average of one value is that value
    field = bind.field(
        noun,
        head.entity.key,
        lambda each: each.kind in ("number", "date") and not (is_inner and each.table == head.entity.key),
    )
    way = bind.way(head.entity.key, field.table)
    is_own = all(edge.is_to_one for edge in way)
    if ranked.function == "show":
        if not is_own and field.table not in bind.through() and not any(hit.is_bound for hit in noun.nouns):
            raise Stuck(noun.text)
        return (head.entity.key if is_own else field.table), field
    if ranked.function == "count":
        raise Stuck(noun.text)
    if ranked.function == "sum" and not way and not head.columns:
        return head.entity.key, field
    if ranked.function == "sum" and any(word.stems & NOT_ADDITIVE for word in field.own):
        raise Stuck(noun.text)
    return field.table, Aggregate(ranked.function, field)


def _rows(bind: Binder, head: Head, is_often: bool) -> Placed:
    """``used most``, ``the most common status``: by rows of what else is mentioned, or of the column's own table.
    Whoever was billed the most, rather than most often, was billed the most money."""
    others = [entity for entity in bind.mentioned if entity.key != head.entity.key]
    if others and not head.columns:
        if not is_often and _is_paid(bind, others[-1]):
            table, measure = others[-1].key, obvious(others[-1].table.name, others[-1], is_money=True)
            if not bind.is_single(table, head.entity.key):
                raise Stuck(others[-1].table.name)
            return table, Aggregate("sum", measure)
        return _counted(bind, others[-1], head.entity)
    if head.columns:
        return head.entity.key, Aggregate("count")
    raise Stuck("most of what")


def _is_paid(bind: Binder, entity: Entity) -> bool:
    """Whether a verb named a table of money."""
    mentions = zip(bind.asked.mentions, bind.mentioned, strict=True)
    is_said = any(item.is_verb and each is entity for item, each in mentions)
    return is_said and bool(entity.words[-1].stems & PAID)


def _counted(bind: Binder, counted: Entity, head: Entity) -> Placed:
    if bind.is_single(counted.key, head.key):
        return counted.key, Aggregate("count")
    return counted.key, distinct_rows(bind, Aggregate("count"), counted.key)


def _sold(bind: Binder, head: Entity) -> Placed:
    """Best selling: by the quantity of the lines that hang on the head."""
    found = _hanging(bind, head, ("quantity",))
    if len(found) != 1:
        raise Stuck("best selling", [f"sold is {field.table}.{field.column}" for field in found])
    return found[0].table, Aggregate("sum", found[0])


def _adjective(bind: Binder, concept: str, head: Entity) -> Placed:
    if (field := described(concept, head)) is not None:
        return head.key, field
    below = _hanging(bind, head, ("rating", "score", "stars")) if concept in ("rated", "misrated") else []
    if len(below) != 1:
        raise Stuck(concept)
    return below[0].table, Aggregate("avg", below[0])


def _hanging(bind: Binder, head: Entity, words: Sequence[str]) -> list[Field]:
    """Numbers so named of tables whose rows each lead to one of the head's."""
    tables = [
        each for each in bind.vocabulary.entities.values() if each is not head and bind.is_single(each.key, head.key)
    ]
    stems = {stem(word) for word in words}
    return [
        field for each in tables for field in each.of_kind("number") if any(word.stems & stems for word in field.own)
    ]


def _by_age(bind: Binder, concept: str, head: Entity) -> Field:
    """Whatever is born is old by its birth, everything else by the day it came about."""
    if not head.of_kind("date") and (year := year_field(head)) and not head.is_person:
        return year
    if head.of_kind("date") and year_field(head) and not head.is_person:
        raise Stuck(f"{concept}, by date or by year")
    if concept not in ("oldest", "youngest"):
        return main_date(head, concept)
    births = [
        field
        for field in head.fields
        if (field.kind == "date" or field.is_year) and any(word.stems & {"birth", "born"} for word in field.own)
    ]
    if len(births) == 1:
        return births[0]
    if head.is_person or concept == "youngest":
        raise Stuck(concept)
    return main_date(head, concept)
