"""Aggregates and money: ``how many``, ``average``, ``total``, ``revenue``, ``spent more than 500``, ``breakdown``."""

from dataclasses import replace

from tools.text2sql.generator.language.operators import CURRENCY, UNIT_WORDS
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.reading.asked import Function, Ranked, Totalled, Want
from tools.text2sql.generator.reading.rules.comparing import compare
from tools.text2sql.generator.reading.tagging import STOPS, Item
from tools.text2sql.generator.reading.walk import (
    COMPARATORS,
    FUNCTIONS,
    ONE_SIDED,
    Walk,
    has_kind,
    is_column,
    is_measure,
    is_name,
    is_table,
)


def functions(walk: Walk) -> bool:
    found = walk.here
    if is_name(found):
        return False
    if found.op == "how_much":
        return _how_much(walk)
    function = FUNCTIONS.get(found.op)
    if function not in ("count", "sum", "avg"):
        return False
    if _total(walk, function) or (found.text.lower() in ("count", "counts") and _counted(walk)):
        return True
    following = walk.item(walk.beyond(1))
    if function == "sum" and _is_column_total(walk):
        return False
    if walk.pending and "count" in (function, walk.pending[-1]):
        return _second(walk, function, is_column(following) and has_kind(following, "number"))
    _put_head_first(walk, function)
    walk.pending.append(function)
    return walk.take(1)


def _how_much(walk: Walk) -> bool:
    if walk.pending or walk.asked.wants:
        return False
    walk.pending.append("sum")
    walk.is_amount = True
    return walk.take(1)


def _put_head_first(walk: Walk, function: Function) -> None:
    """``departments and their average salary``: the function is over what hangs on the rows that were named."""
    rest = walk.beyond(1)
    is_last = function in ("count", "sum") and (walk.item(rest) is None or walk.text(rest) in STOPS)
    head = walk.asked.head
    if head is None or walk.pending or is_last:
        return
    if not walk.is_added():
        walk.asked.problems.append(f"{walk.here.text} of what, for {head.text}?")
    walk.asked.is_head_first = True


def _counted(walk: Walk) -> bool:
    """``monthly order counts``."""
    asked, before = walk.asked, walk.item(-1)
    if asked.head is None or before is not asked.head or asked.wants or walk.pending:
        return False
    asked.wants.append(Want("count", asked.head))
    return walk.take(1)


def _is_column_total(walk: Walk) -> bool:
    """The column ``total``, rather than a sum."""
    following = walk.item(walk.beyond(1))
    named = any(hit.field is not None and hit.level <= names.OWN for hit in walk.here.nouns)
    return named and not (following and (following.nouns or following.op))


def _second(walk: Walk, function: Function, is_number: bool) -> bool:
    """``total number of``, ``average number of seats``; an average of counts is beyond us."""
    if function == "sum" or walk.pending == ["sum"]:
        walk.pending = ["count"]
    elif not is_number:
        walk.asked.problems.append("an average of counts")
    elif any(walk.op(place) == "group" and is_table(walk.item(walk.beyond(place + 1))) for place in range(1, 6)):
        walk.asked.problems.append("an average for each, or of the totals of each")
    return walk.take(1)


def _total(walk: Walk, function: Function) -> bool:
    """``with an average rating below 3``, behind what is listed."""
    if function == "count" or walk.pending or not (walk.is_after_rows() or walk.asked.wants):
        return False
    ahead = walk.beyond(1)
    noun = walk.item(ahead)
    return is_measure(noun) and _against(walk, function, noun, walk.beyond_light(ahead + 1))


def _against(walk: Walk, function: Function, noun: Item | None, ahead: int) -> bool:
    """A comparison of a total at ``ahead``."""
    place = walk.beyond(ahead + 1)
    number = walk.item(place)
    if walk.op(ahead) not in ONE_SIDED or number is None or number.number is None or number.period is not None:
        return False
    walk.asked.totalled.append(Totalled(walk.here.at, function, noun, walk.op(ahead), number.number))
    walk.take(place + 1)
    return walk.take(1 if walk.text() in CURRENCY | UNIT_WORDS else 0)


def spending(walk: Walk) -> bool:
    """``spent`` is money of what hangs on somebody; ``costs`` a price, or what something cost us."""
    if walk.op() not in ("spent", "costs") or is_name(walk.here):
        return False
    return _spent(walk) if walk.op() == "spent" else _cost(walk)


def _spent(walk: Walk) -> bool:
    ahead = walk.beyond(1)
    if walk.op(ahead) in ("most", "least"):
        return walk.rank(Ranked("sum", None, walk.op(ahead) == "most", "spent"), ahead + 1)
    if not walk.pending and _against(walk, "sum", None, ahead):
        return True
    if walk.pending != ["sum"]:
        return False
    walk.asked.wants.append(Want("sum", None))
    walk.pending = []
    return walk.take(1)


def _cost(walk: Walk) -> bool:
    ahead = walk.beyond(1)
    if walk.here.nouns and walk.op(ahead) in ("most", "least"):
        return walk.rank(Ranked("sum", walk.here, walk.op(ahead) == "most"), ahead + 1)
    if walk.op(1) not in COMPARATORS or not is_table(walk.item(-1)):
        return False
    priced = walk.vocabulary.find(["price"]) or walk.vocabulary.find(["cost"])
    return bool(priced) and compare(walk, 1, replace(walk.here, nouns=priced))


def revenue(walk: Walk) -> bool:
    found = walk.here
    if found.op != "revenue" or is_name(found) or (found.nouns and found.nouns[0].level <= names.OWN):
        return False
    money = replace(found, nouns=())
    asked: list[Function] = walk.pending or ["sum"]
    walk.asked.wants += [Want(function, money) for function in asked]
    walk.pending = []
    return walk.take(1)


def breakdown(walk: Walk) -> bool:
    """``breakdown of orders by status`` counts, unless it says what to add up."""
    if walk.op() != "breakdown":
        return False
    if not walk.pending and walk.op(walk.beyond(1)) not in ("count", "sum", "avg"):
        walk.pending = ["count"]
    return walk.take(1)
