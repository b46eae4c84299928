"""Leaves alone what keeps failing: a channel whose waiting messages would use up their tries, a service that each call
would wait for in vain."""

FAILURES = 5
REST_MS = 60_000


class Breaker:
    """Opens after five failures in a row, for a minute; then one try decides whether it closes or opens again.

    That it is one try, an owner who sends one thing at a time sees to; others ask `admits` before each.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0

    def rests_until(self, now: int) -> int | None:
        """The moment before which nothing may be sent, if there is one."""
        return self._until if now < self._until else None

    def admits(self, now: int) -> bool:
        """Whether something may be sent. After a rest that is said once; again when it is known what became of it, or
        after another rest."""
        if now < self._until:
            return False
        if self._failures >= FAILURES:
            self._until = now + REST_MS
        return True

    def succeeded(self) -> None:
        """Something was sent."""
        self._failures = self._until = 0

    def failed(self, now: int) -> None:
        """Something was not."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = now + REST_MS
