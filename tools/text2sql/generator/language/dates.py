"""Points and spans of time in a question, as half-open ranges of days."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tools.text2sql.calendar_words import MONTHS, ORDINALS
from tools.text2sql.generator.language.words import Token

UNITS = {word: unit for unit in ("day", "week", "month", "quarter", "year") for word in (unit, f"{unit}s")}
SMALL = {
    word: number
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of a day to the start of another. ``year`` is set where it is exactly one year, written as such;
    ``is_vague``: the year is missing."""

    start: date
    end: date
    year: int | None = None
    is_vague: bool = False

    def __str__(self) -> str:
        last = self.end - timedelta(days=1)
        return f"{self.start}" if last == self.start else f"{self.start} to {last}"


def period_at(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    """The period written from this token on, and how many tokens it takes."""
    for reader in (_quarter, _half, _day, _month, _relative, _iso, _year):
        if found := reader(words, at, today):
            return found
    return None


def _said(words: Sequence[Token], at: int) -> str:
    return words[at].word if 0 <= at < len(words) else ""


def _year_number(words: Sequence[Token], at: int) -> int | None:
    """A year, also after ``of`` or a comma."""
    number = words[at].number if 0 <= at < len(words) and words[at].word.isdecimal() else None
    return int(number) if number is not None and 1900 <= number <= 2100 else None


def _following_year(words: Sequence[Token], at: int, today: date) -> tuple[int, int] | None:
    """A year that belongs to what ended before ``at``, and how many tokens it takes."""
    skip = 1 if _said(words, at) in ("of", ",", "in") else 0
    year = _year_number(words, at + skip)
    if year is not None:
        return year, skip + 1
    for number, phrase in enumerate((("last", "year"), ("this", "year")), -1):
        if tuple(_said(words, at + skip + step) for step in range(2)) == phrase:
            return today.year + number, skip + 2
    return None


def month(year: int, number: int) -> Period:
    return Period(date(year, number, 1), shifted(date(year, number, 1), 1))


def year_of(year: int) -> Period:
    return Period(date(year, 1, 1), date(year + 1, 1, 1), year)


def shifted(day: date, months: int) -> date:
    """The same day of another month, or its last day."""
    count = day.year * 12 + day.month - 1 + months
    year, number = divmod(count, 12)
    return date(year, number + 1, min(day.day, calendar.monthrange(year, number + 1)[1]))


def _months(year: int, first: int, count: int) -> Period:
    start = date(year, first, 1)
    return Period(start, shifted(start, count))


def _quarter(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    said, number, taken = _said(words, at), 0, 0
    if said == "q" and words[at + 1 : at + 2] and words[at + 1].number in (1, 2, 3, 4):
        number, taken = int(words[at + 1].number or 0), 2
    elif said in ORDINALS and _said(words, at + 1) == "quarter":
        number, taken = ORDINALS[said], 2
    elif (ordinal := _ordinal(words, at)) and _said(words, at + 2) == "quarter":
        number, taken = ordinal, 3
    if not 1 <= number <= 4:
        if (year := _year_number(words, at)) and (after := _quarter(words, at + 1, today)) and after[0].is_vague:
            return _months(year, after[0].start.month, 3), 1 + after[1]
        return None
    if found := _following_year(words, at + taken, today):
        return _months(found[0], 3 * number - 2, 3), taken + found[1]
    vague = _months(today.year, 3 * number - 2, 3)
    return Period(vague.start, vague.end, is_vague=True), taken


def _ordinal(words: Sequence[Token], at: int) -> int | None:
    """``1`` and ``st`` are two tokens."""
    if _said(words, at).isdecimal() and _said(words, at + 1) in ("st", "nd", "rd", "th"):
        return int(_said(words, at))
    return None


def _half(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    if _said(words, at) in ("first", "second") and _said(words, at + 1) == "half":
        number, taken = ORDINALS[_said(words, at)], 2
    elif _said(words, at) == "h" and _said(words, at + 1) in ("1", "2"):
        number, taken = int(_said(words, at + 1)), 2
    else:
        return None
    found = _following_year(words, at + taken, today)
    return (_months(found[0], 6 * number - 5, 6), taken + found[1]) if found else None


def _day(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    """``March 5, 2025``, ``5 March 2025``, ``the 5th of March 2025``."""
    step, number, name = at, None, 0
    if _said(words, at).isdecimal():
        number = int(_said(words, at))
        step += 2 if _ordinal(words, at) else 1
        step += _said(words, step) == "of"
        if _said(words, step) not in MONTHS:
            return None
        name, step = MONTHS[_said(words, step)], step + 1
    elif _said(words, at) in MONTHS and _said(words, at + 1).isdecimal() and _year_number(words, at + 1) is None:
        name, number = MONTHS[_said(words, at)], int(_said(words, at + 1))
        step += 3 if _ordinal(words, at + 1) else 2
    if number is None or not 1 <= number <= 31:
        return None
    found = _following_year(words, step, today)
    year, taken = found or (today.year, 0)
    try:
        start = date(year, name, number)
    except ValueError:
        return None
    return Period(start, start + timedelta(days=1), is_vague=found is None), step + taken - at


def _month(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    number = MONTHS.get(_said(words, at))
    if number is None or (_said(words, at) in ("may", "mar", "dec", "sun") and not words[at].is_capital):
        return None
    found = _following_year(words, at + 1, today)
    if found:
        return month(found[0], number), 1 + found[1]
    vague = month(today.year, number)
    return Period(vague.start, vague.end, is_vague=True), 1


def _iso(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    if at >= len(words) or words[at].kind != "date":
        return None
    parts = [int(part) for part in words[at].word.split("-")]
    try:
        if len(parts) == 2:
            return month(*parts), 1
        start = date(*parts)
        return Period(start, start + timedelta(days=1)), 1
    except (ValueError, OverflowError):
        return None


def _year(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    lead = 2 if (_said(words, at), _said(words, at + 1)) in (("the", "year"), ("calendar", "year")) else 0
    lead = lead or (1 if _said(words, at) == "year" else 0)
    year = _year_number(words, at + lead)
    return None if year is None else (year_of(year), lead + 1)


def _relative(words: Sequence[Token], at: int, today: date) -> tuple[Period, int] | None:
    said = _said(words, at)
    tomorrow = today + timedelta(days=1)
    if said in ("today", "yesterday"):
        day = today if said == "today" else today - timedelta(days=1)
        return Period(day, day + timedelta(days=1)), 1
    if said not in ("this", "last", "past", "previous", "current", "next"):
        return None
    number, step = 1, at + 1
    following = _said(words, step)
    if following.isdecimal() or following in SMALL:
        number, step = int(following) if following.isdecimal() else SMALL[following], step + 1
    unit = UNITS.get(_said(words, step))
    if unit is None or number > 400:
        return None
    if step > at + 1 or said == "past":
        return None if said in ("next", "this") else (Period(_back(tomorrow, unit, number), tomorrow), step + 1 - at)
    shift = {"this": 0, "current": 0, "next": 1}.get(said, -1)
    return _calendar(today, unit, shift), 2


def _back(day: date, unit: str, number: int) -> date:
    if unit in ("day", "week"):
        return day - timedelta(days=number * (7 if unit == "week" else 1))
    return shifted(day, -number * {"month": 1, "quarter": 3, "year": 12}[unit])


def _calendar(today: date, unit: str, shift: int) -> Period:
    """This, the last or the next calendar unit; weeks start on Monday."""
    if unit == "year":
        return year_of(today.year + shift)
    if unit == "month":
        start = shifted(today.replace(day=1), shift)
        return Period(start, shifted(start, 1))
    if unit == "quarter":
        start = shifted(date(today.year, 3 * ((today.month - 1) // 3) + 1, 1), 3 * shift)
        return Period(start, shifted(start, 3))
    days = 7 if unit == "week" else 1
    start = today - timedelta(days=today.weekday() if unit == "week" else 0) + timedelta(days=days * shift)
    return Period(start, start + timedelta(days=days))
