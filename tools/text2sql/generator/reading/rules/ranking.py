"""Superlatives: ``top 5``, ``most orders``, ``the cheapest``, ``highest salary``, ``by revenue``."""

from dataclasses import replace

from tools.text2sql.generator.naming import names
from tools.text2sql.generator.reading.asked import Function, Ranked, Want
from tools.text2sql.generator.reading.rules.comparing import described
from tools.text2sql.generator.reading.tagging import Item
from tools.text2sql.generator.reading.walk import (
    FUNCTIONS,
    Walk,
    has_kind,
    is_column,
    is_measure,
    is_modifier,
    is_name,
    is_plural,
    is_table,
    leads_with,
)

CONCEPTS = {
    "expensive": True,
    "cheap": False,
    "long": True,
    "short": False,
    "heavy": True,
    "light": False,
    "tall": True,
    "paid": True,
    "unpaid": False,
    "rated": True,
    "misrated": False,
    "selling": True,
    "unselling": False,
    "oldest": False,
    "youngest": True,
    "first": False,
    "last": True,
}
"""Adjectives by operator, and whether they put the greatest first."""
SIZES = ("expensive", "cheap", "long", "short", "heavy", "light", "tall")
"""Those that may stand in front of the very number they are about."""
RANKS = (*CONCEPTS, "most", "least", "max", "min", "top", "bottom")


def superlative(walk: Walk) -> bool:
    found = walk.here
    if is_name(found):
        return False
    if found.number is not None and found.period is None and walk.op(1) in RANKS:
        walk.asked.limit = int(found.number)
        return walk.take(1)
    match found.op:
        case "top" | "bottom" if (walk.is_after_rows() and is_measure(walk.item(1))) or walk.op(1) in FUNCTIONS:
            return _extreme(walk, found.op == "top")
        case "top" | "bottom":
            return _top(walk, found.op == "top")
        case "most" | "least":
            return _most(walk, found.op == "most")
        case "max" | "min":
            return _extreme(walk, found.op == "max")
        case concept if concept in CONCEPTS:
            return _concept(walk, concept)
        case _:
            return False


def _top(walk: Walk, is_descending: bool) -> bool:
    """``top 5`` says how many; by what may follow."""
    number = walk.item(1)
    if number is not None and number.number is not None:
        walk.asked.limit = int(number.number)
        walk.take(1)
    walk.take(1)
    if walk.op() not in RANKS:
        walk.asked.ranked, walk.is_top_open = Ranked("count", None, is_descending), True
    return True


def _most(walk: Walk, is_descending: bool) -> bool:
    ahead = walk.beyond(1)
    if walk.op(ahead) == "count":
        ahead = walk.beyond(ahead + 1)
    while is_modifier(walk, ahead) and (modifier := walk.item(ahead)):
        walk.asked.mentions.append(modifier)
        ahead += 1
    noun = walk.item(ahead)
    return (noun is not None and _most_of(walk, noun, ahead, is_descending)) or _most_alone(walk, is_descending)


def _most_of(walk: Walk, noun: Item, ahead: int, is_descending: bool) -> bool:
    """``most orders``, ``the most borrowed book``, ``the most common status``."""
    if noun.is_verb and is_table(noun) and ahead == 1 and is_table(walk.item(2)):
        return walk.rank(Ranked("count", noun, is_descending), 2)  # the most borrowed book
    if leads_with(noun, "text") and not is_table(noun) and not walk.is_after_rows():
        walk.asked.wants.append(Want("show", noun))  # the most common status
        return walk.rank(Ranked("count", None, is_descending), ahead + 1)
    if is_measure(noun) and noun.op not in CONCEPTS and not noun.is_verb:
        if is_table(noun) and noun.nouns[0].field is None and not is_plural(noun):
            walk.asked.problems.append(f"{walk.text()} {noun.text}: how many, or how much")
        return walk.rank(Ranked("count" if is_table(noun) else "sum", noun, is_descending), ahead + 1)
    if noun.is_verb and leads_with(noun, "number") and is_table(walk.item(ahead + 1)):
        return walk.rank(Ranked("show", noun, is_descending), ahead + 1)  # the most attended show
    return False


