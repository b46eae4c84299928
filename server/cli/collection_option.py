"""`--collection`: which documents a command is about."""

from collections.abc import Callable
from typing import TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from tools.fields import Collection
from tools.rag.models import DEFAULT_COLLECTION

F = TypeVar("F", bound=Callable[..., object])


def collection_option(command: F) -> F:
    """`--collection`, checked as the tools check it."""
    return click.option(
        "--collection",
        default=DEFAULT_COLLECTION,
        show_default=True,
        callback=_checked,
        help="The group of documents.",
    )(command)


def _checked(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return TypeAdapter[str](Collection).validate_python(value)
    except ValidationError as error:
        raise click.BadParameter("1 to 255 characters, not blank, without control characters.") from error
