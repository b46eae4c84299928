"""Who runs next when more is asked than can run at once: tenants take turns, and none waits behind another's queue.

Rounds, as round robin has them: whoever waits is served once a round, and a new round begins when nobody who may run
is left in this one. So a tenant that comes with one call waits for a single call to end, however many another has
waiting, and a tenant that leaves and comes again is not new each time. Within a tenant, first come is first served.
"""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from tools.errors import TryAgain


class Crowded(TryAgain):
    """The turn did not come in time; the call was not begun."""


class Turns:
    """At most ``slots`` calls run at once, of one tenant at most ``per_tenant``; the others wait, so many seconds.

    A free slot is never kept from someone who may have it. How many wait is for the caller to bound.
    """

    def __init__(self, slots: int, per_tenant: int, wait_seconds: float) -> None:
        self._slots = slots
        self._per_tenant = per_tenant
        self._wait_seconds = wait_seconds
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[anyio.Event]] = {}  # in the order of the round
        self._served: set[str] = set()  # in this round
        self.running = 0
        """Calls that run now."""

    @property
    def waiting(self) -> int:
        """Calls that wait now."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def taken(self, tenant: str) -> AsyncGenerator[None]:
        """A slot of this tenant for the length of a block. Raises Crowded."""
        if self._may_run(tenant):
            self._begin(tenant)
        else:
            await self._wait(tenant)
        try:
            yield
        finally:
            self._end(tenant)

    async def _wait(self, tenant: str) -> None:
        """Return with a slot, or leave the queue as if never there."""
        turn = anyio.Event()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            with anyio.move_on_after(self._wait_seconds):
                await turn.wait()
        except BaseException:  # cancelled, perhaps at the moment the slot came: then it goes on to the next
            if turn.is_set():
                self._end(tenant)
            else:
                self._leave(tenant, turn)
            raise
        if not turn.is_set():
            self._leave(tenant, turn)
            raise Crowded(
                f"The server is busy: the call waited {self._wait_seconds:g} s for its turn and was not begun; nothing "
                "was changed. Call again in a few seconds, with fewer calls at once."
            )

    def _may_run(self, tenant: str) -> bool:
        return self.running < self._slots and self._running.get(tenant, 0) < self._per_tenant

    def _begin(self, tenant: str) -> None:
        if tenant in self._served:
            self._served.clear()
        self._served.add(tenant)
        self._running[tenant] = self._running.get(tenant, 0) + 1
        self.running += 1

    def _end(self, tenant: str) -> None:
        """Free a slot and hand it on: who waits has it from here, so nobody can come between."""
        self.running -= 1
        self._running[tenant] -= 1
        if not self._running[tenant]:
            del self._running[tenant]
        if (following := self._next()) is not None:
            queue = self._waiting.pop(following)
            self._begin(following)
            queue.popleft().set()
            if queue:
                self._waiting[following] = queue

    def _next(self) -> str | None:
        able = [tenant for tenant in self._waiting if self._may_run(tenant)]
        return next((tenant for tenant in able if tenant not in self._served), able[0] if able else None)

    def _leave(self, tenant: str, turn: anyio.Event) -> None:
        queue = self._waiting[tenant]
        queue.remove(turn)
        if not queue:
            del self._waiting[tenant]
