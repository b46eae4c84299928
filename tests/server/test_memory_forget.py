"""memory_forget and memory_restore: what leaves, what comes back, and what a misled agent cannot erase."""

import pytest

from tests.client import Agent, Clock, dump

pytestmark = pytest.mark.anyio


async def test_a_forgotten_memory_is_not_found_until_restored(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    forgotten = await agent.call("memory_forget", memory_ids=[memory_id])
    assert {key: forgotten[key] for key in ("memory_ids", "count", "not_found", "purged")} == {
        "memory_ids": [memory_id], "count": 1, "not_found": [], "purged": False,
    }  # fmt: skip
    for arguments in ({}, {"query": "Anna"}, {"include_archived": True}, {"scope": "tenant"}):
        assert (await agent.call("memory_retrieve", **arguments))["memories"] == []
    restored = await agent.call("memory_restore", memory_ids=[memory_id])
    assert restored == {"memory_ids": [memory_id], "count": 1, "not_found": []}
    assert await agent.contents("Anna") == ["Anna lives in Berlin"]


async def test_ids_that_are_not_there_are_told_and_the_rest_is_done(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    for tool in ("memory_forget", "memory_restore"):
        done = await agent.call(tool, memory_ids=["nowhere", memory_id, "%", memory_id])
        assert (done["memory_ids"], done["not_found"]) == ([memory_id], ["nowhere", "%"])
    again = await agent.call("memory_restore", memory_ids=[memory_id])
    assert (again["count"], again["not_found"]) == (0, [memory_id])


async def test_forgetting_twice_changes_nothing_more(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    await agent.call("memory_forget", memory_ids=[memory_id])
    before = await dump(agent)
    assert (await agent.call("memory_forget", memory_ids=[memory_id]))["not_found"] == [memory_id]
    columns = [row[:-1] for row in before["memories"]]  # the last one numbers changes
    assert [row[:-1] for row in (await dump(agent))["memories"]] == columns


@pytest.mark.parametrize("arguments", [{}, {"purge": True}, {"session_id": "default"}, {"tags": []}])
async def test_without_ids_or_a_filter_nothing_is_forgotten(agent: Agent, arguments: dict[str, object]) -> None:
    await agent.store("Anna lives in Berlin")
    assert (await agent.refused("memory_forget", **arguments)).startswith("Pass memory_ids, or a filter:")
    assert len(await agent.found()) == 1


async def test_ids_and_filters_together_are_refused(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", tags=["a"])
    assert "not both" in await agent.refused("memory_forget", memory_ids=[memory_id], tags=["b"])
    assert len(await agent.found()) == 1


@pytest.mark.parametrize("wildcard", ["%", "*", "_", "a%", "' OR '1'='1", "$[*]"])
async def test_wildcards_mean_themselves(agent: Agent, wildcard: str) -> None:
    await agent.store("Anna lives in Berlin", tags=["abc"])
    assert (await agent.call("memory_forget", tags=[wildcard]))["count"] == 0
    assert (await agent.call("memory_forget", memory_ids=[wildcard]))["count"] == 0
    await agent.store("Marked", tags=[wildcard])
    assert (await agent.call("memory_forget", tags=[wildcard]))["count"] == 1
    assert await agent.contents() == ["Anna lives in Berlin"]


async def test_filters_choose_within_the_session(agent: Agent, clock: Clock) -> None:
    await agent.store("old fact", content_type="fact", tags=["x", "y"], occurred_at=clock.ago(hours=10))
    await agent.store("new fact", content_type="fact", tags=["x"])
    await agent.store("old rule", content_type="rule", tags=["x", "y"], occurred_at=clock.ago(hours=10))
    await agent.store("elsewhere", content_type="fact", tags=["x", "y"], session_id="two")
    await agent.call("memory_forget", content_type="fact", tags=["x", "y"], older_than_hours=5)
    assert sorted(await agent.contents(scope="tenant")) == ["elsewhere", "new fact", "old rule"]
    await agent.call("memory_forget", tags=["x"], session_id="two")
    assert sorted(await agent.contents(scope="tenant")) == ["new fact", "old rule"]


async def test_zero_hours_is_all_of_a_session_also_the_future_and_the_archive(agent: Agent, clock: Clock) -> None:
    await agent.store("tomorrow", occurred_at=clock.ago(days=-1))
    archived = await agent.store("archived")
    await agent.call("memory_update", memory_id=archived, action="archive")
    await agent.store("elsewhere", session_id="two")
    assert (await agent.call("memory_forget", older_than_hours=0))["count"] == 2
    assert await agent.contents(scope="tenant", include_archived=True) == ["elsewhere"]


async def test_the_old_are_found_however_many_new_there_are(
    agent: Agent, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.memory.removing.MOST", 2)
    for number in range(3):
        await agent.store(f"old {number}", occurred_at=clock.ago(days=3))
    for number in range(3):
        await agent.store(f"new {number}")
    assert [(await agent.call("memory_forget", older_than_hours=48))["count"] for _ in range(3)] == [2, 1, 0]
    assert sorted(await agent.contents()) == ["new 0", "new 1", "new 2"]


@pytest.mark.parametrize("hours", [1e300, 10**15, 876_000.5])
async def test_any_number_of_hours_is_understood(agent: Agent, hours: float) -> None:
    await agent.store("Anna lives in Berlin")
    assert (await agent.call("memory_forget", older_than_hours=hours))["count"] == 0


async def test_an_id_of_another_session_is_not_found_there(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", session_id="one")
    assert (await agent.call("memory_forget", memory_ids=[memory_id], session_id="two"))["count"] == 0
    assert (await agent.call("memory_forget", memory_ids=[memory_id]))["count"] == 1


async def test_an_expired_memory_can_be_restored_for_good(agent: Agent, clock: Clock) -> None:
    memory_id = await agent.store("The printer is broken", ttl_hours=1)
    clock.forward(hours=2)
    assert (await agent.call("memory_restore", memory_ids=[memory_id]))["count"] == 1
    clock.forward(days=300)
    assert await agent.contents("printer") == ["The printer is broken"]


async def test_a_purged_memory_is_gone_for_good(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", entities=[{"name": "Anna"}])
    assert (await agent.call("memory_forget", memory_ids=[memory_id], purge=True))["purged"]
    assert (await agent.call("memory_restore", memory_ids=[memory_id]))["not_found"] == [memory_id]
    left = await dump(agent)
    assert {name: len(rows) for name, rows in left.items() if rows} == {"purged": 1}
    assert (await agent.call("memory_graph"))["nodes"] == []


async def test_a_purge_takes_what_was_replaced_along(agent: Agent) -> None:
    first = await agent.store("Anna lives in Berlin")
    second = await agent.store("Anna lives in Paris", supersedes=first)
    await agent.store("Bob lives in Rome")
    await agent.call("memory_forget", memory_ids=[second], purge=True)
    assert [row[4] for row in (await dump(agent))["memories"]] == ["Bob lives in Rome"]


async def test_a_purge_by_filter_takes_what_was_forgotten_before_along(agent: Agent) -> None:
    """For good, of this session: also what only looked gone."""
    memory_id = await agent.store("Anna lives in Berlin")
    await agent.call("memory_forget", memory_ids=[memory_id])
    await agent.store("Anna lives in Paris")
    await agent.store("Anna lives in Rome", session_id="two")
    await agent.call("memory_forget", older_than_hours=0, purge=True)
    assert [row[4] for row in (await dump(agent))["memories"]] == ["Anna lives in Rome"]


async def test_the_texts_say_what_happened(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    assert (
        await agent.read("memory_forget", memory_ids=[memory_id])
        == f"Forgot: 1. memory_restore brings them back: {memory_id}."
    )
    assert await agent.read("memory_restore", memory_ids=[memory_id, "x"]) == (
        "Restored: 1. Not among the forgotten: x."
    )
    assert await agent.read("memory_forget", memory_ids=[memory_id, "x"], purge=True) == (
        "Erased for good: 1. Not found: x."
    )


async def test_what_was_forgotten_by_a_filter_is_named(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", tags=["old"])
    assert memory_id in await agent.read("memory_forget", tags=["old"])
