"""Answers a question in SQL without a model, where every word of it is understood in one way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tools.text2sql.catalog import Catalog
from tools.text2sql.generator.followups import followed, leans
from tools.text2sql.generator.naming import names
from tools.text2sql.generator.naming.vocabulary import vocabulary_of
from tools.text2sql.generator.planning.binding import Binder, Stuck
from tools.text2sql.generator.planning.joins import Joins, joins_of
from tools.text2sql.generator.planning.plan import Plan, Related
from tools.text2sql.generator.planning.planning import plan
from tools.text2sql.generator.reading.asked import Asked
from tools.text2sql.generator.reading.parsing import parse
from tools.text2sql.generator.reading.tagging import Item, items
from tools.text2sql.generator.rendering import rendered
from tools.text2sql.generator.wording import worded

MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Draft:
    """SQL that nobody approved, what it does in words, and ``context`` for a question that leans on this one."""

    sql: str
    reading: str
    confidence: float
    context: Asked


@dataclass(frozen=True, slots=True)
class Unclear:
    """Readings of equal right, one line each: the asker has to say which."""

    readings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """No answer: the words that were not understood."""

    unexplained: tuple[str, ...]


def draft(question: str, catalog: Catalog, today: date, previous: Draft | None = None) -> Draft | Unclear | Unsure:
    """The question in SQL, or why not. ``today`` is what ``last month`` is counted from; ``previous`` the draft that
    a question such as ``and in 2024?`` changes. A question that is complete in itself ignores it."""
    vocabulary = vocabulary_of(catalog)
    asked = parse(items(question, vocabulary, today), vocabulary)
    changed = followed(question, previous.context, vocabulary, today) if previous is not None else None
    if changed is not None and leans(question):
        return _drafted(catalog, changed)
    found = _drafted(catalog, asked)
    return found if changed is None or isinstance(found, Draft) else _drafted(catalog, changed)


def _drafted(catalog: Catalog, asked: Asked) -> Draft | Unclear | Unsure:
    vocabulary = vocabulary_of(catalog)
    if asked.unexplained or asked.problems:
        return Unsure((*asked.unexplained, *asked.problems))
    try:
        found = plan(Binder(vocabulary, _joins(catalog), asked))
    except Stuck as stuck:
        if len(stuck.readings) > 1:
            return Unclear(stuck.readings[:MOST_READINGS])
        return Unsure((stuck.words,))
    return Draft(rendered(found, catalog.schema), worded(found), _confidence(asked, found), asked)


@lru_cache(maxsize=8)
def _joins(catalog: Catalog) -> Joins:
    return joins_of(vocabulary_of(catalog))


def _tables(found: Plan) -> tuple[str, ...]:
    inner = [table for each in found.where if isinstance(each, Related) for table in each.scope.tables]
    return tuple(dict.fromkeys((*found.scope.tables, *inner)))


def _confidence(asked: Asked, found: Plan) -> float:
    """Names taken as they are written weigh more than synonyms, few joins more than many."""
    loose = any(item.nouns and item.nouns[0].level >= names.ALIKE for item in _nouns(asked))
    return round(0.97 - 0.07 * loose - 0.03 * min(len(_tables(found)) - 1, 3), 2)


def _nouns(asked: Asked) -> Iterable[Item]:
    return (*asked.mentions, *asked.groups, *asked.shown_after, *(want.noun for want in asked.wants if want.noun))
