"""What a tool is: its name, its arguments and result as models, its handler, and what hosts are told of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from tools.services import Caller, Services

NUMBERS: tuple[object, ...] = (int, float)


class Arguments(BaseModel):
    """A tool's arguments: strict types, unknown fields refused, NaN refused. The description of each field is what
    the model reads. Validators are built at the first call, not at start-up."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _as_models_write(cls, given: object) -> object:
        """Models fill what is optional with null, and write whole numbers as 10.0: JSON knows no difference. A number
        that is null stays refused: it may have been NaN, which clients send as null."""
        if not isinstance(given, dict):
            return given
        optional = {
            name
            for name, field in cls.model_fields.items()
            if not field.is_required() and field.annotation not in NUMBERS
        }
        return {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in given.items()
            if value is not None or name not in optional
        }


class Part(BaseModel):
    """A part of arguments or of a result."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Result(BaseModel):
    """A tool's result: the record for programs, and the text for a model to read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    def text(self) -> str:
        """The compact form a model reads: the same facts, not JSON."""
        raise NotImplementedError

    def picture(self) -> bytes | None:
        """A PNG to show beside the text, where there is one."""
        return None


Handler = Callable[[Services, Caller, Any], Awaitable[Result]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as the server lists and calls it. The handler's docstring is its description. One that ``runs_apart`` does
    most of its work in another process."""

    title: str
    handler: Handler
    arguments: type[Arguments]
    result: type[Result]
    scope: str
    destructive: bool = False
    idempotent: bool = False
    runs_apart: bool = False

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def read_only(self) -> bool:
        return self.scope == "read"
