"""Phrases to what is asked: a walk from left to right in which neighbours decide what a phrase is for."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tools.text2sql.generator.language.operators import LISTING, SHOWING
from tools.text2sql.generator.language.words import stem
from tools.text2sql.generator.naming.vocabulary import Vocabulary
from tools.text2sql.generator.reading.asked import Asked, Is, Named, Want, When
from tools.text2sql.generator.reading.rules import (
    comparing,
    doubting,
    filtering,
    grouping,
    heading,
    measuring,
    naming,
    ranking,
)
from tools.text2sql.generator.reading.tagging import STOPS, Item
from tools.text2sql.generator.reading.walk import ARTICLES, UNITS, Walk, is_column, is_name, is_plural, is_table

SILENT = (
    "noise",
    "everything",
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


ASKED = ("count", "sum", "avg", "max", "min", "top", "bottom", "most", "least", "which", "group")


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
    is_particle = text == "out" and walk.at > 0 and walk.items[walk.at - 1].is_verb  # rented out
    if (found.op not in SILENT and not found.is_filler and not is_particle) or _is_restrictive(walk):
        return False
    if text == "whose" and not ((following := walk.item(walk.beyond(1))) and following.nouns):
        asked.problems.append("whose")
    if found.op in ("both", "or"):
        asked.problems.append(found.op)
    asked.ties |= {text, stem(text)}
    walk.is_distinct |= found.op == "distinct"
    walk.shows_more |= found.op == "their" or (text in SHOWING and asked.head is not None)
    if found.op == "everything" and asked.head is None and not asked.who:
        asked.who = "everything"
    asked.is_new |= found.op == "new"
    asked.counts_each |= found.op == "counts_each"
    return walk.take(1)


def _is_restrictive(walk: Walk) -> bool:
    """``used cars`` are not all cars, while whoever ``used cars`` only used some."""
    if not walk.here.is_verb or not is_table(walk.item(1)) or walk.here.op:
        return False
    return (
        walk.at == 0 or bool(walk.op(-1) in ASKED) or walk.text(-1) in {*ARTICLES, *LISTING, "of", "our", "any", "for"}
    )


def _close(walk: Walk) -> None:
    """What only the whole question shows."""
    _settle_head(walk)
    _settle_pending(walk)
    asked = walk.asked
    if (asked.groups or asked.unit) and not asked.wants and asked.head and not asked.ranked:
        asked.is_count_implied = True
        asked.wants.append(Want("count", asked.head))
    _settle_verb(asked)
    _note_gaps(walk)


def _settle_head(walk: Walk) -> None:
    """What rows the question is about, where no noun said it."""
    asked = walk.asked
    if walk.pending and len(asked.wants) == 1 and asked.wants[0].function == "show" and asked.head is None:
        asked.wants = [replace(asked.wants[0], function=function) for function in walk.pending]  # cost on average
        walk.pending = []
    if asked.head is not None or asked.who:
        return
    if all(want.function == "show" for want in asked.wants) and (head := _head_of_value(walk)):
        asked.head = head
        asked.mentions.insert(0, head)
    elif not asked.wants and not walk.is_change and asked.mentions:
        asked.head = asked.mentions[0]


def _settle_pending(walk: Walk) -> None:
    """Functions whose noun never came are about the head."""
    asked = walk.asked
    is_of_head = not asked.wants and asked.head is not None and not asked.ranked
    if walk.pending == ["count"] and is_of_head:
        asked.wants.append(Want("count", asked.head))
        asked.is_head_first = False
    elif walk.pending == ["sum"] and walk.items[-1].op == "sum" and is_of_head:
        asked.wants.append(Want("sum", asked.head))  # payments in May, in total
        asked.is_head_first, walk.pending = False, []
    elif walk.pending:
        asked.problems.append(f"{walk.pending[0]} of what?")


def _note_gaps(walk: Walk) -> None:
    """What the question leaves open."""
    asked = walk.asked
    if asked.is_unit_head and asked.ranked is None:
        asked.problems.append(f"which {asked.unit}")
    if asked.limit is not None and asked.ranked is None and asked.ordered is None:
        asked.problems.append(f"which {asked.limit}?")
    if asked.is_new and not asked.unit and not any(isinstance(each, When) for each in asked.filters):
        asked.unexplained.append("new")
    if walk.is_top_open:
        asked.problems.append("the top by what?")


def _settle_verb(asked: Asked) -> None:
    """A verb for a date is about the span of time behind it; without one, about rows that have the date."""
    verb = asked.date_verb
    if verb is None:
        return
    for place, each in enumerate(asked.filters):
        if isinstance(each, When) and each.cue is None and each.at > verb.at:
            asked.filters[place] = replace(each, cue=verb)
            return
    field = verb.nouns[0].field
    if field is not None and field.is_nullable:
        asked.filters.append(Is(verb.at, verb, "present"))


def _head_of_value(walk: Walk) -> Item | None:
    """``no-shows`` are the rows with that status: what the first value is of, where it is no row's name."""
    nameds = [each for each in walk.asked.filters if isinstance(each, Named)]
    named = next((each for each in nameds if is_plural(each.values[0])), None)
    if named is None or walk.asked.mentions or walk.is_change or named.column or named.is_negated:
        return None
    places = {(value.table, value.column) for item in named.values for value in item.values}
    return heading.head_of_value(walk, named.values[0]) if len(places) == 1 else None


RULES: tuple[Callable[[Walk], bool], ...] = (
    doubting.doubts,
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
