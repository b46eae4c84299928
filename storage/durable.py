"""Files that are either there whole or not at all, whatever happens to the process or the power."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def partial(target: Path) -> Generator[Path]:
    """A path beside ``target`` to write to; renamed to ``target`` when the block ends well, deleted when it does not.

    The file and its folder are on the disk itself when this returns. Only its owner may read it. Raises OSError.
    """
    path = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield path
        publish(path, target)
    finally:
        path.unlink(missing_ok=True)


def publish(path: Path, target: Path) -> None:
    """Rename ``path`` to ``target``, both down to the disk. Raises OSError."""
    sync(path)
    os.replace(path, target)
    sync_folder(target.parent)


def sync(path: Path) -> None:
    """Bring a file's content to the disk itself."""
    file = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_folder(path: Path) -> None:
    """Bring a folder's names to the disk itself; Windows cannot open a folder, and its rename is durable without."""
    if os.name != "nt":
        sync(path)
