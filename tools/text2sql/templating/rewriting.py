"""Puts other values, numbers and periods into a query: each literal that holds an old one, and nothing else.

What cannot be told for sure ends the attempt with `Unfit`: a number that stands in two places for two reasons, a date
that no word of the question explains, a period written in a way that is not known here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlglot import exp

from tools.text2sql.templating.literals import Site, is_live, numbers_in_sums
from tools.text2sql.templating.matching import Change, Renamed, Retimed
from tools.text2sql.templating.periods import Number, Period, Relative, edges, stepped
from tools.text2sql.templating.words import key_of

_PASSING = frozenset("ago now current currently recent recently overdue upcoming yet ytd next latest".split())
_SPANNING = frozenset("between to until till through".split())


class Unfit(Exception):
    """The query does not say where the new value belongs."""


@dataclass(frozen=True, slots=True)
class Days:
    """When the verified question was asked, and when the new one is."""

    then: date
    now: date


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of the verified question and what takes its place, both on the calendar. ``is_rolling``: it counts back
    from the day of the question."""

    old: Period | Relative
    new: Period | Relative
    days: Days

    @property
    def is_changed(self) -> bool:
        return self.was != self.becomes

    @property
    def was(self) -> dict[str, date]:
        return edges(self.old, self.days.then)

    @property
    def becomes(self) -> dict[str, date]:
        return edges(self.new, self.days.now)

    @property
    def keeps_length(self) -> bool:
        return self.old.unit == self.new.unit


