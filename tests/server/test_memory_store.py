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
        "archived": False,
        "flags": [],
    }
