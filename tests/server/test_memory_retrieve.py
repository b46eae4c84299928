"""memory_retrieve: what it finds, in which order, how much of it, and what it leaves alone."""

import pytest

from tests.client import Agent, Clock

pytestmark = pytest.mark.anyio

FILLER = ["The invoice was paid on {} March", "Server {} restarts at night", "Meeting room {} has a new screen",
          "Ticket {} was closed by the team", "The train to Munich leaves from platform {}"]  # fmt: skip


async def test_a_drink_is_found_among_two_hundred_others_by_meaning(agent: Agent) -> None:
    await agent.store("Prefers oat flat white", content_type="preference")
    for number in range(200):
        await agent.store(FILLER[number % 5].format(number))
    result = await agent.call("memory_retrieve", query="what does she like to drink?", limit=3)
    assert result["mode"] == "hybrid"
    assert result["memories"][0]["content"] == "Prefers oat flat white"


async def test_without_a_query_the_important_come_first_then_the_new(agent: Agent, clock: Clock) -> None:
    for content, importance in [("old minor", 0.2), ("major", 0.9), ("middle", 0.5)]:
        await agent.store(content, importance=importance)
    clock.forward(seconds=1)
    await agent.store("new minor", importance=0.2)
    result = await agent.call("memory_retrieve")
    assert (result["mode"], result["count"], result["omitted"]) == ("recent", 4, 0)
    assert [memory["content"] for memory in result["memories"]] == ["major", "middle", "new minor", "old minor"]


@pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
async def test_a_blank_query_is_no_query(agent: Agent, blank: str) -> None:
    await agent.store("Anna lives in Berlin")
    assert (await agent.call("memory_retrieve", query=blank))["mode"] == "recent"


async def test_the_default_session_is_found_without_naming_it(agent: Agent) -> None:
    await agent.store("Anna lives in Berlin")
    assert await agent.contents("Anna", session_id="default") == ["Anna lives in Berlin"]


async def test_sessions_do_not_see_each_other_but_the_tenant_sees_all(agent: Agent) -> None:
    for session in ("one", "two"):
        await agent.store(f"Anna works in office {session}", session_id=session)
    assert await agent.contents("Anna office", session_id="one") == ["Anna works in office one"]
    assert await agent.contents("Anna office") == []
    everywhere = await agent.found("Anna office", scope="tenant")
    assert sorted(memory["session_id"] for memory in everywhere) == ["one", "two"]
    assert len(await agent.found(scope="tenant", session_id="one")) == 2


async def test_a_type_may_be_asked_for(agent: Agent) -> None:
    for kind in ("user_info", "preference", "fact", "context", "rule"):
        await agent.store(f"Anna and tea: {kind}", content_type=kind)
    assert await agent.contents("Anna tea", content_type="rule") == ["Anna and tea: rule"]
    assert await agent.contents(content_type="fact") == ["Anna and tea: fact"]


@pytest.mark.parametrize("query", ["", "Anna"])
async def test_all_tags_must_be_there(agent: Agent, query: str) -> None:
    await agent.store("Anna one", tags=["red", "blue"])
    await agent.store("Anna two", tags=["red"])
    assert sorted(await agent.contents(query, tags=["red"])) == ["Anna one", "Anna two"]
    assert await agent.contents(query, tags=["red", "blue"]) == ["Anna one"]
    assert await agent.contents(query, tags=["re"]) == []
    assert await agent.contents(query, tags=["%"]) == []


@pytest.mark.parametrize("query", ["", "Anna"])
async def test_a_window_looks_at_when_it_happened(agent: Agent, clock: Clock, query: str) -> None:
    await agent.store("Anna today")
    await agent.store("Anna two days ago", occurred_at=clock.ago(days=2))
    await agent.store("Anna last year", occurred_at=clock.ago(days=365))
    assert await agent.contents(query, time_window_hours=1) == ["Anna today"]
    assert set(await agent.contents(query, time_window_hours=48)) == {"Anna today", "Anna two days ago"}
    clock.forward(hours=2)
    assert await agent.contents(query, time_window_hours=1) == []
    assert len(await agent.contents(query)) == 3


