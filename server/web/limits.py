"""What one key may ask for, and all together: requests a minute, calls in flight, open streams and sessions.

Everything is counted on the event loop, in memory, in constant time a request; another process counts for itself.
"""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

from server.identity import ANONYMOUS

MINUTE = 60.0
MOST_BUCKETS = 10_000
SLACK_SECONDS = 1e-6
"""What a bucket may lack and count as full: sixty sevenths of a second do not add up to a minute in floats."""

STREAMS_PER_KEY = 32
STREAMS_AT_ONCE = 1_024
SESSIONS_PER_KEY = 1_000  # a tenth of what the SDK keeps, each for half an hour after its last request
OF_ONE_TENANT = 0.75  # of the calls of all: whatever number of keys a tenant has, it leaves some to the rest


class TooMany(Exception):
    """As many as may be are there already; the text says how many, for the caller to read."""


class Tally:
    """How many of one thing each key has, and all together. Callers without a key are many behind one name: they have
    no cap of their own. ``whose`` is what is counted by where that is not keys."""

    def __init__(self, noun: str, per_key: int, in_all: int, whose: str = "key") -> None:
        self._noun = noun
        self._per_key = per_key
        self._in_all = in_all
        self._whose = whose
        self._of: dict[str, int] = {}
        self._total = 0

    @contextmanager
    def held(self, key: str) -> Generator[None]:
        """One of this key for the length of a block. Raises TooMany."""
        if key != ANONYMOUS.key and self._of.get(key, 0) >= self._per_key:
            raise TooMany(f"This {self._whose} has {self._per_key} {self._noun}, the most it may have at once.")
        if self._total >= self._in_all:
            raise TooMany(f"There are {self._in_all} {self._noun} of all callers, the most that may be at once.")
        self._of[key] = self._of.get(key, 0) + 1
        self._total += 1
        try:
            yield
        finally:
            self._total -= 1
            self._of[key] -= 1
            if not self._of[key]:
                del self._of[key]


class Rate:
    """Token buckets: a key may spend a minute's worth at once, and it comes back evenly.

    A bucket is kept as the moment when it will be full again; one that is full is no different from none.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._apart = MINUTE / per_minute
        self._clock = clock
        self._full_at: dict[str, float] = {}  # least recently spent from first

    def seconds_over(self, key: str) -> float:
        """Spend one of this key's tokens: 0, or the seconds until there is one. Who is refused spends nothing."""
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now) + self._apart
        over = full_at - now - MINUTE
        if over > SLACK_SECONDS:
            return over
        self._full_at.pop(key, None)
        self._full_at[key] = full_at
        self._drop(now)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    def _drop(self, now: float) -> None:
        """Two at most: one comes at a time, so they cannot pile up, and no request pays for many."""
        for _ in range(2):
            oldest = next(iter(self._full_at))
            if self._full_at[oldest] > now and len(self._full_at) <= MOST_BUCKETS:
                return
            del self._full_at[oldest]


class Limits:
    """All limits of the HTTP side. A rate of 0 a minute is none."""

    def __init__(
        self,
        rate_per_minute: int,
        calls_per_key: int,
        calls_at_once: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = Rate(rate_per_minute, clock) if rate_per_minute else None
        self._calls = Tally("calls in flight", calls_per_key, calls_at_once)
        of_one = max(1, int(calls_at_once * OF_ONE_TENANT))
        self._calls_of_tenants = Tally("calls in flight", of_one, calls_at_once, "tenant")
        self._streams = Tally("open streams", STREAMS_PER_KEY, STREAMS_AT_ONCE)

    def seconds_over(self, key: str) -> float:
        """Count one request: 0 when it is within the rate, else the seconds until this key may come again."""
        return 0.0 if self._rate is None else self._rate.seconds_over(key)

    @contextmanager
    def held(self, key: str, tenant: str) -> Generator[None]:
        """A call of this key of the tenant, in flight for the length of a block. Raises TooMany on entering."""
        whose = key if key == ANONYMOUS.key else f"tenant {tenant}"  # one may be called as callers without a key are
        with self._calls.held(key), self._calls_of_tenants.held(whose):
            yield

    def stream(self, key: str) -> AbstractContextManager[None]:
        """A stream of this key, open for the length of a block. Raises TooMany on entering."""
        return self._streams.held(key)
