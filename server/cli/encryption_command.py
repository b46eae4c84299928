"""`satchel encryption`: whether everything kept is encrypted, and changing that."""

from pathlib import Path
from typing import Any

import click

from server.cli.failures import Failure, failures
from server.cli.options import settings_from, settings_options
from server.cli.printing import out, progress
from server.cli.running import prepare
from server.config import Settings
from server.config.encryption import key_in, new_key
from storage.database import FILE_NAME
from storage.encryption.data_key import DataKey, State, data_key, state

SETTINGS = "SATCHEL_ENCRYPTION_KEY=env:NAME or SATCHEL_ENCRYPTION_KEY_FILE"


@click.group("encryption")
def command() -> None:
    """Keep everything under a key of yours, change the key, or go back.

    Changing it rewrites the store beside itself; nobody else may use it meanwhile, and there must be room for a second
    one. Without the key nothing can be read again: keep a copy of it elsewhere.
    """


@command.command("key")
def key() -> None:
    """Print a new key, for a file or a variable. It is kept nowhere."""
    out(new_key())


@command.command("status")
@settings_options
def status(config: Path | None, **flags: Any) -> None:
    """Say whether what is kept is encrypted, whether the key fits, and what is left of another state."""
    settings = settings_from(config, **flags)
    prepare(settings)
    with failures():
        out(_status(settings))


@command.command("on")
@settings_options
def on(config: Path | None, **flags: Any) -> None:
    """Encrypt what is kept, with the key that is set."""
    settings = settings_from(config, **flags)
    prepare(settings)
    own = data_key(settings.master_key)
    if own is None:
        raise Failure(f"no key is set. Make one with `satchel encryption key`, then set {SETTINGS}.")
    if _state(settings, own) == "ours":
        out(f"It was encrypted already. {_swept(settings, own)} files of another state were erased.")
        return
    _refuse_other(settings, own)
    erased = _converted(settings, None, own)
    out(f"Encrypted {settings.data}. {erased} files that anybody could read were erased, kept copies among them.")


@command.command("off")
@settings_options
def off(config: Path | None, **flags: Any) -> None:
    """Write what is kept so that anybody can read it who may read its files. Needs the key."""
    settings = settings_from(config, **flags)
    prepare(settings)
    own = data_key(settings.master_key)
    _refuse_other(settings, own)
    if own is None:
        out(f"It is not encrypted. {_swept(settings, None)} files of another state were erased.")
        return
    _converted(settings, own, None)
    out(f"Decrypted {settings.data}. Take the key out of the settings: with one, it does not open any more.")


@command.command("rotate")
@click.option(
    "--new-key-file",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file that holds the new key.",
)
@settings_options
def rotate(file: Path, config: Path | None, **flags: Any) -> None:
    """Write what is kept anew, under another key. Needs the present one."""
    settings = settings_from(config, **flags)
    prepare(settings)
    own = data_key(settings.master_key)
    if own is None:
        raise Failure(f"the present key is not set. Set {SETTINGS}.")
    _refuse_other(settings, own)
    try:
        new = data_key(key_in(file))
    except ValueError as error:
        raise Failure(f"--new-key-file: {error}.") from error
    if new == own:
        raise Failure(f"{file}: holds the key that is in use already. Make one with `satchel encryption key`.")
    _converted(settings, own, new)
    out(f"{settings.data} is under the key in {file}. Set SATCHEL_ENCRYPTION_KEY_FILE to it before the next start.")
    out("Backups made before open with the former key only.")


def _status(settings: Settings) -> str:
    from storage.encryption.conversion import leftovers

    own = data_key(settings.master_key)
    found = _state(settings, own)
    if found is None:
        return "Nothing is kept here yet." + (" What comes will be encrypted." if own else "")
    _refuse_other(settings, own)
    if found == "plain" and own:
        raise Failure("the data is not encrypted, but a key is set. `satchel encryption on` encrypts it.")
    if found == "unknown":
        raise Failure("the database is damaged. `satchel doctor` looks closer.")
    what = "Encrypted, and the key fits." if own else "Not encrypted."
    if left := leftovers(settings.data, own):
        verb = "on" if own else "off"
        return f"{what} {len(left)} files of another state are left; `satchel encryption {verb}` erases them."
    return what


def _state(settings: Settings, key: DataKey | None) -> State | None:
    """What the database says of itself; None when there is none."""
    path = settings.data / FILE_NAME
    with failures():
        return state(path, key) if path.exists() else None


def _refuse_other(settings: Settings, key: DataKey | None) -> None:
    """Raises Failure, also where nothing is kept."""
    found = _state(settings, key)
    if found is None:
        raise Failure(f"{settings.data}: nothing is kept here yet. With a key set, the first start encrypts.")
    if found == "other":
        what = ", and no key is set" if key is None else " with another key"
        raise Failure(f"the data is encrypted{what}. Set the one it was encrypted with: {SETTINGS}.")


def _converted(settings: Settings, old: DataKey | None, new: DataKey | None) -> int:
    from storage.encryption.conversion import convert

    with failures(), progress("Rewriting"):
        return convert(settings.data, old, new)


def _swept(settings: Settings, key: DataKey | None) -> int:
    from storage.encryption.conversion import sweep

    with failures():
        return sweep(settings.data, key)
