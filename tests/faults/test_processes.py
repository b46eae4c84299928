"""Several servers on one data directory: every acknowledged write is kept, and each finds what the others wrote."""

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from tests.faults import truth
from tests.faults.process import Answer, Died, Process, serving

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.slow]

EACH = 120
SHARED = 30
MOMENT_SECONDS = 0.05

Note = Callable[[str, object], None]


@asynccontextmanager
async def servers(home: Path, number: int) -> AsyncGenerator[list[Process]]:
    """So many servers on one data directory, with their stores open."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(serving(home)) for _ in range(number)]
        for server in opened:
            assert (await server.health())["status"] == "ok"
        yield opened


async def owners(alive: list[Process]) -> list[Process]:
    """The servers that hold the indexer's lock."""
    return [server for server in alive if (await server.health())["index"]["indexes_here"]]


async def owner(alive: list[Process]) -> Process:
    """Wait for the one that indexes."""
    with anyio.fail_after(30):
        while not (found := await owners(alive)):  # noqa: ASYNC110 - another process holds what we wait for
            await anyio.sleep(MOMENT_SECONDS)
    assert len(found) == 1
    return found[0]


async def write(server: Process, name: str, answers: list[Answer], draw: random.Random) -> None:
    """Store texts of this server's own and texts that every server stores, side by side and in any order."""
    texts = [f"{name} keeps statement {number}" for number in range(EACH)]
    texts += [f"Everybody keeps statement {number}" for number in range(SHARED)]
    draw.shuffle(texts)

    async def store(text: str) -> None:
        answers.append(await server.call("memory_store", content=text, content_type="fact"))

    async with anyio.create_task_group() as tasks:
        for text in texts:
            tasks.start_soon(store, text)


@pytest.mark.parametrize("number", [2, 3])
async def test_writers_side_by_side_lose_refuse_and_double_nothing(
    tmp_path: Path, number: int, draw: random.Random, record_property: Note
) -> None:
    home, answers = tmp_path / "home", list[Answer]()
    async with servers(home, number) as alive:
        async with anyio.create_task_group() as tasks:
            for at, server in enumerate(alive):
                tasks.start_soon(write, server, f"Server {at}", answers, draw)
        assert [answer.text for answer in answers if answer.is_error] == []
        created = [answer.data["memory_id"] for answer in answers if answer.data["action"] == "created"]
        assert (len(answers), len(created)) == (number * (EACH + SHARED), number * EACH + SHARED)
        assert len(await owners(alive)) <= 1
    record_property("acknowledged", len(created))
    kept = truth.kept(home / "data")
    assert kept.keys() == set(created)
    record_property("found again", len(created))
    assert len({content for content, _ in kept.values()}) == len(kept)
    await truth.assert_agrees(home / "data")


async def test_servers_started_at_the_same_moment_share_a_new_directory(tmp_path: Path) -> None:
    """Each would make the folder, the database and its schema."""
    home, answers = tmp_path / "home", list[Answer]()

    async def start(name: str) -> None:
        async with serving(home) as server:
            answers.append(await server.call("memory_store", content=f"{name} was first"))

    async with anyio.create_task_group() as tasks:
        for name in ("Ada", "Bob", "Cleo"):
            tasks.start_soon(start, name)
    assert [answer.text for answer in answers if answer.is_error] == []
    assert truth.kept(home / "data").keys() == {answer.data["memory_id"] for answer in answers}
    await truth.assert_agrees(home / "data")


async def test_each_finds_what_another_wrote_with_its_next_retrieve(tmp_path: Path) -> None:
    async with servers(tmp_path / "home", 2) as (one, other):
        for number in range(20):
            writer, reader = (one, other) if number % 2 else (other, one)
            stored = await writer.call("memory_store", content=f"The parcel of week {number} went to Lisbon")
            found = await reader.call("memory_retrieve", query=f"parcel of week {number}", limit=3)
            assert stored.data["memory_id"] in [memory["memory_id"] for memory in found.data["memories"]]
            await reader.call("memory_forget", memory_ids=[stored.data["memory_id"]])
            found = await writer.call("memory_retrieve", query=f"parcel of week {number}", limit=3)
            assert stored.data["memory_id"] not in [memory["memory_id"] for memory in found.data["memories"]]


async def test_writers_of_one_memory_leave_one_whole_version(tmp_path: Path, draw: random.Random) -> None:
    home = tmp_path / "home"
    async with servers(home, 3) as alive:
        memory_id = (await alive[0].call("memory_store", content="The draft")).data["memory_id"]
        answers = list[Answer]()

        async def rewrite(server: Process, name: str) -> None:
            for number in draw.sample(range(1_000), 25):
                text = f"The {name} version {number}"
                answers.append(await server.call("memory_update", memory_id=memory_id, content=text))

        async with anyio.create_task_group() as tasks:
            for server, name in zip(alive, ("red", "green", "blue"), strict=True):
                tasks.start_soon(rewrite, server, name)
        assert [answer.text for answer in answers if answer.is_error] == []
        found = [await server.call("memory_retrieve", query="version") for server in alive]
    contents = [[memory["content"] for memory in answer.data["memories"]] for answer in found]
    assert contents == [[truth.kept(home / "data")[memory_id][0]]] * 3
    await truth.assert_agrees(home / "data")


async def test_the_indexers_lock_passes_on_when_its_owner_is_killed(
    tmp_path: Path, draw: random.Random, record_property: Note
) -> None:
    """The other's writes go on meanwhile, as if nothing had happened."""
    home, answers, moment = tmp_path / "home", list[Answer](), draw.randrange(EACH)
    async with servers(home, 2) as alive:
        first = await owner(alive)
        second = alive[1 - alive.index(first)]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, second, "Survivor", answers, draw)
            tasks.start_soon(doomed, first)
            while len(answers) <= moment:
                await anyio.lowlevel.checkpoint()
            first.kill()
            record_property("kills", 1)
        assert [answer.text for answer in answers if answer.is_error] == []
        assert await owner([second]) is second
    record_property("acknowledged", len(answers))
    kept = truth.kept(home / "data")
    assert {answer.data["memory_id"] for answer in answers} <= kept.keys()
    record_property("found again", len(answers))
    await truth.assert_agrees(home / "data")


async def doomed(server: Process) -> None:
    """Write until killed."""
    try:
        for number in range(1_000_000):
            await server.call("memory_store", content=f"Victim keeps statement {number}")
    except Died:
        return
