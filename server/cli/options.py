"""The options that several commands have, and the settings that some of them lead to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from server.cli.failures import Failure
from server.config import Settings, SettingsError, load
from server.identity import TENANT_PATTERN
from server.keys import looks_like_key

F = TypeVar("F", bound=Callable[..., Any])

MOST_LISTED = 1_000_000

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")
force_option = click.option("--force", is_flag=True, help="Write over FILE if it is there.")


def settings_options(command: F) -> F:
    """`--config`, `--home`, `--data-dir`: where everything is."""
    for option in (
        click.option("--data-dir", type=click.Path(path_type=Path), help="Where everything is kept."),
        click.option("--home", type=click.Path(path_type=Path), help="One folder for settings, data and models."),
        click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Read this satchel.toml."),
    ):
        command = option(command)
    return command


def settings_from(config: Path | None, **flags: Any) -> Settings:
    """The settings in force; a wrong one ends the command with one line."""
    try:
        return load(flags, config)
    except SettingsError as error:
        raise Failure(str(error)) from error


def limit_option(default: int, most: int = MOST_LISTED) -> Callable[[F], F]:
    """`--limit`: how many lines of a list."""
    return click.option(
        "--limit", type=click.IntRange(1, most), default=default, show_default=True, help="How many at most."
    )


def tenant_option(command: F) -> F:
    """`--tenant`: whose data."""
    return click.option(
        "--tenant", default="local", show_default=True, callback=typed_tenant, help="Whose data; stdio serves `local`."
    )(command)


def typed_tenant(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A tenant as it is typed."""
    if not TENANT_PATTERN.fullmatch(value):
        raise click.BadParameter("1 to 64 letters, digits, _ and -.")
    return value


def typed_key_id(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """The id of a key as it is typed. Not a key: no message may repeat one."""
    if looks_like_key(value):
        raise click.BadParameter("this is a key itself. Give its id; `satchel keys list` shows it.")
    return value