def _most_alone(walk: Walk, is_descending: bool) -> bool:
    """``used the most``, ``most often``: nothing that could be counted follows."""
    rest = walk.item(1)
    if rest is not None and not (rest.is_filler or rest.period or rest.values or rest.op):
        return False
    is_often = bool({"often", "frequently"} & set(walk.text().split()))
    if is_often and not walk.asked.mentions:
        walk.asked.problems.append(f"{walk.text()}, of what")
    return walk.rank(Ranked("count" if is_often else "show", None, is_descending), 1)


def _concept(walk: Walk, concept: str) -> bool:
    date = walk.item(walk.beyond(1))
    is_first = not walk.is_after_rows() and not walk.asked.wants
    if is_first and concept in ("first", "last", "oldest") and _is_date_asked(walk, date):
        walk.pending.append("max" if concept == "last" else "min")  # the latest order date
        return walk.take(1)
    if concept in SIZES and is_column(date) and date and leads_with(date, "number") and not is_table(date):
        return _extreme(walk, CONCEPTS[concept])  # the longest lead time
    number = walk.item(1)
    if number is not None and number.number is not None and number.period is None:
        walk.asked.limit = int(number.number)
        walk.take(1)
    return walk.rank(Ranked("show", None, CONCEPTS[concept], concept), 1)


def _is_date_asked(walk: Walk, date: Item | None) -> bool:
    """``the latest order date``; in ``the oldest open ticket`` open is no date."""
    if date is None or date.values or not is_column(date) or not leads_with(date, "date"):
        return False
    return not is_table(walk.item(walk.beyond(1) + 1))


def _extreme(walk: Walk, is_descending: bool) -> bool:
    """``highest`` ranks rows where rows are asked for, and is an aggregate else."""
    ahead = walk.beyond(1)
    inner = FUNCTIONS.get(walk.op(ahead))
    if inner in ("count", "sum", "avg"):
        ahead = walk.beyond(ahead + 1)
        noun = walk.item(ahead)
        return is_measure(noun) and walk.rank(Ranked(inner, noun, is_descending), ahead + 1)
    if walk.op(ahead) == "and" and walk.op(ahead + 1) in ("max", "min") and not walk.is_after_rows():
        walk.pending.append("max" if is_descending else "min")  # the lowest and highest price
        return walk.take(ahead + 1)
    noun = walk.item(ahead)
    if noun is None or not is_measure(noun):
        return walk.asked.is_unit_head and _of_unit(walk, is_descending)
    if noun.is_verb and noun.nouns and noun.nouns[0].level >= names.ALIKE:
        return False  # the highest paying job
    if is_table(noun) and not is_column(noun):
        return walk.rank(Ranked("show", None, is_descending, "size"), ahead)
    if walk.is_after_rows() or walk.asked.is_unit_head:
        return walk.rank(Ranked("show", noun, is_descending), ahead + 1)
    walk.pending.append("max" if is_descending else "min")
    return walk.take(1)


def _of_unit(walk: Walk, is_descending: bool) -> bool:
    """In which month was revenue highest."""
    wants = walk.asked.wants
    if len(wants) != 1:
        return False
    want = wants.pop()
    return walk.rank(Ranked(want.function, want.noun, is_descending), 1)


def ranked_by(walk: Walk, ahead: int) -> bool:
    """What stands behind ``top 5 ... by``, from ``ahead`` on."""
    ranked, function = walk.asked.ranked, FUNCTIONS.get(walk.op(ahead))
    if function is not None:
        ahead = walk.beyond(ahead + 1)
    ahead = described(walk, ahead) or ahead
    noun = walk.item(ahead)
    if ranked is None or noun is None or not is_measure(noun):
        return False
    walk.asked.ranked = _by(ranked, function, noun)
    walk.is_top_open = False
    return walk.take(ahead + 1)


def _by(ranked: Ranked, function: Function | None, noun: Item) -> Ranked:
    if ranked.concept == "selling" and function is None and noun.op != "revenue":
        return replace(ranked, noun=noun)
    return Ranked(
        function or ("show" if has_kind(noun, "date") and leads_with(noun, "date") else "sum"),
        noun,
        ranked.is_descending,
    )
