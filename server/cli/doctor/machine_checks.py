"""What the doctor asks of the machine: Python, SQLite, settings, the data directory, the embedding model."""

import os
import shutil
import sqlite3
import stat
import sys
import threading
from importlib import import_module
from pathlib import Path

from server.cli.doctor.findings import Finding, broken, ok, warning
from server.config import Settings
from server.config.loading import CONFIG_NAME
from server.config.settings import config_dir
from storage import inspection
from storage.embedding.embedder import Embedder, ModelDamaged, ModelRefused, ModelUnavailable
from storage.embedding.static_table import static_table
from storage.embedding.transformer import Transformer

OLDEST_PYTHON = (3, 11)
LITTLE_BYTES = 512 * 2**20
TOO_LITTLE_BYTES = 32 * 2**20
MODEL_SECONDS = 3.0
FETCHED = "`satchel models pull` fetches it, and so does a server by itself where the network allows."
CARRIED = (
    "Without a network: run `satchel models pull {0}` on a machine with one, make a copy there with "
    '`cp -rL "$(satchel models path {0})" {1}`, bring the folder {1} here and set SATCHEL_EMBEDDING_PATH to it.'
)


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return broken("python", f"Python {version}", "Install Python 3.11 or newer, and Satchel in it.")
    return ok("python", f"Python {version}")


def sqlite() -> Finding:
    """Python brings its own SQLite. The race of older ones needs two processes that checkpoint, and one does here."""
    version = f"SQLite {sqlite3.sqlite_version}"
    if not inspection.has_full_text():
        return broken("sqlite", f"{version} without full text (FTS5)", "Use a Python whose SQLite has FTS5.")
    if inspection.has_log_race():
        version += "; its write-ahead log race (mended in 3.51.3) cannot happen, as one process at a time checkpoints"
    return ok("sqlite", version)


def settings_file(file: Path | None, home: Path | None) -> Finding:
    if file is None:
        return ok("settings", f"no {CONFIG_NAME} in {config_dir(home)}; defaults and SATCHEL_ variables count")
    return ok("settings", f"read from {file}")


def folder(path: Path) -> Finding:
    """The data directory itself."""
    name = "data directory"
    if not path.exists():
        above = next(parent for parent in path.absolute().parents if parent.exists())
        if not os.access(above, os.W_OK | os.X_OK):
            return broken(name, f"{path} is not there", f"Allow writing to {above}, or choose another --data-dir.")
        return warning(name, f"{path} is not there yet", "Nothing to do: a server makes it when it first starts.")
    if not path.is_dir():
        return broken(name, f"{path} is not a directory", "Move that file away, or choose another --data-dir.")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return broken(name, f"{path} cannot be written by this user", f"Make it yours: chown and chmod 700 {path}.")
    if os.name != "nt" and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        return warning(name, f"{path} is open to other users (mode {mode:03o})", f"chmod 700 {path}")
    return ok(name, str(path))


def disk(path: Path) -> Finding:
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    what = f"{free / 2**30:,.1f} GiB free"
    if free < TOO_LITTLE_BYTES:
        return broken("disk", what, "Free some space: nothing can be stored.")
    if free < LITTLE_BYTES:
        return warning("disk", what, "Free some space soon.")
    return ok("disk", what)


def model(settings: Settings) -> tuple[Finding, Transformer | None]:
    """Whether the wanted model is here and opens; the network is left alone. The transformer, if that serves."""
    if settings.embedding_model == "none":
        return ok("embedding model", "switched off: memories are found by words only"), None
    if settings.embedding_model == "static":
        return ok("embedding model", "the built-in table serves, as the settings say"), None
    try:
        found = _opened(settings)
    except ModelRefused as refused:
        return broken("embedding model", str(refused), "Choose another with SATCHEL_EMBEDDING_MODEL."), None
    except ModelDamaged as damaged:
        return warning("embedding model", f"{damaged} The built-in table serves.", "satchel models pull"), None
    except TimeoutError:
        what = f"still loading after {MODEL_SECONDS:g} s; the built-in table serves until it is there"
        return warning("embedding model", what, "Nothing to do, unless it stays so."), None
    if found is None:
        return warning("embedding model", _absent(settings), _remedy(settings)), None
    return ok("embedding model", f"{found.identity.name} serves"), found


def _absent(settings: Settings) -> str:
    wanted = "the transformer" if settings.embedding_model == "auto" else settings.embedding_model
    return f"{wanted} is not on this machine; the built-in table serves"


def _remedy(settings: Settings) -> str:
    from storage.embedding.catalogue import DEFAULT_MODEL

    wanted = DEFAULT_MODEL if settings.embedding_model == "auto" else settings.embedding_model
    carried = CARRIED.format(wanted, wanted.rpartition("/")[2])
    return f"Fetching is switched off. {carried}" if settings.offline else f"{FETCHED} {carried}"


def _opened(settings: Settings) -> Transformer | None:
    """Raises ModelRefused, ModelDamaged, TimeoutError. The libraries come first: importing them is no loading."""
    from storage.embedding.fetching import quiet
    from storage.embedding.folder import recipe_of
    from storage.embedding.transformer import open_local

    import_module("fastembed")
    quiet()
    recipe = recipe_of(settings.embedding_model, settings.embedding_path)
    done: list[Transformer | ModelUnavailable | None] = []

    def load() -> None:
        try:
            done.append(open_local(recipe, settings.models))
        except ModelUnavailable as error:
            done.append(error)

    thread = threading.Thread(target=load, name="satchel-model", daemon=True)
    thread.start()
    thread.join(MODEL_SECONDS)
    if not done:
        raise TimeoutError
    if isinstance(done[0], ModelUnavailable):
        raise done[0]
    return done[0]


def serving(settings: Settings, transformer: Transformer | None) -> list[Embedder]:
    """The models whose vectors a server here would search by."""
    table: list[Embedder] = [] if settings.embedding_model == "none" else [static_table()]
    return [*table, *([transformer] if transformer else [])]
