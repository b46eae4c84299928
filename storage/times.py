"""Milliseconds since the epoch, as every time is stored, in other forms."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(milliseconds: int) -> datetime:
    """The time in UTC; also one before the epoch, which not every system's own conversion takes."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def moment(milliseconds: int | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond."""
    if milliseconds is None:
        return None
    return utc(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
