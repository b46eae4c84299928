"""Reads the settings: defaults, then satchel.toml, then SATCHEL_ variables, then flags. Once, at start.

satchel.toml is read from the configuration directory or from `--config`, never from the working directory, and no
.env is read at all: hosts start us inside repositories that nobody has vetted.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from server.config.settings import Settings, config_dir

CONFIG_NAME = "satchel.toml"


class SettingsError(Exception):
    """A setting is wrong; the text names it, in one line."""


SAID = {"extra_forbidden": "no such setting", "model_type": "must be a table, such as [data_sources.NAME]"}
"""What is told in place of pydantic's words."""
UNTOLD = frozenset(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr) | {
    "data_sources"
}
"""Settings whose values are in no message."""


def load(flags: Mapping[str, Any] | None = None, config: Path | None = None) -> Settings:
    """The settings in force. ``flags`` holds what the command line set; ``config`` a file named there.

    Raises SettingsError with one line that names the setting.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    file = config_file(given, config)
    try:
        from_file = tomllib.loads(file.read_text("utf-8")) if file else {}
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read ({error.strerror}). Check the path given with --config."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}.") from error
    _refuse_unknown(from_file, file)
    hidden = {name for name in from_file if f"SATCHEL_{name}".upper() in {key.upper() for key in os.environ}}
    try:
        settings = Settings(**{name: value for name, value in from_file.items() if name not in hidden} | given)
    except ValidationError as error:
        raise SettingsError(_one_line(error, given, from_file, file)) from error
    return settings.placed(file.absolute().parent) if file else settings


def config_file(flags: Mapping[str, Any], config: Path | None) -> Path | None:
    """The file to read: the one named, else satchel.toml in the configuration directory if there is one."""
    if config is not None:
        return config
    file = config_dir(flags.get("home") or os.environ.get("SATCHEL_HOME")) / CONFIG_NAME
    return file if file.is_file() else None


def _refuse_unknown(from_file: Mapping[str, Any], file: Path | None) -> None:
    if unknown := sorted(from_file.keys() - Settings.model_fields.keys()):
        near = get_close_matches(unknown[0], Settings.model_fields, 1)
        advice = f"Is {near[0]} meant?" if near else "`satchel serve --help` lists them."
        raise SettingsError(f"{unknown[0]}: no such setting, in {file}. {advice}")


def _one_line(error: ValidationError, flags: Mapping[str, Any], from_file: Mapping[str, Any], file: Path | None) -> str:
    errors = error.errors(include_url=False, include_context=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])  # a misspelt key lacks, too
    name = str(first["loc"][0])
    if name in flags:
        source = f"--{name.replace('_', '-')}"
    elif name in from_file and f"SATCHEL_{name.upper()}" not in os.environ:
        source = f"{name} in {file}"
    else:
        source = f"SATCHEL_{name.upper()}"
    parts = [part for part in first["loc"][1:] if isinstance(part, str) and part != "[key]"]
    inside = f" {'.'.join(parts)!r}:" if parts else ""
    said = SAID.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    told = "" if name in UNTOLD or first["type"] == "value_error" else f", not {first['input']!r}"
    return f"{source}:{inside} {said[:1].lower()}{said[1:]}{told}."
