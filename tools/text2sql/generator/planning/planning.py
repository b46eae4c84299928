"""What is asked, bound to one database, as a plan. Whatever has no single sound reading raises Stuck."""

from collections.abc import Sequence
from dataclasses import replace

from tools.text2sql.generator.language.dates import year_of
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.binding import Binder, Stuck, is_table_first
from tools.text2sql.generator.planning.checks import check_countable, check_named, check_now, check_unknown
from tools.text2sql.generator.planning.conditions import SIGNS
from tools.text2sql.generator.planning.groups import LAST, Groups, bucket_of, groups_of, order_of
from tools.text2sql.generator.planning.heads import Head, check_pinned, head_of
from tools.text2sql.generator.planning.measures import distinct_rows, measured
from tools.text2sql.generator.planning.moments import date_of, main_date
from tools.text2sql.generator.planning.plan import Aggregate, Condition, Expression, Having, Plan, Test
from tools.text2sql.generator.planning.ranks import rank_of
from tools.text2sql.generator.planning.shape import Shape
from tools.text2sql.generator.reading.asked import Compared, Ranked, Want, When
from tools.text2sql.generator.reading.tagging import Item
from tools.text2sql.generator.reading.walk import is_plural

ADDITIVE = frozenset(stem(word) for word in "amount total revenue cost payment quantity sales turnover tax".split())
"""Words of columns that are added up when they are asked for by group."""


def plan(bind: Binder) -> Plan:
    """The plan of a question. Raises Stuck."""
    asked = bind.asked
    check_now(bind)
    wants = [replace(want, function="sum") if _is_total(bind, want) else want for want in asked.wants]
    aggregates = [want for want in wants if want.function != "show"]
    if asked.ranked is not None:
        return _ranked(bind, asked.ranked, aggregates)
    if aggregates:
        if asked.who or len(aggregates) != len(asked.wants) or asked.totalled or asked.shown_after:
            raise Stuck("several things at once")
        return _aggregation(bind, aggregates)
    if asked.groups or asked.unit:
        return _aggregation(bind, [_summed(want) for want in asked.wants])
    return _totalled(bind) if asked.totalled else _listing(bind)


def _is_total(bind: Binder, want: Want) -> bool:
    """``total charges in 2025``, where a column is called that: the total of the totals."""
    noun = want.noun
    if noun is None or want.function != "show" or bind.asked.head or bind.asked.ranked or not noun.nouns:
        return False
    field = noun.nouns[0].field
    return field is not None and field.kind == "number" and noun.text.lower().startswith("total ")


def _summed(want: Want) -> Want:
    """``fuel cost by month`` is its sum, where the column's name is one of things that add up."""
    best = want.noun.nouns[0].field if want.noun and want.noun.nouns else None
    if best is None or best.kind != "number" or not any(word.stems & ADDITIVE for word in best.words):
        raise Stuck(want.noun.text if want.noun else "groups")
    return replace(want, function="sum")


# Aggregates


def _aggregation(bind: Binder, wants: Sequence[Want]) -> Plan:
    if bind.asked.is_count_implied:
        check_countable(bind)
    measures = list(dict.fromkeys(measured(bind, want) for want in wants))
    base = bind.only({table for table, _ in measures}, "measures of two tables")
    groups = groups_of(bind, base, _grouping_items(bind, base))
    aggregates = [aggregate for _, aggregate in measures]
    if not all(edge.is_to_one for edge in groups.steps):
        aggregates = [distinct_rows(bind, aggregate, base) for aggregate in aggregates]
    shape = Shape(bind, base)
    shape.join(groups.steps)
    where = shape.conditions()
    order = order_of(bind, groups, aggregates)
    return Plan(shape.scope, (*groups.shown, *aggregates), where, groups.by, order=order, limit=bind.asked.limit)


def _grouping_items(bind: Binder, base: str) -> list[Item]:
    """What is grouped by; of departments and their average salary, the departments."""
    asked = bind.asked
    if not asked.is_head_first or asked.groups or asked.unit:
        return asked.groups
    if (
        asked.head is None
        or bind.entity(asked.head).key == base
        or any(isinstance(each, Compared) for each in asked.filters)
    ):
        raise Stuck(asked.head.text if asked.head else "groups")
    return [asked.head]


# Rankings


