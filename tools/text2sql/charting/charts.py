"""The chart that fits a result and its question, as data: a Vega-Lite 5 specification, never code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from storage.sources.fetched import Fetched
from tools.text2sql.charting.columns import columns_of
from tools.text2sql.charting.drawing import draw
from tools.text2sql.charting.plans import Plan, Result, plans, result_of
from tools.text2sql.charting.wording import ChartKind, Purpose, preference, purposes

__all__ = ["Chart", "ChartKind", "kinds", "preference", "shape", "suggest"]

MOST_COLUMNS = 4
"""A result with more columns, keys aside, is a list to read, and drawn only when the question asks for it."""

SERVING: dict[Purpose, ChartKind] = {
    "trend": "line",
    "share": "pie",
    "comparison": "bar",
    "distribution": "histogram",
    "relation": "scatter",
}

ASKED_FOR: frozenset[ChartKind] = frozenset({"area", "pie", "histogram"})
"""Never drawn unasked: other kinds say the same with less room for error."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its kind, its specification, and the columns it shows. In a heat map ``color`` is the measure, elsewhere
    it tells series apart; a histogram has no ``y``."""

    kind: ChartKind
    spec: dict[str, Any]
    x: str
    y: str | None = None
    color: str | None = None


def suggest(question: str, fetched: Fetched, preferred: ChartKind | None = None) -> Chart | None:
    """The chart for the result, or None where a table or a figure says more. The kind that the question names comes
    first, then the preferred one, then what the question wants to see; each only where it fits."""
    result = _result(question, fetched)
    fitting = plans(result)
    wished = _wished(question, preferred, result)
    kind: ChartKind | None = next((each for each in wished if each in fitting), None)
    if kind is None and len(fetched.columns) - len(result.keys) <= MOST_COLUMNS:
        kind = _unasked(fitting, result)
    return _chart(fitting[kind], fetched) if kind else None


def kinds(fetched: Fetched) -> list[ChartKind]:
    """The kinds of chart that fit the result, whatever the question."""
    return list(plans(_result("", fetched)))


def shape(fetched: Fetched) -> str:
    """A key of what the columns are, such as ``measure+time``: results of one shape are drawn alike."""
    return "+".join(sorted(column.use for column in columns_of(fetched)))


def _result(question: str, fetched: Fetched) -> Result:
    return result_of(columns_of(fetched), question, is_whole=not fetched.is_truncated)


def _wished(question: str, preferred: ChartKind | None, result: Result) -> Iterator[ChartKind]:
    for kind in (preference(question), preferred):
        if kind is not None:
            yield kind
    for purpose in purposes(question):
        if purpose != "distribution" or not _groups(result):  # over groups it is a bar a group
            yield SERVING[purpose]


def _unasked(fitting: dict[ChartKind, Plan], result: Result) -> ChartKind | None:
    """The kind to draw where nobody wished for one."""
    order: list[ChartKind] = [kind for kind in fitting if kind not in ASKED_FOR]
    if not result.times and "line" in order:
        order.remove("line")  # steps are groups, unless a trend is asked for
    if len(result.measures) > 1 and not result.times and not _groups(result) and "scatter" in order:
        return "scatter"
    return order[0] if order else None


def _groups(result: Result) -> Sequence[object]:
    return [*result.categories, *result.steps]


def _chart(plan: Plan, fetched: Fetched) -> Chart:
    names = [column.name if column else None for column in (plan.y, plan.color)]
    return Chart(plan.kind, draw(plan, is_whole=not fetched.is_truncated), plan.x.name, *names)
