"""Questions that lean on the one before: ``and in Berlin?``, ``by month instead``, ``only the paid ones``."""

import re
from dataclasses import replace
from datetime import date, timedelta

from tools.text2sql.generator.language.dates import Period, shifted
from tools.text2sql.generator.naming.vocabulary import Vocabulary
from tools.text2sql.generator.planning.placing import places_of
from tools.text2sql.generator.reading.asked import Asked, Compared, Filter, Is, Named, When
from tools.text2sql.generator.reading.parsing import parse
from tools.text2sql.generator.reading.tagging import Item, items

LEAN = re.compile(
    r"^\s*(?:(?:and|but|ok|okay|now|what about|how about|same|the same|only|just|then|also|or|instead|again"
    r"|thing|for|but only|those|make it|make that|now only)\b[\s,:]*)+",
    re.IGNORECASE,
)
TAIL = re.compile(r"\b(?:instead|ones?|as well|too|only|those|them|though|again|this time)\b", re.IGNORECASE)
LATER = 1_000
"""Words of a follow-up stand behind all of the question before."""


def leans(question: str) -> bool:
    """Whether its words say that the question changes another."""
    return bool(LEAN.match(question) or TAIL.search(question))


def followed(question: str, previous: Asked, vocabulary: Vocabulary, today: date) -> Asked | None:
    """What the question asks for, read as a change to the one before; None where it is no mere change."""
    rest = TAIL.sub(" ", LEAN.sub("", question))
    said = [_dated(item, _year_of(previous)) for item in items(rest, vocabulary, today)]
    change = parse(said, vocabulary, is_change=True)
    if not _is_change(change) or (change.mentions and not leans(question)):
        return None
    return _changed(previous, change)


def _year_of(previous: Asked) -> int | None:
    """The one year in which all periods of the question lie."""
    periods = [each.period for each in previous.filters if isinstance(each, When)]
    years = {day.year for each in periods for day in (each.start, each.end - timedelta(days=1))}
    return years.pop() if len(years) == 1 else None


def _dated(item: Item, year: int | None) -> Item:
    """``Q3`` is that of the year that was talked of."""
    if item.period is None or not item.period.is_vague or year is None:
        return item
    months = 12 * (year - item.period.start.year)
    return replace(item, period=Period(shifted(item.period.start, months), shifted(item.period.end, months)))


def _is_change(change: Asked) -> bool:
    """Only filters, groups and a limit: nothing that would be a question of its own."""
    problems = [each for each in change.problems if not each.startswith(("the top by what", "which "))]
    if change.unexplained or problems or change.head or change.wants or change.counted or change.absent or change.who:
        return False
    return bool(change.filters or change.groups or change.unit or change.limit)


def _changed(previous: Asked, change: Asked) -> Asked | None:
    if change.limit is not None and previous.ranked is None:
        return None
    grouped = bool(change.groups or change.unit)
    if grouped and (
        previous.ranked is not None or (all(want.function == "show" for want in previous.wants) and not previous.head)
    ):
        return None
    filters = [each for each in previous.filters if not any(_replaces(new, each) for new in change.filters)]
    filters += [replace(each, at=each.at + LATER) for each in change.filters]
    return replace(
        previous,
        filters=filters,
        groups=list(change.groups) if grouped else list(previous.groups),
        unit=change.unit if grouped else previous.unit,
        unit_cue=change.unit_cue if grouped else previous.unit_cue,
        limit=change.limit if change.limit is not None else previous.limit,
    )


def _replaces(new: Filter, old: Filter) -> bool:
    """Whether the new filter is about what the old one was about."""
    match new, old:
        case When(), When():
            return True
        case Named(), Named():
            return bool(places_of(new) & places_of(old)) and not new.is_negated
        case Compared(), Compared():
            return new.column is None or old.column is None or new.column.nouns == old.column.nouns
        case Is(), Is():
            return new.noun.nouns == old.noun.nouns
        case _:
            return False