def _ranked(bind: Binder, ranked: Ranked, aggregates: Sequence[Want]) -> Plan:
    asked = bind.asked
    if asked.who == "when" and ranked.concept in ("first", "last", "oldest"):
        return _moment(bind, ranked.concept == "last")
    if asked.counted or asked.totalled or asked.groups or aggregates:
        raise Stuck("a ranking of some, or within groups")
    if asked.is_unit_head and not asked.wants:
        return _ranked_units(bind, ranked)
    if asked.unit:
        raise Stuck(f"a ranking by {asked.unit}")
    head = head_of(bind)
    limit = _limit(bind)
    base, measure = rank_of(bind, ranked, head)
    shape = Shape(bind, base)
    way = bind.way(base, head.entity.key)
    if not all(edge.is_to_one for edge in way) and not (isinstance(measure, Aggregate) and measure.function == "count"):
        raise Stuck(head.entity.table.name)
    shape.join(way)
    shape.show((*head.columns, *head.extra))
    where, order = shape.conditions(), ((measure, ranked.is_descending),)
    if isinstance(measure, Aggregate):
        return _ranked_groups(bind, head, measure, Plan(shape.scope, (), where, order=order, limit=limit))
    return _ranked_rows(head, measure, Plan(shape.scope, (), where, order=order, limit=limit))


def _ranked_groups(bind: Binder, head: Head, measure: Aggregate, bare: Plan) -> Plan:
    keys = () if head.columns else tuple(bind.keys(head.entity))
    check_named(head)
    shown = head.shown or keys
    group = tuple(dict.fromkeys((*keys, *shown, *head.extra)))
    is_bare_name = bool(head.columns) and bind.asked.head is not None  # the names of the customers with most orders
    return replace(bare, outputs=(*shown, *head.extra, *(() if is_bare_name else (measure,))), group=group)


def _ranked_rows(head: Head, measure: Expression, bare: Plan) -> Plan:
    if isinstance(measure, Field) and measure.is_nullable:
        known: Condition = Test(measure, "present")  # a value that is not there is not the lowest
        bare = replace(bare, where=(*bare.where, known))
    check_named(head)
    if not head.shown:
        return replace(bare, whole=head.entity.key)
    shown = (*head.shown, *head.extra)
    added = () if head.columns or measure in shown else (measure,)
    return replace(bare, outputs=tuple(dict.fromkeys((*shown, *added))))


def _limit(bind: Binder) -> int:
    """As many as were asked for; one where the head is one."""
    asked = bind.asked
    if asked.limit is not None:
        return asked.limit
    shown = next((want.noun for want in asked.wants if want.noun), None)
    is_first = shown is not None and (asked.head is None or shown.at < asked.head.at)
    head = shown if is_first else asked.head  # the most common reason for visits
    if head is not None and is_plural(head):
        raise Stuck(f"how many {head.text}")
    return 1


def _moment(bind: Binder, is_last: bool) -> Plan:
    """When the first or last of something was."""
    asked = bind.asked
    if asked.groups or asked.unit or asked.counted or asked.head is None:
        raise Stuck("when")
    entity = bind.entity(asked.head)
    cue = next((want.noun for want in asked.wants if want.noun), None)
    field = date_of(bind, When(LAST, year_of(2000), cue=cue), entity.key)
    if field.table != entity.key:
        raise Stuck("when")
    shape = Shape(bind, entity.key)
    where = shape.conditions()
    return Plan(shape.scope, (Aggregate("max" if is_last else "min", field),), where)


def _ranked_units(bind: Binder, ranked: Ranked) -> Plan:
    """Which month had the most orders."""
    is_count = ranked.noun is not None and is_table_first(ranked.noun)
    if ranked.concept not in ("", "spent") or (ranked.noun is None and not ranked.concept):
        raise Stuck("which " + bind.asked.unit)
    function = ranked.function if ranked.function == "avg" else ("count" if is_count else "sum")
    base, measure = measured(bind, Want(function, ranked.noun))
    bucket, shape = bucket_of(bind, base), Shape(bind, base)
    shape.join(bind.way(base, bucket.field.table))
    where, order = shape.conditions(), ((measure, ranked.is_descending),)
    return Plan(shape.scope, (bucket, measure), where, (bucket,), order=order, limit=bind.asked.limit or 1)


# Lists


