"""How a host starts this installation: it sees neither the shell's PATH nor its variables."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from server.cli.failures import Failure

PLACES = ("home", "data_dir")
"""The settings that say where the data is."""
CACHES = {".cache", "cache", "Cache", "Caches"}
VERB = "serve"
PATIENCE_SECONDS = 60


def command(config: Path | None) -> list[str]:
    """What starts the server, with the absolute path of its program. Raises Failure."""
    more = ["--config", str(config.expanduser().absolute())] if config else []
    return [*_program(), VERB, *more]


def _program() -> list[str]:
    """The command `satchel` as it was called; else the one beside this Python; else this Python."""
    called = Path(sys.argv[0])
    if called.stem == "satchel" and (found := shutil.which(called)):
        return [str(Path(found).absolute())]
    if found := shutil.which("satchel", path=sysconfig.get_path("scripts")):
        return [str(Path(found).absolute())]
    python = [sys.executable, "-P", "-m", "server"]
    _require_start(python)
    return python


def _require_start(python: list[str]) -> None:
    """A checkout that is not installed is found from its own folder only."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    version = [*python, "--version"]
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            subprocess.run(
                version, cwd=elsewhere, env=variables, capture_output=True, timeout=PATIENCE_SECONDS, check=True
            )
        except subprocess.SubprocessError as error:
            told = "a host cannot start this checkout from elsewhere. Install it first: `pip install .` in it."
            raise Failure(told) from error


def is_passing() -> bool:
    """Whether this installation is in a cache, as `uvx` and `pipx run` make it."""
    return not CACHES.isdisjoint(Path(sys.prefix).parts)


def variables(flags: Mapping[str, Any]) -> dict[str, str]:
    """The variables that say where the data is, as the host must set them."""
    given = {name: flags.get(name) or os.environ.get(_variable(name)) for name in PLACES}
    return {_variable(name): str(Path(folder).expanduser().absolute()) for name, folder in given.items() if folder}


def unseen(settings: Iterable[str]) -> list[str]:
    """Variables of this shell that set one of those settings, which the host will not know."""
    others = (_variable(name) for name in settings if name not in PLACES)
    return [name for name in others if os.environ.get(name)]


def _variable(setting: str) -> str:
    return f"SATCHEL_{setting.upper()}"
