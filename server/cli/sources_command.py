"""`satchel sources`: the databases that may be questioned, and whether they can be."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from server.cli import source_views as views
from server.cli.failures import Failure, failures
from server.cli.options import json_option, settings_from, settings_options
from server.cli.printing import note, out_json
from server.cli.running import prepare
from server.config import Settings
from tools.text2sql.policy import SharedSource


@click.group("sources")
def command() -> None:
    """List the databases that may be questioned, and check that they can be."""


@command.command("list")
@json_option
@settings_options
def list_sources(as_json: bool, config: Path | None, **flags: Any) -> None:
    """What the settings say of each; connects to none."""
    sources = configured(settings_from(config, **flags))
    if as_json:
        out_json([views.record(shared) for shared in sources.values()])
    else:
        views.print_sources(list(sources.values()))


@command.command("check")
@click.argument("names", nargs=-1, metavar="[NAME…]")
@json_option
@settings_options
def check(names: tuple[str, ...], as_json: bool, config: Path | None, **flags: Any) -> None:
    """Connect to each, or to those named; say what is shared, and how to mend what is wrong.

    Ends with 1 when one cannot be used. An account that could write cannot, unless the settings trust it.
    """
    from server.cli.doctor.source_checks import inspected

    sources = configured(settings_from(config, **flags))
    wanted = [known(sources, name) for name in dict.fromkeys(names)] or list(sources.values())
    with failures():
        found = inspected(wanted)
    if as_json:
        out_json([asdict(each) for each in found])
    else:
        for each in found:
            views.print_inspected(each)
    unusable = sum(each.status == "broken" for each in found)
    if unusable:
        note(f"{unusable:,} of {len(found):,} cannot be used.")
        sys.exit(1)


def configured(settings: Settings) -> Mapping[str, SharedSource]:
    """The data sources by name. Raises Failure where there is none."""
    from server.config.policies import database_policy

    prepare(settings)
    if not settings.data_sources:
        file = settings.beside / "satchel.toml"
        raise Failure(f'no database is set up. Write into {file}: data_sources.NAME.url = "sqlite:///file".')
    return database_policy(settings).sources


def known(sources: Mapping[str, SharedSource], name: str) -> SharedSource:
    """The data source of that name. Raises Failure with the names that there are."""
    if name not in sources:
        raise Failure(f"no data source {name!r}. There is: {', '.join(sorted(sources))}.")
    return sources[name]
