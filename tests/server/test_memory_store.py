"""memory_store: what is kept, what is one memory, what resembles it, and what it replaces."""

import pytest

from tests.client import Agent, Clock

pytestmark = pytest.mark.anyio


async def test_a_plain_statement_takes_the_defaults(agent: Agent) -> None:
    stored = await agent.call("memory_store", content="Anna lives in Berlin")
    assert stored == {
        "memory_id": stored["memory_id"],
        "action": "created",
        "content_type": "context",
        "importance": 0.5,
        "expires_at": None,
        "indexed": "ready",
        "similar": [],
    }
    (memory,) = await agent.found("Where does Anna live?")
    assert memory | {"score": 0} == {
        "memory_id": stored["memory_id"],
        "content": "Anna lives in Berlin",
        "content_type": "context",
        "importance": 0.5,
        "effective_importance": 0.5,
        "score": 0,
        "created_at": "2026-11-21T09:30:00Z",
        "occurred_at": "2026-11-21T09:30:00Z",
        "access_count": 0,
        "tags": [],
        "metadata": {},
        "provenance": {"origin": "agent", "tool": "memory_store", "key": "stdio"},
        "truncated": False,
        "session_id": "default",
    }


async def test_every_argument_is_kept(agent: Agent, clock: Clock) -> None:
    stored = await agent.call(
        "memory_store",
        content="Anna leads the Falcon project",
        session_id="work-7_A",
        content_type="fact",
        importance=0.8,
        metadata={"source": {"page": 3, "seen": [1, 2.5, None, True]}},
        tags=["people", "falcon"],
        ttl_hours=24,
        occurred_at="2026-11-20T10:00:00+01:00",
        entities=[{"name": "Anna", "type": "person"}, {"name": "Falcon"}],
        relations=[{"source": "Anna", "relation": "leads", "target": "Falcon"}],
    )
    assert (stored["content_type"], stored["importance"]) == ("fact", 0.8)
    assert stored["expires_at"] == "2026-11-22T09:30:00Z"
    (memory,) = await agent.found("Falcon", session_id="work-7_A")
    assert memory["metadata"] == {"source": {"page": 3, "seen": [1, 2.5, None, True]}}
    assert memory["tags"] == ["people", "falcon"]
    assert (memory["occurred_at"], memory["created_at"]) == ("2026-11-20T09:00:00Z", "2026-11-21T09:30:00Z")
    graph = await agent.call("memory_graph", entity="anna")
    assert graph["edges"] == [
        {"source": "Anna", "relation": "leads", "target": "Falcon", "memory_ids": [stored["memory_id"]]}
    ]


async def test_metadata_keeps_what_is_null(agent: Agent) -> None:
    await agent.store("The door code changes", metadata={"until": None, "deep": {"a": None}})
    assert (await agent.found())[0]["metadata"] == {"until": None, "deep": {"a": None}}


async def test_the_text_form_is_one_line(agent: Agent) -> None:
    result = await agent.raw("memory_store", {"content": "Ships on Friday", "ttl_hours": 2})
    assert result.structured_content is not None
    (text,) = [part.text for part in result.content if part.type == "text"]
    assert text == f"created [{result.structured_content['memory_id']}] (expires 2026-11-21T11:30)"


@pytest.mark.parametrize("again", ["Anna lives in Berlin", "anna  LIVES in\nberlin", "Anna lives in Berlin!?;:., "])
async def test_the_same_text_updates_the_memory(agent: Agent, again: str) -> None:
    first = await agent.store("Anna lives in Berlin", importance=0.7, metadata={"a": 1, "b": 1}, tags=["x", "y"])
    second = await agent.call("memory_store", content=again, importance=0.4, metadata={"b": 2, "c": 3}, tags=["y", "z"])
    assert (second["memory_id"], second["action"], second["importance"]) == (first, "updated", 0.7)
    (memory,) = await agent.found()
    assert memory["content"] == "Anna lives in Berlin"
    assert memory["metadata"] == {"a": 1, "b": 2, "c": 3}
    assert memory["tags"] == ["x", "y", "z"]
    assert memory["access_count"] == 1
    assert (await agent.call("memory_store", content=again, importance=0.9))["importance"] == 0.9


@pytest.mark.parametrize(
    "other",
    [{"session_id": "elsewhere"}, {"content_type": "fact"}, {"content": "Anna lives in Bern"}],
    ids=["session", "type", "text"],
)
async def test_another_session_type_or_text_is_another_memory(agent: Agent, other: dict[str, str]) -> None:
    first = await agent.store("Anna lives in Berlin")
    second = await agent.call("memory_store", **{"content": "Anna lives in Berlin", **other})
    assert second["action"] == "created"
    assert second["memory_id"] != first


