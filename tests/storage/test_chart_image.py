"""A chart becomes an image in a process of its own, which reaches nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from storage.chart_image import ChartImageFailed, is_available, png

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
SPEC: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"a": "x", "b": 3}, {"a": "y", "b": 5}]},
    "width": 100,
    "height": 50,
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}


async def failure(spec: dict[str, Any], seconds: float = 20) -> str:
    """Why there is no image."""
    with pytest.raises(ChartImageFailed) as failed:
        await png(spec, seconds=seconds)
    return failed.value.reason


async def test_a_chart_becomes_an_image() -> None:
    image = await png(SPEC)
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert image.endswith(b"IEND\xaeB`\x82")
    assert int.from_bytes(image[16:20], "big") >= 200  # twice its width


async def test_what_vega_says_while_it_draws_is_no_part_of_the_image() -> None:
    """A broken field makes it write an error to standard output."""
    nested = SPEC["encoding"] | {"y": {"field": "b.c.d", "type": "quantitative"}}
    assert (await png(SPEC | {"encoding": nested})).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "data.csv"}},
        {"mark": {"type": "image", "url": "photo.png"}},
        {"encoding": {"url": {"field": "a"}}},
        {"encoding": {"href": {"field": "a"}}},
        {"layer": [{"data": {"url": "data.csv"}, "mark": "bar"}]},
        {"transform": [{"lookup": "a", "from": {"data": {"url": "data.csv"}, "key": "a"}}]},
    ],
)
async def test_a_chart_that_refers_outside_is_not_drawn(part: dict[str, Any]) -> None:
    assert await failure(SPEC | part) == "outside"


async def test_a_chart_of_too_much_data_is_not_drawn() -> None:
    assert await failure(SPEC | {"data": {"values": [{"a": "x" * (3 << 20)}]}}) == "too_large"


async def test_what_is_no_chart_is_told() -> None:
    assert await failure({"mark": "no such mark", "data": {"values": []}}) == "crashed"


async def test_a_chart_that_takes_too_long_is_given_up() -> None:
    assert await failure(SPEC, seconds=0.05) == "timeout"
    assert psutil.Process().children(recursive=True) == []


async def test_a_cancelled_caller_leaves_no_process_behind() -> None:
    with anyio.move_on_after(0.1) as scope:
        await png(SPEC)
    assert scope.cancelled_caught
    assert psutil.Process().children(recursive=True) == []


def test_asking_whether_charts_can_be_drawn_loads_nothing() -> None:
    asked = (
        "import sys; from storage.chart_image import is_available; print(is_available(), 'vl_convert' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(is_available()), "False"]
