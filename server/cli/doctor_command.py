"""`satchel doctor`: is everything well, and if not, what to do."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from server.cli.doctor.findings import MARKS, Finding, worst
from server.cli.failures import failures
from server.cli.options import json_option, settings_from, settings_options
from server.cli.printing import inert, out, out_json
from server.cli.running import prepare
from server.config import Settings
from server.config.loading import config_file


@click.command("doctor")
@click.option("--full", is_flag=True, help="Also compare every index with its table; takes minutes on a large store.")
@json_option
@settings_options
def command(full: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Check the installation and the data, and say how to mend what is wrong. Changes nothing.

    Ends with 1 when something is broken, with 0 when all is well or only worth knowing.
    """
    settings = settings_from(config, **flags)
    prepare(settings)
    given = {name: value for name, value in flags.items() if value is not None}
    found: list[Finding] = []
    with failures():
        for finding in _findings(settings, config_file(given, config), full=full):
            found.append(finding)
            if not as_json:
                _print(finding)
    if as_json:
        out_json({"status": worst(found), "checks": [asdict(finding) for finding in found]})
    else:
        out(_conclusion(found))
    if worst(found) == "broken":
        sys.exit(1)


def _findings(settings: Settings, config: Path | None, *, full: bool) -> Iterator[Finding]:
    from server.cli.doctor import data_checks, machine_checks
    from storage.encryption.data_key import data_key

    yield machine_checks.python()
    yield machine_checks.sqlite()
    yield machine_checks.settings_file(config, settings.home)
    folder = machine_checks.folder(settings.data)
    yield folder
    yield machine_checks.disk(settings.data)
    model, transformer = machine_checks.model(settings)
    yield model
    if settings.data.is_dir() and os.access(settings.data, os.R_OK | os.X_OK):
        keys = [embedder.identity.key for embedder in machine_checks.serving(settings, transformer)]
        yield from data_checks.data(settings.data, keys, data_key(settings.master_key), full=full)
    if settings.data_sources:
        from server.cli.doctor import source_checks
        from server.config.policies import database_policy

        yield from source_checks.findings(list(database_policy(settings).sources.values()))


def _print(finding: Finding) -> None:
    out(f"{MARKS[finding.status]} {finding.name}: {inert(finding.what)}")
    if finding.mend:
        out(f"    {inert(finding.mend)}")


def _conclusion(found: list[Finding]) -> str:
    counts = {status: sum(finding.status == status for finding in found) for status in MARKS}
    if counts["broken"]:
        return f"\n{counts['broken']} broken, {counts['warning']} worth a look."
    return f"\n{counts['warning']} worth a look, nothing is broken." if counts["warning"] else "\nAll is well."