class Writing:
    """The new texts of the literals of one query, collected until none contradicts another."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Site, str]] = {}

    def put(self, site: Site, text: str) -> None:
        """Raises Unfit where the literal is to hold another text already."""
        _, held = self._texts.setdefault(id(site.node), (site, text))
        if held != text:
            raise Unfit(f"two values for {site.text!r}")

    def finish(self) -> None:
        """Write into the tree."""
        for site, text in self._texts.values():
            site.node.set("this", text)


def rewrite(
    tree: exp.Expr, sites: Sequence[Site], changes: Sequence[Change], days: Days, words: frozenset[str]
) -> None:
    """Change the tree's literals; ``words`` are the question's. Raises Unfit, and then the tree is as it was."""
    writing = Writing()
    for change in changes:
        if isinstance(change, Renamed):
            _rename(change, sites, changes, writing)
    _put_numbers(tree, sites, changes, writing)
    _put_periods(tree, sites, [each for each in changes if isinstance(each, Retimed)], days, words, writing)
    writing.finish()


def _rename(change: Renamed, sites: Sequence[Site], changes: Sequence[Change], writing: Writing) -> None:
    own, is_changed = change.slot.sites, change.text != change.slot.sites[0].core
    if is_changed:
        _check_value(change, sites, changes)
    for site in own:
        writing.put(site, site.text.replace(site.core, change.text, 1) if is_changed else site.text)


def _check_value(change: Renamed, sites: Sequence[Site], changes: Sequence[Change]) -> None:
    """Raises Unfit where the value stands for more than itself: as a label too, or with others that only it implies."""
    own = change.slot.sites
    if len({(site.is_like, site.core) for site in own}) > 1:
        raise Unfit("a value that stands for two things")
    if own[0].is_like and set("%_\\") & set(change.text):
        raise Unfit("a value with a wildcard in it")
    if any(site.node.is_string and site not in own and key_of(site.text) == change.slot.key for site in sites):
        raise Unfit("a text that is no value")
    named = {id(site) for each in changes if isinstance(each, Renamed) for site in each.slot.sites}
    columns = {site.origin for site in own if site.origin}
    if any(site.core and site.origin in columns and id(site) not in named for site in sites):
        raise Unfit("a value of the column that the question does not name")


def _put_numbers(tree: exp.Expr, sites: Sequence[Site], changes: Sequence[Change], writing: Writing) -> None:
    reckoned = set(numbers_in_sums(tree))
    named = Counter(each.old for each in changes if isinstance(each, Retimed))
    for change in changes:
        if isinstance(change, Renamed) or not (isinstance(change.old, Number) and isinstance(change.new, Number)):
            continue
        old, new = change.old, change.new
        scale, found = _places(old, change.slot.is_limit, sites)
        if old != new:
            if not found or len({(site.is_limit, site.beside) for site in found}) > named[old]:
                raise Unfit(f"{old.value} in no place, or in several")
            if {old.value, old.value / scale} & reckoned:
                raise Unfit(f"a sum with {old.value}")
        for site in found:
            writing.put(site, site.with_number(new.value / scale) if old != new else site.text)


def _places(number: Number, is_limit: bool, sites: Sequence[Site]) -> tuple[Decimal, list[Site]]:
    """The literals that hold the number, and what it is divided by there: a percentage may stand as a fraction. Of
    limits and others those the words speak of, where there are both."""
    scale = Decimal(1)
    found = [site for site in sites if site.number == number.value]
    if number.is_percent and not found:
        scale = Decimal(100)
        found = [site for site in sites if site.number == number.value / scale]
    return scale, [site for site in found if site.is_limit == is_limit] or found


def _put_periods(
    tree: exp.Expr,
    sites: Sequence[Site],
    changes: Sequence[Retimed],
    days: Days,
    words: frozenset[str],
    writing: Writing,
) -> None:
    fixed = [site for site in sites if site.day or site.part]
    moves = is_live(tree) or not fixed
    stretches: list[Stretch] = []
    for change in changes:
        if isinstance(change.old, Relative) and isinstance(change.new, Relative) and moves:
            _put_span(change.old, change.new, sites, writing)
        elif isinstance(change.old, Period | Relative) and isinstance(change.new, Period | Relative):
            stretches += _stretch(change.old, change.new, fixed, days)
    if any(stretch.is_changed for stretch in stretches):
        if not words & _SPANNING and any(site.is_range for site in fixed) and _is_torn(stretches):
            raise Unfit("periods that no longer meet")
        _put_stretches(tree, [*fixed, *_years(sites, stretches)], stretches, writing)
    elif not moves and days.then != days.now and words & _PASSING and not stretches:
        raise Unfit("dates that were right on another day")


def _is_torn(stretches: Sequence[Stretch]) -> bool:
    """Whether two periods met of which one range may have been made, as of January and February, and now do not."""
    pairs = [(one, other) for one in stretches for other in stretches if one.was["end"] == other.was["start"]]
    return any(one.becomes["end"] != other.becomes["start"] for one, other in pairs)


def _put_span(old: Relative, new: Relative, sites: Sequence[Site], writing: Writing) -> None:
    """``last 7 days`` of a query that looks at the clock by itself."""
    if old == new:
        return
    found = [site for site in sites if site.unit]
    if not found or not new.count or old.unit != new.unit:
        raise Unfit("a span that the query does not name")
    if any(site.unit != old.unit or site.number != old.count for site in found):
        raise Unfit("a span that the question does not name")
    for site in found:
        writing.put(site, site.with_number(Decimal(new.count)))


def _stretch(old: Period | Relative, new: Period | Relative, fixed: Sequence[Site], days: Days) -> Iterator[Stretch]:
    """Both on the calendar. A month without a year is of the year that the query says, in the year it was asked in."""
    if isinstance(old, Period) and isinstance(new, Period) and not old.year:
        written = {int(site.text[:4]) for site in fixed if site.day or site.part in ("year", "year_month")}
        if written and days.then.year != days.now.year:
            raise Unfit("a year that nobody named")
        if len(written) > 1:
            raise Unfit("two years that nobody named")
        year = min(written, default=2000)
        old, new = Period(old.unit, year, old.part), Period(new.unit, year, new.part)
        if written and new.start > days.now and old.start <= days.then:
            raise Unfit("a month to come, where the last one of that name is meant")
    yield Stretch(_settled(old, days.then), _settled(new, days.now), days)


def _settled(period: Period | Relative, day: date) -> Period | Relative:
    """``last month`` as the month it was; a week, and a count of days, stay as they are."""
    if isinstance(period, Period) or period.count or period.unit == "week":
        return period
    at = stepped(day.replace(day=1) if period.unit != "day" else day, period.unit, -period.back)
    part = {"month": at.month, "quarter": (at.month + 2) // 3, "day": at.month}.get(period.unit, 1)
    return Period(period.unit, at.year, part, at.day if period.unit == "day" else 1)


def _years(sites: Sequence[Site], stretches: Sequence[Stretch]) -> list[Site]:
    """Numbers compared that are a year of the question, though their column does not say that it holds years."""
    years = {Decimal(each.old.year) for each in stretches if isinstance(each.old, Period) and each.old.unit == "year"}
    return [site for site in sites if site.number in years and not site.part]


def _put_stretches(tree: exp.Expr, sites: Sequence[Site], stretches: Sequence[Stretch], writing: Writing) -> None:
    """Every date of the query has to follow from a period of the question, and every changed period to show."""
    reckoned = set(numbers_in_sums(tree))
    if any(stretch.is_changed and stretch.was["start"].year in reckoned for stretch in stretches):
        raise Unfit("a sum with a year")
    shown: dict[int, set[str]] = {at: set() for at in range(len(stretches))}
    for site in sites:
        texts: set[str] = set()
        for at, stretch in enumerate(stretches):
            found = set(_texts(site, stretch))
            texts |= found
            shown[at] |= _shown(site) if found else set()
        if len(texts) != 1:
            raise Unfit(f"{site.text!r} follows from no period, or from several")
        writing.put(site, texts.pop())
    for at, stretch in enumerate(stretches):
        if not _needed(stretch) <= shown[at]:
            raise Unfit("a period of which the query does not name every part")


def _texts(site: Site, stretch: Stretch) -> Iterator[str]:
    """What the literal becomes if it says something of this period; nothing if it does not."""
    if (day := site.day) is not None:
        if stretch.keeps_length or site.is_range:
            yield from (site.with_day(stretch.becomes[name]) for name in _edges_at(site, day, stretch))
        return
    old, new = _parts(stretch.old), _parts(stretch.new)
    part = site.part or "year"
    if part in old and _plain(site) == old[part] and stretch.keeps_length:
        yield site.with_part(new[part])


def _edges_at(site: Site, day: date, stretch: Stretch) -> list[str]:
    """What the day is to the period; of several things, that which its comparison speaks of."""
    names = [name for name, old in stretch.was.items() if old == day and name in stretch.becomes]
    return [name for name in names if (name == "last") == site.is_inclusive_end] or names


def _plain(site: Site) -> str:
    text = site.text.strip("%").rstrip("-") if site.is_like else site.text
    return text.lstrip("0") if site.part in ("month", "quarter") else text


def _parts(period: Period | Relative) -> dict[str, str]:
    """A period of the calendar by the parts that a query may compare."""
    if isinstance(period, Relative):
        return {}
    parts = {"year": str(period.year)}
    if period.unit == "quarter":
        parts["quarter"] = str(period.part)
    elif period.unit in ("month", "day"):
        parts |= {"month": str(period.part), "year_month": f"{period.year}-{period.part:02}"}
    return parts


def _shown(site: Site) -> set[str]:
    if site.day:
        return {"year", "month", "quarter", "day"}
    return {"year", "month"} if site.part == "year_month" else {site.part or "year"}


def _needed(stretch: Stretch) -> set[str]:
    """The parts in which the two periods differ."""
    old, new = stretch.old, stretch.new
    if isinstance(old, Relative) or isinstance(new, Relative) or old.unit != new.unit:
        return {"day"} if stretch.is_changed else set()
    part = "quarter" if old.unit == "quarter" else "month"
    differing = {"year": old.year != new.year, part: old.part != new.part, "day": old.day != new.day}
    return {name for name, differs in differing.items() if differs}
