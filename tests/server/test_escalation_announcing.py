"""From the queue to the people: what a server with channels sends, and that nothing waits for a restart."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from storage import deliveries, escalations
from tests.client import Agent, in_memory
from tests.escalations import new
from tests.server.receiving import Hook, hook

pytestmark = pytest.mark.anyio


def webhook(hooked: Hook) -> dict[str, Any]:
    return {
        "escalation_webhook_url": SecretStr(hooked.url),
        "escalation_webhook_secret": SecretStr("sesame"),
        "escalation_webhook_private": True,
    }


async def announce(agent: Agent, escalation_id: str, **given: Any) -> None:
    """Record it as a check does, for the channels that are set up."""
    added, now = new(escalation_id, **given), agent.clock()
    house = await agent.house()
    channels = house.services.escalations.policy.channels
    await house.db.write(lambda db: escalations.record(db, "local", added, now, channels))


async def sent(agent: Agent) -> None:
    """Return when everything is delivered."""
    house = await agent.house()
    house.services.escalations.wake()
    with anyio.fail_after(5):
        while set(await house.db.read(deliveries.counts)) != {"delivered"}:
            pass


async def test_an_escalation_is_posted_with_its_brief_and_memories(tmp_path: Path) -> None:
    async with hook() as hooked, in_memory(tmp_path, **webhook(hooked)) as agent:
        memory_id = await agent.store("Calls after six", session_id="s")
        await announce(agent, "one", session_id="s", brief={"memory_ids": [memory_id]})
        await sent(agent)
        (heard,) = hooked.heard
        told = json.loads(heard.body)
        assert (told["event"], told["escalation_id"], told["level"]) == ("escalation.opened", "one", "high")
        assert told["handoff"]["memories"] == [{"memory_id": memory_id, "content": "Calls after six"}]
        assert told["handoff"]["customer"] == {"name": "Anna"}


async def test_a_purged_memory_is_not_sent(tmp_path: Path) -> None:
    async with hook() as hooked, in_memory(tmp_path, **webhook(hooked)) as agent:
        memory_id = await agent.store("Zanzibar", session_id="s")
        await agent.call("memory_forget", memory_ids=[memory_id], purge=True)
        await announce(agent, "one", session_id="s", brief={"memory_ids": [memory_id]})
        await sent(agent)
        assert b"Zanzibar" not in hooked.heard[0].body


async def test_what_waits_is_sent_by_the_next_server(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as agent:
        added, now = new("one"), agent.clock()
        house = await agent.house()
        await house.db.write(lambda db: escalations.record(db, "local", added, now, ("webhook",)))
    async with hook() as hooked, in_memory(tmp_path, **webhook(hooked)) as agent:
        await sent(agent)
        assert [json.loads(heard.body)["escalation_id"] for heard in hooked.heard] == ["one"]


async def test_without_channels_nothing_is_queued(agent: Agent) -> None:
    await announce(agent, "one")
    assert await (await agent.house()).db.read(deliveries.counts) == {}
