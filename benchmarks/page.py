"""docs/benchmarks.md, from a run. `python -m benchmarks.page FILE` prints it again from the JSON of one."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill

from benchmarks.record import Measured, Run, read
from benchmarks.report import HEADINGS, Figure, Outcome, number
from benchmarks.subjects import SUBJECTS
from benchmarks.targets import ROWS, answers

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
AS = ", written as "
"""What stands between an exchange and the form that its answer was counted in."""


def page(run: Run) -> str:
    """The whole page. Raises LookupError when a target has no figures."""
    parts = [_head(run), *_targets(run), *_subjects(run.subjects), *_making()]
    return "\n\n".join(parts) + "\n"


def _head(run: Run) -> str:
    machine = run.machine
    told = (
        f"Measured on {run.date} with Satchel {run.satchel} and version {run.sdk} of the MCP SDK, on a machine with "
        f"{machine.cores} cores and {machine.memory_gb:g} GiB of memory ({machine.system}, {machine.python}). Each "
        "figure stands beside a baseline of the same run: milliseconds do not travel from machine to machine, ratios "
        "do. `benchmarks/README.md` says how to measure your own data."
    )
    made = "<!-- Made by `python -m benchmarks`; do not edit. -->"
    return f"# Benchmarks\n\n{made}\n\n{fill(told, 120, break_on_hyphens=False)}"


def _targets(run: Run) -> Iterator[str]:
    found = {row: list(answers(row, _outcomes(run, row.subject))) for row in ROWS}
    verdicts = [each.verdict for outcomes in found.values() for each in outcomes if isinstance(each, Figure)]
    yield "## Targets"
    yield f"{verdicts.count('met')} of the {len(verdicts)} figures measured for them reach their target."
    lines = [
        (f"**{row.what}**: {row.must}" if not at else "", *outcome.cells, f"`{row.command}`" if not at else "")
        for row, outcomes in found.items()
        for at, outcome in enumerate(outcomes)
    ]
    yield _table(("goal", *HEADINGS, "command"), lines)


def _outcomes(run: Run, subject: str) -> list[Outcome] | None:
    return run.subjects[subject].outcomes if subject in run.subjects else None


def _subjects(subjects: Mapping[str, Measured]) -> Iterator[str]:
    for name, measured in subjects.items():
        yield f"## `{name}`"
        yield f"`python -m benchmarks {name}`, {_spoken(measured.seconds)}."
        plain = [each for each in measured.outcomes if AS not in each.what]
        yield _table(HEADINGS, [each.cells for each in plain])
        yield from _by_form([each for each in measured.outcomes if isinstance(each, Figure) and AS in each.what])


def _by_form(figures: Sequence[Figure]) -> Iterator[str]:
    """Exchanges down, forms across, a table for each unit."""
    for unit in dict.fromkeys(each.unit for each in figures):
        counts: dict[str, dict[str, str]] = {}
        for each in figures:
            exchange, _, form = each.what.partition(AS)
            if each.unit == unit:
                counts.setdefault(exchange, {})[form] = number(each.value)
        if counts:
            forms = list(dict.fromkeys(form for row in counts.values() for form in row))
            lines = [(name, *(row.get(form, "") for form in forms)) for name, row in counts.items()]
            yield f"In {unit}:\n\n{_table(('', *forms), lines)}"


def _making() -> Iterator[str]:
    yield "## How the figures are made"
    lines = [(f"`{name}`", subject.measures, subject.beside) for name, subject in SUBJECTS.items()]
    yield _table(("subject", "what is measured", "beside what"), lines)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = (heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in line] for line in lines))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _spoken(seconds: float) -> str:
    return f"{number(seconds / 60)} minutes" if seconds >= 90 else f"{number(seconds)} seconds"


if __name__ == "__main__":
    print(page(read(Path(sys.argv[1]))), end="")
