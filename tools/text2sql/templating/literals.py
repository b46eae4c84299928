"""The literals of a query that a question may have named, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from sqlglot import exp

from storage.sources.schema import Schema
from tools.text2sql.catalog import Place
from tools.text2sql.templating.origins import origins

Part = Literal["", "year", "month", "quarter", "year_month"]

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})((?:[ T]00:00(?::00(?:\.0+)?)?|[ T]23:59(?::59(?:\.9+)?)?)?)")
_YEAR_MONTH = re.compile(r"\d{4}-\d{2}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_FIGURES = re.compile(r"[\d\s.,:/T+-]+")
_SPAN = re.compile(r"([+-]?)(\d+) (day|week|month|quarter|year)s?", re.IGNORECASE)
_OF_YEAR = re.compile(r"%Y|(?i:yyyy|(?<![a-z])year(?![a-z]))|, 1, 4\)")
_OF_MONTH = re.compile(r"%m|(?i:(?<![a-z])mm(?![a-z])|(?<![a-z])month(?![a-z]))")
_OF_QUARTER = re.compile(r"(?i:(?<![a-z])quarter(?![a-z]))")
_COMPARING = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.NullSafeEQ, exp.NullSafeNEQ)
_RANGE = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_WRAPPING = (exp.Paren, exp.Cast, exp.TryCast, exp.Lower, exp.Upper, exp.Trim, exp.TsOrDsToDate, exp.TsOrDsToTimestamp,
             exp.Date, exp.Timestamp)  # fmt: skip
_MOVING = (exp.DateSub, exp.DateAdd, exp.TimestampSub, exp.TimestampAdd, exp.DatetimeSub, exp.DatetimeAdd)
_CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.CurrentDatetime)
_CLOCK_NAMES = frozenset("now curdate today sysdate localtimestamp current_date unix_timestamp".split())
_RECKONING = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A literal. ``by`` is the comparison it stands in, ``beside`` what it is compared with as text, ``origin`` the
    column that is; ``unit`` is that of a span of time."""

    node: exp.Literal
    by: exp.Expr | None
    beside: str
    origin: Place | None
    part: Part
    unit: str = ""

    @property
    def text(self) -> str:
        return str(self.node.this)

    @property
    def is_limit(self) -> bool:
        return isinstance(self.node.parent, exp.Limit | exp.Fetch)

    @property
    def is_range(self) -> bool:
        """Whether it is a bound of what it is compared with, and stands there alone."""
        return isinstance(self.by, _RANGE)

    @property
    def is_inclusive_end(self) -> bool:
        """Whether it is compared as the last day of something, and not as the first or the one after."""
        if isinstance(self.by, exp.Between):
            return any(node is self.node for node in self.by.args["high"].find_all(exp.Literal))
        return isinstance(self.by, exp.GT | exp.LTE)

    @property
    def is_like(self) -> bool:
        return isinstance(self.by, exp.Like | exp.ILike)

    @property
    def day(self) -> date | None:
        """The day that the text names."""
        written = _DATE.fullmatch(self.text) if self.node.is_string else None
        return _day(written[1]) if written else None

    @property
    def number(self) -> Decimal | None:
        """The number that is compared, is a limit, or says how long a span is."""
        if self.unit:
            return Decimal(re.sub(r"\D", "", self.text))
        if self.node.is_string or not (self.by is not None or self.is_limit):
            return None
        return _decimal(self.text)

    @property
    def core(self) -> str:
        """A compared text without the wildcards around it; empty for what is a number, a day or no value."""
        if not self.node.is_string or self.by is None or self.unit or self.part or self.day:
            return ""
        return self.text.strip("%") if self.is_like else self.text

    @property
    def is_figures(self) -> bool:
        return _FIGURES.fullmatch(self.text) is not None

    def with_day(self, day: date) -> str:
        """The text with another day, and the same time of day."""
        return day.isoformat() + self.text[10:]

    def with_part(self, value: str) -> str:
        """The text with another year, month or quarter, padded as the one there."""
        core = self.text.strip("%-") if self.is_like else self.text
        width = len(core) if self.node.is_string else 0
        return self.text.replace(core, value.zfill(width), 1)

    def with_number(self, value: Decimal) -> str:
        plain = format(value.normalize(), "f")
        span = _SPAN.fullmatch(self.text)
        return self.text.replace(span[2], plain, 1) if span else plain