@pytest.mark.parametrize("query", ["", "Anna"])
async def test_a_least_importance_may_be_asked_for(agent: Agent, query: str) -> None:
    for importance in (0.2, 0.5, 0.9):
        await agent.store(f"Anna {importance}", importance=importance)
    assert sorted(await agent.contents(query, min_importance=0.5)) == ["Anna 0.5", "Anna 0.9"]


async def test_a_least_similarity_keeps_what_is_far_in_meaning_out(agent: Agent) -> None:
    await agent.store("The cat sleeps on the sofa")
    await agent.store("The cat registry of the tax office was audited by an accountant")
    close = await agent.contents("The cat sleeps on the sofa", min_similarity=0.9)
    assert close == ["The cat sleeps on the sofa"]


async def test_a_least_similarity_also_keeps_related_ones_out(agent: Agent) -> None:
    """ "Only this close in meaning" would not be true of what an entity pulled in."""
    anna = [{"name": "Anna"}]
    await agent.store("The cat sleeps on the sofa", entities=anna)
    await agent.store("Invoices are due in March", entities=anna)
    assert await agent.contents("The cat sleeps on the sofa", min_similarity=0.9) == ["The cat sleeps on the sofa"]


@pytest.mark.parametrize("query", ["", "Anna"])
async def test_the_limit_bounds_the_answer(agent: Agent, query: str) -> None:
    for number in range(12):
        await agent.store(f"Anna has book {number}")
    assert len(await agent.found(query)) == 10
    assert len(await agent.found(query, limit=1)) == 1
    assert len(await agent.found(query, limit=100)) == 12


async def test_access_is_counted_and_shown_with_its_boost(agent: Agent) -> None:
    await agent.store("Anna lives in Berlin", importance=0.4)
    for times in range(4):
        (memory,) = await agent.found("Anna")
        assert memory["access_count"] == times
        assert memory["effective_importance"] == round(0.4 + 0.02 * times, 3)


@pytest.mark.parametrize(
    ("importance", "days", "accesses", "expected"),
    [
        (0.8, 0, 0, 0.8), (0.8, 30, 0, 0.4), (0.8, 60, 0, 0.2), (1.0, 15, 0, 0.707), (0.5, 0, 3, 0.56),
        (0.5, 30, 30, 0.45), (1.0, 0, 5, 1.0), (0.0, 0, 0, 0.0),
    ],
)  # fmt: skip
async def test_effective_importance_halves_each_half_life_and_grows_by_use(
    agent: Agent, clock: Clock, importance: float, days: int, accesses: int, expected: float
) -> None:
    await agent.store("Anna lives in Berlin", importance=importance)
    for _ in range(accesses):
        await agent.found()
    clock.forward(days=days)
    assert (await agent.found())[0]["effective_importance"] == expected


async def test_age_counts_from_when_it_happened(agent: Agent, clock: Clock) -> None:
    await agent.store("Anna moved", importance=0.8, occurred_at=clock.ago(days=30))
    await agent.store("Anna will move", importance=0.8, occurred_at=clock.ago(days=-300))
    values = {memory["content"]: memory["effective_importance"] for memory in await agent.found()}
    assert values == {"Anna moved": 0.4, "Anna will move": 0.8}


async def test_importance_alone_does_not_outrank_relevance(agent: Agent) -> None:
    await agent.store("Anna's dog is called Rex", importance=0.1)
    for number in range(20):
        await agent.store(f"Quarterly report {number} is due", importance=1.0)
    assert (await agent.contents("What is the name of Anna's dog?"))[0] == "Anna's dog is called Rex"


async def test_recency_alone_does_not_outrank_relevance(agent: Agent, clock: Clock) -> None:
    await agent.store("Anna's dog is called Rex", occurred_at=clock.ago(days=400))
    for number in range(20):
        await agent.store(f"Quarterly report {number} is due")
    assert (await agent.contents("What is the name of Anna's dog?"))[0] == "Anna's dog is called Rex"


async def test_importance_orders_equals(agent: Agent) -> None:
    await agent.store("Anna drinks tea at seven", importance=0.2)
    await agent.store("Anna drinks tea at eight", importance=0.9)
    assert (await agent.contents("Anna drinks tea"))[0] == "Anna drinks tea at eight"


