"""A verified question asked again with other values, answered by its own query with those values put in.

Everything here is pure. The two questions must have the same words in the same order; each value, number or period
that differs must stand in the query in a way that says what to put there. Whatever is left in doubt gives no answer.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from storage.analysis import query_words
from storage.sources.source import Dialect
from storage.sql_patterns import PatternRow
from tools.text2sql.catalog import Catalog
from tools.text2sql.templating import matching
from tools.text2sql.templating.labels import exchanges, parts_exchanged, relabel
from tools.text2sql.templating.literals import sites_of
from tools.text2sql.templating.rewriting import Days, Unfit, rewrite
from tools.text2sql.templating.words import joined, words_of

MOST_WAYS = 20
"""To lay one question over another; more than one that differ give no answer, so that this is only a bound."""
LEAST_LIKENESS = 0.15
"""Of a question that is shown as an example; two of unlike subjects stay below it."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A verified query with the new question's values, and what was exchanged."""

    sql: str
    reading: str


def template_of(question: str, sql: str, catalog: Catalog) -> str:
    """The question's words with ``{}`` where it names a value of the query, a number or a period; empty where it has
    none that can be compared, or the query cannot be read."""
    if (tree := _parsed(sql, catalog.schema.dialect)) is None:
        return ""
    return matching.template(matching.elements(words_of(question), sites_of(tree, catalog.schema), catalog))


def canonical(sql: str, dialect: Dialect) -> str:
    """The query as the parser writes it, without comments, so that layout does not make two of one; as it is where it
    cannot be read."""
    try:
        return sqlglot.parse_one(sql, read=dialect).sql(dialect=dialect, comments=False)
    except (SqlglotError, RecursionError):
        return sql.strip()


def fit(question: str, pattern: PatternRow, catalog: Catalog, today: date) -> Fitted | None:
    """The pattern's query for a question that differs from the pattern's in values, numbers and periods alone.

    ``today`` is the day in UTC; what a question says of time is seen from it, and in the pattern's question from the
    day on which that was first asked. None where the words differ, where a value is none of the column it would be
    compared with, or where the query does not show what to change.
    """
    words = words_of(question)
    if not words or not matching.may_match(joined(words), pattern.template):
        return None
    if (tree := _parsed(pattern.sql, pattern.dialect)) is None:
        return None
    sites = sites_of(tree, catalog.schema)
    found = matching.elements(words_of(pattern.question), sites, catalog)
    ways = list(islice(matching.matches(found, words, catalog), MOST_WAYS))
    if len(ways) != 1:
        return None
    days = Days(datetime.fromtimestamp(pattern.created_at / 1000, UTC).date(), today)
    before = tree.sql(dialect=pattern.dialect)
    exchanged = exchanges(ways[0])
    try:
        rewrite(tree, sites, ways[0], days, frozenset(word.text for word in words))
    except (Unfit, ValueError, OverflowError):
        return None
    if tree.sql(dialect=pattern.dialect) == before:
        return Fitted(pattern.sql, f"verified for {pattern.question!r}")
    relabel(tree, [*exchanged, *parts_exchanged(ways[0])], catalog.schema)
    changed = [f"{new!r} for {old!r}" for old, new in exchanged] or ["the dates as of today"]
    reading = f"verified for {pattern.question!r}, with {' and '.join(changed)}"
    return Fitted(tree.sql(dialect=pattern.dialect), reading)


def _parsed(sql: str, dialect: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(sql, read=dialect)
    except (SqlglotError, RecursionError):
        return None


def similar(question: str, patterns: Iterable[PatternRow], most: int = 3) -> list[PatternRow]:
    """The patterns whose questions are likest, likest first; of one question only the first given.

    Likeness is the weight of the words that both have over that of all words, a word the heavier the fewer of the
    patterns have it (Jaccard's index with inverse document frequencies).
    """
    firsts = {each.normal: each for each in reversed(list(patterns))}
    kept = {normal: (frozenset(query_words(each.question)), each) for normal, each in firsts.items()}
    counts = Counter(word for held, _ in kept.values() for word in held)
    asked = frozenset(query_words(question))

    def weight(found: Iterable[str]) -> float:
        return math.fsum(math.log(1 + len(kept) / (1 + counts[word])) for word in found)

    scored = [(weight(asked & held) / weight(asked | held), each) for held, each in kept.values() if asked & held]
    likest = sorted(scored, key=lambda pair: (-pair[0], -pair[1].used_at, pair[1].pattern_id))
    return [each for score, each in likest[:most] if score >= LEAST_LIKENESS]
