"""Asks the model of the client that calls to write SQL: sampling, which the protocol deprecates, and few clients offer.

Until 2025-11-25 the server sends the client a request in the middle of the call. From 2026-07-28 on it ends the call
with that request, and the client calls again with the answer. What was answered before, it brings back as well, sealed
by the SDK and bound to the same call by the same caller.
"""

import json
import logging
from typing import Any, Literal

import anyio
from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.shared.message import ServerMessageMetadata
from mcp.types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
)
from mcp_types.version import is_version_at_least
from pydantic import ValidationError

from tools.text2sql.writer import LONGEST_ANSWER, Prompt, seconds_left

logger = logging.getLogger("satchel.sampling")

ENDS_THE_CALL = "2026-07-28"
"""The first version of the protocol in which a server asks by ending the call."""
KEY = "sql"
MAX_TOKENS = 4_000


class InputNeeded(Exception):
    """The client's model has to be asked, and the call ends with that; it comes again with the answer. Only the
    outermost frame of a call may catch it."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__()
        self.result = result


class ClientModel:
    """The client's model, for one call. What the user refuses is not asked for again in that call."""

    name: Literal["client_model"] = "client_model"

    def __init__(self, context: Context[None, Any]) -> None:
        self._context = context
        self._ends_the_call = is_version_at_least(context.protocol_version or "", ENDS_THE_CALL)
        self._brought = _brought(context) if self._ends_the_call else []
        self._asked = 0
        self._is_refused = False

    @property
    def has_answered(self) -> bool:
        """Whether this call comes again, with what became of the question."""
        return bool(self._brought)

    async def write(self, prompt: Prompt) -> str | None:
        """The model's answer; None where the user or the client refused, or took too long. Raises InputNeeded where
        the call has to end for it: what has run so far runs again, and its n-th question gets the n-th answer."""
        if self._is_refused:
            return None
        if self._ends_the_call:
            answer = self._answer_brought(prompt)
        else:
            answer = await self._answer_sent_for(prompt)
        self._is_refused = answer is None
        return answer

    def _answer_brought(self, prompt: Prompt) -> str | None:
        self._asked += 1
        if self._asked <= len(self._brought):
            return self._brought[self._asked - 1]
        raise InputNeeded(
            InputRequiredResult(input_requests={KEY: _request(prompt)}, request_state=json.dumps(self._brought))
        )

    async def _answer_sent_for(self, prompt: Prompt) -> str | None:
        """Waits for a person who looks at it first, but not so long that the tool call ends without any answer."""
        metadata = ServerMessageMetadata(related_request_id=self._context.request_id)
        with anyio.move_on_after(seconds_left()):
            try:
                result = await self._context.session.send_request(
                    _request(prompt), CreateMessageResult, metadata=metadata
                )
            except MCPError as error:  # refused, or nobody is there to ask
                logger.info("sampling.refused", extra={"code": error.code})
                return None
            except ValidationError:
                logger.warning("sampling.unusable")
                return None
            return _text(result)
        logger.info("sampling.unanswered")
        return None


def client_model(context: Context[None, Any] | None) -> ClientModel | None:
    """The model of the client that calls; None if it does not offer one."""
    if context is None or (capabilities := context.client_capabilities) is None or capabilities.sampling is None:
        return None
    return ClientModel(context)


def _request(prompt: Prompt) -> CreateMessageRequest:
    message = SamplingMessage(role="user", content=TextContent(text=prompt.user))
    return CreateMessageRequest(
        params=CreateMessageRequestParams(
            messages=[message], system_prompt=prompt.system, max_tokens=MAX_TOKENS, temperature=0.0
        )
    )


def _brought(context: Context[None, Any]) -> list[str | None]:
    """The answers to all that was asked in this call, the newest last: the state holds the earlier ones. A call that
    comes again without an answer was refused one."""
    if context.request_state is None:
        return []
    answer = (context.input_responses or {}).get(KEY)
    return [*json.loads(context.request_state), _text(answer)]


def _text(answer: object) -> str | None:
    """What the model wrote; None if it is cut short, too long, or no text."""
    if not isinstance(answer, CreateMessageResult) or answer.stop_reason == "maxTokens":
        return None
    content = answer.content
    return content.text if isinstance(content, TextContent) and len(content.text) <= LONGEST_ANSWER else None
