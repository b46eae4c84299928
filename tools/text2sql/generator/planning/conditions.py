"""Filters of a question as tests of columns."""

from dataclasses import replace

from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.fields import Field
from tools.text2sql.generator.planning.amounts import number, scaled
from tools.text2sql.generator.planning.binding import Binder, Stuck
from tools.text2sql.generator.planning.moments import date_of
from tools.text2sql.generator.planning.placing import place
from tools.text2sql.generator.planning.plan import CountSign, Sign, Test
from tools.text2sql.generator.reading.asked import Compared, Filter, Is, Named, Texted, When

YEAR_SIGNS: dict[str, Sign] = {"before": "<", "after": ">", "since": ">=", "by_end": "<="}
SIGNS: dict[str, CountSign] = {
    "gt": ">",
    "ge": ">=",
    "lt": "<",
    "le": "<=",
    "eq": "=",
    "key": "=",
    "between": "between",
}


AHEAD = frozenset(
    stem(word)
    for word in "end start begin expire expiry expiration due valid scheduled planned expected next until".split()
)
"""Words of dates that may lie ahead: that there is one does not say that it has come."""


def test_of(each: Filter, bind: Binder, base: str) -> Test:
    """The test a filter stands for, of a query for rows of ``base``. Raises Stuck."""
    match each:
        case Named():
            return _named(each, bind, base)
        case Compared():
            return _compared(each, bind, base)
        case When():
            return _when(each, bind, base)
        case Texted():
            return Test(bind.field(each.column, base, lambda field: field.kind == "text"), each.how, (each.text,))
        case Is():
            return _is(each, bind, base)


def _compared(each: Compared, bind: Binder, base: str) -> Test:
    field = number(bind, each, base)
    scale = scaled(each.unit, field)
    values = (each.low,) if each.high is None else (each.low, each.high)
    return Test(field, SIGNS[each.sign], tuple(value * scale for value in values))


def _named(each: Named, bind: Binder, base: str) -> Test:
    field, stored = place(bind, each, base)
    values = tuple(dict.fromkeys(value.value for value in stored))
    if len(values) == 1:
        return Test(field, "<>" if each.is_negated else "=", values)
    return Test(field, "not in" if each.is_negated else "in", values)


def _when(each: When, bind: Binder, base: str) -> Test:
    field = date_of(bind, each, base)
    last = each.until or each.period
    if field.kind == "number":
        return _year(field, each)
    if each.period.is_vague or last.is_vague:
        raise Stuck(f"the year of {each.period.start:%B}")
    start, end = str(each.period.start), str(last.end)
    match each.sign:
        case "before":
            return Test(field, "<", (start,))
        case "after":
            return Test(field, ">=", (end,))
        case "since":
            return Test(field, ">=", (start,))
        case "by_end":
            return Test(field, "<", (end,))
        case _:
            return Test(field, "range", (start, end))


def _year(field: Field, each: When) -> Test:
    """A span of whole years against a column of years."""
    first, last = each.period.year, (each.until or each.period).year
    if first is None or last is None:
        raise Stuck(str(each.period))
    if each.until is not None:
        return Test(field, "between", (first, last))
    sign: Sign = YEAR_SIGNS.get(each.sign, "=")
    return Test(field, sign, (first,))


def _is(each: Is, bind: Binder, base: str) -> Test:
    if each.test == "flag":
        field = bind.field(each.noun, base, lambda field: field.kind == "flag")
        return Test(field, "=", (field.no if each.is_negated else field.yes,))
    verbal = replace(each.noun, nouns=tuple(replace(hit, level=min(hit.level, names.PART)) for hit in each.noun.nouns))
    if each.test == "present":
        field = bind.field(verbal, base, lambda field: field.kind == "date")
        if any(word.stems & AHEAD for word in field.own):
            raise Stuck(each.noun.text)
        return Test(field, "present")
    field = bind.field(verbal, base)
    if field.table != base:
        raise Stuck(each.noun.text)  # no row, or a row without: who knows
    return Test(field, "empty")
