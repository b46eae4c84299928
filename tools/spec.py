"""What a tool is: its name, its arguments and result as models, its handler, and what hosts are told of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.services import Caller, Services


class Arguments(BaseModel):
    """A tool's arguments: strict types, unknown fields refused, NaN refused. The description of each field is what
    the model reads. Validators are built at the first call, not at start-up."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


class Result(BaseModel):
    """A tool's result: the record for programs, and the text for a model to read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def text(self) -> str:
        """The compact form a model reads: the same facts, not JSON."""
        raise NotImplementedError


Handler = Callable[[Services, Caller, Any], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as the server lists and calls it. The handler's docstring is its description."""

    title: str
    handler: Handler
    arguments: type[Arguments]
    result: type[Result]
    scope: str
    destructive: bool = False
    idempotent: bool = False

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def read_only(self) -> bool:
        return self.scope == "read"
