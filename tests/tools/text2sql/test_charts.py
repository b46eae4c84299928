"""Charts fit the result and the question, and hold data only."""

import json
import re
from typing import Any

import pytest
import vl_convert
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.sources.fetched import Fetched
from tests.tools.text2sql.resulting import Rows, result, results
from tools.text2sql.charting.charts import Chart, ChartKind, kinds, preference, shape, suggest
from tools.text2sql.charting.wording import without_wish

MONTHS = result("month revenue", "tn", [(f"2024-{month:02}", month * 10) for month in range(1, 13)])
STATES = result("status orders", "tn", [("open", 30), ("paid", 50), ("lost", 20)])
PRICES = result("price", "n", [(at * at % 37,) for at in range(60)])

OLDEST, CURRENT = "5.8", "5.20"


def chart(question: str, fetched: Fetched, preferred: ChartKind | None = None) -> Chart:
    """The chart that is suggested; there must be one."""
    found = suggest(question, fetched, preferred)
    assert found is not None
    return found


def compiled(spec: dict[str, Any], version: str = CURRENT) -> dict[str, Any]:
    """The Vega specification that Vega-Lite makes of it."""
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(spec, vl_version=version)
    return vega


def drawn(spec: dict[str, Any], version: str = CURRENT) -> list[str]:
    """The outlines of what is drawn."""
    svg = vl_convert.vegalite_to_svg(spec, vl_version=version, allowed_base_urls=[])
    return re.findall(r' d="([^"]*)"', svg)


def kind_of(question: str, fetched: Fetched, preferred: ChartKind | None = None) -> ChartKind | None:
    found = suggest(question, fetched, preferred)
    return found.kind if found else None


def test_a_number_over_time_is_a_line() -> None:
    assert chart("revenue", MONTHS).spec == {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": "revenue by month",
        "data": {"values": [{"month": f"2024-{month:02}", "revenue": month * 10} for month in range(1, 13)]},
        "width": 480,
        "height": 300,
        "mark": {"type": "line", "tooltip": True, "point": True},
        "encoding": {
            "x": {"field": "month", "type": "temporal", "title": "month", "scale": {"type": "utc"}},
            "y": {"field": "revenue", "type": "quantitative", "title": "revenue"},
        },
    }


def test_several_numbers_over_time_are_a_line_each() -> None:
    rows: Rows = [(year, region, year % 7) for year in (2020, 2021, 2022) for region in ("north", "south")]
    found = chart("sales", result("year region sales", "ntn", rows))
    assert (found.kind, found.x, found.y, found.color) == ("line", "year", "sales", "region")
    assert found.spec["data"]["values"][0] == {"year": "2020", "sales": 4, "region": "north"}
    assert found.spec["encoding"]["x"]["axis"] == {"format": "%Y"}


def test_too_many_series_are_a_heat_map_instead() -> None:
    rows: Rows = [(year, f"region {at}", year % 7 + at) for year in (2020, 2021, 2022) for at in range(9)]
    assert kind_of("sales", result("year region sales", "ntn", rows)) == "heatmap"


def test_times_that_come_twice_are_no_line() -> None:
    days: Rows = [("2024-01-01", 3), ("2024-01-01", 4), ("2024-01-02", 5)]
    assert kinds(result("day amount", "dn", days)) == ["scatter"]


def test_a_moment_is_shown_as_it_was_written_in_every_time_zone() -> None:
    moments: Rows = [("2024-01-01 23:30:00", 1), ("2024-01-02T00:30:00.5", 2), ("2024-01-02 03:00:00+02:00", 3)]
    values = chart("n", result("at n", "mn", moments)).spec["data"]["values"]
    assert [value["at"] for value in values] == [
        "2024-01-01T23:30:00Z",
        "2024-01-02T00:30:00.500Z",
        "2024-01-02T01:00:00Z",
    ]


