"""Tool calls: arguments checked, a deadline, errors an agent can act on, and one log line each."""

import inspect
import logging
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolResult,
    ContentBlock,
    GetPromptResult,
    ImageContent,
    InputRequiredResult,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ListedTool
from pydantic import ValidationError

from server.sampling import InputNeeded, client_model
from server.schemas import complaint, input_schema, output_schema
from tools.errors import Refused, told
from tools.services import LOCAL, Caller, Services
from tools.spec import Result, ToolSpec

logger = logging.getLogger("satchel.calls")

BEGIN_SECONDS = 0.02

Lifespan = Callable[[MCPServer[None]], AbstractAsyncContextManager[None]]


class SatchelServer(MCPServer[None]):
    """An MCP server over tool specs. ``services`` waits for the store the first time it is called; ``sampling`` lets
    tools ask the client's model."""

    def __init__(
        self,
        *,
        version: str,
        instructions: str,
        specs: tuple[ToolSpec, ...],
        services: Callable[[], Awaitable[Services]],
        timeout_seconds: float,
        lifespan: Lifespan,
        sampling: bool = False,
    ) -> None:
        super().__init__(
            "satchel",
            title="Satchel",
            version=version,
            instructions=instructions,
            lifespan=lifespan,
            log_level="WARNING",
        )
        self._specs = {spec.name: spec for spec in specs}
        self._services = services
        self._timeout_seconds = timeout_seconds
        self._sampling = sampling
        self._listed: list[ListedTool] | None = None
        self._running = 0

    async def list_tools(self) -> list[ListedTool]:
        """The tools with their schemas, made when first asked for."""
        if self._listed is None:
            self._listed = [_listed(spec) for spec in self._specs.values()]
        return self._listed

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Run one tool. Whatever an agent can act on comes back as an error result, never as an exception."""
        started = time.perf_counter()
        outcome = "ok"
        self._running += 1
        try:
            with anyio.fail_after(self._timeout_seconds):
                return await self._run(name, arguments, context)
        except InputNeeded as needed:
            outcome = "asked"
            return needed.result
        except TimeoutError:
            outcome = "timeout"
            return _failed(f"{name} took more than {self._timeout_seconds:g} s and was ended. Ask for less, or again.")
        except ValidationError as error:
            outcome = "invalid"
            return _failed(complaint(error, self._specs[name].arguments))
        except Exception as error:  # the outermost frame of a call
            known = told(error)
            outcome = type(known).__name__ if known else "crash"
            if known is None:
                logger.exception("tool.crashed", extra={"tool": name})
            elif known is not error:
                logger.warning("storage.failed", extra={"tool": name, "error": repr(error.__cause__ or error)})
            return _failed(str(known or f"{name} failed; the operator's log says why. Nothing more is known here."))
        finally:
            self._running -= 1
            elapsed_ms = round((time.perf_counter() - started) * 1000, 1)
            logger.info(
                "tool.called", extra={"tool": name[:64], "tenant": LOCAL.tenant, "outcome": outcome, "ms": elapsed_ms}
            )

    async def finish(self, seconds: float) -> None:
        """Return when no call runs any more, or after so many seconds. Calls just read have begun by then."""
        with anyio.move_on_after(seconds):
            await anyio.sleep(BEGIN_SECONDS)
            while self._running:  # noqa: ASYNC110 - the last moments of a process
                await anyio.sleep(BEGIN_SECONDS)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[None, Any] | None = None
    ) -> GetPromptResult:
        """A prompt. Raises MCPError with invalid params for an unknown one or a missing or wrong argument."""
        known = {prompt.name: prompt for prompt in await self.list_prompts()}
        if name not in known:
            raise MCPError(INVALID_PARAMS, f"No prompt {name!r}. There is: {', '.join(known)}.")
        taken = {argument.name: argument.required for argument in known[name].arguments or []}
        if unknown := (arguments or {}).keys() - taken.keys():
            raise MCPError(INVALID_PARAMS, f"{name} takes no {sorted(unknown)[0]!r}. It takes: {', '.join(taken)}.")
        if missing := [each for each, required in taken.items() if required and each not in (arguments or {})]:
            raise MCPError(INVALID_PARAMS, f"{name} needs {missing[0]!r}.")
        try:
            return await super().get_prompt(name, arguments, context)  # type: ignore[return-value]
        except Exception as error:
            raise _prompt_error(name, error) from error

    async def _run(self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None) -> CallToolResult:
        spec = self._specs.get(name)
        if spec is None:
            raise Refused(f"No tool {name[:64]!r}. There is: {', '.join(self._specs)}.")
        asked = spec.arguments.model_validate(arguments)
        who = caller(context)
        if self._sampling:
            who = replace(who, model=client_model(context))
        result = await spec.handler(await self._services(), who, asked)
        return CallToolResult(
            content=_content(result),
            structured_content=result.model_dump(mode="json", exclude_defaults=True),
        )


def _content(result: Result) -> list[ContentBlock]:
    text, picture = TextContent(text=result.text()), result.picture()
    return [text] if picture is None else [text, ImageContent(data=b64encode(picture).decode(), mime_type="image/png")]


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


def caller(context: Context[None, Any] | None = None) -> Caller:
    """Who calls: on stdio the person whose machine it is."""
    return LOCAL if context is None else replace(LOCAL, progress=context.report_progress)


def _listed(spec: ToolSpec) -> ListedTool:
    return ListedTool(
        name=spec.name,
        title=spec.title,
        description=inspect.getdoc(spec.handler),
        input_schema=input_schema(spec.arguments),
        output_schema=output_schema(spec.result),
        annotations=ToolAnnotations(
            read_only_hint=spec.read_only,
            destructive_hint=spec.destructive,
            idempotent_hint=spec.read_only or spec.idempotent,
            open_world_hint=False,
        ),
    )


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)
