"""Phrases to what is asked: a walk from left to right in which neighbours decide what a phrase is for."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tools.text2sql.generator import names
from tools.text2sql.generator.asked import Asked, Named, Want, When
from tools.text2sql.generator.operators import SHOWING
from tools.text2sql.generator.rules import comparing, filtering, grouping, measuring, naming, ranking
from tools.text2sql.generator.tagging import STOPS, Item
from tools.text2sql.generator.vocabulary import Found, Vocabulary
from tools.text2sql.generator.walk import UNITS, Walk, is_column, is_name, is_plural

SILENT = (
    "noise",
    "named",
    "and",
    "'s",
    "from",
    "to",
    "by",
    "eq",
    "new",
    "distinct",
    "their",
    "both",
    "or",
    "counts_each",
)


def parse(items: Sequence[Item], vocabulary: Vocabulary, is_change: bool = False) -> Asked:
    """What is asked, or with ``is_change`` what is to change. Phrases without a part are listed as unexplained."""
    walk = Walk(items, vocabulary, is_change)
    while walk.at < len(items):
        if not any(rule(walk) for rule in RULES):
            walk.asked.unexplained.append(walk.here.text)
            walk.take(1)
    _close(walk)
    return walk.asked


def _questions(walk: Walk) -> bool:
    """``which``, ``who``, ``when``."""
    op, asked = walk.op(), walk.asked
    if op not in ("which", "who", "when") or is_name(walk.here):
        return False
    is_relative = walk.at > 0 and asked.head is not None
    if is_relative and op != "which" and (walk.item(1) is None or walk.op(1) == "and" or walk.text(1) in STOPS):
        asked.problems.append(f"{walk.text()} besides")
    if op != "which" and not is_relative and not asked.who:
        asked.who = op
    unit = walk.beyond(1)
    if op == "which" and walk.op(unit) in UNITS and not is_column(walk.item(unit)):
        asked.unit, asked.is_unit_head = walk.op(unit), True
        return walk.take(unit + 1)
    return walk.take(1)


def _small(walk: Walk) -> bool:
    """Words that only join others, or change how others are read."""
    found, asked, text = walk.here, walk.asked, walk.text()
    if found.op not in SILENT and not found.is_filler:
        return False
    if text == "whose" and not ((following := walk.item(walk.beyond(1))) and following.nouns):
        asked.problems.append("whose")
    if found.op in ("both", "or"):
        asked.problems.append(found.op)
    walk.is_distinct |= found.op == "distinct"
    walk.shows_more |= found.op == "their" or (text in SHOWING and asked.head is not None)
    asked.is_new |= found.op == "new"
    asked.counts_each |= found.op == "counts_each"
    return walk.take(1)


def _close(walk: Walk) -> None:
    """What only the whole question shows."""
    asked = walk.asked
    if asked.head is None and not asked.wants and not asked.who and (head := _head_of_value(walk)):
        asked.head = head
        asked.mentions.insert(0, head)
    if walk.pending == ["count"] and not asked.wants and asked.head and not asked.ranked:
        asked.wants.append(Want("count", asked.head))
    elif walk.pending and not asked.wants:
        asked.problems.append(f"{walk.pending[0]} of what?")
    if (asked.groups or asked.unit) and not asked.wants and asked.head and not asked.ranked:
        asked.wants.append(Want("count", asked.head))
    if asked.is_unit_head and asked.ranked is None:
        asked.problems.append(f"which {asked.unit}")
    if asked.limit is not None and asked.ranked is None and asked.ordered is None:
        asked.problems.append(f"which {asked.limit}?")
    if asked.is_new and not asked.unit and not any(isinstance(each, When) for each in asked.filters):
        asked.unexplained.append("new")
    if walk.is_top_open:
        asked.problems.append("the top by what?")


def _head_of_value(walk: Walk) -> Item | None:
    """``no-shows`` are the rows with that status: what the first value is of, where it is no row's name."""
    named = next((each for each in walk.asked.filters if isinstance(each, Named)), None)
    if named is None or walk.asked.mentions or walk.is_change or named.column or named.is_negated:
        return None
    places = {(value.table, value.column) for item in named.values for value in item.values}
    table, column = next(iter(places))
    entity = walk.vocabulary.entities[table]
    field = entity.field(column)
    if len(places) != 1 or field in entity.labels or not is_plural(named.values[0]):
        return None
    return replace(named.values[0], nouns=(Found(entity, None, names.EXACT),), values=())


RULES: tuple[Callable[[Walk], bool], ...] = (
    ranking.superlative,
    filtering.periods,
    _questions,
    filtering.negations,
    measuring.functions,
    measuring.spending,
    measuring.revenue,
    measuring.breakdown,
    grouping.grouping,
    grouping.units,
    grouping.ordering,
    comparing.stock,
    comparing.comparing,
    comparing.numbers,
    filtering.values,
    naming.nouns,
    _small,
)
"""In this order: what is more particular comes first."""
