"""What is counted, added up or averaged, and of which table's rows."""

from collections.abc import Sequence

from tools.text2sql.generator.language.lexicon import SUMS
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import Entity, Field
from tools.text2sql.generator.planning.amounts import money as taken
from tools.text2sql.generator.planning.amounts import obvious
from tools.text2sql.generator.planning.binding import Binder, Stuck, is_table_first
from tools.text2sql.generator.planning.plan import Aggregate, Product
from tools.text2sql.generator.reading.asked import Want
from tools.text2sql.generator.reading.tagging import Item

COUNTING = frozenset(
    stem(word)
    for word in "quantity number count unit hour day minute point guest night seat bed page mile km kilometre "
    "kilometer piece bedroom".split()
)
"""Words of columns that are numbers of things: how many of those is their sum."""
CONTACTS = frozenset(stem(word) for word in "email mail phone telephone fax address".split())
DONE = frozenset(stem(word) for word in "performed used given served sold".split())
"""What is done to things again and again."""

Measured = tuple[str, Aggregate]
"""The table whose rows are measured, and the aggregate over them."""


def measured(bind: Binder, want: Want) -> Measured:
    """What a question wants to know. Raises Stuck."""
    noun = want.noun
    if noun is None or not noun.nouns:
        return money(bind, want, needed(bind))
    if want.function == "count":
        return _count(bind, want, noun)
    if want.function == "show":
        raise Stuck(noun.text)
    if is_table_first(noun):
        return _of_table(bind, want, bind.entity(noun))
    kinds = ("number", "date") if want.function in ("max", "min") else ("number",)
    base = bind.mentioned[0].key if bind.mentioned else _own_table(bind, noun, kinds)
    field = bind.field(noun, base, lambda each: each.kind in kinds)
    if want.function == "sum" and any(word.stems & {"per"} for word in field.own):
        raise Stuck(noun.text)  # a price per month, times how many
    return field.table, Aggregate(want.function, field)


def _of_table(bind: Binder, want: Want, entity: Entity) -> Measured:
    """Total orders are counted; the average order is its one obvious number. Total payments may be either."""
    is_total = want.function == "sum" and not want.is_amount
    amount = _amount(entity)
    if is_total and entity.words[-1].stems & SUMS and amount is not None:
        return entity.key, Aggregate("sum", amount)
    if is_total and (entity.words[-1].stems & SUMS or (amount is not None and len(amount.own) == 1)):
        raise Stuck(entity.table.name, [f"counts rows of {entity.key}", f"adds up amounts of {entity.key}"])
    if want.function == "show" or is_total:
        return entity.key, Aggregate("count")
    return entity.key, Aggregate(want.function, obvious(entity.table.name, entity, is_money=False))


def _amount(entity: Entity) -> Field | None:
    """The amount of a table whose rows are sums of money: the only number there."""
    numbers = entity.of_kind("number")
    is_money = len(numbers) == 1 and any(word.stems & {stem("amount")} for word in numbers[0].words)
    return numbers[0] if is_money else None


def money(bind: Binder, want: Want, leads_to: Sequence[str]) -> Measured:
    """Money taken, in rows that each lead to one row of those tables."""
    if want.function == "count":
        raise Stuck("a count of money")
    words = want.noun.text if want.noun else "spent"
    near = list(bind.through()) or leads_to
    found = taken(bind, words, near, lambda key: all(bind.is_single(key, end) for end in leads_to))
    table = found.price.table if isinstance(found, Product) else found.table
    return table, Aggregate("sum" if want.function == "show" else want.function, found)


def needed(bind: Binder) -> list[str]:
    """Tables that each measured row must lead to one row of: those of the groups."""
    head = bind.asked.head if bind.asked.is_head_first else None
    return [bind.entity(item).key for item in (*bind.asked.groups, *([head] if head else [])) if is_table_first(item)]


def _count(bind: Binder, want: Want, noun: Item) -> Measured:
    if is_table_first(noun):
        entity = bind.entity(noun)
        if want.function == "count" and any(field.core[-1].stems & {"count"} for field in entity.of_kind("number")):
            raise Stuck(f"{noun.text}, rows or their counts")
        if not entity.is_person and _is_done_to(bind, entity):
            raise Stuck(f"{noun.text}, or how often each")
        return entity.key, Aggregate("count")
    base = (
        bind.mentioned[0].key if bind.mentioned else _own_table(bind, noun, ("text", "number", "date", "key", "other"))
    )
    field = bind.field(noun, base)
    if field.kind == "date" and not want.is_distinct:
        raise Stuck(f"{noun.text}, rows or their dates")
    if not want.is_distinct and any(word.stems & CONTACTS for word in field.own):
        raise Stuck(noun.text)  # emails that came in, rather than addresses
    if field.kind != "number" or want.is_distinct:
        return field.table, Aggregate("count", field, is_distinct=True)
    if any(word.stems & COUNTING for word in field.words):
        return field.table, Aggregate("sum", field)
    raise Stuck(noun.text)


def _is_done_to(bind: Binder, entity: Entity) -> bool:
    """Rooms booked, books borrowed: how many of them, or how many times, is anybody's guess."""
    doings = [each for item, each in zip(bind.asked.mentions, bind.mentioned, strict=True) if item.is_verb]
    if any(each is not entity and not bind.is_single(entity.key, each.key) for each in doings):
        return True
    is_repeated = any(bind.is_single(each, entity.key) for each in bind.vocabulary.entities if each != entity.key)
    return bool(bind.asked.ties & DONE) and is_repeated


def _own_table(bind: Binder, noun: Item, kinds: Sequence[str]) -> str:
    """The table of a measured column where none is mentioned: that of the values, or nearest to the groups."""
    hits = [hit for hit in noun.nouns if hit.field and hit.field.kind in kinds and hit.level < names.VERB]
    if not hits:
        raise Stuck(noun.text)
    tables = {hit.entity.key for hit in hits if hit.level == hits[0].level}
    tables = tables & bind.valued() or tables
    ends = {hit.entity.key for item in bind.asked.groups for hit in item.nouns[:1]}
    far = {key: sum(bind.distance(key, end) for end in ends) for key in tables}
    return bind.only({key for key in tables if far[key] == min(far.values())}, noun.text)


def distinct_rows(bind: Binder, aggregate: Aggregate, base: str) -> Aggregate:
    """A count of different rows where joins repeat them. Raises Stuck for totals, and for things that come again and
    again: trainings a month are as likely the times they were taken."""
    if aggregate.function != "count" or not (aggregate.is_distinct or bind.vocabulary.entities[base].is_person):
        raise Stuck("a total that joins would count twice")
    keys = bind.keys(bind.vocabulary.entities[base])
    if aggregate.operand is None and len(keys) != 1:
        raise Stuck(base)
    return aggregate if aggregate.operand is not None else Aggregate("count", keys[0], is_distinct=True)
