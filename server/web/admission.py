"""The place a call takes among the others: so many of a key and of all, and turns among tenants."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from server.identity import Principal
from server.web.limits import Limits, TooMany
from server.web.turns import Turns
from tools.errors import TryAgain

SLOTS = 4  # more share one interpreter: each is slower, and none comes sooner
SLOTS_PER_TENANT = 2  # half: whatever a tenant does, it leaves the other half to the rest
SLOTS_APART = 16  # these wait for a database or a parser, and leave the interpreter to others meanwhile
SLOTS_APART_PER_TENANT = 8
WAIT_SECONDS = 20.0


class Admissions:
    """Admits calls, and knows how many there are."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = Turns(SLOTS, SLOTS_PER_TENANT, WAIT_SECONDS)
        self._apart = Turns(SLOTS_APART, SLOTS_APART_PER_TENANT, WAIT_SECONDS)

    @property
    def running(self) -> int:
        """Calls that have their turn."""
        return self._turns.running + self._apart.running

    @property
    def waiting(self) -> int:
        """Calls that wait for it."""
        return self._turns.waiting + self._apart.waiting

    @asynccontextmanager
    async def held(self, principal: Principal, runs_apart: bool) -> AsyncGenerator[None]:
        """A call of this principal, from its turn to its end. Raises TryAgain when there are too many."""
        turns = self._apart if runs_apart else self._turns
        try:
            with self._limits.held(principal.key, principal.tenant):
                async with turns.taken(principal.tenant):
                    yield
        except TooMany as error:
            raise TryAgain(f"{error} Wait for one to end, then call again.") from error
