"""Which charts fit a result: what is drawn along which axis. Nothing is drawn that its rows would make untrue."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from tools.text2sql.charting import naming
from tools.text2sql.charting.columns import FEW, Column, Value, is_unique
from tools.text2sql.charting.wording import ChartKind

MOST_SERIES = 8
MOST_BARS = 60
MOST_PARTS = 6
SCATTERED = 3
ENOUGH_TO_BIN = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """A chart to draw. ``color`` tells series apart; in a heat map it is the measure. A histogram has no ``y``."""

    kind: ChartKind
    x: Column
    y: Column | None = None
    color: Column | None = None

    @property
    def columns(self) -> list[Column]:
        return [column for column in (self.x, self.y, self.color) if column is not None]

    @property
    def rows(self) -> list[tuple[Value, ...]]:
        """The values of `columns`, row by row, without the rows that lack one."""
        return [row for row in zip(*(column.values for column in self.columns), strict=True) if None not in row]


@dataclass(frozen=True, slots=True)
class Result:
    """The columns of a result by their use, those first that the question speaks of. ``is_whole``: no row is
    missing."""

    times: Sequence[Column]
    measures: Sequence[Column]
    categories: Sequence[Column]
    steps: Sequence[Column]
    keys: Sequence[Column]
    is_whole: bool

    @property
    def groups(self) -> list[Column]:
        """What bars may stand for."""
        return [*self.categories, *self.steps, *self.keys]


def result_of(columns: Sequence[Column], question: str, *, is_whole: bool) -> Result:
    """The columns in the order in which a chart takes them."""
    asked = {_stem(word) for word in re.findall(r"\w+", question.lower())}
    ordered = sorted(columns, key=lambda column: -len(asked & {_stem(word) for word in naming.words(column.name)}))

    def of(*uses: str) -> list[Column]:
        return [column for column in ordered if column.use in uses]

    measures = [column for column in of("measure") if len(column.numbers) > 1]
    return Result(of("time"), measures, of("category"), of("step"), of("key"), is_whole)


def plans(result: Result) -> dict[ChartKind, Plan]:
    """One plan of each kind that fits, the one to draw unasked first."""
    if not result.measures:
        return {}
    found: list[Plan] = []
    for draw in (_lines, _bars, _heatmaps, _scatters, _areas, _pies, _histograms):
        found += [plan for plan in [next(draw(result), None)] if plan and len(plan.rows) > 1]
    return {plan.kind: plan for plan in found}


def _lines(result: Result) -> Iterator[Plan]:
    measure = result.measures[0]
    series = [None, *(column for column in result.categories if 2 <= len(column.labels) <= MOST_SERIES)]
    for axis in [*result.times, *result.steps]:
        if len(axis.labels) > 1 and (axis.use == "time" or len(axis.labels) > 2):
            yield from (Plan("line", axis, measure, color) for color in series if is_unique(axis, color))


def _areas(result: Result) -> Iterator[Plan]:
    for plan in _lines(result):
        if min(result.measures[0].numbers) >= 0 and (plan.color is None or naming.is_additive(result.measures[0].name)):
            yield Plan("area", plan.x, plan.y, plan.color)


def _bars(result: Result) -> Iterator[Plan]:
    measure = result.measures[0]
    groups = [column for column in [*result.groups, *result.times] if 2 <= len(column.labels) <= FEW]
    yield from (Plan("bar", group, measure) for group in groups if is_unique(group))
    for x, color in _pairs(groups):
        if len(color.labels) <= MOST_SERIES and len(x.labels) * len(color.labels) <= MOST_BARS:
            yield Plan("bar", x, measure, color)


def _heatmaps(result: Result) -> Iterator[Plan]:
    groups = [column for column in [*result.groups, *result.times] if 2 <= len(column.labels) <= FEW]
    yield from (Plan("heatmap", x, y, result.measures[0]) for x, y in _pairs(groups))


def _pairs(groups: Sequence[Column]) -> Iterator[tuple[Column, Column]]:
    """Two columns that only together tell the rows apart, the one with more labels (or with an order) first."""
    for pair in combinations(groups, 2):
        if is_unique(*pair) and not any(map(is_unique, pair)):
            first, second = sorted(pair, key=lambda column: (column.use not in ("time", "step"), -len(column.labels)))
            yield first, second


def _pies(result: Result) -> Iterator[Plan]:
    measure = result.measures[0]
    total = math.fsum(measure.numbers)
    is_summed = naming.is_additive(measure.name) or (
        naming.is_part(measure.name) and any(math.isclose(total, whole, rel_tol=0.01) for whole in (1, 100))
    )
    if result.is_whole and is_summed and min(measure.numbers) >= 0 and total > 0:
        fitting = (group for group in result.groups if 2 <= len(group.labels) <= MOST_PARTS)
        yield from (Plan("pie", group, measure) for group in fitting if is_unique(group))


def _scatters(result: Result) -> Iterator[Plan]:
    color = next((column for column in result.categories if 2 <= len(column.labels) <= MOST_SERIES), None)
    color = None if color and is_unique(color) else color
    pairs = [*combinations(sorted(result.measures[:2], key=lambda column: column.at), 2)]
    pairs += [(time, result.measures[0]) for time in result.times if len(time.labels) > 1]
    drawn = (Plan("scatter", x, y, color) for x, y in pairs)
    yield from (plan for plan in drawn if len(plan.rows) >= SCATTERED)


def _histograms(result: Result) -> Iterator[Plan]:
    measure = result.measures[0]
    if len(measure.numbers) >= ENOUGH_TO_BIN and len(set(measure.numbers)) > 1:
        yield Plan("histogram", measure)


def _stem(word: str) -> str:
    """The word without the ending of a plural: names are singular as often as not."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
