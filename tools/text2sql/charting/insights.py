"""What the rows of a result say at a glance, in one or two lines: computed from all of them, or not said.

Names and cells inside the lines are quoted data.
"""

import math
import statistics
from collections.abc import Sequence

from storage.sources.fetched import Fetched
from tools.text2sql.charting import naming
from tools.text2sql.charting.charts import Chart
from tools.text2sql.charting.cleaning import cleaned
from tools.text2sql.charting.columns import Column, columns_of, is_unique

QUOTED_CHARS = 60
TREND_POINTS = 3
MOST_CHANGE = 10_000  # times the first value; a percentage beyond that says nothing

Point = tuple[str, float]
"""A label with its number."""


def insights(fetched: Fetched, chart: Chart | None) -> list[str]:
    """At most two lines on what the chart shows, or without one on the first measure: the change over time, or the
    largest and its share, and the range. Empty where rows are missing or say nothing by themselves."""
    if fetched.is_truncated:
        return []
    columns = columns_of(fetched)
    measure = _measure(columns, chart)
    if measure is None or len(measure.numbers) < 2:
        return []
    group = _group(columns, chart)
    if group is None or group.at == measure.at:
        return [_range(measure)]
    labelled = zip(group.values, measure.values, strict=True)
    points = [(str(label), float(value)) for label, value in labelled if label is not None and value is not None]
    if len(points) < 2:
        return []
    if group.use == "time":
        ordered = sorted(points, key=lambda point: point[0].rstrip("Z"))
        return [_trend(measure, ordered)] if len(ordered) >= TREND_POINTS else []
    sizes = [size for _, size in points]
    return [_range(measure)] if min(sizes) == max(sizes) else [_largest(measure, points), _smallest(measure, points)]


def _measure(columns: Sequence[Column], chart: Chart | None) -> Column | None:
    """The measure that the chart shows, or else the first; None of a chart with two, which compares neither."""
    measures = [column for column in columns if column.use == "measure"]
    if chart is not None:
        shown = {chart.x, chart.y, chart.color}
        measures = [column for column in measures if column.name in shown]
        if len(measures) > 1:
            return None
    return measures[0] if measures else None


def _group(columns: Sequence[Column], chart: Chart | None) -> Column | None:
    """What tells the rows apart: the chart's only other column, or without a chart a time, a category or steps."""
    uses = ("time", "category", "step", "key")
    candidates = sorted((column for column in columns if column.use in uses), key=lambda each: uses.index(each.use))
    if chart is not None:
        shown = {chart.x, chart.y, chart.color}
        candidates = [column for column in candidates if column.name in shown]
        candidates = candidates if len(candidates) == 1 else []
    return next((column for column in candidates if is_unique(column)), None)


def _trend(measure: Column, points: Sequence[Point]) -> str:
    """From the first to the last point in time. Without a percentage where the first is not above zero, or next to
    nothing beside the last."""
    (since, first), (until, last) = points[0], points[-1]
    over = f"over {len(points)} points in time"
    if math.isclose(first, last, rel_tol=1e-9):
        return f"{_quoted(measure.name)} is {_number(last)} in {_quoted(until)} as in {_quoted(since)}, {over}."
    verb = "rose" if last > first else "fell"
    change = abs(last - first) / first if first > 0 and last >= 0 else math.inf
    by = f" by {_percent(change)}" if change <= MOST_CHANGE else ""
    peak = max(points, key=lambda point: point[1])
    also = "" if peak[1] in (first, last) else f"; the highest is {_number(peak[1])} in {_quoted(peak[0])}"
    changed = f"from {_number(first)} in {_quoted(since)} to {_number(last)} in {_quoted(until)}"
    return f"{_quoted(measure.name)} {verb}{by} {changed}, {over}{also}."


def _largest(measure: Column, points: Sequence[Point]) -> str:
    """The largest, and its share where the numbers are amounts that add up."""
    most = max(size for _, size in points)
    tops = [label for label, size in points if size == most]
    who = _quoted(tops[0]) if len(tops) == 1 else f"{len(tops)} of {len(points)} rows"
    verb = "has" if len(tops) == 1 else "share"
    line = f"{who} {verb} the largest {_quoted(measure.name)}, {_number(most)}"
    total = math.fsum(size for _, size in points)
    if len(tops) > 1 or total <= 0 or min(size for _, size in points) < 0 or not naming.is_additive(measure.name):
        return f"{line}."
    return f"{line}: {_percent(most / total)} of these {len(points)} rows' total of {_number(total)}."


def _smallest(measure: Column, points: Sequence[Point]) -> str:
    """The other end of the range."""
    least = min(size for _, size in points)
    lows = [label for label, size in points if size == least]
    who = _quoted(lows[0]) if len(lows) == 1 else f"{len(lows)} rows"
    return f"The smallest is {_number(least)} ({who})."


def _range(measure: Column) -> str:
    numbers = measure.numbers
    least, most = min(numbers), max(numbers)
    if least == most:
        return f"All {len(numbers)} values of {_quoted(measure.name)} are {_number(least)}."
    middle = _number(statistics.median(numbers))
    ends = f"from {_number(least)} to {_number(most)}"
    return f"{_quoted(measure.name)} ranges {ends} over {len(numbers)} values; the median is {middle}."


def _quoted(text: str) -> str:
    return f'"{cleaned(text, QUOTED_CHARS).replace(chr(34), chr(39))}"'


def _number(value: float) -> str:
    """Whole numbers in full, others to about four digits; very large and very small ones by their power of ten."""
    if value != 0 and not 0.01 <= abs(value) < 1e15:
        return f"{value:.4g}"
    return f"{int(value):,}" if value == int(value) else f"{value:,.2f}"


def _percent(part: float) -> str:
    if part < 0.001:
        return "less than 0.1%"
    if 0.999 < part < 1:
        return "over 99.9%"
    return f"{part * 100:,.1f}".removesuffix(".0") + "%"
