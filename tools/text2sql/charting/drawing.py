"""A chart as a Vega-Lite 5 specification, its data inside.

Column names and cells are data. Vega-Lite writes field names, titles and the values of ``sort`` lists into expressions,
in some versions unescaped; so a name that could be read as more than a name is replaced, titles are cleaned, and orders
are given as scale domains, which stay data.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.text2sql.charting import naming
from tools.text2sql.charting.cleaning import title
from tools.text2sql.charting.columns import YEAR, Column, Value
from tools.text2sql.charting.plans import Plan

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MOST_ROWS = 500
WIDTH, HEIGHT = 480, 300
BAND = 20
"""Height of a horizontal bar, in pixels."""
UPRIGHT_CHARS = 12
UPRIGHT_BARS = 12
LEVEL_CHARS = 50
"""Labels of so many characters in all stand level under their bars."""
SIDE_BY_SIDE = 4
BINS = 20
MARKED = 50
"""A line of so many points shows each of them."""

NAME_CHARS = 80
PLAIN = re.compile(r"[^\W_](?:[\w .,:()\[\]'*%/+-]*[\w.)\]'*%])?")
PATH = re.compile(r"[.\[\]']")
BUILT_IN = frozenset(
    "constructor toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable".split()
)
"""What every JavaScript object has by itself: Vega would find that instead of a field."""
DERIVED = ("_start", "_mid", "_end")
"""Fields that Vega-Lite makes beside a stacked one."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A plan with the rows to draw, and the name of the field that holds each of its columns."""

    plan: Plan
    rows: Sequence[tuple[Value, ...]]
    fields: Sequence[str]

    def field(self, column: Column) -> str:
        """The column's field, written as Vega-Lite reads a name that is no path."""
        return PATH.sub(r"\\\g<0>", self.fields[self._place(column)])

    def labels(self, column: Column) -> list[str]:
        """The column's labels in the order in which they are shown: their own, or the one of the rows."""
        at = self._place(column)
        labels = list(dict.fromkeys(str(row[at]) for row in self.rows))
        if column.use == "time":
            return sorted(labels, key=lambda label: label.rstrip("Z"))  # a fraction of a second comes after none
        return sorted(labels, key=lambda label: column.ranks.get(label, (99_999,))) if column.ranks else labels

    def by_size(self, column: Column, measure: Column) -> list[str]:
        """The column's labels, largest total first, unless they or the rows have an order already."""
        sizes = [float(row[self._place(measure)] or 0) for row in self.rows]
        if column.use in ("time", "step") or sizes in (sorted(sizes), sorted(sizes, reverse=True)):
            return self.labels(column)
        totals = dict.fromkeys(self.labels(column), 0.0)
        for row, size in zip(self.rows, sizes, strict=True):
            totals[str(row[self._place(column)])] += size
        return sorted(totals, key=lambda label: -totals[label])

    def _place(self, column: Column) -> int:
        return [each.at for each in self.plan.columns].index(column.at)


def draw(plan: Plan, *, is_whole: bool) -> Spec:
    """The specification, of the first 500 rows that have all it shows; its title says where rows are missing."""
    rows = plan.rows
    canvas = Canvas(plan, rows[:MOST_ROWS], _fields(plan.columns))
    spec: Spec = {"$schema": SCHEMA, "title": _heading(canvas, is_whole=is_whole and len(rows) <= MOST_ROWS)}
    spec["data"] = {"values": [dict(zip(canvas.fields, row, strict=True)) for row in canvas.rows]}
    return spec | {"width": WIDTH, "height": HEIGHT} | _drawn(canvas)


def _fields(columns: Sequence[Column]) -> list[str]:
    """A name for each column that is safe as a field: its own where that is plain."""
    names = {column.name for column in columns}
    derived = {name + ending for name in names for ending in DERIVED}
    fields: list[str] = []
    for column in columns:
        field = column.name
        if len(field) > NAME_CHARS or not PLAIN.fullmatch(field) or field in BUILT_IN | derived:
            field = f"column_{column.at + 1}"
            while field in names:
                field += "_"
        fields.append(field)
    return fields


def _heading(canvas: Canvas, *, is_whole: bool) -> str | Spec:
    """What is shown by what, in the columns' names."""
    plan = canvas.plan
    x, y, color = (title(column.name) if column else "" for column in (plan.x, plan.y, plan.color))
    match plan.kind:
        case "histogram":
            text = f"Distribution of {x}"
        case "scatter":
            text = f"{y} against {x}"
        case "heatmap":
            text = f"{color} by {x} and {y}"
        case _:
            text = f"{y} by {x} and {color}" if color else f"{y} by {x}"
    return text if is_whole else {"text": text, "subtitle": f"first {len(canvas.rows)} rows only"}


def _drawn(canvas: Canvas) -> Spec:
    match canvas.plan.kind:
        case "line" | "area":
            return _line(canvas)
        case "bar":
            return _bars(canvas)
        case "pie":
            return _pie(canvas)
        case "scatter":
            return _points(canvas)
        case "histogram":
            return _histogram(canvas)
        case "heatmap":
            return _heatmap(canvas)


