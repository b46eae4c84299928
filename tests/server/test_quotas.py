"""A tenant that keeps as much as it may is told so, keeps what it has, and may make room."""

import base64
from pathlib import Path
from typing import Any

import pytest

from server.config.policies import quotas
from storage import usage
from storage.usage import Usage
from tests.client import Agent, in_memory, settings
from tools.quota import Quota

pytestmark = pytest.mark.anyio

FULL = "Not kept: "
OWNER = "or ask the owner for a larger quota."


async def kept(agent: Agent) -> Usage:
    house = await agent.house()
    assert await house.db.read(usage.drift) == []
    return await house.db.read(lambda db: usage.usage(db, "local"))


def test_a_tenant_may_have_quotas_of_its_own(tmp_path: Path) -> None:
    own: dict[str, Any] = {"acme": {"memories": 5, "mb": 0}}
    of = quotas(settings(tmp_path, quota_memories=10, quota_chunks=20, quota_mb=1, tenant_quotas=own))
    assert of("acme") == Quota(5, 20, 0)
    assert of("globex") == Quota(10, 20, 1 << 20)
    assert quotas(settings(tmp_path))("acme") == Quota()


async def test_one_memory_too_many_is_refused_until_there_is_room(tmp_path: Path) -> None:
    async with in_memory(tmp_path, quota_memories=2) as agent:
        first, _ = await agent.store("one"), await agent.store("two")
        refusal = f"{FULL}2 memories are the most that may be kept, forgotten ones included. Call memory_forget with"
        assert await agent.refused("memory_store", content="three") == f"{refusal} purge=true, {OWNER}"
        assert await agent.refused("memory_store", content="three", supersedes=first, entities=[{"name": "A"}])
        assert sorted(await agent.contents()) == ["one", "two"]
        assert (await agent.call("memory_store", content="ONE", importance=0.9))["action"] == "updated"
        await agent.call("memory_update", memory_id=first, content="one, at much more length")
        await agent.call("memory_forget", memory_ids=[first])
        await agent.refused("memory_store", content="three")
        await agent.call("memory_forget", memory_ids=[first], purge=True)
        await agent.store("three")
        assert (await kept(agent)).memories == 2


async def test_text_that_grows_beyond_the_bytes_is_refused_and_text_that_shrinks_is_not(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as agent:
        memory_id = await agent.store("x " * 4_000)
        await agent.call("rag_add_documents", documents=["word " * 9_000] * 30, ids=[f"d{n}" for n in range(30)])
        assert (await kept(agent)).bytes > 1 << 20
    async with in_memory(tmp_path, quota_mb=1) as agent:
        before = await kept(agent)
        refusal = f"{FULL}1,048,576 bytes of texts, metadata and files are the most that may be kept"
        assert (await agent.refused("memory_store", content="more")).startswith(refusal)
        assert await agent.refused("memory_update", memory_id=memory_id, content="x " * 4_500)
        assert await agent.refused("memory_update", memory_id=memory_id, metadata={"a": "more"})
        assert (await agent.refused("rag_add_documents", documents=["more"])).startswith(f"documents.0: {refusal}")
        assert await agent.refused("rag_add_documents", documents=["word " * 9_500], ids=["d0"])
        assert await kept(agent) == before
        await agent.call("memory_update", memory_id=memory_id, content="x", importance=0.9)
        await agent.call("rag_add_documents", documents=["word " * 8_000], ids=["d0"])
        await agent.call("rag_delete_documents", ids=[f"d{n}" for n in range(1, 10)])
        await agent.store("more")


async def test_chunks_are_counted_over_all_documents(tmp_path: Path) -> None:
    async with in_memory(tmp_path, quota_chunks=2) as agent:
        documents = ["one thing", "another thing", "a third thing"]
        refusal = await agent.refused("rag_add_documents", documents=documents)
        most = "2 chunks of documents are the most that may be kept. Call rag_delete_documents"
        assert refusal == f"documents.2: {FULL}{most}, {OWNER} Those before it are kept."
        assert len((await agent.call("rag_list_documents"))["documents"]) == 2  # each for itself, in order
        saved = await agent.call("attachment_save", filename="a.txt", content_base64=base64.b64encode(b"hi").decode())
        asked = {"attachment_id": saved["attachment_id"], "chunk_for_rag": True}
        assert (await agent.refused("attachment_process", **asked)).startswith(FULL)
        assert (await agent.call("attachment_process", **asked | {"chunk_for_rag": False}))["text"] == "hi"


async def test_a_refused_attachment_leaves_no_file(tmp_path: Path) -> None:
    async with in_memory(tmp_path, quota_mb=1) as agent:

        async def save(letter: str, name: str = "a.txt") -> dict[str, str]:
            content = base64.b64encode(letter.encode() * 600_000).decode()
            return {"filename": name, "content_base64": content}

        await agent.call("attachment_save", **await save("a"))
        assert (await agent.refused("attachment_save", **await save("b"))).startswith(FULL)
        await agent.call("attachment_save", **await save("a"))  # the same again adds nothing
        house = await agent.house()
        files = house.services.attachments.files
        assert await house.db.read(lambda db: files.stray(db, 1 << 60)) == []
        assert (await kept(agent)).bytes == 600_000