async def test_storing_a_forgotten_text_brings_it_back(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", tags=["home"])
    await agent.call("memory_forget", memory_ids=[memory_id])
    assert await agent.contents("Berlin") == []
    again = await agent.call("memory_store", content="Anna lives in Berlin")
    assert (again["memory_id"], again["action"]) == (memory_id, "updated")
    (memory,) = await agent.found("Berlin")
    assert memory["tags"] == ["home"]


async def test_storing_an_expired_text_starts_it_anew(agent: Agent, clock: Clock) -> None:
    await agent.store("The printer is broken", ttl_hours=1)
    clock.forward(hours=2)
    again = await agent.call("memory_store", content="The printer is broken", ttl_hours=5)
    assert again["expires_at"] == "2026-11-21T16:30:00Z"
    assert await agent.contents("printer") == ["The printer is broken"]


async def test_the_later_end_counts_when_both_have_one(agent: Agent) -> None:
    await agent.store("The printer is broken", ttl_hours=10)
    assert (await agent.call("memory_store", content="The printer is broken", ttl_hours=1))["expires_at"] == (
        "2026-11-21T19:30:00Z"
    )
    assert (await agent.call("memory_store", content="The printer is broken"))["expires_at"] is None


async def test_a_near_duplicate_is_reported_and_not_merged(agent: Agent) -> None:
    first = await agent.store("The customer prefers to be called in the morning before ten o'clock")
    second = await agent.call(
        "memory_store", content="The customer prefers to be called in the morning before nine o'clock"
    )
    assert second["action"] == "created"
    (similar,) = second["similar"]
    assert (similar["memory_id"], similar["content"]) == (
        first,
        "The customer prefers to be called in the morning before ten o'clock",
    )
    assert 0.8 <= similar["similarity"] <= 1
    assert len(await agent.found("customer called morning")) == 2


async def test_other_statements_are_not_similar(agent: Agent) -> None:
    await agent.store("Berlin has a river")
    assert (await agent.call("memory_store", content="The invoice was paid"))["similar"] == []


async def test_similar_stays_inside_the_session(agent: Agent) -> None:
    await agent.store("Anna lives in the centre of Berlin", session_id="one")
    second = await agent.call("memory_store", content="Anna lives in the center of Berlin", session_id="two")
    assert second["similar"] == []


async def test_superseding_takes_the_old_one_out_of_retrieval(agent: Agent) -> None:
    old = await agent.store("Anna lives in Berlin")
    new = await agent.call("memory_store", content="Anna lives in Paris", supersedes=old)
    assert new["action"] == "superseded"
    assert old not in [similar["memory_id"] for similar in new["similar"]]
    assert await agent.contents("Where does Anna live?") == ["Anna lives in Paris"]
    assert await agent.contents(include_archived=True) == ["Anna lives in Paris"]


async def test_superseding_keeps_history_that_stays_put(agent: Agent) -> None:
    first = await agent.store("Anna lives in Berlin")
    second = await agent.store("Anna lives in Paris", supersedes=first)
    third = await agent.store("Anna lives in Rome", supersedes=second)
    house = await agent.house()
    from storage.memories import rows

    latest = await house.db.read(lambda db: rows.fetch(db, "local", third))
    history = await house.db.read(lambda db: rows.history(db, "local", latest.row_id))
    assert [(row.memory_id, row.state) for row in history] == [(second, "superseded"), (first, "superseded")]
    assert (await agent.call("memory_restore", memory_ids=[first]))["not_found"] == [first]
    assert "replaced by a newer one" in await agent.refused("memory_update", memory_id=first, importance=1)


async def test_superseding_with_the_same_words_is_an_update(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    again = await agent.call("memory_store", content="Anna lives in Berlin.", supersedes=memory_id)
    assert (again["memory_id"], again["action"]) == (memory_id, "updated")
    assert await agent.contents() == ["Anna lives in Berlin"]


async def test_a_corrected_statement_may_become_true_again(agent: Agent) -> None:
    berlin = await agent.store("Anna lives in Berlin")
    paris = await agent.store("Anna lives in Paris", supersedes=berlin)
    again = await agent.call("memory_store", content="Anna lives in Berlin", supersedes=paris)
    assert again["action"] == "superseded"
    assert again["memory_id"] not in (berlin, paris)
    assert await agent.contents("Anna") == ["Anna lives in Berlin"]


@pytest.mark.parametrize("supersedes", ["nowhere", "", "x" * 65, "a'b", "%"])
async def test_superseding_what_is_not_there_stores_nothing(agent: Agent, supersedes: str) -> None:
    text = await agent.refused("memory_store", content="Anna lives in Paris", supersedes=supersedes)
    assert "supersedes" in text or repr(supersedes) in text
    assert await agent.contents() == []


async def test_superseding_across_sessions_names_the_session(agent: Agent) -> None:
    old = await agent.store("Anna lives in Berlin", session_id="one")
    text = await agent.refused("memory_store", content="Anna lives in Paris", session_id="two", supersedes=old)
    assert "'one'" in text
    assert await agent.contents(scope="tenant") == ["Anna lives in Berlin"]


async def test_a_forgotten_memory_cannot_be_superseded(agent: Agent) -> None:
    old = await agent.store("Anna lives in Berlin")
    await agent.call("memory_forget", memory_ids=[old])
    assert "memory_restore" in await agent.refused("memory_store", content="Anna lives in Paris", supersedes=old)


async def test_together_too_many_tags_are_refused(agent: Agent) -> None:
    await agent.store("Anna lives in Berlin", tags=[f"a{n}" for n in range(12)])
    text = await agent.refused("memory_store", content="Anna lives in Berlin", tags=[f"b{n}" for n in range(12)])
    assert text.startswith("tags:")
    assert len((await agent.found())[0]["tags"]) == 12


async def test_together_too_much_metadata_is_refused(agent: Agent) -> None:
    await agent.store("Anna lives in Berlin", metadata={"a": "x" * 6_000})
    text = await agent.refused("memory_store", content="Anna lives in Berlin", metadata={"b": "x" * 6_000})
    assert text.startswith("metadata:")
