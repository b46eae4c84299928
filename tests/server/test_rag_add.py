"""rag_add_documents: kept wholly, once, and cut along its structure; listed, deleted, read."""

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from server.app import create_server
from tests.client import Agent, in_memory, settings, text_of

pytestmark = pytest.mark.anyio

GUIDE = "# Returns\n\nSend it back within 30 days.\n\n## Refunds\n\nA refund takes a week.\n"


async def added(agent: Agent, *texts: str, **arguments: object) -> list[dict[str, Any]]:
    return list((await agent.call("rag_add_documents", documents=list(texts), **arguments))["documents"])


async def found(agent: Agent, query: str, **arguments: object) -> list[dict[str, Any]]:
    return list((await agent.call("rag_search", query=query, **arguments))["results"])


async def test_a_document_is_found_by_the_next_call(agent: Agent) -> None:
    (one,) = await added(agent, GUIDE, ids=["guide"])
    assert one == {"document_id": "guide", "chunks": 1, "action": "created"}
    (hit,) = await found(agent, "how long does a refund take")
    assert (hit["document_id"], hit["title"]) == ("guide", "Returns")


async def test_the_same_text_again_changes_nothing(agent: Agent) -> None:
    await added(agent, GUIDE, ids=["guide"])
    chunk = (await found(agent, "refund"))[0]["chunk_id"]
    (one,) = await added(agent, GUIDE, ids=["guide"])
    assert one["action"] == "unchanged"
    assert (await found(agent, "refund"))[0]["chunk_id"] == chunk


async def test_new_text_takes_the_place_of_the_old(agent: Agent) -> None:
    await added(agent, "Tea is served at four.", ids=["guide"])
    (one,) = await added(agent, "Coffee is served at five.", ids=["guide"])
    assert one["action"] == "updated"
    assert [hit["text"] for hit in await found(agent, "tea coffee served")] == ["Coffee is served at five."]


async def test_new_metadata_alone_is_an_update_that_keeps_the_chunks(agent: Agent) -> None:
    await added(agent, GUIDE, ids=["guide"], metadatas=[{"lang": "en"}])
    before = (await found(agent, "refund"))[0]["chunk_id"]
    (one,) = await added(agent, GUIDE, ids=["guide"], metadatas=[{"lang": "de"}])
    assert one["action"] == "updated"
    (hit,) = await found(agent, "refund", filter={"lang": "de"})
    assert hit["chunk_id"] == before
    assert await found(agent, "refund", filter={"lang": "en"}) == []


async def test_unchanged_parts_of_a_changed_document_keep_their_chunks(agent: Agent) -> None:
    parts = [f"# Part {name}\n\n{' '.join([f'{name}{n}' for n in range(400)])}\n\n" for name in ("one", "two", "three")]
    await added(agent, "".join(parts), ids=["book"], metadatas=[{"title": "Book"}])
    before = {hit["chunk_id"] for hit in await found(agent, "one5 two5 three5", k=10)}
    await added(agent, "".join([parts[0], "# Part new\n\n" + "new " * 400 + "\n\n", parts[2]]), ids=["book"],
                metadatas=[{"title": "Book"}])  # fmt: skip
    after = {hit["chunk_id"] for hit in await found(agent, "one5 new three5", k=10)}
    assert len(before) == len(after) == 3
    assert len(before & after) == 2


async def test_documents_without_ids_are_known_by_their_text(agent: Agent) -> None:
    first = await added(agent, "alpha", "beta")
    again = await added(agent, "beta", "alpha", "alpha")
    assert [one["action"] for one in again] == ["unchanged"] * 3
    assert {one["document_id"] for one in first} == {one["document_id"] for one in again}


async def test_a_document_kept_whole_is_one_chunk(agent: Agent) -> None:
    (one,) = await added(agent, "word " * 3_000, chunk=False)
    assert one["chunks"] == 1


