"""Groups and order: ``per status``, ``each month``, ``by city``, ``monthly``, ``sorted by price``."""

from tools.text2sql.generator.language.operators import LISTING, UNIT_WORDS
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.senses import is_verb
from tools.text2sql.generator.reading.asked import Ranked
from tools.text2sql.generator.reading.rules.ranking import ranked_by
from tools.text2sql.generator.reading.tagging import Item
from tools.text2sql.generator.reading.walk import FUNCTIONS, UNITS, Walk, is_column, is_measure, is_name, is_plural

ORDERS = {
    "last": frozenset("newest latest recent oldest earliest chronologically chronological".split()),
    "name": frozenset("alphabet alphabetical alphabetically".split()),
}
"""Words of an order without a noun: by date (as the concept ``last``) or by name."""


def grouping(walk: Walk) -> bool:
    op, ahead = walk.op(), walk.beyond(1)
    noun = walk.item(ahead)
    if op not in ("group", "by") or is_name(walk.here) or noun is None:
        return False
    if noun.op in UNITS and not is_column(noun):
        walk.asked.unit = noun.op
        return walk.take(ahead + 1)
    if op == "by" and (walk.is_top_open or (walk.asked.ranked and walk.asked.ranked.noun is None)):
        return ranked_by(walk, ahead)
    if op == "by" and not (walk.asked.wants or walk.pending or walk.is_change or _is_heading(walk)):
        return walk.take(1)
    if op == "by" and _is_agent(walk, noun):
        return walk.take(1)
    if op == "by" and noun.values and noun.nouns and noun.nouns[0].level >= names.ALIKE:
        return walk.take(1)  # by mail, rather than for each email
    if noun.nouns and not is_name(noun):
        walk.asked.groups.append(noun)
        walk.take(ahead + 1)
        return _more(walk) if op == "by" else True
    return op == "by" and walk.take(1)


def _is_agent(walk: Walk, noun: Item) -> bool:
    """``paid by learners`` says who did it; ``paid by learner`` gives a figure for each."""
    before = walk.text(-1).split()
    is_person = any(hit.field is None and hit.entity.is_person for hit in noun.nouns)
    return bool(before) and is_verb(before[-1]) and is_person and is_plural(noun)


def _more(walk: Walk) -> bool:
    """``by status and channel``."""
    while walk.op() == "and" and (noun := walk.item(walk.beyond(1))) and noun.nouns:
        walk.asked.groups.append(noun)
        walk.take(walk.beyond(1) + 1)
    return True


def _is_heading(walk: Walk) -> bool:
    """Whether the question is a bare heading, such as ``orders by status``."""
    return walk.asked.head is not None and not walk.asked.who and walk.items[0].text.lower() not in LISTING


def units(walk: Walk) -> bool:
    """``monthly`` revenue, and ``in hours``, which only says how a number is read."""
    text = walk.text()
    if text == "in" and walk.text(1) in UNIT_WORDS and (walk.asked.wants or walk.pending or walk.asked.ranked):
        return walk.take(2)
    if walk.op() not in UNITS or is_column(walk.here):
        return False
    if not (text.endswith("ly") or " " in text or text == "annual"):
        return False
    walk.asked.unit = walk.op()
    return walk.take(1)


def ordering(walk: Walk) -> bool:
    if walk.op() in ("desc", "asc"):
        known, is_descending = walk.asked.ordered, walk.op() == "desc"
        by = next((by for by, words in ORDERS.items() if words & set(walk.text().split())), "")
        noun = known.noun if known else None
        walk.asked.ordered = Ranked(known.function if known else "show", noun, is_descending, by)
        return walk.take(1)
    if walk.text() in ("ordered", "sorted", "arranged") and walk.op(1) in ("desc", "asc"):
        return walk.take(1)
    if walk.op() != "order":
        return False
    ahead = walk.beyond(1)
    function = FUNCTIONS.get(walk.op(ahead))
    if function is not None:
        ahead = walk.beyond(ahead + 1)
    noun = walk.item(ahead)
    if noun is None or not (is_measure(noun) or noun.op in UNITS):
        return walk.take(1)
    walk.asked.ordered = Ranked(function or "show", noun if is_measure(noun) else None, False)
    return walk.take(ahead + 1)
