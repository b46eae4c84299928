"""Tenants that take turns: real tasks on the event loop, ended and cancelled one step at a time."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import anyio
import pytest
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from server.web.turns import Crowded, Turns
from tools.errors import told

pytestmark = pytest.mark.anyio

LONG = 60.0


@dataclass(eq=False)
class Call:
    """One call that runs until it is told to end."""

    tenant: str
    may_end: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    state: str = "waiting"


class House:
    """Calls on one Turns, and the order in which they began."""

    def __init__(self, tasks: TaskGroup, turns: Turns) -> None:
        self._tasks = tasks
        self.turns = turns
        self.calls: list[Call] = []
        self.began: list[Call] = []

    def start(self, tenant: str) -> Call:
        call = Call(tenant)
        self.calls.append(call)
        self._tasks.start_soon(self._run, call)
        return call

    async def _run(self, call: Call) -> None:
        with call.scope:
            async with self.turns.taken(call.tenant):
                call.state = "running"
                self.began.append(call)
                await call.may_end.wait()
        call.state = "over"

    def of(self, state: str) -> list[Call]:
        return [call for call in self.calls if call.state == state]

    async def end(self, call: Call) -> None:
        call.may_end.set()
        await settled()

    async def end_all(self) -> None:
        while running := self.of("running"):
            await self.end(running[0])


async def settled() -> None:
    """Every task has gone as far as it can: a wake-up takes a few rounds of the event loop."""
    for _ in range(8):
        await checkpoint()


def order(calls: list[Call]) -> str:
    return "".join(call.tenant for call in calls)


async def test_another_tenant_waits_for_one_call_to_end() -> None:
    """However many calls the first has running and waiting; and so again when it comes back rounds later."""
    async with anyio.create_task_group() as tasks:
        house = House(tasks, Turns(4, 4, LONG))
        for _ in range(20):
            house.start("a")
        await settled()
        assert (house.turns.running, house.turns.waiting) == (4, 16)
        for _ in range(3):
            quiet = house.start("b")
            await settled()
            assert quiet.state == "waiting"
            await house.end(house.of("running")[0])
            assert quiet.state == "running"
            await house.end(quiet)
            await house.end(house.of("running")[0])
        await house.end_all()


@pytest.mark.parametrize("slots", [1, 2, 3])
async def test_tenants_are_served_in_turn_and_each_in_its_order(slots: int) -> None:
    async with anyio.create_task_group() as tasks:
        house = House(tasks, Turns(slots, slots, LONG))
        for _ in range(slots):
            house.start("x")
        await settled()
        for tenant in "aaaabbccc":
            house.start(tenant)
        await settled()
        await house.end_all()
    assert order(house.began[slots:]) == "abcabcaca"
    assert all(house.of("over").index(call) == at for at, call in enumerate(house.calls))


async def test_a_tenant_that_comes_again_and_again_overtakes_nobody() -> None:
    """It is served like one that stays: were each return a new beginning, ``a`` would never run."""
    async with anyio.create_task_group() as tasks:
        house = House(tasks, Turns(1, 1, LONG))
        for tenant in "bcaa":
            house.start(tenant)
            await settled()
        for _ in range(6):
            ended = house.began[-1]
            house.start("c" if ended.tenant == "b" else "b")
            await house.end(ended)
        await house.end_all()
    assert order(house.began).count("a") == 2
    assert order(house.began).rindex("a") <= 5


async def test_a_tenant_at_its_cap_leaves_the_other_slots_to_others() -> None:
    async with anyio.create_task_group() as tasks:
        house = House(tasks, Turns(3, 2, LONG))
        for tenant in "aaaab":
            house.start(tenant)
        await settled()
        assert sorted(order(house.of("running"))) == ["a", "a", "b"]
        house.start("c")
        await settled()
        await house.end(house.of("running")[-1])
        assert order(house.began) == "aabc"
        await house.end_all()


async def test_a_slot_stays_free_for_others_when_only_a_capped_tenant_waits() -> None:
    async with anyio.create_task_group() as tasks:
        house = House(tasks, Turns(3, 2, LONG))
        for tenant in "aaa":
            house.start(tenant)
        await settled()
        assert (house.turns.running, house.turns.waiting) == (2, 1)
        house.start("b")
        await settled()
        assert (house.turns.running, house.turns.waiting) == (3, 1)
        await house.end_all()


async def test_who_waits_too_long_is_told_to_come_again() -> None:
    turns = Turns(1, 1, 0.0)
    async with turns.taken("a"):
        with pytest.raises(Crowded, match="waited 0 s for its turn and was not begun") as crowded:
            async with turns.taken("b"):
                pytest.fail("the slot was taken")
        assert turns.waiting == 0
    assert told(crowded.value) is crowded.value
    async with turns.taken("b"):
        assert turns.running == 1


async def test_a_slot_given_to_a_call_that_is_cancelled_then_goes_to_the_next() -> None:
    """asyncio cancels a task also when what it waits for has come, and it has not seen that yet."""
    turns = Turns(1, 1, LONG)
    served: list[str] = []

    async def call(tenant: str) -> None:
        async with turns.taken(tenant):
            served.append(tenant)

    async with turns.taken("a"):
        cancelled, following = (asyncio.create_task(call(tenant)) for tenant in "bc")
        await settled()
        assert turns.waiting == 2
    assert (turns.running, turns.waiting) == (1, 1)  # the slot is the first one's, who does not know yet
    cancelled.cancel()
    with anyio.fail_after(5):
        await following
    assert cancelled.cancelled()
    assert (served, turns.running) == (["c"], 0)


async def test_a_call_that_fails_frees_its_slot() -> None:
    turns = Turns(1, 1, LONG)
    with pytest.raises(ValueError, match="broken"):
        async with turns.taken("a"):
            raise ValueError("broken")
    assert (turns.running, turns.waiting) == (0, 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from("aaabcde"), st.just(True)),
        st.tuples(st.sampled_from(["end", "cancel"]), st.integers(0, 30), st.booleans()),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(slots=st.integers(1, 5), per_tenant=st.integers(1, 5), steps=STEPS)
def test_whatever_happens_slots_are_neither_lost_nor_overrun(
    slots: int, per_tenant: int, steps: list[tuple[str, int | str, bool]]
) -> None:
    """``steps``: what is done, to which call, and whether everybody sees it before the next step."""

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            house = House(tasks, Turns(slots, per_tenant, LONG))
            for what, which, is_seen in steps:
                _step(house, what, which)
                if is_seen:
                    await settled()
                    _check(house, slots, per_tenant)
                else:
                    await checkpoint()
            await settled()
            _check(house, slots, per_tenant)
            await house.end_all()
            assert (house.turns.running, house.turns.waiting) == (0, 0)
            assert not house.of("waiting")

    anyio.run(run)


def _step(house: House, what: str, which: int | str) -> None:
    if isinstance(which, str):
        house.start(which)
        return
    among = house.of("running") if what == "end" else [*house.of("waiting"), *house.of("running")]
    if among:
        chosen = among[which % len(among)]
        if what == "end":
            chosen.may_end.set()
        else:
            chosen.scope.cancel()


def _check(house: House, slots: int, per_tenant: int) -> None:
    """The limits hold, and nobody waits who could run."""
    running = Counter(call.tenant for call in house.of("running"))
    waiting = house.of("waiting")
    assert (house.turns.running, house.turns.waiting) == (running.total(), len(waiting))
    assert running.total() <= slots
    assert all(count <= per_tenant for count in running.values())
    if running.total() < slots:
        assert all(running[call.tenant] >= per_tenant for call in waiting)


@settings(deadline=None)
@given(slots=st.integers(1, 4), arrivals=st.lists(st.text("abcd", max_size=6), max_size=30), data=st.data())
def test_nobody_at_the_head_of_a_queue_is_passed_twice(slots: int, arrivals: list[str], data: st.DataObject) -> None:
    """However others come and go, none of them begins more than twice before whoever is first of its tenant."""

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            house = House(tasks, Turns(slots, slots, LONG))
            for arriving in arrivals:
                for tenant in arriving:
                    house.start(tenant)
                await settled()
                if running := house.of("running"):
                    await house.end(running[data.draw(st.integers(0, len(running) - 1))])
                    _mark(house)
            await house.end_all()

    passed: dict[Call, Counter[str]] = {}
    seen = 0

    def _mark(house: House) -> None:
        nonlocal seen
        for call in house.began[seen:]:
            for others in passed.values():
                others[call.tenant] += 1
            passed.pop(call, None)
        seen = len(house.began)
        heads = {call.tenant: call for call in reversed(house.of("waiting"))}
        for head in heads.values():
            assert max(passed.setdefault(head, Counter()).values(), default=0) <= 2

    anyio.run(run)
