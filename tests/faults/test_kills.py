"""SIGKILL at random moments: what was acknowledged is there, once, as acknowledged."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from tests.faults import truth
from tests.faults.process import Died, Process, serving

pytestmark = [pytest.mark.anyio, pytest.mark.crash, pytest.mark.slow]

ROUNDS = 10
LANES = 8
LONGEST_START_SECONDS = 0.5
MOST_A_LIFE = 300


@dataclass(slots=True)
class Ledger:
    """What a client was told. ``told`` holds (content, state) by memory id; ``asked`` what an unanswered call may have
    made of it; ``stores`` the texts whose storing was never answered, with the memory each was to replace."""

    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    stores: dict[str, str | None] = field(default_factory=dict)
    acknowledged: int = 0
    wanted: int = 0
    reached: anyio.Event = field(default_factory=anyio.Event)

    def acknowledge(self) -> None:
        self.acknowledged += 1
        if self.acknowledged == self.wanted:
            self.reached.set()

    async def more(self, number: int) -> None:
        """Wait for so many more acknowledgements."""
        self.wanted, self.reached = self.acknowledged + number, anyio.Event()
        await self.reached.wait()

    async def change(self, server: Process, memory: str, after: tuple[str, str], tool: str, **how: object) -> None:
        """Ask for a change of one memory, and note whether it was acknowledged."""
        self.asked[memory] = after
        answer = await server.call(tool, **how)
        assert not answer.is_error, answer.text
        self.told[memory] = self.asked.pop(memory)
        self.acknowledge()

    async def store(self, server: Process, content: str, supersedes: str | None = None) -> None:
        """Ask for a new memory, maybe in the place of another."""
        self.stores[content] = supersedes
        extra = {} if supersedes is None else {"supersedes": supersedes}
        if supersedes is not None:
            self.asked[supersedes] = (self.told[supersedes][0], "superseded")
        answer = await server.call("memory_store", content=content, **extra)
        assert not answer.is_error, answer.text
        self.told[answer.data["memory_id"]] = (content, "active")
        del self.stores[content]
        if supersedes is not None:
            self.told[supersedes] = self.asked.pop(supersedes)
        self.acknowledge()

    def settle(self, kept: dict[str, tuple[str, str]]) -> None:
        """Compare with what is there, and take what a call without an answer came to as the state from now on."""
        for memory_id, told in self.told.items():
            assert kept[memory_id] in (told, self.asked.get(memory_id, told))
        contents = [content for content, _ in kept.values()]
        assert len(contents) == len(set(contents))
        unasked = {memory_id: found for memory_id, found in kept.items() if memory_id not in self.told}
        assert {content for content, _ in unasked.values()} <= self.stores.keys()
        for content, replaced in self.stores.items():
            if replaced is not None:
                assert (content in contents) == (kept[replaced][1] == "superseded")
        self.told = dict(kept)
        self.asked.clear()
        self.stores.clear()


async def busy(server: Process, ledger: Ledger, draw: random.Random, lane: str) -> None:
    """Store, update, forget, restore and replace this lane's memories until the server dies."""
    mine: list[str] = [memory_id for memory_id, (content, _) in ledger.told.items() if content.startswith(lane)]
    for number in range(1_000_000):
        text = f"{lane} number {number}: {draw.choice(['likes', 'wants', 'sold'])} {draw.getrandbits(64):x} apples"
        chosen = draw.choice(mine) if mine else ""
        content, state = ledger.told.get(chosen, ("", ""))
        match draw.random(), state:
            case kind, "active" if kind < 0.15:
                await ledger.change(server, chosen, (text, state), "memory_update", memory_id=chosen, content=text)
            case kind, "active" if kind < 0.3:
                await ledger.change(server, chosen, (content, "deleted"), "memory_forget", memory_ids=[chosen])
            case kind, "active" if kind < 0.4:
                await ledger.store(server, text, chosen)
            case kind, "deleted" if kind < 0.4:
                await ledger.change(server, chosen, (content, "active"), "memory_restore", memory_ids=[chosen])
            case _:
                await ledger.store(server, text)
        mine = [memory_id for memory_id, (content, _) in ledger.told.items() if content.startswith(lane)][-40:]


async def test_what_was_acknowledged_survives_kills(
    tmp_path: Path, draw: random.Random, record_property: Callable[[str, object], None]
) -> None:
    ledger, home = Ledger(), tmp_path / "home"
    for _ in range(ROUNDS):
        before = ledger.acknowledged
        async with serving(home) as server, anyio.create_task_group() as tasks:
            for lane in range(LANES):
                tasks.start_soon(until_dead, server, ledger, random.Random(draw.random()), f"Lane{lane:02}")
            await moment(ledger, draw)
            server.kill()
            record_property("kills", 1)
        record_property("acknowledged", ledger.acknowledged - before)
        ledger.settle(truth.kept(home / "data") if (home / "data" / "satchel.sqlite").exists() else {})
        record_property("found again", ledger.acknowledged - before)
        if ledger.told:
            await truth.assert_agrees(home / "data")
    assert ledger.acknowledged > ROUNDS
    async with serving(home) as server:
        await assert_found(server, ledger, draw)


async def moment(ledger: Ledger, draw: random.Random) -> None:
    """While it starts, or among its writes: so many of them, as a slow machine does little in a time."""
    if draw.random() < 0.2:
        await anyio.sleep(draw.uniform(0, LONGEST_START_SECONDS))
    else:
        await ledger.more(draw.randint(1, MOST_A_LIFE))
        await anyio.sleep(draw.uniform(0, 0.02))  # anywhere between two commits


async def until_dead(server: Process, ledger: Ledger, draw: random.Random, lane: str) -> None:
    try:
        await busy(server, ledger, draw, lane)
    except Died:
        return


async def assert_found(server: Process, ledger: Ledger, draw: random.Random) -> None:
    """Active memories are found by their own text; the others are not."""
    for content, state in draw.sample(list(ledger.told.values()), min(40, len(ledger.told))):
        answer = await server.call("memory_retrieve", query=content, limit=5)
        found = content in [memory["content"] for memory in answer.data["memories"]]
        assert found == (state == "active")
