"""memory_feedback and memory_graph: what agents say about memories, and memories about each other."""

import pytest

from tests.client import Agent, Clock, dump

pytestmark = pytest.mark.anyio


async def order(agent: Agent, query: str) -> list[str]:
    return [memory["memory_id"] for memory in await agent.found(query)]


async def test_feedback_moves_the_ranking_both_ways(agent: Agent) -> None:
    first = await agent.store("Anna drinks tea at eight", content_type="fact")
    second = await agent.store("Anna drinks tea at nine", content_type="fact")
    before = await order(agent, "Anna drinks tea")
    lower = before[1]
    judged = await agent.call("memory_feedback", memory_id=lower, useful=True)
    assert judged == {"memory_id": lower, "useful": 1, "not_useful": 0}
    assert await order(agent, "Anna drinks tea") == before[::-1]
    for _ in range(2):
        await agent.call("memory_feedback", memory_id=lower, useful=False)
    assert await order(agent, "Anna drinks tea") == before
    assert set(before) == {first, second}


async def test_feedback_for_a_query_counts_for_queries_like_it(agent: Agent) -> None:
    await agent.store("Anna drinks tea at eight", content_type="fact")
    await agent.store("Anna drinks tea at nine", content_type="fact")
    tea, anna = await order(agent, "drinks tea"), await order(agent, "Anna")
    await agent.call("memory_feedback", memory_id=tea[1], useful=True, query="Which tea does she drink?")
    assert await order(agent, "drinks tea") == tea[::-1]
    assert await order(agent, "Anna") == anna


async def test_feedback_is_bounded_and_does_not_outrank_relevance(agent: Agent) -> None:
    await agent.store("Anna's dog is called Rex", content_type="fact")
    other = await agent.store("Anna likes green tea", content_type="fact")
    for _ in range(60):
        judged = await agent.call("memory_feedback", memory_id=other, useful=True)
    assert judged["useful"] == 50
    assert (await agent.contents("What is Anna's dog called?"))[0] == "Anna's dog is called Rex"


@pytest.mark.parametrize("state", ["unknown", "forgotten", "expired"])
async def test_what_is_gone_cannot_be_judged(agent: Agent, clock: Clock, state: str) -> None:
    memory_id = await agent.store("Anna lives in Berlin", ttl_hours=1)
    if state == "forgotten":
        await agent.call("memory_forget", memory_ids=[memory_id])
    clock.forward(hours=1 if state == "expired" else 0)
    asked = "mem_9" if state == "unknown" else memory_id
    text = await agent.refused("memory_feedback", memory_id=asked, useful=True)
    assert repr(asked) in text
    assert "memory_retrieve" in text
    assert (await dump(agent))["feedback"] == []


async def chain(agent: Agent) -> list[str]:
    """Anna → Falcon → Hamburg → harbour, a memory each."""
    steps = [("Anna", "leads", "Falcon"), ("Falcon", "is built in", "Hamburg"), ("Hamburg", "has", "harbour")]
    return [
        await agent.store(f"{a} {r} {b}", relations=[{"source": a, "relation": r, "target": b}]) for a, r, b in steps
    ]


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (1, {"Anna", "Falcon"}),
        (2, {"Anna", "Falcon", "Hamburg"}),
        (3, {"Anna", "Falcon", "Hamburg", "harbour"}),
    ],
)
async def test_depth_is_how_many_steps_are_taken(agent: Agent, depth: int, expected: set[str]) -> None:
    await chain(agent)
    graph = await agent.call("memory_graph", entity="Anna", depth=depth)
    assert {node["name"] for node in graph["nodes"]} == expected
    assert len(graph["edges"]) == depth


async def test_nodes_and_edges_name_the_memories_behind_them(agent: Agent) -> None:
    first, second, _ = await chain(agent)
    graph = await agent.call("memory_graph", entity="falcon")
    memories = {node["name"]: sorted(node["memory_ids"]) for node in graph["nodes"]}
    assert memories["Falcon"] == sorted([first, second])
    assert {(edge["source"], edge["relation"], edge["target"]) for edge in graph["edges"]} == {
        ("Anna", "leads", "Falcon"), ("Falcon", "is built in", "Hamburg"),
    }  # fmt: skip


async def test_without_an_entity_the_most_mentioned_come_first(agent: Agent) -> None:
    await chain(agent)
    await agent.store("Anna again", entities=[{"name": "ANNA", "type": "person"}])
    await agent.store("And again", entities=[{"name": "Anna"}])
    graph = await agent.call("memory_graph", limit=2)
    assert [(node["name"], node["type"]) for node in graph["nodes"]] == [("Anna", "person"), ("Falcon", "")]


async def test_the_entity_asked_for_is_there_however_small_the_limit(agent: Agent) -> None:
    await agent.store("Anna met Bob", entities=[{"name": "Anna"}, {"name": "Bob"}])
    await agent.store("Anna is away", entities=[{"name": "Anna"}])
    graph = await agent.call("memory_graph", entity="Bob", limit=1)
    assert [node["name"] for node in graph["nodes"]] == ["Bob"]


async def test_forgotten_archived_and_expired_memories_leave_the_graph(agent: Agent, clock: Clock) -> None:
    ids = await chain(agent)
    await agent.store("Zoe visits", entities=[{"name": "Zoe"}], ttl_hours=1)
    await agent.call("memory_forget", memory_ids=[ids[0]])
    await agent.call("memory_update", memory_id=ids[1], action="archive")
    clock.forward(hours=1)
    graph = await agent.call("memory_graph")
    assert {node["name"] for node in graph["nodes"]} == {"Hamburg", "harbour"}


@pytest.mark.parametrize("entity", ["Zoe", "%", "Anna' OR 1=1", "Anna"])
async def test_an_unknown_or_forgotten_entity_says_how_to_find_one(agent: Agent, entity: str) -> None:
    memory_id = await agent.store("Anna lives here", entities=[{"name": "Anna"}])
    await agent.call("memory_forget", memory_ids=[memory_id])
    text = await agent.refused("memory_graph", entity=entity)
    assert "Call memory_graph without entity" in text


async def test_names_that_look_alike_are_one_entity(agent: Agent) -> None:
    for number, name in enumerate(("Zoë Müller", "ZOE  MULLER", "zoë müller")):
        await agent.store(f"Number {number}", entities=[{"name": name}])
    (node,) = (await agent.call("memory_graph", entity="Zoe Müller"))["nodes"]
    assert len(node["memory_ids"]) == 3


async def test_the_graph_is_shown_as_data(agent: Agent) -> None:
    assert "is empty" in await agent.read("memory_graph")
    memory_id = await agent.store(
        "x", relations=[{"source": "An\u202ena", "relation": "knows", "target": "Bob"}]
    )  # fmt: skip
    lines = (await agent.read("memory_graph")).splitlines()
    assert lines[0].startswith("<graph ")
    assert f"An⟨U+202E⟩na  [{memory_id}]" in lines
    assert any(line.startswith("An⟨U+202E⟩na -knows-> Bob") for line in lines)


async def test_a_graph_that_is_cut_says_so(agent: Agent) -> None:
    await agent.store("They all met", entities=[{"name": name} for name in ("Anna", "Ben", "Carla")])
    cut = await agent.call("memory_graph", limit=2)
    assert (len(cut["nodes"]), cut["is_cut"]) == (2, True)
    assert "is_cut" not in await agent.call("memory_graph", limit=3)
