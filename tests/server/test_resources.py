"""What hosts can read, and the completion of ids."""

import json
from pathlib import Path
from typing import cast

import pytest
from mcp import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from tests.client import Agent, Mode, in_memory

pytestmark = pytest.mark.anyio

MEMORIES = ResourceTemplateReference(type="ref/resource", uri="satchel://memories/{session_id}")


async def test_the_list_of_resources(agent: Agent) -> None:
    listed = (await agent.client.list_resources()).resources
    assert sorted((resource.uri, resource.title) for resource in listed) == [
        ("satchel://data-sources", "Databases"), ("satchel://health", "Health"), ("satchel://stats", "Counts"),
    ]  # fmt: skip
    templates = (await agent.client.list_resource_templates()).resource_templates
    assert [template.uri_template for template in templates] == [
        "satchel://memories/{session_id}", "satchel://documents/{document_id}",
        "satchel://escalations/{status}", "satchel://data-sources/{name}/schema",
    ]  # fmt: skip


async def test_health_says_which_model_serves(agent: Agent) -> None:
    health = json.loads(await agent.resource("satchel://health"))
    assert (health["status"], health["problems"]) == ("ok", [])
    assert health["embedding_model"]["wanted"] == "static"


async def test_health_says_why_the_store_is_shut(tmp_path: Path, mode: Mode) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "satchel.sqlite").write_bytes(b"this is no database " * 100)
    async with in_memory(tmp_path, mode) as agent:
        health = json.loads(await agent.resource("satchel://health"))
        assert health["status"] == "failing"
        assert "doctor" in health["problems"][0]
        text = await agent.refused("memory_retrieve")
        assert "damaged" in text
        assert str(tmp_path) not in text + json.dumps(health)


async def test_counts_follow_what_happens(agent: Agent) -> None:
    ids = [await agent.store(f"fact {n}", content_type="fact", entities=[{"name": "Anna"}]) for n in range(3)]
    await agent.store("rule", content_type="rule", session_id="two")
    await agent.call("memory_forget", memory_ids=[ids[0]])
    await agent.call("memory_update", memory_id=ids[1], action="archive")
    await agent.store("fact new", content_type="fact", supersedes=ids[2])
    await agent.call("rag_add_documents", documents=["a text"])
    assert json.loads(await agent.resource("satchel://stats")) == {
        "memories": {"active": 2, "archived": 1, "deleted": 1, "superseded": 1},
        "active_by_type": {"fact": 1, "rule": 1},
        "sessions": 2,
        "entities": 1,
        "documents": 1,
        "passages": 1,
    }


async def test_the_memories_of_a_session_are_text(agent: Agent) -> None:
    memory_id = await agent.store("Anna lives in Berlin", session_id="one", content_type="user_info")
    text = await agent.resource("satchel://memories/one")
    assert "About the user:" in text
    assert f"[{memory_id}]" in text


@pytest.mark.parametrize(
    "uri",
    [
        "satchel://memories/nothing", "satchel://memories/a b", "satchel://memories/..%2Fx", "satchel://memories/",
        "satchel://memories/'%20OR%201=1", "satchel://nowhere", "file:///etc/passwd", "satchel://memories/" + "a" * 256,
    ],
)  # fmt: skip
async def test_what_is_not_there_is_refused_in_a_line(agent: Agent, uri: str) -> None:
    await agent.store("Anna lives in Berlin")
    with pytest.raises(MCPError) as refused:
        await agent.client.read_resource(uri)
    assert refused.value.message.count("\n") == 0
    assert "Anna" not in refused.value.message
    assert "Traceback" not in refused.value.message


async def completed(agent: Agent, prefix: str, reference: ResourceTemplateReference | PromptReference) -> list[str]:
    result = await agent.client.complete(reference, {"name": "session_id", "value": prefix})
    return list(result.completion.values)


@pytest.mark.parametrize("reference", [MEMORIES, PromptReference(type="ref/prompt", name="recall")])
async def test_session_ids_complete(agent: Agent, reference: object) -> None:
    asked = cast("ResourceTemplateReference | PromptReference", reference)
    for session in ("alpha", "alpine", "beta", "a_c"):
        await agent.store("x", session_id=session)
    forgotten = await agent.store("x", session_id="alps")
    await agent.call("memory_forget", memory_ids=[forgotten])
    assert await completed(agent, "", asked) == ["a_c", "alpha", "alpine", "beta"]
    assert await completed(agent, "alp", asked) == ["alpha", "alpine"]
    for odd in ("%", "a%", "a'", "_", "x" * 10_000):
        assert await completed(agent, odd, asked) == []


async def test_other_arguments_do_not_complete(agent: Agent) -> None:
    result = await agent.client.complete(
        PromptReference(type="ref/prompt", name="recall"), {"name": "model_family", "value": "c"}
    )
    assert result.completion.values == []


async def test_at_most_a_hundred_ids_complete(agent: Agent) -> None:
    for number in range(110):
        await agent.store("x", session_id=f"s{number:03}")
    assert len(await completed(agent, "s", MEMORIES)) == 100
