"""Tool calls: arguments checked, a deadline, errors an agent can act on, and one log line each."""

import logging
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    CallToolResult,
    ContentBlock,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    Prompt,
    TextContent,
)
from mcp.types import Tool as ListedTool
from pydantic import ValidationError

from server.complaints import complaint
from server.identity import Principal, current
from server.in_flight import InFlight
from server.listing import listed
from server.permissions import WORK, Permissions, refusal
from server.records import Call, Observer, touched
from server.sampling import InputNeeded, client_model
from tools.errors import AgentError, Refused, TryAgain, Unavailable, told
from tools.services import Caller, Services
from tools.spec import Result, ToolSpec

logger = logging.getLogger("satchel.calls")

UNKNOWN = "unknown"
"""The name under which calls of tools that do not exist are noted: theirs are the caller's own words."""

Lifespan = Callable[[MCPServer[None]], AbstractAsyncContextManager[None]]
Admission = Callable[[Principal, bool], AbstractAsyncContextManager[None]]
"""Holds a call's place among the others while it runs, or among those that run apart; raises an AgentError when there
is none."""


@asynccontextmanager
async def unlimited(principal: Principal, runs_apart: bool) -> AsyncGenerator[None]:
    """Admits every call at once, as on stdio."""
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a server is made of: its tools, the store they work on, which ``services`` waits for the first time it is
    called, and the time a call has. ``sampling`` lets tools ask the client's model."""

    version: str
    instructions: str
    specs: tuple[ToolSpec, ...]
    services: Callable[[], Awaitable[Services]]
    timeout_seconds: float
    sampling: bool = False


