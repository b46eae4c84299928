"""A measured figure beside its baseline, what could not be measured, and how both are printed."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement. ``baseline`` was measured in the same run, ``limit`` is what the figure, or with ``of_ratio``
    its ratio to the baseline, must stay below (or with ``at_least`` reach)."""

    subject: str
    what: str
    value: float
    unit: str
    baseline_name: str = ""
    baseline: float | None = None
    limit: float | None = None
    of_ratio: bool = False
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where no limit is set."""
        compared = self.ratio if self.of_ratio else self.value
        if self.limit is None or compared is None:
            return ""
        return "met" if (compared >= self.limit if self.at_least else compared <= self.limit) else "missed"

    @property
    def target(self) -> str:
        if self.limit is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)}{' ×' if self.of_ratio else ''}"

    @property
    def cells(self) -> tuple[str, ...]:
        """What was measured, value, baseline, ratio, target, verdict, as tables show them."""
        return (
            self.what,
            f"{number(self.value)} {self.unit}",
            f"{number(self.baseline)} {self.baseline_name}" if self.baseline is not None else "",
            f"{self.ratio:.2f}" if self.ratio is not None else "",
            self.target,
            self.verdict,
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """A figure that is missing, and why. Without ``what`` it is all that its subject had yet to measure, because that
    failed."""

    subject: str
    what: str
    why: str

    @property
    def is_failure(self) -> bool:
        return not self.what

    @property
    def cells(self) -> tuple[str, ...]:
        """As a figure's, without its numbers."""
        return (self.what or "all that is not above", self.why, "", "", "", "")


Outcome = Figure | Gap
HEADINGS = ("what", "value", "baseline", "ratio", "target", "verdict")


def number(value: float) -> str:
    """Three digits, or all those before the point."""
    return f"{value:,.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


def median_ms(work: Callable[[], object], times: int, clock: Callable[[], float]) -> float:
    """The median milliseconds of ``work``."""
    taken: list[float] = []
    for _ in range(times):
        started = clock()
        work()
        taken.append((clock() - started) * 1000)
    return statistics.median(taken)


def timed_ms(work: Callable[[], object]) -> float:
    """The milliseconds that ``work`` takes once."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(outcomes: Iterable[Outcome]) -> str:
    """The outcomes as a table of plain text."""
    rows = [("subject", *HEADINGS), *((outcome.subject, *outcome.cells) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
