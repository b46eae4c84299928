"""A measured figure beside its baseline, and how figures are printed."""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


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
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{' ×' if self.of_ratio else ''}"


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


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table of plain text."""
    rows = [("subject", "what", "value", "baseline", "ratio", "target", "")]
    rows += [
        (
            figure.subject,
            figure.what,
            f"{figure.value:,.3g} {figure.unit}" if figure.value < 1000 else f"{figure.value:,.0f} {figure.unit}",
            f"{figure.baseline:,.3g} {figure.baseline_name}" if figure.baseline is not None else "",
            f"{figure.ratio:.2f}" if figure.ratio is not None else "",
            figure.target,
            figure.verdict,
        )
        for figure in figures
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def write_json(figures: Sequence[Figure], file: Path) -> None:
    """The figures as a JSON array."""
    lines = [asdict(figure) | {"ratio": figure.ratio, "verdict": figure.verdict} for figure in figures]
    file.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")
