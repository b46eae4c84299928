"""Models that write SQL, behind an API and of the client, and follow-ups: through a client, whoever answers."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import CreateMessageRequestParams, CreateMessageResult, TextContent

from server.app import create_server
from tests import shops
from tests.client import Agent, Clock, Mode, in_memory, settings
from tests.server.receiving import Hook, hook

pytestmark = pytest.mark.anyio

QUESTION = "which flarps are the flarpiest?"
COUNT = "SELECT COUNT(*) AS n FROM orders"


def written(text: str) -> bytes:
    """A chat completion that says so."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice]}).encode()
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@asynccontextmanager
async def with_api(folder: Path, place: Hook) -> AsyncGenerator[Agent]:
    """An agent of a server whose owner set up a model at ``place``."""
    source = shops.source(shops.make(folder))
    async with in_memory(
        folder / "home",
        data_sources={"shop": source},
        sql_model="openai",
        sql_model_name="boats-1",
        sql_model_url=f"http://127.0.0.1:{place.port}/v1",
    ) as agent:
        yield agent


def told(place: Hook, at: int = 0) -> str:
    """What the API was asked."""
    return "\n".join(message["content"] for message in json.loads(place.heard[at].body)["messages"])


async def test_a_model_behind_an_api_answers_what_nobody_here_can(tmp_path: Path) -> None:
    async with hook(written(f"```sql\n{COUNT}\n```")) as place, with_api(tmp_path, place) as agent:
        answer = await agent.call("text2sql", question=QUESTION)
        assert (answer["status"], answer["provider"], answer["rows"]) == ("answered", "api_model", [[6]])
        assert answer["confidence"] < 0.9
    asked = told(place)
    assert QUESTION in asked
    assert "TABLE orders" in asked
    assert "example.org" not in asked
    assert "secrets (" not in asked


async def test_a_model_is_not_asked_where_the_built_in_generator_is_sure(tmp_path: Path) -> None:
    async with hook() as place, with_api(tmp_path, place) as agent:
        answer = await agent.call("text2sql", question="how many orders are there?")
        assert answer["provider"] == "built_in"
    assert place.heard == []


async def test_what_a_model_writes_passes_the_gate_and_may_be_mended_once(tmp_path: Path) -> None:
    replies = [written("SELECT api_key FROM secrets"), written(COUNT)]
    async with hook(*replies) as place, with_api(tmp_path, place) as agent:
        answer = await agent.call("text2sql", question=QUESTION)
        assert answer["rows"] == [[6]]
    assert "unknown_table" in told(place, 1)
    assert shops.SECRET not in told(place, 1)


async def test_a_model_that_cannot_leaves_the_question_to_the_agent(tmp_path: Path) -> None:
    async with hook(written("CANNOT: there are no flarps")) as place, with_api(tmp_path, place) as agent:
        answer = await agent.call("text2sql", question=QUESTION)
        assert answer["status"] == "needs_sql"
        assert answer["context"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_clients_model_writes_where_the_owner_lets_it(tmp_path: Path, mode: Mode) -> None:
    asked: list[str] = []

    async def sample(context: ClientRequestContext, params: CreateMessageRequestParams) -> CreateMessageResult:
        asked.append(params.model_dump_json())
        return CreateMessageResult(role="assistant", content=TextContent(text=COUNT), model="boats-2")

    source = shops.source(shops.make(tmp_path))
    given: dict[str, Any] = {"data_sources": {"shop": source}, "sql_sampling": True}
    server, runtime = create_server(settings(tmp_path / "home", **given))
    runtime.now = Clock()
    async with Client(server, mode=mode, sampling_callback=sample) as client:
        answer = await Agent(client).call("text2sql", question=QUESTION)
    assert (answer["provider"], answer["rows"]) == ("client_model", [[6]])
    assert len(asked) == 1


async def test_a_follow_up_leans_on_the_sessions_last_question(tmp_path: Path) -> None:
    given: dict[str, Any] = {"data_sources": {"shop": shops.source(shops.make(tmp_path))}}
    async with in_memory(tmp_path / "home", **given) as agent:
        first = await agent.call("text2sql", question="how many orders are paid?", session_id="a")
        assert first["rows"] == [[3]]
        follow = await agent.call("text2sql", question="and open?", session_id="a")
        assert (follow["status"], follow["rows"]) == ("answered", [[2]])
        alone = await agent.call("text2sql", question="and open?", session_id="b")
        assert alone["status"] != "answered"


async def test_a_follow_up_after_a_restart_leans_on_what_was_kept(tmp_path: Path) -> None:
    given: dict[str, Any] = {"data_sources": {"shop": shops.source(shops.make(tmp_path))}}
    async with in_memory(tmp_path / "home", **given) as agent:
        await agent.call("text2sql", question="how many orders are paid?", session_id="a")
    async with in_memory(tmp_path / "home", **given) as agent:
        follow = await agent.call("text2sql", question="and open?", session_id="a")
    assert (follow["status"], follow["rows"]) == ("answered", [[2]])


async def test_a_follow_up_does_not_lean_on_a_question_before_the_last(tmp_path: Path) -> None:
    async with in_memory(tmp_path / "home", data_sources={"shop": shops.source(shops.make(tmp_path))}) as agent:
        await agent.call("text2sql", question="how many orders are paid?", session_id="a")
        await agent.call("text2sql", question=QUESTION, sql="SELECT name FROM products", session_id="a")
        follow = await agent.call("text2sql", question="and open?", session_id="a")
    assert follow["status"] != "answered"
