"""What hosts are told of the tools: names, titles, annotations, schemas, and how few tokens that takes."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from mcp.types import Tool

from server.families import FAMILIES
from tests import escalations
from tests.client import ROOT, Agent
from tools.errors import FINDERS
from tools.retrieval.budget import tokens

pytestmark = pytest.mark.anyio

HINTS = {  # read only, destructive, idempotent
    "memory_store": (False, False, True),
    "memory_retrieve": (True, False, True),
    "memory_summarize": (True, False, True),
    "memory_update": (False, False, False),
    "memory_forget": (False, True, True),
    "memory_restore": (False, False, True),
    "memory_feedback": (False, False, False),
    "memory_graph": (True, False, True),
    "rag_search": (True, False, True),
    "rag_add_documents": (False, False, True),
    "rag_list_documents": (True, False, True),
    "rag_delete_documents": (False, True, True),
    "rag_verify_citation": (True, False, True),
    "attachment_save": (False, False, True),
    "attachment_process": (False, False, True),
    "escalation_check": (False, False, True),
    "escalation_list": (True, False, True),
    "escalation_update": (False, False, True),
    "text2sql": (True, False, True),
    "text2sql_feedback": (False, False, True),
    "text2sql_rules": (False, False, False),
}
ARGUMENTS = {
    "memory_store": "content session_id content_type importance metadata tags ttl_hours occurred_at entities relations"
    " supersedes",
    "memory_retrieve": "query session_id content_type tags limit time_window_hours min_importance min_similarity scope"
    " include_archived max_tokens strategy",
    "memory_summarize": "session_id max_items_per_type max_tokens",
    "memory_update": "memory_id content importance content_type tags metadata ttl_hours action",
    "memory_forget": "memory_ids session_id content_type tags older_than_hours purge",
    "memory_restore": "memory_ids",
    "memory_feedback": "memory_id useful query",
    "memory_graph": "entity depth limit",
    "rag_search": "query k threshold filter collection rerank max_tokens",
    "rag_add_documents": "documents metadatas ids chunk collection",
    "rag_list_documents": "collection limit cursor",
    "rag_delete_documents": "ids collection",
    "rag_verify_citation": "citation quote",
    "attachment_save": "filename content_base64",
    "attachment_process": "file_path attachment_id filename extract_metadata chunk_for_rag collection max_tokens",
    "escalation_check": "message message_history confidence_threshold metadata session_id",
    "escalation_list": "status session_id limit",
    "escalation_update": "escalation_id action note",
    "text2sql": "question data_source session_id sql execute max_rows chart",
    "text2sql_feedback": "pattern_id rating corrected_sql",
    "text2sql_rules": "action kind text rule_id data_source",
}


async def listed(agent: Agent) -> dict[str, Tool]:
    return {tool.name: tool for tool in (await agent.client.list_tools()).tools}


async def test_the_tools_carry_titles_descriptions_and_hints(agent: Agent) -> None:
    tools = await listed(agent)
    hints = {}
    for name, tool in tools.items():
        assert tool.title
        assert tool.description
        assert tool.annotations
        assert tool.annotations.open_world_hint is False
        hints[name] = (
            tool.annotations.read_only_hint, tool.annotations.destructive_hint, tool.annotations.idempotent_hint,
        )  # fmt: skip
    assert hints == HINTS


async def test_every_argument_of_the_contract_is_there_and_described(agent: Agent) -> None:
    tools = await listed(agent)
    assert {name: list(tool.input_schema["properties"]) for name, tool in tools.items()} == {
        name: arguments.split() for name, arguments in ARGUMENTS.items()
    }
    for tool in tools.values():
        assert tool.input_schema["type"] == "object"
    fields = {field for specs in FAMILIES.values() for spec in specs for field in spec.arguments.model_fields.values()}
    assert [field for field in fields if not field.description] == []


async def test_defaults_and_choices_are_in_the_schema(agent: Agent) -> None:
    tools = await listed(agent)
    store, retrieve = (tools[name].input_schema["properties"] for name in ("memory_store", "memory_retrieve"))
    assert store["importance"]["default"] == 0.5
    assert store["content_type"]["enum"] == ["user_info", "preference", "fact", "context", "rule"]
    assert store["content_type"]["default"] == "context"
    assert retrieve["limit"]["default"] == 10
    assert retrieve["strategy"]["enum"] == ["auto", "relevant", "recent", "balanced", "diverse"]
    assert tools["memory_store"].input_schema["required"] == ["content"]


async def test_every_result_has_what_its_schema_promises(agent: Agent) -> None:
    """The client checks structured content against the schema by itself; here, that the schema promises something."""
    tools = await listed(agent)
    memory_id = await agent.store("Anna lives in Berlin", entities=[{"name": "Anna"}])
    await escalations.record(agent, "one")
    calls: dict[str, dict[str, Any]] = {
        "memory_store": {"content": "x"},
        "memory_retrieve": {},
        "memory_summarize": {},
        "memory_update": {"memory_id": memory_id, "importance": 1},
        "memory_feedback": {"memory_id": memory_id, "useful": True},
        "memory_graph": {},
        "memory_forget": {"memory_ids": [memory_id]},
        "memory_restore": {"memory_ids": [memory_id]},
        "rag_add_documents": {"documents": ["x"], "ids": ["d"]},
        "rag_search": {"query": "x"},
        "rag_list_documents": {},
        "rag_verify_citation": {"citation": "[d#x]"},
        "rag_delete_documents": {"ids": ["d"]},
        "attachment_save": {"filename": "a.txt", "content_base64": "eA=="},
        "escalation_check": {"message": "Hello"},
        "escalation_list": {},
        "escalation_update": {"escalation_id": "one", "action": "resolve"},
        "text2sql_rules": {},
    }
    for name, arguments in calls.items():
        record = await agent.call(name, **arguments)
        schema = tools[name].output_schema
        assert schema
        assert schema["type"] == "object"
        assert set(schema["required"]) <= record.keys()
    elsewhere = {"attachment_process", "text2sql", "text2sql_feedback"}  # in test_attachments and test_text2sql
    assert calls.keys() == tools.keys() - elsewhere


async def test_text_is_for_reading_and_not_the_record_again(agent: Agent) -> None:
    await agent.store("Anna lives in Berlin", metadata={"k": "v"})
    text = await agent.read("memory_retrieve")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert "access_count" not in text
    assert tokens(text) < 40


def cost(tools: Iterable[Tool]) -> int:
    """Tokens of what hosts hand a model of these tools: names, descriptions and input schemas."""
    shown = [[tool.name, tool.description, tool.input_schema] for tool in tools]
    return tokens(json.dumps(shown, separators=(",", ":")))


async def test_what_a_model_reads_of_the_list_is_short(agent: Agent) -> None:
    assert cost((await listed(agent)).values()) <= 2_500


async def test_the_page_says_what_each_family_costs(agent: Agent) -> None:
    tools = await listed(agent)
    families = {f"`{family}`": [tools[spec.name] for spec in specs] for family, specs in FAMILIES.items()}
    families["all five"] = list(tools.values())
    page = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    table = page.partition("<!-- families -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    assert [[cell.strip() for cell in row.strip("|").split("|")] for row in table] == [
        [family, str(len(members)), f"{cost(members):,}"] for family, members in families.items()
    ]


async def test_what_is_not_found_is_found_with_a_tool_that_there_is(agent: Agent) -> None:
    assert set(FINDERS.values()) <= (await listed(agent)).keys()


async def test_the_server_introduces_itself(agent: Agent) -> None:
    assert agent.client.server_info
    assert agent.client.server_info.name == "satchel"
    assert agent.client.server_info.version
    assert "memory_retrieve" in (agent.client.instructions or "")
