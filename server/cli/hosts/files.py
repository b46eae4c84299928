"""A host's file: read as it is, written whole or not at all, with a copy of what it was beside it."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from server.cli.failures import Failure
from storage import durable

LARGEST = 16 * 2**20  # bytes; a host's settings have a few megabytes at most
BOM = b"\xef\xbb\xbf"
BACKUP = ".satchel-backup-"
UNDONE = ".satchel-undone-"
"""What an undo kept or has gone back to: no further undo goes there."""
MOMENT = "%Y%m%d-%H%M%S-%f"


@dataclass(frozen=True, slots=True)
class HostFile:
    """What stood in a file when it was read; ``content`` is None where there was none."""

    path: Path
    """As it was named; a link leads to ``real``."""
    real: Path
    content: bytes | None

    @property
    def text(self) -> str:
        """Its text; empty where there is no file. Raises Failure for what is not UTF-8."""
        return _text(self.path, self.content or b"")

    def holding(self, text: str) -> bytes:
        """The text as bytes of this file, with its byte order mark. Raises Failure."""
        try:
            return (BOM if (self.content or b"").startswith(BOM) else b"") + text.encode()
        except UnicodeEncodeError as error:
            raise Failure("a path to be written is not valid text. Rename that folder.") from error

    def backups(self) -> Iterator[tuple[Path, str]]:
        """Yield what the file held before each change of ours, the last one first. Raises Failure."""
        names = sorted(self.real.parent.glob("*" + BACKUP + "*"), reverse=True)
        for each in names:
            if each.name.startswith(self.real.name + BACKUP):
                yield each, _text(each, each.read_bytes())


def read(path: Path) -> HostFile:
    """The file, whatever links lead to it. Raises Failure and OSError."""
    real = Path(os.path.realpath(path))
    try:
        found = real.stat()
    except FileNotFoundError:
        return HostFile(path, real, None)
    if not stat.S_ISREG(found.st_mode):
        raise Failure(f"{path}: is no file. Name another with --file.")
    if found.st_size > LARGEST:
        raise Failure(f"{path}: is larger than {LARGEST // 2**20} MiB, which no settings file is. Edit it by hand.")
    return HostFile(path, real, real.read_bytes())


def write(file: HostFile, content: bytes, kept: str = BACKUP) -> Path | None:
    """Put the content in the file's place; where a copy of the former one is. Raises Failure and OSError."""
    _check(file)
    if file.content is None:
        file.real.parent.mkdir(parents=True, exist_ok=True)
        for backup, _ in file.backups():  # of a file that somebody has deleted
            set_aside(backup)
        _place(file.real, content)
        return None
    like = file.real.stat()
    copy = file.real.with_name(f"{file.real.name}{kept}{datetime.now(UTC).strftime(MOMENT)}")
    _place(copy, file.content, like)
    _place(file.real, content, like)
    return copy


def restore(file: HostFile, backup: Path) -> None:
    """Put the copy's content in the file's place again, and delete the copy. The permissions stay those of the file,
    which may have been closed to others since. Raises Failure and OSError."""
    _check(file)
    _place(file.real, backup.read_bytes(), file.real.stat())
    backup.unlink()


def set_aside(backup: Path) -> None:
    """Keep the copy under a name where no undo looks for it. Raises OSError."""
    backup.rename(backup.with_name(UNDONE.join(backup.name.rsplit(BACKUP, 1))))


def delete(file: HostFile) -> None:
    """Take the file away. Raises Failure and OSError."""
    _check(file)
    file.real.unlink()
    durable.sync_folder(file.real.parent)


def _text(path: Path, content: bytes) -> str:
    try:
        return content.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Failure(
            f"{path}: line {line} is not UTF-8, which hosts read. Save it as UTF-8, then try again."
        ) from error


def _check(file: HostFile) -> None:
    """That it may be written, and is still what was read."""
    if file.content is not None and not file.real.stat().st_mode & stat.S_IWUSR:
        raise Failure(
            f"{file.path}: is read-only, and stays as it is. Make it writable, or change where it comes from."
        )
    if read(file.path) != file:
        raise Failure(f"{file.path}: was changed meanwhile; nothing was written. Run the command again.")


def _place(path: Path, content: bytes, like: os.stat_result | None = None) -> None:
    """Write it whole; with the owner and the permissions of another file, else readable by its owner alone."""
    with durable.partial(path) as partial:
        partial.write_bytes(content)
        if like and os.name == "posix":
            made = partial.stat()
            if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid):
                os.chown(partial, like.st_uid, like.st_gid)
            partial.chmod(stat.S_IMODE(like.st_mode))
