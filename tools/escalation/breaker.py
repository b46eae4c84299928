"""Leaves a channel alone that keeps failing, so that what waits does not use up its tries while the channel is down."""

FAILURES = 5
REST_MS = 60_000


class Breaker:
    """Opens after five failures in a row, for a minute; then one try decides whether it closes or opens again.

    That it is one try relies on its owner, who sends one thing at a time.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0

    def rests_until(self, now: int) -> int | None:
        """The moment before which nothing may be sent, if there is one."""
        return self._until if now < self._until else None

    def succeeded(self) -> None:
        """Something was sent."""
        self._failures = 0

    def failed(self, now: int) -> None:
        """Something was not."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = now + REST_MS
