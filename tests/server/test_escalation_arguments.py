"""What the escalation tools refuse, and what they say then: one line that names the argument."""

from typing import Any

import pytest

from tests.client import Agent

pytestmark = pytest.mark.anyio

USER = {"role": "user", "content": "Hello"}


def deep(levels: int) -> dict[str, Any]:
    return {"a": deep(levels - 1)} if levels > 1 else {"a": 1}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"message": None}, "message: input should be a valid string"),
        ({"message": ""}, "message: is blank"),
        ({"message": " \n\t "}, "message: is blank"),
        ({"message": "x" * 5_001}, "message: string should have at most 5000 characters"),
        ({"message": 5}, "message: input should be a valid string"),
        ({"message": ["x"]}, "message: input should be a valid string"),
        ({"message": "a\x00b"}, "message: holds control characters; only line ends and tabs may be in a text"),
        ({"message": "a\x1b[31mb"}, "message: holds control characters; only line ends and tabs may be in a text"),
        ({"message": "a\x9bb"}, "message: holds control characters; only line ends and tabs may be in a text"),
        (
            {"message_history": [USER] * 51},
            "message_history: list should have at most 50 items after validation",
        ),
        ({"message_history": USER}, "message_history: input should be a valid list"),
        ({"message_history": "hello"}, "message_history: input should be a valid list"),
        ({"message_history": ["hello"]}, "message_history.0: input should be a valid dictionary"),
        (
            {"message_history": [USER, {"role": "agent", "content": "x"}]},
            "message_history.1.role: input should be 'user', 'assistant', 'system' or 'tool'",
        ),
        (
            {"message_history": [{"role": None, "content": "x"}]},
            "message_history.0.role: input should be 'user', 'assistant', 'system' or 'tool'",
        ),
        ({"message_history": [{"content": "x"}]}, "message_history.0.role: field required"),
        ({"message_history": [{"role": "user"}]}, "message_history.0.content: field required"),
        (
            {"message_history": [{"role": "user", "content": None}]},
            "message_history.0.content: input should be a valid string",
        ),
        (
            {"message_history": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
            "message_history.0.content: input should be a valid string",
        ),
        (
            {"message_history": [{"role": "user", "content": "x" * 5_001}]},
            "message_history.0.content: string should have at most 5000 characters",
        ),
        (
            {"message_history": [{"role": "user", "content": "a\x07"}]},
            "message_history.0.content: holds control characters; only line ends and tabs may be in a text",
        ),
        ({"message_history": [USER | {"name": "Anna"}]}, "message_history.0.name: no such field, leave it out"),
        ({"confidence_threshold": 1.1}, "confidence_threshold: input should be less than or equal to 1"),
        ({"confidence_threshold": -0.1}, "confidence_threshold: input should be greater than or equal to 0"),
        ({"confidence_threshold": "0.7"}, "confidence_threshold: input should be a valid number"),
        ({"confidence_threshold": None}, "confidence_threshold: input should be a valid number"),
        ({"metadata": []}, "metadata: input should be a valid dictionary"),
        ({"metadata": {"k": "v" * 10_240}}, "metadata: is 10,248 bytes of JSON, at most 10,240 are kept"),
        ({"metadata": deep(6)}, "metadata: is nested deeper than 5 levels"),
        ({"metadata": {"k": 2**63}}, "metadata: holds an integer beyond 64 bits"),
        ({"metadata": {"k": ["a", {"b": "\x00"}]}}, "metadata: holds control characters; only line ends and tabs"),
        ({"metadata": {"k\x1b": 1}}, "metadata: holds control characters; only line ends and tabs may be in a text"),
        ({"session_id": "a b"}, "session_id: use letters, digits, _ and -, at most 255"),
        ({"urgency": "high"}, "urgency: no such argument. There is: message, message_history, confidence_threshold"),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_check_that_does_not_fit_is_told_in_one_line(
    agent: Agent, arguments: dict[str, Any], complaint: str
) -> None:
    text = await agent.refused("escalation_check", **{"message": "Hello"} | arguments)
    assert text.startswith(complaint)
    assert text.count("\n") == 0
    assert len(text) < 300


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        ("escalation_list", {"status": "closed"}, "status: input should be 'open', 'acknowledged' or 'resolved'"),
        ("escalation_list", {"session_id": "a b"}, "session_id: use letters, digits, _ and -, at most 255"),
        ("escalation_list", {"limit": 0}, "limit: input should be greater than or equal to 1"),
        ("escalation_list", {"limit": 101}, "limit: input should be less than or equal to 100"),
        ("escalation_list", {"tenant": "acme"}, "tenant: no such argument. There is: status, session_id, limit"),
        ("escalation_update", {"action": "resolve"}, "escalation_id: field required"),
        ("escalation_update", {"escalation_id": "e"}, "action: field required"),
        (
            "escalation_update",
            {"escalation_id": "e", "action": "close"},
            "action: input should be 'acknowledge', 'resolve' or 'note'",
        ),
        (
            "escalation_update",
            {"escalation_id": "", "action": "resolve"},
            "escalation_id: string should have at least 1 character",
        ),
        (
            "escalation_update",
            {"escalation_id": "e", "action": "note", "note": "x" * 2_001},
            "note: string should have at most 2000 characters",
        ),
        (
            "escalation_update",
            {"escalation_id": "e", "action": "note", "note": "a\x00"},
            "note: holds control characters; only line ends and tabs may be in a text",
        ),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_what_does_not_fit_the_queue_is_told_in_one_line(
    agent: Agent, tool: str, arguments: dict[str, Any], complaint: str
) -> None:
    assert await agent.refused(tool, **arguments) == complaint


async def test_a_check_needs_a_message(agent: Agent) -> None:
    assert await agent.refused("escalation_check") == "message: field required"


async def test_a_value_that_was_refused_is_not_repeated(agent: Agent) -> None:
    text = await agent.refused("escalation_check", message="sesame\x00", metadata={"k\x00": "sesame"})
    assert "sesame" not in text
