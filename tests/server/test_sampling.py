"""Asking the model of the client that calls, in both eras of the protocol."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.client.session import SamplingFnT
from mcp.server.mcpserver import MCPServer
from mcp.types import (
    CreateMessageRequestParams,
    CreateMessageResult,
    ErrorData,
    ImageContent,
    InputRequiredResult,
    TextContent,
)

from server.calls import Offer, SatchelServer
from server.identity import LOCAL
from tests.client import Mode
from tools.services import Caller, Services
from tools.spec import Arguments, Result, ToolSpec
from tools.text2sql.writer import RESERVE_SECONDS, Prompt

pytestmark = pytest.mark.anyio

REFUSED = ErrorData(code=-1, message="User rejected sampling request")


class Asking(Arguments):
    """As many questions as there are names."""

    names: list[str]


class Told(Result):
    """What came of them."""

    is_offered: bool
    answers: tuple[str | None, ...] = ()
    has_answered: bool = False

    def text(self) -> str:
        return str(self.answers)


async def ask(services: Services, who: Caller, asked: Asking) -> Told:
    """Ask the client's model."""
    if who.model is None:
        return Told(is_offered=False)
    assert who.model.name == "client_model"
    answers = [await who.model.write(Prompt("Write SQL.", name)) for name in asked.names]
    return Told(is_offered=True, answers=tuple(answers), has_answered=who.model.has_answered)


@asynccontextmanager
async def lifespan(server: MCPServer[None]) -> AsyncGenerator[None]:
    yield


async def no_services() -> Services:
    return cast(Services, None)


def house(sampling: bool = True, timeout_seconds: float = 30.0) -> SatchelServer:
    """A server with one tool, which asks."""
    offer = Offer(
        version="1",
        instructions="",
        specs=(ToolSpec(title="Ask", handler=ask, arguments=Asking, result=Told, scope="read"),),
        services=no_services,
        timeout_seconds=timeout_seconds,
        sampling=sampling,
    )
    return SatchelServer(offer, lifespan=lifespan, local=LOCAL)


class Person:
    """Somebody whose client offers its model: what they were asked, and what they let it answer, in turn."""

    def __init__(self, *answers: CreateMessageResult | ErrorData) -> None:
        self.answers = list(answers)
        self.asked: list[CreateMessageRequestParams] = []

    async def __call__(
        self, context: ClientRequestContext, params: CreateMessageRequestParams
    ) -> CreateMessageResult | ErrorData:
        self.asked.append(params)
        return self.answers.pop(0)


def written(text: str, **given: Any) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", content=TextContent(text=text), model="m", **given)


async def told(
    mode: Mode, person: SamplingFnT | None, *names: str, server: SatchelServer | None = None
) -> dict[str, Any]:
    """What the tool says to a client of that person."""
    async with Client(server or house(), mode=mode, sampling_callback=person) as client:
        result = await client.call_tool("ask", {"names": list(names)})
    assert not result.is_error, result.content
    return cast(dict[str, Any], result.structured_content)


async def test_the_clients_model_answers(mode: Mode) -> None:
    person = Person(written("SELECT 1"))
    assert (await told(mode, person, "How many?"))["answers"] == ["SELECT 1"]
    (params,) = person.asked
    (message,) = params.messages
    assert isinstance(message.content, TextContent)
    assert (params.system_prompt, message.role, message.content.text) == ("Write SQL.", "user", "How many?")
    assert (params.temperature, params.include_context) == (0.0, None)


async def test_each_question_of_a_call_is_asked_once_and_gets_its_own_answer(mode: Mode) -> None:
    person = Person(*(written(f"SELECT {number}") for number in range(3)))
    said = await told(mode, person, "a", "b", "c")
    assert said["answers"] == ["SELECT 0", "SELECT 1", "SELECT 2"]
    assert [cast(TextContent, params.messages[0].content).text for params in person.asked] == ["a", "b", "c"]


async def test_only_a_call_that_comes_again_brings_answers(mode: Mode) -> None:
    """There the API model must not be asked, and paid, a second time."""
    said = await told(mode, Person(written("SELECT 1")), "a")
    assert said.get("has_answered", False) == (mode == "auto")


async def test_a_client_that_offers_no_model_is_not_asked(mode: Mode) -> None:
    assert await told(mode, None, "a") == {"is_offered": False}


async def test_a_model_is_not_asked_unless_the_owner_wants_it(mode: Mode) -> None:
    person = Person(written("SELECT 1"))
    assert await told(mode, person, "a", server=house(sampling=False)) == {"is_offered": False}
    assert person.asked == []


async def test_what_a_person_refuses_is_not_asked_for_again_in_that_call() -> None:
    """Until 2025-11-25, where the call goes on."""
    person = Person(REFUSED, written("SELECT 1"))
    assert (await told("legacy", person, "a", "b"))["answers"] == [None, None]
    assert len(person.asked) == 1


async def test_a_client_may_end_the_call_when_its_person_refuses() -> None:
    """From 2026-07-28 on it is the client's to call again or not. The SDK's does not."""
    person = Person(REFUSED)
    async with Client(house(), sampling_callback=person) as client:
        with pytest.raises(MCPError, match="User rejected"):
            await client.call_tool("ask", {"names": ["a"]})
    assert len(person.asked) == 1


async def test_a_client_that_calls_again_without_an_answer_was_refused_one() -> None:
    async with Client(house(), sampling_callback=Person()) as client:
        first = await client.session.call_tool("ask", {"names": ["a", "b"]}, allow_input_required=True)
        assert isinstance(first, InputRequiredResult)
        again = await client.session.call_tool(
            "ask", {"names": ["a", "b"]}, request_state=first.request_state, allow_input_required=True
        )
    assert not isinstance(again, InputRequiredResult)
    assert again.structured_content == {"is_offered": True, "answers": [None, None], "has_answered": True}


async def test_answers_are_those_of_the_same_call() -> None:
    """What one call was answered is of no use in another; the SDK sees to it."""
    async with Client(house(), sampling_callback=Person()) as client:
        first = await client.session.call_tool("ask", {"names": ["a"]}, allow_input_required=True)
        assert isinstance(first, InputRequiredResult)
        with pytest.raises(MCPError, match="requestState"):
            await client.session.call_tool(
                "ask", {"names": ["b"]}, request_state=first.request_state, allow_input_required=True
            )


async def test_answers_to_what_was_not_asked_are_not_looked_at() -> None:
    async with Client(house(), sampling_callback=Person()) as client:
        result = await client.session.call_tool(
            "ask", {"names": ["a"]}, input_responses={"sql": written("SELECT 1")}, allow_input_required=True
        )
    assert isinstance(result, InputRequiredResult)


@pytest.mark.parametrize(
    "unusable",
    [
        written("SELECT", stop_reason="maxTokens"),
        written("SELECT 1" + " " * 50_000),
        CreateMessageResult(role="assistant", content=ImageContent(data="", mime_type="image/png"), model="m"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_none(mode: Mode, unusable: CreateMessageResult) -> None:
    assert (await told(mode, Person(unusable), "a"))["answers"] == [None]


async def test_a_person_who_takes_too_long_is_not_waited_for() -> None:
    """The call goes on while there is time left for it."""

    async def never(context: ClientRequestContext, params: CreateMessageRequestParams) -> CreateMessageResult:
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(5):
        said = await told("legacy", never, "a", server=house(timeout_seconds=RESERVE_SECONDS + 0.2))
    assert said["answers"] == [None]
