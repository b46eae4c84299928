"""The place a call takes among the others."""

from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel
import pytest

from server.identity import Principal
from server.web.admission import SLOTS_PER_TENANT, Admissions
from server.web.limits import Limits
from tools.errors import TryAgain

pytestmark = pytest.mark.anyio

ACME = Principal("acme", "k_one", frozenset({"read"}))
GLOBEX = Principal("globex", "k_two", frozenset({"read"}))


async def test_a_tenants_calls_wait_for_each_other_and_for_nobody_else() -> None:
    admissions = Admissions(Limits(0, 16, 128))
    async with AsyncExitStack() as held, anyio.create_task_group() as tasks:
        for _ in range(SLOTS_PER_TENANT):
            await held.enter_async_context(admissions.held(ACME, False))

        async def one_more() -> None:
            async with admissions.held(ACME, False):
                raise AssertionError("it had a turn that was not free")

        tasks.start_soon(one_more)
        with anyio.fail_after(5):
            while not admissions.waiting:
                await anyio.lowlevel.checkpoint()
            async with admissions.held(GLOBEX, False), admissions.held(ACME, True):
                assert (admissions.running, admissions.waiting) == (SLOTS_PER_TENANT + 2, 1)
        tasks.cancel_scope.cancel()


async def test_more_calls_of_a_key_than_it_may_have_are_told_so() -> None:
    admissions = Admissions(Limits(0, 1, 128))
    async with admissions.held(ACME, True):
        with pytest.raises(TryAgain, match="1 calls in flight"):
            async with admissions.held(ACME, False):
                raise AssertionError("it was let in")
    async with admissions.held(ACME, False):
        assert admissions.running == 1