async def test_the_recent_strategy_orders_what_fits_by_time(agent: Agent, clock: Clock) -> None:
    for days in (3, 1, 2):
        await agent.store(f"Anna drinks tea, day {days}", occurred_at=clock.ago(days=days))
    await agent.store("The invoice was paid")
    expected = [f"Anna drinks tea, day {days}" for days in (1, 2, 3)]
    assert await agent.contents("Anna drinks tea", strategy="recent") == expected
    assert (await agent.contents(strategy="recent"))[1:] == expected


async def test_the_relevant_strategy_ignores_importance(agent: Agent) -> None:
    await agent.store("Anna drinks green tea", importance=0.0)
    await agent.store("Anna drinks tea sometimes or not", importance=1.0)
    assert (await agent.contents("green tea", strategy="relevant"))[0] == "Anna drinks green tea"


async def test_the_diverse_strategy_does_not_repeat_itself(agent: Agent) -> None:
    for ending in ("now", "today", "tonight"):
        await agent.store(f"Anna drinks a cup of green tea in the kitchen {ending}")
    await agent.store("Green tea is sold by the shop on the corner")
    contents = await agent.contents("green tea", strategy="diverse", limit=2)
    assert "Green tea is sold by the shop on the corner" in contents


@pytest.mark.parametrize("strategy", ["auto", "relevant", "recent", "balanced", "diverse"])
async def test_every_strategy_answers_with_and_without_a_query(agent: Agent, strategy: str) -> None:
    await agent.store("Anna drinks tea")
    for query in ("", "tea"):
        (memory,) = await agent.found(query, strategy=strategy)
        assert 0 <= memory["score"] <= 1


async def test_an_entity_of_a_strong_hit_pulls_in_its_other_memories(agent: Agent) -> None:
    await agent.store("zebra crossing", content_type="fact", entities=[{"name": "Anna"}])
    await agent.store("Привет, мир", content_type="fact", entities=[{"name": "ANNA"}])
    await agent.store("Добрый день", content_type="fact", entities=[{"name": "Bob"}])
    found = [(memory["content"], memory.get("related_by")) for memory in await agent.found("zebra")]
    assert found == [("zebra crossing", None), ("Привет, мир", "Anna")]


async def test_what_is_pulled_in_is_marked_in_text_too(agent: Agent) -> None:
    await agent.store("zebra crossing", content_type="fact", entities=[{"name": "Anna"}])
    await agent.store("Привет, мир", content_type="fact", entities=[{"name": "Anna"}])
    text = await agent.read("memory_retrieve", query="zebra")
    assert " related  Привет, мир" in text


async def test_nothing_found_says_what_to_try(agent: Agent) -> None:
    assert await agent.read("memory_retrieve", query="Anna") == ("No memory matches. Try other words, or scope=tenant.")


async def test_so_many_come_as_are_asked_for_even_when_all_match_alike(agent: Agent) -> None:
    for number in range(150):
        await agent.store(f"Deploy number {number} finished", importance=0.1)
    await agent.store("Deploy number seven finished", importance=1.0)
    found = await agent.call("memory_retrieve", query="deploy finished", limit=100, max_tokens=10_000)
    assert (found["count"], found["omitted"]) == (100, 0)
    assert "Deploy number seven finished" in [memory["content"] for memory in found["memories"]]


async def test_null_and_whole_numbers_written_with_a_point_are_taken(agent: Agent) -> None:
    await agent.store("Anna lives in Berlin")
    found = await agent.call("memory_retrieve", query=None, session_id=None, tags=None, limit=1.0)
    assert found["count"] == 1


async def test_what_came_along_without_answering_does_not_count_as_accessed(agent: Agent) -> None:
    """Else every short-lived memory of a small session would be kept for good."""
    await agent.store("The guest wifi code is 1234", content_type="fact", ttl_hours=24)
    for subject in ("roadmap", "budget", "hiring plan"):
        await agent.store(f"The {subject} was agreed with the board in spring", content_type="fact")
    for _ in range(6):
        await agent.found("roadmap board spring")
        await agent.call("memory_summarize")
    counts = {memory["content"][:9]: memory["access_count"] for memory in await agent.found("guest wifi code")}
    assert counts["The guest"] == 0
    assert counts["The roadm"] >= 6
