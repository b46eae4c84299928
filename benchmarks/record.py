"""What a run measured, where and when, as JSON and back."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import Figure, Gap, Outcome
from server.version import VERSION


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured; what tells machines apart and not whose they are."""

    cores: int
    memory_gb: float
    system: str
    python: str

    @classmethod
    def here(cls) -> "Machine":
        """The one that this runs on."""
        python = f"{platform.python_implementation()} {platform.python_version()}"
        memory = round(psutil.virtual_memory().total / 2**30, 1)
        return cls(os.cpu_count() or 1, memory, f"{platform.system()} {platform.machine()}", python)


@dataclass(slots=True)
class Measured:
    """A subject's outcomes, as they came, and the seconds that they took."""

    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def has_failed(self) -> bool:
        return any(isinstance(each, Gap) and each.is_failure for each in self.outcomes)


@dataclass(slots=True)
class Run:
    """One run; its subjects grow while it goes on."""

    machine: Machine
    date: str
    satchel: str
    sdk: str
    subjects: dict[str, Measured] = field(default_factory=dict)

    @classmethod
    def begun(cls) -> "Run":
        """A run of today, here, of what is installed."""
        return cls(Machine.here(), datetime.now(UTC).date().isoformat(), VERSION, version("mcp"))

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for measured in self.subjects.values() for outcome in measured.outcomes]

    @property
    def has_failed(self) -> bool:
        return any(measured.has_failed for measured in self.subjects.values())


def write(run: Run, file: Path) -> None:
    """The run as JSON, each figure with its ratio and verdict."""
    subjects = {name: _written(measured) for name, measured in run.subjects.items()}
    head = {name: value for name, value in asdict(run).items() if name != "subjects"}
    file.write_text(json.dumps(head | {"subjects": subjects}, indent=2) + "\n", encoding="utf-8")


def _written(measured: Measured) -> dict[str, Any]:
    figures = [
        asdict(each) | {"ratio": each.ratio, "verdict": each.verdict}
        for each in measured.outcomes
        if isinstance(each, Figure)
    ]
    gaps = [asdict(each) for each in measured.outcomes if isinstance(each, Gap)]
    return {"seconds": round(measured.seconds, 1), "figures": figures, "gaps": gaps}


def read(file: Path) -> Run:
    """A run that was written."""
    told = json.loads(file.read_text(encoding="utf-8"))
    subjects = {name: _read(measured) for name, measured in told.pop("subjects").items()}
    return Run(**told | {"machine": Machine(**told["machine"]), "subjects": subjects})


def _read(told: Mapping[str, Any]) -> Measured:
    names = {each.name for each in fields(Figure)}
    figures = [Figure(**{name: value for name, value in each.items() if name in names}) for each in told["figures"]]
    return Measured([*figures, *(Gap(**each) for each in told["gaps"])], told["seconds"])