class SatchelServer(MCPServer[None]):
    """An MCP server over tool specs. ``local`` is who calls where no HTTP request says so, and None refuses such calls;
    ``observers`` are told of each call."""

    def __init__(
        self,
        offer: Offer,
        *,
        lifespan: Lifespan,
        local: Principal | None,
        observers: tuple[Observer, ...] = (),
        admission: Admission = unlimited,
    ) -> None:
        super().__init__(
            "satchel",
            title="Satchel",
            version=offer.version,
            instructions=offer.instructions,
            lifespan=lifespan,
            log_level="WARNING",
        )
        self._offer = offer
        self._specs = {spec.name: spec for spec in offer.specs}
        self._listed: list[ListedTool] | None = None
        self._local = local
        self._observers = observers
        self._admission = admission
        self.permissions = Permissions(self._specs)
        self.in_flight = InFlight(offer.timeout_seconds)
        self.middleware.append(self._guarded)

    async def list_tools(self) -> list[ListedTool]:
        """The tools this caller may call, with their schemas, which are made when first asked for."""
        if self._listed is None:
            self._listed = [listed(spec) for spec in self._specs.values()]
        scopes = self.principal().scopes
        return [tool for tool in self._listed if not self.permissions.missing("tools/call", tool.name, scopes)]

    def principal(self) -> Principal:
        """Who sent the message that is being handled. Raises MCPError when nothing says so."""
        request = current()
        principal = self._local if request is None else request.principal
        if principal is None:
            raise MCPError(INVALID_REQUEST, "This message came without a key.")
        return principal

    def caller(self, context: Context[None, Any] | None = None) -> Caller:
        """Who calls, as the tools take it; with ``context``, told of progress."""
        principal = self.principal()
        caller = Caller(principal.tenant, principal.key)
        return caller if context is None else replace(caller, progress=context.report_progress)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run one tool. Whatever an agent can act on comes back as an error result, never as an exception."""
        spec = self._specs.get(name)
        call = self._begun(spec.name if spec else UNKNOWN, is_tool=True)
        with self._noted(call):
            try:
                async with self._admission(call.principal, spec is not None and spec.runs_apart):
                    with self.in_flight.in_time():
                        return await self._run(call, name, arguments, context)
            except InputNeeded as needed:
                call.outcome = "asked"
                return needed.result
            except Exception as error:  # the outermost frame of a call
                call.outcome, text = self._failure(name, error)
                return CallToolResult(content=[TextContent(text=text)], is_error=True)
            except BaseException:
                call.outcome = "cancelled"
                raise

    def _failure(self, name: str, error: Exception) -> tuple[str, str]:
        """How a call ended that failed, and what the agent is told."""
        if isinstance(error, TimeoutError):
            return "timeout", self.in_flight.late(name)
        if isinstance(error, ValidationError):
            return "invalid", complaint(error, self._specs[name].arguments)
        if (known := told(error)) is None:
            logger.error("tool.crashed", extra={"tool": name}, exc_info=error)
            return "crash", f"{name} failed; the operator's log says why. Nothing more is known here."
        if known is not error and isinstance(known, TryAgain | Unavailable):
            logger.warning("storage.failed", extra={"tool": name, "error": repr(error.__cause__ or error)})
        return type(known).__name__, str(known)

    async def _guarded(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Lets a message pass whose sender has the scope for it; what reads or changes things is counted and noted.
        Tool calls are by `call_tool`, which knows how they ended."""
        named = (ctx.params or {}).get("name")
        tool = named if isinstance(named, str) else ""
        if missing := self.permissions.missing(ctx.method, tool, self.principal().scopes):
            self.denied(ctx.method, tool)
            raise MCPError(INVALID_REQUEST, refusal(missing))
        if ctx.method not in WORK or ctx.method == "tools/call":
            return await call_next(ctx)
        return await self._answered(ctx, call_next)

    async def _answered(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        call = self._begun(ctx.method)
        with self._noted(call):
            try:
                async with self._admission(call.principal, False):
                    with self.in_flight.in_time():
                        return await call_next(ctx)
            except TimeoutError as error:
                call.outcome = "timeout"
                raise MCPError(INTERNAL_ERROR, self.in_flight.late(ctx.method)) from error
            except AgentError as error:  # no place among the others
                call.outcome = type(error).__name__
                raise MCPError(INTERNAL_ERROR, str(error)) from error
            except BaseException:
                call.outcome = "failed"
                raise

    def _begun(self, action: str, *, is_tool: bool = False) -> Call:
        request = current()
        return Call(action, self.principal(), is_tool, request_id="" if request is None else request.request_id)

    @contextmanager
    def _noted(self, call: Call) -> Generator[None]:
        """Count a call while it runs; tell the log and the observers how it ended."""
        started = time.perf_counter()
        try:
            with self.in_flight.counted():
                yield
        finally:
            call.elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
            self._tell(call)

    def _tell(self, call: Call) -> None:
        who = {"tenant": call.principal.tenant, "key": call.principal.key}
        if call.is_tool:
            logger.info("tool.called", extra={"tool": call.action, **who, **call.ending})
        else:
            logger.info("message.answered", extra={"action": call.action, **who, **call.ending})
        for observe in self._observers:
            observe(call)

    def denied(self, method: str, tool: str) -> None:
        """Note that the caller had no scope for a message."""
        is_tool = method == "tools/call"
        call = self._begun(tool if is_tool else method, is_tool=is_tool)
        call.outcome = "denied"
        self._tell(call)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[None, Any] | None = None
    ) -> GetPromptResult:
        """A prompt. Raises MCPError with invalid params for an unknown one or a missing or wrong argument."""
        known = {prompt.name: prompt for prompt in await self.list_prompts()}
        if name not in known:
            raise MCPError(INVALID_PARAMS, f"No prompt {name!r}. There is: {', '.join(known)}.")
        _refuse_misfits(known[name], arguments or {})
        try:
            return await super().get_prompt(name, arguments, context)  # type: ignore[return-value]
        except Exception as error:
            raise _prompt_error(name, error) from error

    async def _run(
        self, call: Call, name: str, arguments: dict[str, Any], context: Context[None, Any] | None
    ) -> CallToolResult:
        spec = self._specs.get(name)
        if spec is None:
            raise Refused(f"No tool {name[:64]!r}. There is: {', '.join(self._specs)}.")
        asked = spec.arguments.model_validate(arguments)
        call.session_id = getattr(asked, "session_id", None) or ""
        who = self.caller(context)
        if self._offer.sampling:
            who = replace(who, model=client_model(context))
        result = await spec.handler(await self._offer.services(), who, asked)
        content = result.model_dump(mode="json", exclude_defaults=True)
        call.ids = touched(content)
        return CallToolResult(content=_content(result), structured_content=content)


def _content(result: Result) -> list[ContentBlock]:
    text, picture = TextContent(text=result.text()), result.picture()
    return [text] if picture is None else [text, ImageContent(data=b64encode(picture).decode(), mime_type="image/png")]


def _refuse_misfits(prompt: Prompt, given: Mapping[str, Any]) -> None:
    """Raises MCPError for an argument that the prompt does not take, or that is missing."""
    taken = {argument.name: argument.required for argument in prompt.arguments or []}
    if unknown := sorted(given.keys() - taken.keys()):
        raise MCPError(INVALID_PARAMS, f"{prompt.name} takes no {unknown[0]!r}. It takes: {', '.join(taken)}.")
    if missing := [name for name, required in taken.items() if required and name not in given]:
        raise MCPError(INVALID_PARAMS, f"{prompt.name} needs {missing[0]!r}.")


def _prompt_error(name: str, error: BaseException) -> MCPError:
    """What a prompt's caller is told; the SDK wraps what the prompt raised, once or twice."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ValidationError):
            return MCPError(INVALID_PARAMS, complaint(cause))
        if isinstance(cause, Exception) and (known := told(cause)):
            return MCPError(INVALID_PARAMS, str(known))
        cause = cause.__cause__
    logger.error("prompt.crashed", extra={"prompt": name}, exc_info=error)
    return MCPError(INTERNAL_ERROR, f"{name} failed; the operator's log says why.")