def test_a_category_and_a_number_are_bars_the_largest_first() -> None:
    found = chart("orders by status", STATES)
    assert (found.kind, found.spec["mark"]["type"]) == ("bar", "bar")
    assert found.spec["encoding"]["x"]["scale"] == {"domain": ["paid", "open", "lost"]}


def test_bars_keep_the_order_that_the_rows_have() -> None:
    rising = result("status orders", "tn", [("lost", 20), ("open", 30), ("paid", 50)])
    assert chart("orders", rising).spec["encoding"]["x"]["scale"] == {"domain": ["lost", "open", "paid"]}


@pytest.mark.parametrize(
    ("name", "labels", "ordered"),
    [
        ("month", ["10", "2", "1"], ["1", "2", "10"]),
        ("period", ["2024-Q2", "2023-Q4", "2024-Q1"], ["2023-Q4", "2024-Q1", "2024-Q2"]),
        ("name", ["Mar", "January", "feb"], ["January", "feb", "Mar"]),
        ("on", ["Sunday", "Monday", "Friday"], ["Monday", "Friday", "Sunday"]),
    ],
)
def test_steps_of_the_calendar_stay_in_their_order(name: str, labels: list[str], ordered: list[str]) -> None:
    found = chart("visits", result([name, "visits"], "tn", list(zip(labels, (5, 9, 1), strict=True))))
    assert (found.kind, found.spec["encoding"]["x"]["scale"]) == ("bar", {"domain": ordered})


def test_steps_are_a_line_when_a_trend_is_asked_for() -> None:
    months = result("month visits", "nn", [(month, month % 5) for month in range(1, 13)])
    assert kind_of("visits", months) == "bar"
    assert kind_of("trend of the visits", months) == "line"


def test_bars_with_long_names_lie() -> None:
    names = result("country orders", "tn", [("United Kingdom of Great Britain", 3), ("France", 2)])
    found = chart("orders", names)
    assert (found.spec["encoding"]["y"]["field"], found.spec["encoding"]["x"]["field"]) == ("country", "orders")


@pytest.mark.parametrize(
    "question", ["share of orders by status", "What percentage of orders is paid?", "as a pie chart"]
)
def test_shares_of_a_whole_are_a_pie(question: str) -> None:
    assert kind_of(question, STATES) == "pie"


@pytest.mark.parametrize(
    "fetched",
    [
        result("status orders", "tn", [("a", 3), ("b", -1)]),
        result("status avg_price", "tn", [("a", 3), ("b", 1)]),
        result("status orders", "tn", [("a", 3), ("b", 1)], is_truncated=True),
        result("status orders", "tn", [(str(at), 1) for at in range(7)]),
        result("status orders", "tn", [("a", 0), ("b", 0)]),
    ],
    ids=["negative", "averages", "truncated", "too many", "nothing"],
)
def test_what_is_no_whole_is_no_pie(fetched: Fetched) -> None:
    assert kind_of("share of each status as a pie chart", fetched) == "bar"


def test_more_than_thirty_categories_are_a_table() -> None:
    assert suggest("orders", result("city orders", "tn", [(f"city {at}", at) for at in range(31)])) is None


def test_two_numbers_are_points() -> None:
    found = chart("price and weight", result("price weight", "nn", [(1, 2), (3, 5), (1, 9)]))
    assert (found.kind, found.x, found.y) == ("scatter", "price", "weight")


def test_a_distribution_is_a_histogram() -> None:
    assert suggest("prices", PRICES) is None
    assert kind_of("distribution of the prices", PRICES) == "histogram"


def test_a_distribution_over_groups_is_a_bar_a_group() -> None:
    assert kind_of("distribution of orders by status", STATES) == "bar"


def test_a_few_whole_numbers_and_their_counts_are_bars() -> None:
    assert kind_of("how many of each rating", result("rating count", "nn", [(1, 5), (2, 7), (5, 1)])) == "bar"


