"""Opens files by names that strangers give: inside the folders that the owner allowed, and nowhere else.

What lies outside and what is not there are told apart by nothing. Names may change between the look and the opening, so
the file is reached from its root folder by folder, and no link is followed on that way. Where folders cannot be opened
(Windows), the path is looked at again once the file is open: whoever can swap folders inside a root at the right
moments, twice, gets past that.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storage.errors import NotFound
from storage.files.stamped_files import FLAGS, NO_LINKS, FileStamp, content_of, regular

FOLDER = os.O_RDONLY | NO_LINKS | getattr(os, "O_DIRECTORY", 0)
WALKS = os.open in os.supports_dir_fd
"""Whether a file can be opened by its name in an open folder; on Windows it cannot."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Folders that may be read from, resolved; nothing in ``barred`` is, even where it lies inside one of them, but
    for ``inbox``, where the owner puts files to be read."""

    folders: tuple[Path, ...]
    barred: Path
    inbox: Path

    @classmethod
    def resolved(cls, folders: Sequence[Path], *, barred: Path, inbox: Path) -> "Roots":
        """The roots as they are now: a link that is put in a root's place later leads nowhere. Without any, the inbox
        is the root."""
        return cls(tuple(folder.resolve() for folder in folders or [inbox]), barred.resolve(), inbox.resolve())

    def is_barred(self, path: Path) -> bool:
        """Whether a resolved path is among our own files."""
        return path.is_relative_to(self.barred) and not path.is_relative_to(self.inbox)


@dataclass(frozen=True, slots=True)
class RootFile:
    """A file that was read. ``relative`` is its path from its root, with slashes; links are resolved in both paths."""

    path: Path
    relative: str
    content: bytes
    stamp: FileStamp


def read_inside(roots: Roots, name: str, limit: int) -> RootFile:
    """The file of that name, absolute or relative to one of the roots, the first that has it.

    Raises NotFound for what is outside, missing or unreadable, Invalid for what is no regular file or has more than
    ``limit`` bytes.
    """
    for root in roots.folders:
        path = _resolved(root, name)
        if path is None or roots.is_barred(path):
            continue
        with suppress(OSError), _open(root, path) as file:
            content, stamp = content_of(file, limit)
            return RootFile(path, path.relative_to(root).as_posix(), content, stamp)
    raise NotFound("file", name)


def _resolved(root: Path, name: str) -> Path | None:
    """Where the name leads, links followed; None if that is nowhere or outside the root."""
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # missing; NUL or half a character in it; links in a circle
        return None
    return path if path != root and path.is_relative_to(root) else None


def _open(root: Path, path: Path) -> BinaryIO:
    """The file at a resolved path. Raises OSError, and Invalid for what is no regular file."""
    return regular(_walk(root, path.relative_to(root).parts) if WALKS else _checked(path))


def _walk(root: Path, parts: Sequence[str]) -> int:
    """Open the file from its root on. A link that was put in the place of a folder since is an OSError."""
    folder = os.open(root, FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def _checked(path: Path) -> int:
    """Open the file, then see that its path leads to it and to no link: likely, not certain, that it was so all along.
    Raises OSError."""
    descriptor = os.open(path, FLAGS)
    try:
        if path.resolve(strict=True) == path and os.path.samestat(os.fstat(descriptor), path.lstat()):
            return descriptor
        raise FileNotFoundError
    except OSError:
        os.close(descriptor)
        raise
