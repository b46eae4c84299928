"""What does not fit is refused in a line or two that names the argument, and changes nothing."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.client import Agent, dump

pytestmark = pytest.mark.anyio

DEEP: dict[str, Any] = {"a": {"b": {"c": {"d": {"e": {}}}}}}
STORE: dict[str, object] = {"content": "Anna lives in Berlin"}
LEAKS = re.compile(r"pydantic|Traceback|sqlite|SELECT|INSERT|/tmp|\.py|https?://", re.IGNORECASE)


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def each(tool: str, name: str, *values: object) -> Iterator[tuple[str, dict[str, object], str]]:
    """Calls that are right but for one argument."""
    for value in values:
        right: dict[str, object] = dict(STORE) if tool == "memory_store" else {}
        yield tool, right | {name: value}, name


BAD: list[tuple[str, dict[str, object], str]] = [
    # unknown and missing
    ("memory_store", {**STORE, "contnt": "x"}, "contnt: no such argument"),
    ("memory_store", {}, "content"),
    ("memory_retrieve", {"limt": 1}, "limt: no such argument"),
    ("memory_update", {"importance": 1}, "memory_id"),
    ("memory_restore", {}, "memory_ids"),
    ("memory_feedback", {"memory_id": "a"}, "useful"),
    ("memory_store", {**STORE, "entities": [{"name": "A", "kind": "x"}]}, "entities.0.kind"),
    ("memory_store", {**STORE, "relations": [{"source": "A", "target": "B"}]}, "relations.0.relation"),
    # wrong types
    *each("memory_store", "importance", "3", "0.5", True, None, [], {}),
    *each("memory_store", "importance", math.nan, math.inf, -math.inf),
    *each("memory_store", "content", 1, None, ["a"], {"a": 1}, True),
    *each("memory_store", "tags", "a", "[", [1], [None], {"a": 1}, "[1]"),
    *each("memory_store", "metadata", "a", [], 1, "[]"),
    *each("memory_store", "ttl_hours", "1", True, []),
    *each("memory_retrieve", "limit", "3", True, 1.5, None, math.nan),
    ("memory_retrieve", {"include_archived": 1}, "include_archived"),
    ("memory_retrieve", {"include_archived": "yes"}, "include_archived"),
    ("memory_retrieve", {"query": 1}, "query"),
    ("memory_forget", {"memory_ids": "abc"}, "memory_ids"),
    ("memory_forget", {"memory_ids": ["a"], "purge": "true"}, "purge"),
    ("memory_feedback", {"memory_id": "a", "useful": 1}, "useful"),
    ("memory_graph", {"depth": "1"}, "depth"),
    # out of range
    *each("memory_store", "importance", -0.001, 1.001, 10**400),
    *each("memory_store", "ttl_hours", 0, 0.5, -1, 8760.5),
    *each("memory_retrieve", "limit", 0, -1, 101, 2**70),
    *each("memory_retrieve", "time_window_hours", 0, 721),
    *each("memory_retrieve", "min_importance", -1, 2),
    *each("memory_retrieve", "min_similarity", -1, 2),
    *each("memory_retrieve", "max_tokens", 0, 49, 100_001),
    *each("memory_summarize", "max_items_per_type", 0, 51),
    *each("memory_graph", "depth", 0, 4),
    *each("memory_graph", "limit", 0, 201),
    ("memory_forget", {"older_than_hours": -1}, "older_than_hours"),
    # not one of
    ("memory_store", {**STORE, "content_type": "note"}, "content_type"),
    ("memory_retrieve", {"strategy": "best"}, "strategy"),
    ("memory_retrieve", {"scope": "all"}, "scope"),
    ("memory_update", {"memory_id": "a", "action": "delete"}, "action"),
    # too long, too many, too deep
    ("memory_store", {"content": "x" * 10_001}, "content"),
    ("memory_store", {**STORE, "tags": [str(n) for n in range(21)]}, "tags"),
    ("memory_store", {**STORE, "tags": ["x" * 65]}, "tags.0"),
    ("memory_store", {**STORE, "metadata": {"a": "x" * 10_240}}, "metadata"),
    ("memory_store", {**STORE, "metadata": {"a": "ä" * 5_121}}, "metadata"),
    ("memory_store", {**STORE, "metadata": DEEP}, "metadata"),
    ("memory_store", {**STORE, "metadata": {"a": nested(60)}}, "metadata"),
    ("memory_store", {**STORE, "metadata": {"a": 2**63}}, "metadata"),
    ("memory_store", {**STORE, "metadata": {"a": [-(2**63)]}}, "metadata"),
    ("memory_store", {**STORE, "entities": [{"name": "x"}] * 51}, "entities"),
    ("memory_store", {**STORE, "entities": [{"name": "x" * 201}]}, "entities.0.name"),
    ("memory_store", {**STORE, "relations": [{"source": "a", "relation": "b", "target": "c"}] * 51}, "relations"),
    ("memory_retrieve", {"query": "x" * 10_001}, "query"),
    ("memory_restore", {"memory_ids": []}, "memory_ids"),
    ("memory_restore", {"memory_ids": ["a"] * 101}, "memory_ids"),
    # blank, controls, ids that are none
    *each("memory_store", "content", "", " ", "\n\t", "\0", "\x01\x02", "\u3000"),
    *each("memory_store", "tags", [""], [" "], ["a\0b"], ["a\nb"]),
    *each("memory_store", "entities", [{"name": ""}], [{"name": "a\0b"}]),
    *each("memory_store", "session_id", "", "a b", "a\n", "../x", "ä", "a" * 256, "a/b", "a.b", 7, "%"),
    ("memory_graph", {"entity": "\0"}, "entity"),
    # times
    *each(
        "memory_store", "occurred_at", "yesterday", "", "2026-13-01", "2026-02-30", 5,
        "0001-01-01T00:00:00+14:00", "2026-11-21" * 5,
    ),
]  # fmt: skip


def test_the_list_reaches_every_tool() -> None:
    assert {tool.removeprefix("memory_") for tool, _, _ in BAD} == set(
        "store retrieve summarize update forget restore feedback graph".split()
    )


async def test_every_refusal_is_short_names_the_argument_and_changes_nothing(agent: Agent) -> None:
    await agent.store("Anna lives in Bern", tags=["a"], entities=[{"name": "Anna"}])
    before = await dump(agent)
    for tool, arguments, name in BAD:
        text = await agent.refused(tool, **arguments)
        assert name in text, (tool, arguments, text)
        assert len(text) < 500
        assert text.count("\n") <= 1
        assert not LEAKS.search(text), text
    assert await dump(agent) == before


@pytest.mark.parametrize("name", ["a\nb\nc\nd", "a" * 5_000, "a\u202eb", "<script>", "ä\0"])
async def test_a_hostile_argument_name_does_not_stretch_the_complaint(agent: Agent, name: str) -> None:
    text = await agent.refused("memory_store", **{"content": "x", name: 1})
    assert text.count("\n") <= 1
    assert len(text) < 500
    assert all(char.isprintable() or char == "\n" for char in text)


async def test_a_value_is_not_echoed(agent: Agent) -> None:
    assert "hunter2" not in await agent.refused("memory_store", content="x", importance="hunter2")


async def test_several_mistakes_are_told_together(agent: Agent) -> None:
    text = await agent.refused("memory_store", content=1, importance=2, ttl_hours="x", session_id="a b", limt=1)
    assert text.count("; ") >= 3
    assert text.endswith("and 2 more")


async def test_an_unknown_tool_is_told_with_those_there_are(agent: Agent) -> None:
    text = await agent.refused("memory_remember\nall")
    assert "memory_store, memory_retrieve" in text
    assert "\n" not in text


async def test_limits_themselves_are_kept(agent: Agent) -> None:
    stored = await agent.call(
        "memory_store",
        content="x" * 10_000,
        importance=1,
        ttl_hours=8760,
        tags=["t" * 60 + f"{n:04}" for n in range(20)],
        metadata={"a": {"b": {"c": {"d": {"e": 2**63 - 1}}}}, "text": "x" * 10_000, "low": -(2**63) + 1},
        session_id="s" * 255,
        entities=[{"name": f"{n:03}" + "e" * 197} for n in range(50)],
        occurred_at="0001-01-01T00:00:00Z",
    )
    (memory,) = await agent.found(session_id="s" * 255, max_tokens=100_000)
    assert memory["memory_id"] == stored["memory_id"]
    assert memory["content"] == "x" * 10_000
    assert memory["metadata"]["a"]["b"]["c"]["d"]["e"] == 2**63 - 1
    assert memory["occurred_at"] == "0001-01-01T00:00:00Z"


async def test_lists_and_objects_sent_as_json_text_are_understood(agent: Agent) -> None:
    """Some hosts send them so."""
    memory_id = await agent.store(
        "Anna", tags='["a","b"]', metadata='{"k": 1}', entities='[{"name": "Anna"}]', relations="[]"
    )
    (memory,) = await agent.found(tags='["a"]')
    assert (memory["tags"], memory["metadata"]) == (["a", "b"], {"k": 1})
    assert (await agent.call("memory_forget", memory_ids=f'["{memory_id}"]'))["count"] == 1
