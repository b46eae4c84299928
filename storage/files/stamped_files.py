"""Files that documents were read from: read without being tricked or held up, and compared with what was read."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from storage.errors import Invalid

READ_AT_ONCE = 1 << 20
NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
FLAGS = os.O_RDONLY | NO_LINKS | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opens a file for reading; a pipe must not block us."""
State = Literal["unchanged", "changed", "missing"]


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells whether a file is still the one that was read: bytes, time of change in nanoseconds, SHA-256."""

    size: int
    modified_ns: int
    digest: bytes


def read(path: Path, limit: int) -> tuple[bytes, FileStamp]:
    """The content of a regular file of at most ``limit`` bytes, and its stamp. Links are not followed, and nothing that
    would have us wait (a pipe, a device) is read. Raises OSError, and Invalid for what is no such file."""
    with _open(path) as file:
        return content_of(file, limit)


def content_of(file: BinaryIO, limit: int) -> tuple[bytes, FileStamp]:
    """The content of an open file and its stamp. Raises Invalid for more than ``limit`` bytes."""
    about = os.fstat(file.fileno())
    content = b"" if about.st_size > limit else file.read(limit + 1)
    size = max(about.st_size, len(content))  # it may be growing
    if size > limit:
        raise Invalid(f"is {size:,} bytes, at most {limit:,} are read")
    return content, FileStamp(len(content), about.st_mtime_ns, hashlib.sha256(content).digest())


def state(path: Path, stamp: FileStamp) -> State:
    """Whether the file is still the one of the stamp. One whose size and time are the same is taken as the same."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            return "missing"
        if (about.st_size, about.st_mtime_ns) == (stamp.size, stamp.modified_ns):
            return "unchanged"
        if about.st_size != stamp.size:
            return "changed"
        return "unchanged" if _digest(path) == stamp.digest else "changed"
    except (OSError, Invalid, ValueError):
        return "missing"


def _digest(path: Path) -> bytes:
    found = hashlib.sha256()
    with _open(path) as file:
        while block := file.read(READ_AT_ONCE):
            found.update(block)
    return found.digest()


def _open(path: Path) -> BinaryIO:
    return regular(os.open(path, FLAGS))


def regular(descriptor: int) -> BinaryIO:
    """The open file. Raises Invalid, and closes it, when it is no regular one."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Invalid("is not a regular file")
    return os.fdopen(descriptor, "rb")
