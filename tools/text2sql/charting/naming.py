"""What a column's name says of its numbers. In doubt it says nothing: a wrong sum is worse than none."""

import re

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")

COUNTS = frozenset("count counts cnt num total totals sum subtotal n".split())
AMOUNTS = frozenset(
    "amount amounts revenue sales quantity qty turnover income expenses profit spend spent spending units volume "
    "orders customers visits views clicks downloads hours minutes votes population budget".split()
)
PARTS = frozenset("share percent percentage pct proportion fraction".split())
NEVER_ADDED = PARTS | frozenset(
    "avg average mean median mode min max minimum maximum lowest highest rate ratio per std stddev stdev variance "
    "cumulative running distinct unique growth change delta difference rank ranking index percentile".split()
)
SELDOM_ADDED = frozenset("price age score rating temperature height weight year latitude longitude balance".split())
"""Not to be added up, unless the query did so itself."""

IDENTITIES = frozenset("id ids uuid guid key pk".split())
NUMBERED = frozenset("code zip zipcode postcode phone isbn number no".split())
"""Of numbers they are keys too; of text, such as a country code, a category."""
YEARS = frozenset("year yr".split())
STEPS = frozenset("month quarter qtr week weekday dow day hour".split())


def words(name: str) -> list[str]:
    """The words of a name in any of the usual spellings, lower case: ``unitPrice``, ``unit_price``, ``SUM(price)``."""
    return [word.lower() for word in WORD.findall(name)]


def is_aggregate(name: str) -> bool:
    """Whether the name says that a query computed the column: ``COUNT(id)``, ``number of years``."""
    said = words(name)
    if said[:1] == ["number"] and len(said) > 1:
        return True
    return not (COUNTS | NEVER_ADDED).isdisjoint(said)


def is_count(name: str) -> bool:
    """Whether the name is that of how many there are."""
    said = words(name)
    return (said[:1] == ["number"] and len(said) > 1) or not {"count", "counts", "cnt", "num", "n"}.isdisjoint(said)


def is_identity(name: str) -> bool:
    """Whether values of that name, numbers or text, only tell things apart."""
    return not IDENTITIES.isdisjoint(words(name)[-1:]) and not is_aggregate(name)


def is_key(name: str) -> bool:
    """Whether numbers of that name tell things apart, rather than measure them: ids, house numbers, postal codes."""
    said = words(name)
    is_numbered = not NUMBERED.isdisjoint(said[-1:]) and said != ["number"] and not is_aggregate(name)
    return is_numbered or is_identity(name)


def is_year(name: str) -> bool:
    """Whether whole numbers of that name may be years."""
    return not YEARS.isdisjoint(words(name)) and not is_aggregate(name)


def is_step(name: str) -> bool:
    """Whether small whole numbers of that name are months, hours or the like."""
    return not STEPS.isdisjoint(words(name)[-1:]) and not is_aggregate(name)


def is_additive(name: str) -> bool:
    """Whether the sum of values of that name means something: known amounts and counts, never averages or rates."""
    said = frozenset(words(name))
    if not said.isdisjoint(NEVER_ADDED) or is_key(name):
        return False
    if not said.isdisjoint(COUNTS) or is_count(name):
        return True
    return not said.isdisjoint(AMOUNTS) and said.isdisjoint(SELDOM_ADDED)


def is_part(name: str) -> bool:
    """Whether values of that name may be parts of a whole."""
    return not PARTS.isdisjoint(words(name))
