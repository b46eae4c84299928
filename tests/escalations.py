"""Escalations as a check records them, for tests of what is done with them."""

from typing import Any

from storage import escalations
from storage.escalations import NewEscalation
from tests.client import Agent

EVIDENCE = "let me speak to a human"
SUMMARY = 'The customer asks for a person. Messages from the customer: 2.\nNow: "let me speak to a human"'


def new(escalation_id: str, **given: Any) -> NewEscalation:
    """A conversation that needs a person; its session is called as it is."""
    signal = {"name": "explicit_request", "weight": 0.95, "evidence": EVIDENCE, "message_index": 2}
    brief = {"summary": SUMMARY, "customer": {"name": "Anna"}, "open_questions": ["Where is it?"], "memory_ids": []}
    defaults: dict[str, Any] = {
        "escalation_id": escalation_id, "session_id": escalation_id, "conversation": "", "level": "high",
        "category": "explicit_request", "confidence": 0.95, "signals": [signal],
        "brief": brief | given.pop("brief", {}), "version": "1", "key": "stdio",
    }  # fmt: skip
    return NewEscalation(**defaults | given)


async def record(agent: Agent, escalation_id: str, tenant: str = "local", **given: Any) -> None:
    """Have it in the queue, as of the agent's clock."""
    added, now = new(escalation_id, **given), agent.clock()
    await (await agent.house()).db.write(lambda db: escalations.record(db, tenant, added, now, ()))
