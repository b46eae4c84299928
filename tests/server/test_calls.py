"""Calls that overlap, are given up, or meet a store that is shut."""

from pathlib import Path

import anyio
import pytest
from mcp import MCPError

from tests.client import Agent, Clock, Mode, dump, in_memory

pytestmark = pytest.mark.anyio


async def test_statements_sent_at_once_keep_their_order(agent: Agent) -> None:
    await agent.store("first")
    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(agent.store, f"turn {number}")
    kept = [row[4] for row in (await dump(agent))["memories"]]
    assert kept == ["first", *(f"turn {number}" for number in range(30))]


async def test_the_same_statement_sent_at_once_is_one_memory(agent: Agent) -> None:
    ids: set[str] = set()

    async def store() -> None:
        ids.add(await agent.store("Anna lives in Berlin"))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(store)
    assert len(ids) == 1
    (memory,) = await agent.found()
    assert memory["access_count"] == 19


async def test_calls_that_are_given_up_leave_the_server_usable(agent: Agent) -> None:
    """Each is either there whole or not at all; whoever comes behind in the queue is served."""
    await agent.store("before")
    for number in range(20):
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(agent.store, f"given up {number}")
                tasks.start_soon(agent.found, "given up")
                for _ in range(number):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
    with anyio.fail_after(10):
        await agent.store("after")
        contents = await agent.contents("after", limit=100)
    assert {"before", "after"} <= set(contents)
    left = await dump(agent)
    assert len(left["memories"]) == len(left["memories_fts"]) == len(left["memory_vectors"])


async def test_a_call_beyond_the_deadline_is_told_so(tmp_path: Path, mode: Mode) -> None:
    async with in_memory(tmp_path, mode, tool_timeout_seconds=0.001) as agent:
        text = await agent.refused("memory_store", content="x")
        assert text == "memory_store took more than 0.001 s and was ended. Ask for less, or again."


async def test_what_is_read_beyond_the_deadline_is_told_so(tmp_path: Path, mode: Mode) -> None:
    async with in_memory(tmp_path, mode, tool_timeout_seconds=0.001) as agent:
        with pytest.raises(MCPError, match=r"^resources/read took more than 0\.001 s and was ended"):
            await agent.client.read_resource("satchel://stats")
        with pytest.raises(MCPError, match=r"^prompts/get took more than 0\.001 s and was ended"):
            await agent.client.get_prompt("recall", {})


async def test_without_a_model_words_find_it_and_it_waits_to_be_embedded(
    tmp_path: Path, mode: Mode, clock: Clock
) -> None:
    async with in_memory(tmp_path, mode, clock, embedding_model="none") as agent:
        stored = await agent.call("memory_store", content="Prefers oat flat white")
        assert stored["indexed"] == "pending"
        result = await agent.call("memory_retrieve", query="flat white", min_similarity=0.5)
        assert (result["mode"], [memory["content"] for memory in result["memories"]]) == (
            "keyword", ["Prefers oat flat white"],
        )  # fmt: skip
        assert "min_similarity was not applied" in result["note"]
        assert "found by words only for now" in await agent.read("memory_store", content="Another one")
    async with in_memory(tmp_path, mode, clock) as agent:
        house = await agent.house()
        await house.backfill.catch_up()
        result = await agent.call("memory_retrieve", query="what does she like to drink?")
        assert (result["mode"], result["memories"][0]["content"]) == ("hybrid", "Prefers oat flat white")


@pytest.mark.parametrize(("policy", "kept"), [("keep", "a <b>bold</b> & 1 < 2"), ("strip", "a bold & 1 < 2")])
async def test_html_is_treated_as_set(tmp_path: Path, policy: str, kept: str) -> None:
    async with in_memory(tmp_path, memory_html=policy) as agent:
        await agent.store("a <b>bold</b> & 1 < 2")
        assert await agent.contents() == [kept]


async def test_html_can_be_refused(tmp_path: Path) -> None:
    async with in_memory(tmp_path, memory_html="reject") as agent:
        for text in ("a <b>bold</b>", "<!-- note --> x", "<!DOCTYPE html> x"):
            assert "HTML" in await agent.refused("memory_store", content=text)
        await agent.store("SELECT a < b; -- 1 > 0")
        assert await agent.contents() == ["SELECT a < b; -- 1 > 0"]


async def test_a_setting_bounds_every_answer(tmp_path: Path) -> None:
    async with in_memory(tmp_path, memory_max_tokens=100) as agent:
        for number in range(10):
            await agent.store(f"Anna {number} " + "and the boats were out " * 5)
        assert (await agent.call("memory_retrieve", query="Anna"))["omitted"] > 0
        assert (await agent.call("memory_retrieve", query="Anna", max_tokens=5_000))["omitted"] == 0