async def test_collections_are_apart(agent: Agent) -> None:
    name = "x' OR '1'='1"
    await added(agent, "alpha in one", ids=["a"])
    await added(agent, "alpha in two", ids=["a"], collection=name)
    assert [hit["text"] for hit in await found(agent, "alpha")] == ["alpha in one"]
    assert [hit["text"] for hit in await found(agent, "alpha", collection=name)] == ["alpha in two"]
    listed = await agent.call("rag_list_documents")
    assert {one["collection"]: one["documents"] for one in listed["collections"]} == {"default": 1, name: 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"documents": []}, "documents: "),
        ({"documents": ["x"] * 101}, "documents: "),
        ({"documents": [" \n"]}, "is blank"),
        ({"documents": ["x" * 50_001]}, "50000"),
        ({"documents": ["x", "y"], "ids": ["a"]}, "ids: 1 for 2 documents; give one each"),
        ({"documents": ["x", "y"], "ids": ["a", "a"]}, "ids: one is there twice"),
        ({"documents": ["x"], "metadatas": [{}, {}]}, "metadatas: 2 for 1 documents"),
        ({"documents": ["x"], "ids": [""]}, "ids.0"),
        ({"documents": ["x"], "ids": ["a\nb"]}, "control characters"),
        ({"documents": ["x"], "collection": ""}, "collection"),
        ({"documents": ["x"], "collection": "c" * 256}, "collection"),
        ({"documents": ["x"], "metadatas": [{"k": "v" * 11_000}]}, "10,240"),
        ({"documents": ["x\ud800"]}, "unpaired surrogate"),
    ],
)
async def test_bad_arguments_are_refused_and_change_nothing(
    tmp_path: Path, arguments: dict[str, Any], said: str
) -> None:
    async with in_memory(tmp_path) as agent:
        assert said in await agent.refused("rag_add_documents", **arguments)
        assert (await agent.call("rag_list_documents"))["documents"] == []


async def test_controls_become_blanks_and_everything_else_stays(agent: Agent) -> None:
    text = "a\0b\x1bc\td\n\x0ce 👩‍👩‍👧 \u202e x"
    await added(agent, text, ids=["odd"])
    assert await agent.resource("satchel://documents/odd") == "a b c\td\n\x0ce 👩‍👩‍👧 \u202e x"
    (hit,) = await found(agent, "e x")
    assert hit["flags"] == ["hidden_text"]
    assert "⟨U+202E⟩" in await agent.read("rag_search", query="e x")


async def test_a_document_is_read_back_whole(agent: Agent) -> None:
    text = "\n\n".join(f"# Chapter {n}\n\n" + "Many words are said here. " * 150 for n in range(6))
    await added(agent, text, ids=["book"])
    assert await agent.resource("satchel://documents/book") == text


async def test_progress_is_told_document_by_document(tmp_path: Path) -> None:
    server, _ = create_server(settings(tmp_path))
    told: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total))

    async with Client(server) as client:
        arguments = {"documents": ["one", "two", "three"]}
        result = await client.call_tool("rag_add_documents", arguments, progress_callback=note)
    assert not result.is_error, text_of(result)
    assert told == [(1, 3), (2, 3), (3, 3)]


async def test_listing_goes_page_by_page_newest_first(agent: Agent) -> None:
    await added(agent, *[f"text {n}" for n in range(5)], ids=[f"d{n}" for n in range(5)])
    first = await agent.call("rag_list_documents", limit=3)
    rest = await agent.call("rag_list_documents", limit=3, cursor=first["next_cursor"])
    assert [one["document_id"] for one in first["documents"] + rest["documents"]] == ["d4", "d3", "d2", "d1", "d0"]
    assert rest["next_cursor"] is None
    assert "cursor" in await agent.refused("rag_list_documents", cursor="x; DROP")


async def test_deleting_takes_everything_away(agent: Agent) -> None:
    await added(agent, "alpha", "beta", ids=["a", "b"])
    gone = await agent.call("rag_delete_documents", ids=["a", "nobody", "a"])
    assert gone == {"deleted": ["a"], "chunks": 1, "not_found": ["nobody"]}
    assert [hit["document_id"] for hit in await found(agent, "alpha beta")] == ["b"]


async def test_deleting_keeps_to_its_collection(agent: Agent) -> None:
    await added(agent, "alpha", ids=["a"])
    assert (await agent.call("rag_delete_documents", ids=["a"], collection="other"))["not_found"] == ["a"]
    assert len(await found(agent, "alpha")) == 1


async def test_documents_outlive_the_server(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as agent:
        await added(agent, GUIDE, ids=["guide"])
    async with in_memory(tmp_path) as agent:
        assert [hit["document_id"] for hit in await found(agent, "refund")] == ["guide"]


async def test_german_and_chinese_pages_are_found(agent: Agent) -> None:
    german = "# Rückgabe\n\nWaren können binnen vierzehn Tagen zurückgeschickt werden. Die Größe steht im Etikett."
    chinese = "# 退货政策\n\n商品可以在三十天内退回。退款需要一周时间。\n\n## 运费\n\n运费由买家承担。"
    await added(agent, german, chinese, "Shoes are sold here.", ids=["de", "zh", "en"])
    for query, expected in (("zurückgeschickt", "de"), ("groesse größe", "de"), ("退款要多久", "zh"), ("运费", "zh")):
        assert (await found(agent, query))[0]["document_id"] == expected, query
