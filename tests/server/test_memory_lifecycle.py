"""What time does without being asked: expiry, archiving, promotion, the cap, and purging; and the summary."""

from pathlib import Path
from typing import Any

import pytest

from tests.client import Agent, Clock, Mode, in_memory

pytestmark = pytest.mark.anyio


async def maintain(agent: Agent) -> dict[str, int]:
    """Run what runs in the background; how many memories each rule moved."""
    from dataclasses import asdict

    from tools.memory import lifecycle

    report = await lifecycle.maintain((await agent.house()).memories)
    return {name: moved for name, moved in asdict(report).items() if moved}


async def states(agent: Agent) -> dict[str, str]:
    house = await agent.house()
    return dict(await house.db.read(lambda db: db.execute("SELECT content, state FROM memories").fetchall()))


async def test_an_end_hides_at_once_and_forgets_at_the_next_round(agent: Agent, clock: Clock) -> None:
    await agent.store("The printer is broken", ttl_hours=1)
    clock.forward(minutes=59)
    assert await agent.contents("printer") == ["The printer is broken"]
    clock.forward(minutes=1)
    for query in ("", "printer"):
        assert await agent.contents(query, include_archived=True, scope="tenant") == []
    assert "Nothing is remembered" in (await agent.call("memory_summarize"))["summary"]
    assert await maintain(agent) == {"expired": 1}
    assert await states(agent) == {"The printer is broken": "deleted"}


async def test_the_unimportant_old_and_unused_is_archived(agent: Agent, clock: Clock) -> None:
    await agent.store("minor", importance=0.29)
    await agent.store("used", importance=0.1)
    await agent.store("fair", importance=0.3)
    for _ in range(2):
        await agent.call("memory_retrieve", query="used", limit=1)
    clock.forward(days=29)
    assert await maintain(agent) == {}
    clock.forward(days=1)
    await agent.store("young", importance=0.1)
    assert await maintain(agent) == {"archived": 1}
    assert await states(agent) == {"minor": "archived", "used": "active", "fair": "active", "young": "active"}


async def test_what_was_brought_back_is_not_archived_again_at_once(agent: Agent, clock: Clock) -> None:
    memory_id = await agent.store("minor", importance=0.1)
    clock.forward(days=31)
    await maintain(agent)
    await agent.call("memory_update", memory_id=memory_id, action="unarchive")
    assert await maintain(agent) == {}
    clock.forward(days=31)
    assert await maintain(agent) == {"archived": 1}


async def test_a_short_lived_memory_that_keeps_being_used_is_kept(agent: Agent, clock: Clock) -> None:
    await agent.store("The printer is broken", ttl_hours=2, importance=0.5)
    await agent.store("The coffee is out", ttl_hours=2)
    for _ in range(5):
        await agent.found("printer", limit=1, strategy="relevant")
    assert await maintain(agent) == {"promoted": 1}
    clock.forward(hours=3)
    (memory,) = await agent.found("printer")
    assert (memory["content"], memory["importance"]) == ("The printer is broken", 0.7)


async def test_the_least_valuable_beyond_the_cap_are_archived(tmp_path: Path, mode: Mode, clock: Clock) -> None:
    async with in_memory(tmp_path, mode, clock, memory_session_cap=3) as agent:
        for importance in (0.9, 0.1, 0.5, 0.3, 0.7):
            await agent.store(f"worth {importance}", importance=importance)
        await agent.store("alone", session_id="two", importance=0.0)
        assert await maintain(agent) == {"archived": 2}
        assert sorted(await agent.contents()) == ["worth 0.5", "worth 0.7", "worth 0.9"]
        assert await agent.contents(session_id="two") == ["alone"]


async def test_what_was_forgotten_is_purged_after_a_while(agent: Agent, clock: Clock) -> None:
    memory_id = await agent.store("Anna lives in Berlin")
    await agent.call("memory_forget", memory_ids=[memory_id])
    clock.forward(days=29)
    assert await maintain(agent) == {}
    clock.forward(days=2)
    assert await maintain(agent) == {"purged": 1}
    assert await states(agent) == {}


OFF = dict.fromkeys(
    ("memory_archive_after_days", "memory_promote_after_accesses", "memory_session_cap", "memory_retention_days"), 0
)


@pytest.mark.parametrize(
    ("given", "moved"), [({}, {"promoted": 1, "archived": 1, "purged": 1}), (OFF, {})], ids=["on", "off"]
)
async def test_every_rule_can_be_switched_off(
    tmp_path: Path, clock: Clock, given: dict[str, Any], moved: dict[str, int]
) -> None:
    async with in_memory(tmp_path, "auto", clock, **given) as agent:
        await agent.call("memory_forget", memory_ids=[await agent.store("forgotten")])
        await agent.store("minor", importance=0.1)
        clock.forward(days=40)
        await agent.store("short", ttl_hours=100)
        for _ in range(6):
            await agent.found("short", limit=1, strategy="recent")
        assert await maintain(agent) == moved
        assert await maintain(agent) == {}


async def test_the_summary_orders_by_kind_and_names_its_sources(agent: Agent, clock: Clock) -> None:
    kinds = ["context", "fact", "rule", "preference", "user_info"]
    ids = {kind: await agent.store(f"a {kind}", content_type=kind) for kind in kinds}
    summary = await agent.call("memory_summarize")
    assert summary["memory_ids"] == [ids[kind] for kind in reversed(kinds)]
    headings = [line for line in summary["summary"].splitlines() if line.endswith(":")]
    assert headings == ["About the user:", "Preferences:", "Rules:", "Facts:", "Recent context:"]


async def test_the_summary_takes_the_important_of_each_kind_and_the_newest_context(agent: Agent, clock: Clock) -> None:
    for importance in (0.1, 0.9, 0.5):
        await agent.store(f"fact {importance}", content_type="fact", importance=importance)
        await agent.store(f"context {importance}", importance=importance)
        clock.forward(minutes=1)
    summary = (await agent.call("memory_summarize", max_items_per_type=2))["summary"]
    positions = [summary.find(text) for text in ("fact 0.9", "fact 0.5", "context 0.5", "context 0.9")]
    assert positions == sorted(positions)
    assert min(positions) > 0
    assert "0.1\n" not in summary


async def test_the_summary_keeps_to_its_budget_and_session(agent: Agent) -> None:
    for number in range(6):
        await agent.store(f"fact {number} " + "and more words " * 30, content_type="fact")
    await agent.store("elsewhere", session_id="two")
    summary = await agent.call("memory_summarize", max_items_per_type=6, max_tokens=150)
    assert summary["omitted"] > 0
    assert len(summary["memory_ids"]) == 6 - summary["omitted"]
    assert f"{summary['omitted']} more" in summary["summary"]
    assert "elsewhere" not in summary["summary"]
