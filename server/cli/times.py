"""Times as they are typed, `30m`, `12h` and `90d` or ISO 8601, and as lists show them; between, milliseconds."""

import re
import time

import click

from storage.times import moment
from tools.times import milliseconds

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"([0-9]{1,5})([mhd])")
NEVER = "never"


def now() -> int:
    """The time since the epoch."""
    return time.time_ns() // 1_000_000


def duration(text: str) -> int | None:
    """How long that is; None if it is no duration."""
    found = DURATION.fullmatch(text)
    return int(found[1]) * UNITS[found[2]] if found else None


def lifetime(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    """An option's duration, at least a minute; None for `never`."""
    if value == NEVER:
        return None
    if not (found := duration(value)):
        raise click.BadParameter("a time such as 30m, 12h or 90d, or never.")
    return found


def grace(context: click.Context, parameter: click.Parameter, value: str) -> int:
    """An option's duration; 0 needs no unit."""
    found = duration("0m" if value == "0" else value)
    if found is None:
        raise click.BadParameter("a time such as 30m, 12h or 2d, or 0.")
    return found


def typed_moment(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """An option's point in time, since the epoch: so long ago, or a date or time as ISO 8601."""
    if value is None:
        return None
    if (ago := duration(value)) is not None:
        return now() - ago
    try:
        return milliseconds(value)
    except ValueError as error:
        raise click.BadParameter("a time ago such as 2h or 7d, or a date or time such as 2026-11-21T09:30.") from error


def minute(at: int | None, otherwise: str = "") -> str:
    """The time to the minute; ``otherwise`` where there is none."""
    return (moment(at) or otherwise)[:16].replace("T", " ")


def second(at: int) -> str:
    """The time to the second."""
    return (moment(at) or "")[:19].replace("T", " ")
