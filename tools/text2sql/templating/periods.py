"""Numbers and stretches of time as questions name them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from tools.text2sql.calendar_words import MONTHS, ORDINALS
from tools.text2sql.templating.words import Word

Unit = Literal["day", "week", "month", "quarter", "half", "year"]

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
_SMALL = {word: at for at, word in enumerate([*_UNITS, "seventeen", "eighteen", "nineteen"])}
_TENS = {word: 10 * at for at, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_GREAT = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_DIGITS = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(k?)")
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_PARTS: dict[str, tuple[Unit, int]] = {
    **{f"q{at}": ("quarter", at) for at in range(1, 5)},
    **{f"h{at}": ("half", at) for at in (1, 2)},
}
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_RELATIVE_UNITS: tuple[Unit, ...] = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, in digits or in words; of a percentage, what stands before the sign."""

    value: Decimal
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A day, month, quarter, half or whole year of the calendar. ``year`` is 0 where the question names none."""

    unit: Unit
    year: int
    part: int = 1
    """The month, quarter or half in its year; 1 for a year."""
    day: int = 1

    @property
    def start(self) -> date:
        months = {"quarter": 3, "half": 6}.get(self.unit, 1)
        return date(self.year, months * (self.part - 1) + 1, self.day)

    @property
    def end(self) -> date:
        """The day after the last one."""
        return stepped(self.start, self.unit, 1)


@dataclass(frozen=True, slots=True)
class Relative:
    """A stretch of time as seen from the day of the question: ``count`` units up to that day, or with 0 the calendar's
    unit that many (``back``) before the one it is in."""

    unit: Unit
    back: int = 0
    count: int = 0


Timed = Number | Period | Relative


def stepped(day: date, unit: Unit, count: int) -> date:
    """The day so many units later; of a shorter month the last one. Raises ValueError and OverflowError."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    year, month = divmod(months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def edges(period: Period | Relative, day: date) -> dict[str, date]:
    """The days that a query may name for the period, by what they are to it; a relative one is seen from ``day``."""
    if isinstance(period, Relative):
        if period.count:
            return _rolling(period, day)
        start = stepped(_floor(day, period.unit), period.unit, -period.back)
        end = stepped(start, period.unit, 1)
    else:
        start, end = period.start, period.end
    return {"start": start, "last": end - timedelta(days=1), "end": end}


def _rolling(period: Relative, day: date) -> dict[str, date]:
    start = stepped(day, period.unit, -period.count)
    inside = {"inside": start + timedelta(days=1)}
    return {"start": start, **inside, "last": day, "end": day + timedelta(days=1)}


def _floor(day: date, unit: Unit) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return date(day.year, month, 1)


def timed(words: Sequence[Word], at: int) -> tuple[Timed, int] | None:
    """The number or the period that begins with that word, and how many words it takes; the longest reading."""
    if words[at].is_quoted:
        return None
    texts = [word.text for word in words[at : at + 8] if not word.is_quoted]
    found = [reading for read in (_period, _relative, _number) for reading in read(texts)]
    return max(found, key=lambda reading: reading[1], default=None)


def _period(texts: list[str]) -> Iterator[tuple[Period, int]]:
    for period, length in (*_written(texts), *_named(texts)):
        if _exists(period):
            yield period, length


def _written(texts: list[str]) -> Iterator[tuple[Period, int]]:
    """In figures: an ISO day or month, a year, a quarter or half after its year."""
    if iso := _ISO.fullmatch(texts[0]):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3] or 1)
        yield Period("day" if iso[3] else "month", year, month, day), 1
    if year := _year(texts, 0):
        yield Period("year", year), 1
        if len(texts) > 1 and texts[1] in _PARTS:
            unit, part = _PARTS[texts[1]]
            yield Period(unit, year, part), 2


def _named(texts: list[str]) -> Iterator[tuple[Period, int]]:
    """With a month's, quarter's or half's name, and its year or none."""
    if month := MONTHS.get(texts[0]):
        yield _of_year("month", month, texts, 1)
        day = _DAY.fullmatch(texts[1]) if len(texts) > 2 else None
        if day and (year := _year(texts, 2)):
            yield Period("day", year, month, int(day[1])), 3
    if day := _DAY.fullmatch(texts[0]):
        rest = [each for each in texts[1:4] if each != "of"]
        if len(rest) > 1 and rest[0] in MONTHS and (year := _year(rest, 1)):
            yield Period("day", year, MONTHS[rest[0]], int(day[1])), 3 + (texts[1] == "of")
    if texts[0] in _PARTS:
        yield _of_year(*_PARTS[texts[0]], texts, 1)
    ordinal = ORDINALS.get(texts[0], 0)
    if ordinal and texts[1:2] == ["quarter"]:
        yield _of_year("quarter", ordinal, texts, 2)
    if 0 < ordinal <= 2 and texts[1:2] == ["half"]:
        yield _of_year("half", ordinal, texts, 2)


def _of_year(unit: Unit, part: int, texts: list[str], at: int) -> tuple[Period, int]:
    at_year = at + 1 if texts[at : at + 1] == ["of"] else at
    year = _year(texts, at_year)
    return Period(unit, year, part), at_year + 1 if year else at


def _year(texts: list[str], at: int) -> int:
    """The year there; 0 if there is none."""
    return int(texts[at]) if at < len(texts) and re.fullmatch(r"(?:19|20)\d\d", texts[at]) else 0


def _exists(period: Period) -> bool:
    try:
        date(period.year or 2000, period.part, period.day)
    except ValueError:
        return False
    return True


def _relative(texts: list[str]) -> Iterator[tuple[Relative, int]]:
    if texts[0] in ("today", "yesterday"):
        yield Relative("day", int(texts[0] == "yesterday")), 1
    is_past = texts[0] in ("last", "past", "previous", "prior")
    if not is_past and texts[0] not in ("this", "current"):
        return
    for unit in _RELATIVE_UNITS:
        if texts[1:2] == [unit]:
            yield Relative(unit, int(is_past)), 2
    for number, length in _number(texts[1:]) if is_past and len(texts) > 2 else ():
        if length + 1 < len(texts) and 0 < number.value <= 10_000 and number.value == int(number.value):
            for unit in _RELATIVE_UNITS:
                if texts[length + 1] == unit:
                    yield Relative(unit, count=int(number.value)), length + 2


def _number(texts: list[str]) -> Iterator[tuple[Number, int]]:
    found = _figures(texts) or _spelled(texts)
    if found:
        value, length = found
        while length < len(texts) and texts[length] in _GREAT:
            value, length = value * _GREAT[texts[length]], length + 1
        yield Number(value, texts[length : length + 1] in (["%"], ["percent"])), length


def _figures(texts: list[str]) -> tuple[Decimal, int] | None:
    if not (digits := _DIGITS.fullmatch(texts[0])):
        return None
    value = Decimal(texts[0].rstrip("k").replace(",", ""))
    return value * 1_000 if digits[1] else value, 1


def _spelled(texts: list[str]) -> tuple[Decimal, int] | None:
    """``five``, ``twenty five``."""
    if texts[0] in _TENS:
        unit = _SMALL.get(texts[1], 0) if len(texts) > 1 else 0
        return (Decimal(_TENS[texts[0]] + unit), 2) if 0 < unit < 10 else (Decimal(_TENS[texts[0]]), 1)
    return (Decimal(_SMALL[texts[0]]), 1) if texts[0] in _SMALL else None