@pytest.mark.parametrize(("kinds_per_city", "mark"), [(3, "bar"), (9, "rect")])
def test_two_categories_and_a_number_are_grouped_bars_or_a_heat_map(kinds_per_city: int, mark: str) -> None:
    rows: Rows = [(city, f"kind {at}", at) for city in "abcdefghijk" for at in range(kinds_per_city)]
    assert chart("orders", result("city kind orders", "ttn", rows)).spec["mark"]["type"] == mark


def test_many_series_of_amounts_are_stacked_and_of_averages_stand_side_by_side() -> None:
    rows: Rows = [(city, f"kind {at}", at) for city in "abcdefgh" for at in range(6)]
    assert "xOffset" not in chart("orders", result("city kind orders", "ttn", rows)).spec["encoding"]
    assert "xOffset" in chart("prices", result("city kind avg_price", "ttn", rows)).spec["encoding"]


@pytest.mark.parametrize(
    "fetched",
    [
        result("total", "n", [(42,)]),
        result("city total", "tn", [("Rome", 42)]),
        result("city total", "tn", []),
        result("name city", "tt", [("a", "b"), ("c", "d")]),
        result("id customer_id", "nn", [(1, 2), (2, 2), (3, 2)]),
        result("city total", "tn", [("a", None), ("b", None)]),
        result("a b c d e total", "tttttn", [("a", "b", "c", "d", "e", 1), ("b", "b", "c", "d", "e", 2)]),
    ],
    ids=["a figure", "a row", "nothing", "texts", "ids", "nulls", "a list"],
)
def test_what_a_table_says_better_is_no_chart(fetched: Fetched) -> None:
    assert suggest("which ones are there", fetched) is None


def test_of_several_measures_the_one_is_drawn_that_the_question_names() -> None:
    costs = result("status revenue cost", "tnn", [("a", 1, 5), ("b", 2, 4)])
    assert chart("costs by status", costs).y == "cost"
    assert chart("by status", costs).y == "revenue"


def test_a_preferred_kind_is_drawn_only_where_it_fits() -> None:
    assert kind_of("revenue", MONTHS, "bar") == "bar"
    assert kind_of("revenue", MONTHS, "pie") == "line"
    assert kind_of("revenue as a line chart", MONTHS, "bar") == "line"


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("sales by region as a pie chart", "pie"),
        ("Show sales as a pie", "pie"),
        ("donut chart of the votes", "pie"),
        ("a bar graph of sales", "bar"),
        ("sales as bars", "bar"),
        ("line-plot of the visits", "line"),
        ("a scatterplot of price and weight", "scatter"),
        ("heat map of weekday and hour", "heatmap"),
        ("histogram of ages", "histogram"),
        ("area chart of the visits", "area"),
        ("not a pie chart, a bar chart", "bar"),
        ("a line chart instead of a bar chart", "line"),
        ("which bars in Boston serve pie?", None),
        ("in which area is the product line sold", None),
        ("the chart position of each album", None),
    ],
)
def test_a_kind_is_preferred_where_a_drawing_is_meant(question: str, kind: ChartKind | None) -> None:
    assert preference(question) == kind


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("sales by region as a pie chart", "sales by region"),
        ("sales by region in 2025, shown as a line graph", "sales by region in 2025"),
        ("show me a bar chart of sales by region", "sales by region"),
        ("Plot the sales by region.", "the sales by region."),
        ("sales as bars", "sales"),
        ("as a pie chart", ""),
        ("which plots are larger than 100?", "which plots are larger than 100?"),
        ("which bars in Boston serve pie?", "which bars in Boston serve pie?"),
    ],
)
def test_what_only_asks_for_a_drawing_is_no_part_of_the_question(question: str, rest: str) -> None:
    assert without_wish(question) == rest


def test_results_of_the_same_columns_have_one_shape() -> None:
    other = result("sold day", "nd", [(3, "2024-05-01"), (4, "2024-05-02")])
    assert shape(MONTHS) == shape(other) == "measure+time"
    assert shape(STATES) == "category+measure"