def _listing(bind: Binder) -> Plan:
    asked, head = bind.asked, head_of(bind)
    shape = Shape(bind, head.entity.key)
    shape.show((*head.columns, *head.extra))
    if asked.counts_each:
        return _counts_each(head, shape)
    if asked.counted and head.is_of_values:
        return _frequent(bind, head)
    check_pinned(bind, head)
    where, order = shape.conditions(), _list_order(bind, head)
    bare = Plan(shape.scope, (), where, order=order, limit=asked.limit, is_distinct=head.is_of_values)
    if not head.columns and not head.extra and any(_is_key(head, test) for test in where):
        return _whole(head, bare)
    if head.shown:
        check_unknown((*head.shown, *head.extra), where)
        return replace(bare, outputs=tuple(dict.fromkeys((*head.shown, *head.extra))))
    return replace(bare, outputs=(*bind.keys(head.entity), *head.extra)) if head.extra else _whole(head, bare)


def _is_key(head: Head, test: Condition) -> bool:
    """Whether one row is asked for by its key: all of it is wanted then."""
    keys = head.entity.table.primary_key
    return (
        isinstance(test, Test)
        and test.sign == "="
        and test.field in head.entity.fields
        and keys == (test.field.column,)
    )


def _whole(head: Head, bare: Plan) -> Plan:
    """All columns of rows that have no name; masked ones are left out by name."""
    columns = head.entity.table.columns
    if not any(column.is_masked for column in columns):
        return replace(bare, whole=head.entity.key)
    shown = {column.name for column in columns if not column.is_masked}
    return replace(bare, outputs=tuple(field for field in head.entity.fields if field.column in shown))


def _counts_each(head: Head, shape: Shape) -> Plan:
    """The values of a column, with a count for each."""
    if len(head.columns) != 1 or head.extra or shape.bind.asked.counted:
        raise Stuck("a count of each")
    where = shape.conditions()
    groups = Groups(head.columns, ())
    return Plan(shape.scope, (*groups.by, Aggregate("count")), where, groups.by)


def _frequent(bind: Binder, head: Head) -> Plan:
    """Cities with more than five customers: values of a column by the number of their rows."""
    counted = bind.asked.counted[0]
    if len(bind.asked.counted) != 1 or bind.entity(counted.noun).key != head.entity.key or counted.sign == "between":
        raise Stuck(counted.noun.text)
    alone = Binder(bind.vocabulary, bind.joins, replace(bind.asked, counted=[]))
    shape = Shape(alone, head.entity.key)
    where = shape.conditions()
    having: Having = ((Aggregate("count"), SIGNS[counted.sign], counted.number),)
    return Plan(shape.scope, head.columns, where, head.columns, having)


def _totalled(bind: Binder) -> Plan:
    """Rows by a total of what hangs on them: customers who spent more than 1,000."""
    asked, head = bind.asked, head_of(bind)
    total = asked.totalled[0]
    if (
        len(asked.totalled) != 1
        or asked.counted
        or head.extra
        or any(isinstance(each, Compared) for each in asked.filters)
    ):
        raise Stuck("two comparisons")
    base, measure = rank_of(bind, Ranked(total.function, total.noun, True, "" if total.noun else "spent"), head)
    if not isinstance(measure, Aggregate) or not bind.is_single(base, head.entity.key):
        raise Stuck(head.entity.table.name)
    shape = Shape(bind, base)
    shape.join(bind.way(base, head.entity.key))
    shape.show(head.columns)
    keys = () if head.columns else tuple(bind.keys(head.entity))
    shown, where = head.shown or keys, shape.conditions()
    having: Having = ((measure, SIGNS[total.sign], total.number),)
    return Plan(shape.scope, shown, where, tuple(dict.fromkeys((*keys, *shown))), having)


def _list_order(bind: Binder, head: Head) -> tuple[tuple[Expression, bool], ...]:
    ordered = bind.asked.ordered
    if ordered is None:
        return ()
    if ordered.noun is None:
        return ((_implied_order(bind, ordered, head), ordered.is_descending),)
    if ordered.function != "show" or not ordered.noun.nouns:
        raise Stuck(ordered.noun.text)
    field = bind.field(ordered.noun, head.entity.key)
    if field.table != head.entity.key:
        raise Stuck(ordered.noun.text)
    return ((field, ordered.is_descending),)


def _implied_order(bind: Binder, ordered: Ranked, head: Head) -> Field:
    """``newest first`` is by date, ``in alphabetical order`` by name; others do not say by what. Raises Stuck."""
    if ordered.concept == "last":
        fields = {date_of(bind, each, head.entity.key) for each in bind.asked.filters if isinstance(each, When)}
        field = fields.pop() if len(fields) == 1 else main_date(head.entity, "newest")
        if field.table == head.entity.key:
            return field
    elif ordered.concept == "name" and head.entity.labels:
        return head.entity.labels[-1]
    raise Stuck("in order of what")
