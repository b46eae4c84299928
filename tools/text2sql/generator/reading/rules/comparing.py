"""Numbers: ``over 50``, ``between 10 and 20``, ``3 or more orders``, ``rating 5``, ``order 1042``, ``out of stock``."""

from dataclasses import dataclass, replace

from tools.text2sql.generator.language.operators import CURRENCY, UNIT_WORDS
from tools.text2sql.generator.reading.asked import Compared, Counted, Named
from tools.text2sql.generator.reading.tagging import Item
from tools.text2sql.generator.reading.walk import (
    COMPARATORS,
    Walk,
    has_kind,
    is_column,
    is_name,
    is_plural,
    is_table,
    leads_with,
)

COMPARATIVES = {
    "longer": ("gt", "long"),
    "shorter": ("lt", "short"),
    "heavier": ("gt", "heavy"),
    "lighter": ("lt", "light"),
    "taller": ("gt", "tall"),
    "pricier": ("gt", "expensive"),
    "cheaper": ("lt", "cheap"),
}
"""Comparators that name what they compare, by an adjective."""


@dataclass(frozen=True, slots=True)
class Span:
    """A number, or the two ends of a span."""

    low: float
    high: float | None = None
    is_money: bool = False


def comparing(walk: Walk) -> bool:
    """A comparison whose column does not stand in front of it."""
    return walk.op() in (*COMPARATORS, *COMPARATIVES) and not is_name(walk.here) and compare(walk, 0, None)


def compare(walk: Walk, ahead: int, column: Item | None) -> bool:
    """A comparator at ``ahead`` and what follows, against ``column`` if that is known."""
    sign, first = COMPARATIVES.get(walk.op(ahead), (walk.op(ahead), ""))[0], walk.beyond(ahead + 1)
    low = walk.item(first)
    if low is None or low.number is None or (low.period is not None and not _is_amount(walk, first, column)):
        return False
    is_money = low.is_money or walk.text(first - 1) in ("$", "€", "£")
    if sign != "between":
        return _measured(walk, sign, Span(low.number, None, is_money), column, first + 1)
    middle = walk.beyond(first + 1)
    high = walk.item(middle + 1)
    if walk.op(middle) not in ("and", "to") or high is None or high.number is None:
        return False
    return _measured(walk, sign, Span(low.number, high.number, is_money), column, middle + 2)


def _is_amount(walk: Walk, ahead: int, column: Item | None) -> bool:
    """``a fee above 2000``, ``over 2000 euros``: a number that could be a year, and is none."""
    field = column.nouns[0].field if column is not None and column.nouns else None
    is_plain = walk.text(ahead).isdecimal()
    return is_plain and (
        walk.text(ahead + 1) in CURRENCY or (field is not None and field.kind == "number" and not field.is_year)
    )


def _measured(walk: Walk, sign: str, span: Span, column: Item | None, taken: int) -> bool:
    """A number that was read up to ``taken``, and what may follow: a column, or a table whose rows are counted."""
    if walk.op(taken) in ("or_more", "or_less"):
        sign, taken = ("ge" if walk.op(taken) == "or_more" else "le"), taken + 1
    if walk.text(taken) in CURRENCY:
        span, taken = replace(span, is_money=True), taken + 1
    start = walk.here.at
    if walk.text(taken) == "times" and (done := _last_verb(walk)):
        walk.asked.counted.append(Counted(start, done, sign, span.low, span.high))
        return walk.take(taken + 1)
    ahead = walk.beyond(taken) if walk.op(taken) == "distinct" else taken
    place = described(walk, ahead) if column is None else ahead
    if place is None:
        return False
    noun = _noun_at(walk, place)
    is_described = walk.op() in COMPARATIVES and walk.text(taken) in UNIT_WORDS
    if column is not None or noun is None or not noun.nouns or noun.is_verb or noun.period or is_described:
        has_unit = walk.text(taken) in UNIT_WORDS and not (noun and noun.values)
        return _compared(walk, sign, span, column, walk.text(taken) if has_unit else "", taken)
    if is_table(noun):
        walk.asked.counted.append(Counted(start, noun, sign, span.low, span.high))
    else:
        walk.asked.filters.append(Compared(start, sign, span.low, span.high, noun, span.is_money))
    return walk.take(place + 1)


def _noun_at(walk: Walk, place: int) -> Item | None:
    noun = walk.item(place)
    is_due = has_kind(noun, "date") and (later := walk.item(walk.beyond(place + 1))) and later.period
    return None if is_due else noun  # over 100 due in May


def _compared(walk: Walk, sign: str, span: Span, column: Item | None, unit: str, taken: int) -> bool:
    """Without a column, what the comparator's adjective or the unit is about."""
    concept = COMPARATIVES.get(walk.op(), ("", ""))[1]
    compared = Compared(walk.here.at, sign, span.low, span.high, column, span.is_money, unit, concept)
    walk.asked.filters.append(compared)
    return walk.take(taken + bool(unit))


def described(walk: Walk, ahead: int) -> int | None:
    """The place of the noun behind adjectives that are values (more than 3 paid orders), which become filters of it.
    None where they describe nothing."""
    place = ahead
    while (found := walk.item(place)) and found.values and not is_table(found):
        place += 1
    noun = walk.item(place)
    if place == ahead or noun is None or not is_table(noun):
        return ahead if place == ahead else None
    for step in range(ahead, place):
        if (value := walk.item(step)) is not None:
            walk.asked.filters.append(Named(noun.at, (value,), owner=noun))
    return place


def _last_verb(walk: Walk) -> Item | None:
    """What was done so many times."""
    last = walk.asked.mentions[-1] if walk.asked.mentions else None
    return last if last is not None and last.is_verb else None


def numbers(walk: Walk) -> bool:
    """A number that stands in front of what it is of."""
    found, noun = walk.here, walk.item(1)
    if found.number is None or found.period is not None:
        return False
    if walk.op(1) in ("or_more", "or_less"):
        return _measured(walk, "ge", Span(found.number, None, found.is_money), None, 1)
    if noun is None or not noun.nouns:
        return False
    if walk.op(2) in ("or_more", "or_less"):
        _measured(walk, "ge" if walk.op(2) == "or_more" else "le", Span(found.number, None, found.is_money), None, 1)
        return walk.take(1)
    if is_column(noun) and not is_table(noun) and leads_with(noun, "number"):
        walk.asked.filters.append(Compared(found.at, "eq", found.number, None, noun))
        return walk.take(2)
    asked = walk.asked
    if asked.head is None and not walk.pending and not asked.wants and is_plural(noun):
        asked.limit = int(found.number)
        return walk.take(1)
    return False


def equal(walk: Walk, ahead: int) -> bool:
    """A column here and its number at ``ahead``, or a table and the key of a row."""
    found, number = walk.here, walk.item(ahead)
    if number is None or number.number is None or number.period is not None or number.values:
        return False
    if is_column(found) and leads_with(found, "number", "key"):
        return _measured(walk, "eq", Span(number.number), found, ahead + 1)
    if is_table(found) and ahead == 1 and not found.is_verb:
        walk.asked.mentions.append(found)
        walk.asked.filters.append(Compared(found.at, "key", number.number, None, found))
        return walk.take(ahead + 1)
    return False


def stock(walk: Walk) -> bool:
    """``out of stock`` and ``in stock`` are about the number of what is there."""
    found = walk.here
    if found.op not in ("no_stock", "in_stock") or not found.nouns:
        return False
    walk.asked.filters.append(Compared(found.at, "eq" if found.op == "no_stock" else "gt", 0, None, found))
    return walk.take(1)