def test_a_chart_says_where_rows_are_missing() -> None:
    many = result("price weight", "nn", [(at, at % 7) for at in range(600)])
    spec = chart("price and weight", many).spec
    assert len(spec["data"]["values"]) == 500
    assert spec["title"]["subtitle"] == "first 500 rows only"
    cut = result("status orders", "tn", [("a", 3), ("b", 1)], is_truncated=True)
    assert chart("orders", cut).spec["title"]["subtitle"] == "first 2 rows only"


def test_only_what_is_drawn_is_in_the_data() -> None:
    people = result("name salary email", "tnt", [("a", 3, "a@x"), ("b", 1, "b@x")])
    assert "@" not in json.dumps(chart("salary by name", people).spec)


@pytest.mark.parametrize(
    "name",
    [
        *("total", "SUM(o.total)", "count(*)", "a[0]", "it's", "größe", "a\\b", 'a"b', "x\ny", "", "__proto__"),
        *("constructor", "datum.total", '" + datum["city"] + "', "label_end", "{total}", "total\\"),
    ],
)
@pytest.mark.parametrize("version", [OLDEST, CURRENT])
def test_a_name_is_a_name_whatever_it_holds(name: str, version: str) -> None:
    """What is drawn is what a plain name draws; also in the oldest version, which puts titles into expressions."""
    rows: Rows = [("a", 3), ("b", 7), ("c", 5)]
    plain = chart("", result(["label", "orders"], "tn", rows)).spec
    for columns, roles, cells in (
        (["label", name], "tn", rows),
        ([name, "orders"], "tn", rows),
    ):
        spec = chart("", result(columns, roles, cells)).spec
        titled = {channel: {"title": plain["encoding"][channel]["title"]} for channel in ("x", "y")}
        for channel, title in titled.items():
            spec["encoding"][channel] |= title
        spec["title"] = plain["title"]
        assert drawn(spec, version) == drawn(plain, version)


@pytest.mark.parametrize("version", [OLDEST, CURRENT])
def test_series_side_by_side_may_have_any_name(version: str) -> None:
    spec = chart(
        "", result(["city", "o.kind[0]", "average"], "ttn", [("a", "p", 1), ("a", "q", 2), ("b", "p", 3)])
    ).spec
    assert "xOffset" in spec["encoding"]
    assert len(drawn(spec, version)) > 3


@pytest.mark.parametrize("name", ['" + datum["city"] + "', 'a"b', "x\ny", "total\\"])
def test_a_title_is_no_expression(name: str) -> None:
    spec = chart("", result(["city", name], "tn", [("a", 3), ("b", 7)])).spec
    assert drawn(spec, OLDEST)


def test_labels_are_never_part_of_an_expression() -> None:
    label = '"; alert(1) + datum["x"]'
    rows: Rows = [(label, group, at) for at, group in enumerate("ab")] + [("other", "a", 7), ("other", "b", 1)]
    spec = chart("", result("name kind orders", "ttn", rows)).spec
    vega = compiled(spec, OLDEST)
    expressions = re.findall(r'"(?:signal|expr|test|calculate)": "((?:[^"\\]|\\.)*)"', json.dumps(vega))
    assert expressions
    assert not any("alert" in expression for expression in expressions)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results(), st.sampled_from(["", "trend", "share", "distribution", "as a heat map", "area chart"]))
def test_any_result_gives_no_chart_or_one_that_compiles(fetched: Fetched, question: str) -> None:
    for kind in [None, *kinds(fetched)]:
        if found := suggest(question, fetched, kind):
            assert found.spec == json.loads(json.dumps(found.spec, allow_nan=False))
            assert len(found.spec["data"]["values"]) > 1
            assert compiled(found.spec, OLDEST)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_any_chart_is_drawn(fetched: Fetched) -> None:
    for kind in kinds(fetched):
        if found := suggest("", fetched, kind):
            assert found.kind == kind
            assert drawn(found.spec)