def sites_of(tree: exp.Expr, schema: Schema) -> list[Site]:
    """Every literal of the query."""
    known = origins(tree, schema)
    return [_site(node, schema.dialect, known) for node in tree.find_all(exp.Literal)]


def is_live(tree: exp.Expr) -> bool:
    """Whether the query looks at the clock: what it says of time moves with it."""
    return any(_tells_time(node) for node in tree.walk())


def _tells_time(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _CLOCK_NAMES
    return isinstance(node, _CLOCKS) or (isinstance(node, exp.Literal) and node.is_string and node.this == "now")


def _site(node: exp.Literal, dialect: str, known: dict[int, Place]) -> Site:
    by, beside = _comparison(node)
    text = beside.sql(dialect=dialect) if beside is not None else ""
    column = _bare(beside) if beside is not None else None
    origin = known.get(id(column)) if column is not None else None
    return Site(node, by, text, origin, _part(node, by, text), _unit(node))


def _comparison(node: exp.Expr) -> tuple[exp.Expr | None, exp.Expr | None]:
    """The comparison that the literal stands in and what it is compared with; none where it is part of a reckoning."""
    while node.parent is not None and _is_wrapping(node.parent):
        node = node.parent
    parent = node.parent
    if isinstance(parent, exp.In | exp.Between):
        return (None, None) if node is parent.this else (parent, parent.this)
    if isinstance(parent, _COMPARING):
        return parent, parent.expression if node is parent.this else parent.this
    return None, None


def _is_wrapping(node: exp.Expr) -> bool:
    is_day = isinstance(node, exp.Anonymous) and node.name.lower() in ("date", "datetime", "timestamp")
    return isinstance(node, _WRAPPING) or (is_day and len(node.expressions) == 1)


def _bare(node: exp.Expr) -> exp.Column | None:
    while isinstance(node, exp.Paren | exp.Lower | exp.Upper | exp.Trim | exp.Cast | exp.Collate):
        node = node.this
    return node if isinstance(node, exp.Column) else None


def _part(node: exp.Literal, by: exp.Expr | None, beside: str) -> Part:
    """Which part of a date the literal is, told by what it is compared with."""
    if by is None:
        return ""
    text = str(node.this).rstrip("%").rstrip("-") if isinstance(by, exp.Like) else str(node.this)
    if _YEAR_MONTH.fullmatch(text):
        return "year_month"
    if _YEAR.fullmatch(text) and (_OF_YEAR.search(beside) or (isinstance(by, exp.Like) and str(node.this) != text)):
        return "year"
    if not text.isdigit() or _OF_YEAR.search(beside):
        return ""
    if _OF_QUARTER.search(beside) and 1 <= int(text) <= 4:
        return "quarter"
    return "month" if _OF_MONTH.search(beside) and 1 <= int(text) <= 12 else ""


def _unit(node: exp.Literal) -> str:
    """Of a span such as ``'-7 days'`` or ``INTERVAL '7' DAY``; empty for any other literal."""
    parent = node.parent
    if isinstance(parent, exp.Interval) or (isinstance(parent, _MOVING) and node is parent.expression):
        unit = str(parent.args.get("unit") or "").lower().rstrip("s")
        return unit if str(node.this).isdigit() else ""
    if isinstance(parent, exp.Sub) and isinstance(parent.this, exp.CurrentDate) and not node.is_string:
        return "day"
    span = _SPAN.fullmatch(str(node.this)) if node.is_string else None
    return span[3].lower() if span and not isinstance(parent, _COMPARING) else ""


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def numbers_in_sums(tree: exp.Expr) -> Iterator[Decimal]:
    """The numbers that sums and products are made of: whether they follow from the question nobody can tell."""
    for node in tree.find_all(exp.Literal):
        is_reckoned = isinstance(node.parent, _RECKONING) and not node.is_string and not _unit(node)
        if is_reckoned and (value := _decimal(str(node.this))) is not None:
            yield value
