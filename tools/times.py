"""Moments as they are kept, in milliseconds since the epoch, and as they are told, in ISO 8601."""

from datetime import UTC, datetime, timedelta

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(moment: int) -> str:
    """The moment as ISO 8601 in UTC, seconds precise."""
    text = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    """The moment that ISO 8601 names: a date, or a date and time; UTC where no zone is given. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not an ISO 8601 date or time, such as 2026-11-21 or 2026-11-21T09:30:00Z") from None
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def days_before(moment: int, days: float) -> int:
    """The moment so many days earlier."""
    return moment - int(days * DAY_MS)


def hours_before(moment: int, hours: float) -> int:
    """The moment so many hours earlier."""
    return moment - int(hours * HOUR_MS)
