"""What `satchel doctor` found: a status, what it is about, and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "broken"]
MARKS: dict[Status, str] = {"ok": "✓", "warning": "!", "broken": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``mend`` says what to do, and nothing where all is well."""

    name: str
    status: Status
    what: str
    mend: str = ""


def ok(name: str, what: str) -> Finding:
    return Finding(name, "ok", what)


def warning(name: str, what: str, mend: str) -> Finding:
    return Finding(name, "warning", what, mend)


def broken(name: str, what: str, mend: str) -> Finding:
    return Finding(name, "broken", what, mend)


def worst(findings: Sequence[Finding]) -> Status:
    """The status of all together."""
    found = {finding.status for finding in findings}
    return "broken" if "broken" in found else "warning" if "warning" in found else "ok"