def _line(canvas: Canvas) -> Spec:
    plan = canvas.plan
    mark: Spec = {"type": plan.kind, "tooltip": True}
    if plan.kind == "line" and len(canvas.rows) <= MARKED:
        mark["point"] = True
    return {"mark": mark, "encoding": {"x": _along(canvas, plan.x), "y": _measure(canvas, plan.y)} | _series(canvas)}


def _bars(canvas: Canvas) -> Spec:
    """Upright where the labels are few and short, else lying; of several series side by side or stacked."""
    plan = canvas.plan
    assert plan.y is not None
    order = canvas.by_size(plan.x, plan.y)
    group, length = _labelled(canvas, plan.x, order), _measure(canvas, plan.y)
    is_upright = plan.x.use in ("time", "step") or (
        len(order) <= UPRIGHT_BARS and max(map(len, order)) <= UPRIGHT_CHARS
    )
    across, along = ("x", "y") if is_upright else ("y", "x")
    if is_upright and sum(map(len, order)) <= LEVEL_CHARS:
        group["axis"]["labelAngle"] = 0
    encoding = {across: group, along: length} | _series(canvas)
    bars = len(order)
    if plan.color and not _is_stacked(plan):
        offset = {
            "field": canvas.field(plan.color),
            "title": encoding["color"]["title"],  # else the escaped name goes into an expression, and breaks it
            "scale": {"domain": canvas.labels(plan.color)},
        }
        encoding |= {f"{across}Offset": offset, along: length | {"stack": None}}
        bars = len(canvas.rows)
    drawn: Spec = {"mark": {"type": "bar", "tooltip": True}, "encoding": encoding}
    return drawn if is_upright else drawn | {"height": max(bars * BAND, 3 * BAND)}


def _is_stacked(plan: Plan) -> bool:
    """Whether the heights of series may be added up, and are too many to stand side by side."""
    assert plan.y is not None
    is_summed = naming.is_additive(plan.y.name) and min(plan.y.numbers) >= 0
    return is_summed and plan.color is not None and len(plan.color.labels) > SIDE_BY_SIDE


def _pie(canvas: Canvas) -> Spec:
    plan = canvas.plan
    assert plan.y is not None
    size = _measure(canvas, plan.y)
    largest_first = {"field": size["field"], "type": "quantitative", "sort": "descending"}
    parts = _colored(canvas, plan.x, canvas.by_size(plan.x, plan.y))
    return {
        "mark": {"type": "arc", "tooltip": True},
        "encoding": {"theta": size | {"stack": True}, "color": parts, "order": largest_first},
    }


def _points(canvas: Canvas) -> Spec:
    plan = canvas.plan
    across = _along(canvas, plan.x) if plan.x.use == "time" else _measure(canvas, plan.x) | {"scale": {"zero": False}}
    up = _measure(canvas, plan.y) | {"scale": {"zero": False}}
    return {"mark": {"type": "point", "tooltip": True}, "encoding": {"x": across, "y": up} | _series(canvas)}


def _histogram(canvas: Canvas) -> Spec:
    count = {"aggregate": "count", "type": "quantitative", "title": "Rows"}
    binned = _measure(canvas, canvas.plan.x) | {"bin": {"maxbins": BINS}}
    return {"mark": {"type": "bar", "tooltip": True}, "encoding": {"x": binned, "y": count}}


def _heatmap(canvas: Canvas) -> Spec:
    plan = canvas.plan
    assert plan.y is not None
    across = _labelled(canvas, plan.x, canvas.labels(plan.x))
    up = _labelled(canvas, plan.y, canvas.labels(plan.y))
    encoding = {"x": across, "y": up, "color": _measure(canvas, plan.color)}
    return {"mark": {"type": "rect", "tooltip": True}, "encoding": encoding}


def _along(canvas: Canvas, column: Column) -> Spec:
    """The axis of a line: time as it was written, in whatever time zone it is looked at, or steps."""
    if column.use != "time":
        return _labelled(canvas, column, canvas.labels(column))
    axis = {"axis": {"format": "%Y"}} if all(map(YEAR.fullmatch, column.labels)) else {}
    named = {"field": canvas.field(column), "type": "temporal", "title": title(column.name)}
    return named | {"scale": {"type": "utc"}} | axis


def _measure(canvas: Canvas, column: Column | None) -> Spec:
    assert column is not None
    return {"field": canvas.field(column), "type": "quantitative", "title": title(column.name)}


def _labelled(canvas: Canvas, column: Column, order: list[str]) -> Spec:
    return _nominal(canvas, column, order) | {"axis": {"labelLimit": 200}}


def _colored(canvas: Canvas, column: Column, order: list[str]) -> Spec:
    return _nominal(canvas, column, order) | {"legend": {"labelLimit": 200}}


def _nominal(canvas: Canvas, column: Column, order: list[str]) -> Spec:
    kind = "ordinal" if column.use in ("time", "step") else "nominal"
    named = {"field": canvas.field(column), "type": kind, "title": title(column.name)}
    return named | {"scale": {"domain": order}}


def _series(canvas: Canvas) -> Spec:
    color = canvas.plan.color
    return {"color": _colored(canvas, color, canvas.labels(color))} if color else {}
