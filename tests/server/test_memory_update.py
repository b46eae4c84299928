"""memory_update: changes what is given and nothing else, all of it or none."""

import anyio
import pytest

from tests.client import Agent, Clock, dump

pytestmark = pytest.mark.anyio


async def test_each_field_changes_alone(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", importance=0.4, tags=["a"], metadata={"k": 1})
    for field, value in [
        ("importance", 0.9), ("content_type", "fact"), ("tags", ["b", "c"]), ("metadata", {"z": None}),
        ("content", "Anna lives in Paris"),
    ]:  # fmt: skip
        (before,) = await agent.found()
        changed = await agent.call("memory_update", memory_id=memory_id, **{field: value})
        (after,) = await agent.found()
        assert changed["changed"] == [field]
        assert after[field] == value
        same = before.keys() - {field, "effective_importance", "score", "access_count"}
        assert {key: after[key] for key in same} == {key: before[key] for key in same}


async def test_new_wording_is_found_and_the_old_is_not(agent: Agent) -> None:
    memory_id = await agent.store("Anna keeps a zebra")
    await agent.call("memory_update", memory_id=memory_id, content="Anna keeps   a giraffe")
    house = await agent.house()
    words = await house.db.read(lambda db: db.execute("SELECT own FROM memories_fts").fetchall())
    assert words == [("anna keep a giraff",)]
    (memory,) = await agent.found("giraffe")
    assert (memory["memory_id"], memory["content"]) == (memory_id, "Anna keeps a giraffe")


async def test_empty_tags_and_metadata_clear_them(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", tags=["a"], metadata={"k": 1})
    await agent.call("memory_update", memory_id=memory_id, tags=[], metadata={})
    (memory,) = await agent.found()
    assert (memory["tags"], memory["metadata"]) == ([], {})


async def test_an_end_counts_from_now(agent: Agent, clock: Clock) -> None:
    memory_id = await agent.store("The printer is broken")
    clock.forward(hours=3)
    changed = await agent.call("memory_update", memory_id=memory_id, ttl_hours=2)
    assert changed["expires_at"] == "2026-11-21T14:30:00Z"
    clock.forward(hours=2)
    assert await agent.contents() == []


async def test_archiving_hides_until_asked_for_and_can_be_undone(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    assert (await agent.call("memory_update", memory_id=memory_id, action="archive"))["archived"]
    for query in ("", "Anna"):
        assert await agent.contents(query) == []
        (memory,) = await agent.found(query, include_archived=True)
        assert memory["archived"]
    assert " archived  Anna lives in Berlin" in await agent.read("memory_retrieve", include_archived=True)
    assert not (await agent.call("memory_update", memory_id=memory_id, action="unarchive"))["archived"]
    assert await agent.contents("Anna") == ["Anna lives in Berlin"]


async def test_promotion_lifts_the_end_and_the_importance(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", importance=0.5, ttl_hours=1)
    promoted = await agent.call("memory_update", memory_id=memory_id, action="promote")
    assert (promoted["importance"], promoted.get("expires_at")) == (0.7, None)
    for _ in range(3):
        promoted = await agent.call("memory_update", memory_id=memory_id, action="promote")
    assert promoted["importance"] == 1.0


@pytest.mark.parametrize("arguments", [{}, {"content": None}, {"tags": None, "action": None}])
async def test_nothing_to_change_is_refused(agent: Agent, arguments: dict[str, object]) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    text = await agent.refused("memory_update", memory_id=memory_id, **arguments)
    assert text.startswith("Nothing to change: pass content")


async def test_the_text_of_another_memory_is_refused_and_named(agent: Agent) -> None:
    berlin = await agent.store("Anna lives in Berlin")
    paris = await agent.store("Anna lives in Paris")
    before = await dump(agent)
    text = await agent.refused("memory_update", memory_id=paris, content="anna lives in berlin!", importance=1)
    assert berlin in text
    assert await dump(agent) == before


@pytest.mark.parametrize("state", ["unknown", "forgotten", "expired", "superseded", "purged"])
async def test_what_is_gone_cannot_be_changed(agent: Agent, clock: Clock, state: str) -> None:
    memory_id = await agent.store("Anna lives in Berlin", ttl_hours=1)
    if state in ("forgotten", "purged"):
        await agent.call("memory_forget", memory_ids=[memory_id], purge=state == "purged")
    elif state == "expired":
        clock.forward(hours=2)
    elif state == "superseded":
        await agent.store("Anna lives in Paris", supersedes=memory_id)
    asked = "mem_9" if state == "unknown" else memory_id
    before = await dump(agent)
    text = await agent.refused("memory_update", memory_id=asked, importance=1)
    assert repr(asked) in text
    assert "Call memory_" in text
    assert await dump(agent) == before


async def test_changes_made_at_once_are_all_kept(agent: Agent) -> None:
    """What was prepared from a text that changed meanwhile must not be written over it."""
    ids = [await agent.store(f"Ann: the plan number {number}") for number in range(10)]
    async with anyio.create_task_group() as tasks:
        for number, memory_id in enumerate(ids):
            content = {"memory_id": memory_id, "content": f"Bob: another plan {number}"}
            others = {"memory_id": memory_id, "metadata": {"speaker": "Ann"}, "importance": 0.9}
            for arguments in (content, others):
                tasks.start_soon(agent.raw, "memory_update", arguments)
    found = {memory["memory_id"]: memory for memory in await agent.found(limit=20)}
    for number, memory_id in enumerate(ids):
        assert found[memory_id]["content"] == f"Bob: another plan {number}"
        assert (found[memory_id]["importance"], found[memory_id]["metadata"]) == (0.9, {"speaker": "Ann"})


async def test_promotion_and_an_end_exclude_each_other(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    refused = await agent.refused("memory_update", memory_id=memory_id, action="promote", ttl_hours=5)
    assert "ttl_hours" in refused
