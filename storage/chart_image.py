"""Draws a chart as a PNG, in a limited child process: a JavaScript engine runs there, and reaches nothing outside."""

import json
import math
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Literal

import anyio
from anyio.lowlevel import RunVar

from storage.child import ChildFailed, ChildLimits, Reason, run_limited

CHILD = "storage.chart_drawing"
ADDRESS_BYTES = 256 << 30
"""V8 reserves 64 GiB of addresses before it starts; the child itself limits what it may fill."""
SPEC_BYTES = 2 << 20
IMAGE_BYTES = 16 << 20
CHILDREN = 2
"""How many charts are drawn at once: each takes a processor for about a second."""

OUTSIDE = frozenset({"url", "href", "image"})
"""What would make a specification read a file or an address."""

_limiter: RunVar[anyio.CapacityLimiter] = RunVar("limiter of chart children")


class ChartImageFailed(Exception):
    """No image. ``unavailable``: the extra ``charts`` is not installed; ``outside``: the specification refers to data
    that is not in it; ``too_large``: it holds more than a chart can show; the rest is how the child ended."""

    def __init__(self, reason: Reason | Literal["unavailable", "outside", "too_large"]) -> None:
        super().__init__(reason)
        self.reason = reason


def is_available() -> bool:
    """Whether the extra that draws is installed. Imports nothing of it."""
    return find_spec("vl_convert") is not None


async def png(spec: Mapping[str, Any], *, seconds: float = 20) -> bytes:
    """The Vega-Lite 5 specification as a PNG image, twice as fine as its width and height in pixels. Raises
    ChartImageFailed, after ``seconds`` at the latest."""
    if not is_available():
        raise ChartImageFailed("unavailable")
    if _refers_outside({name: value for name, value in spec.items() if name != "data"}):
        raise ChartImageFailed("outside")
    if set(spec.get("data", {})) - {"values"}:
        raise ChartImageFailed("outside")
    text = json.dumps(spec).encode()
    if len(text) > SPEC_BYTES:
        raise ChartImageFailed("too_large")
    limits = ChildLimits(memory_bytes=ADDRESS_BYTES, cpu_seconds=math.ceil(seconds), wall_seconds=seconds)
    async with _children():
        try:
            return await run_limited(CHILD, text, limits, output_bytes=IMAGE_BYTES)
        except ChildFailed as failed:
            raise ChartImageFailed(failed.reason) from failed


def _refers_outside(part: object) -> bool:
    """Whether any part names something outside: as a key, or as a kind of mark."""
    match part:
        case Mapping():
            return any(name in OUTSIDE or name == "data" or _refers_outside(value) for name, value in part.items())
        case list() | tuple():
            return any(map(_refers_outside, part))
        case _:
            return False


def _children() -> anyio.CapacityLimiter:
    """The event loop's limiter."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(CHILDREN)
        _limiter.set(limiter)
        return limiter
