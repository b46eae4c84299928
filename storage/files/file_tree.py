"""Finds the files below a folder that somebody named: without leaving it, without opening any, and without falling for
links in a circle, pipes, or names that are no text."""

import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from storage.files import ignore_rules
from storage.files.ignore_rules import Rules

LEFT_OUT = frozenset({"node_modules", "__pycache__"})
ENVIRONMENT_MARK = "pyvenv.cfg"
"""What every Python virtual environment holds, whatever it is called."""

NO_EXTENSION = "no extension"
NOT_REGULAR = "not a regular file"
NOT_TEXT = "its name is not valid text"
OUTSIDE = "a link that leads out of the folder"
OURS = "it belongs to Satchel itself"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file. ``path`` is absolute, without links; ``relative`` says where it was found, with slashes, from
    the folder above the one that was named."""

    path: str
    relative: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not taken, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Survey:
    """What was found, in order of name."""

    files: dict[str, FoundFile] = field(default_factory=dict[str, FoundFile])
    """By path: one that is reached twice is one."""
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    formats: Counter[str] = field(default_factory=Counter[str])
    """Files of no document format, by extension."""
    folders: list[str] = field(default_factory=list[str])
    """The folders that were walked, without links."""
    excluded: list[str] = field(default_factory=list[str])
    """Files that were named and at the same time excluded."""
    gone: list[str] = field(default_factory=list[str])
    """Files or folders that were named and are not there, while the folder they would be in is."""
    errors: list[Skipped] = field(default_factory=list[Skipped])
    """What was named and cannot be looked into."""
    unread: list[str] = field(default_factory=list[str])
    """Folders and files that are there, but nobody knows what is in them now."""
    empty: list[str] = field(default_factory=list[str])
    """Folders that were named and hold nothing at all."""

    def skip(self, path: str, reason: str) -> None:
        """Note that something was not taken."""
        self.skipped.append(Skipped(path, reason))

    def count(self, path: Path) -> None:
        """Note that a file is of no document format."""
        self.formats[path.suffix.lower() or NO_EXTENSION] += 1


@dataclass(frozen=True, slots=True)
class FileFilter:
    """What is looked for. ``accepts`` says of a path whether it is a document's; ``barred`` are folders that are never
    entered; larger files than ``most_bytes`` are skipped."""

    accepts: Callable[[str], bool]
    exclude: Rules
    barred: Sequence[Path]
    most_bytes: int

    def is_barred(self, path: Path) -> bool:
        """Whether the path, which has no links in it, is one of the barred folders or inside it."""
        return any(path.is_relative_to(folder) for folder in self.barred)


@dataclass(frozen=True, slots=True)
class _Place:
    """A file or folder of a walk: where it is, how it was reached below the root, and the rules from above."""

    path: Path
    parts: tuple[str, ...]
    rules: tuple[Rules, ...]


def take_file(path: Path, wanted: FileFilter, survey: Survey, name: str, *, is_named: bool) -> None:
    """Add a file that no folder was walked for, as ``name``: whatever its extension, where it ``is_named`` itself and
    no pattern stands for it. Raises OSError."""
    real = path.resolve(strict=True)
    about = real.stat()
    if not (_is_text(real) and _is_text(Path(name))):
        survey.skip(shown(path), NOT_TEXT)
    elif not stat.S_ISREG(about.st_mode):
        survey.skip(str(path), NOT_REGULAR)
    elif wanted.is_barred(real):
        survey.skip(str(path), OURS)
    elif ignore_rules.stays_out([wanted.exclude], [name], is_folder=False):
        survey.excluded.append(str(real))
    elif is_named or wanted.accepts(str(real)):
        _add(real, name, about, wanted, survey)
    else:
        survey.count(real)


def take_folder(path: Path, wanted: FileFilter, survey: Survey, name: str) -> None:
    """Add what is in and below a folder; ``name`` is what the folder goes by. Raises OSError when it cannot be read."""
    root = path.resolve(strict=True)
    with os.scandir(root) as entries:
        is_empty = next(entries, None) is None
    if is_empty:
        survey.empty.append(str(root))
    elif wanted.is_barred(root):
        survey.skip(str(path), OURS)
    elif not _is_text(root):
        survey.skip(shown(path), NOT_TEXT)
    else:
        survey.folders.append(str(root))
        _Walk(root, name, wanted, survey).run()


class _Walk:
    """One walk below one root. Links come last, so that what is reached without them keeps its own name."""

    def __init__(self, root: Path, name: str, wanted: FileFilter, survey: Survey) -> None:
        self._root = root
        self._name = name
        self._wanted = wanted
        self._survey = survey
        self._entered: set[Path] = set()
        self._links: deque[_Place] = deque()

    def run(self) -> None:
        """Walk the whole tree."""
        folders = [_Place(self._root, (), ())]
        while folders or self._links:
            if not folders:
                folders += self._behind(self._links.popleft())
                continue
            folder = folders.pop()
            if folder.path not in self._entered:
                self._entered.add(folder.path)
                folders += reversed(list(self._inside(folder)))

    def _inside(self, folder: _Place) -> Iterator[_Place]:
        """Take the folder's files; yield the folders in it."""
        try:
            with os.scandir(folder.path) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            self._unread(folder, error)
            return
        names = {entry.name for entry in entries}
        if folder.parts and ENVIRONMENT_MARK in names:
            return
        own = ignore_rules.of_folder(folder.path, names, len(folder.parts), self._survey.skip)
        rules = (*own, *folder.rules)
        for entry in entries:
            at = _Place(folder.path / entry.name, (*folder.parts, entry.name), rules)
            try:
                yield from self._look(at, entry)
            except OSError as error:
                self._unread(at, error)

    def _look(self, at: _Place, entry: "os.DirEntry[str]") -> Iterator[_Place]:
        is_folder = entry.is_dir()
        is_link = entry.is_symlink() or (is_folder and at.path.resolve() != at.path)  # as Windows' junctions do
        if self._stays_out(at, is_folder=is_folder):
            return
        if not _is_text(at.path):
            self._survey.skip(shown(at.path), NOT_TEXT)
        elif is_link:
            self._links.append(at)
        elif is_folder:
            yield at
        else:
            self._take(at.path, at, entry.stat(follow_symlinks=False))

    def _behind(self, link: _Place) -> Iterator[_Place]:
        """Take the file that a link leads to; yield the folder."""
        try:
            real = link.path.resolve(strict=True)
            about = real.stat()
        except (OSError, RuntimeError):
            self._survey.skip(str(link.path), "a link that leads nowhere")
            return
        if not real.is_relative_to(self._root) or self._wanted.is_barred(real):
            self._survey.skip(str(link.path), OUTSIDE)
        elif not _is_text(real):
            self._survey.skip(str(link.path), NOT_TEXT)
        elif stat.S_ISDIR(about.st_mode):
            yield _Place(real, link.parts, link.rules)
        elif str(real) not in self._survey.files:
            self._take(real, link, about)

    def _take(self, real: Path, at: _Place, about: os.stat_result) -> None:
        if not stat.S_ISREG(about.st_mode):
            self._survey.skip(str(at.path), NOT_REGULAR)
        elif self._wanted.accepts(str(real)):
            _add(real, "/".join((self._name, *at.parts)).lstrip("/"), about, self._wanted, self._survey)
        else:
            self._survey.count(real)

    def _stays_out(self, at: _Place, *, is_folder: bool) -> bool:
        name = at.parts[-1]
        if name.startswith(".") or (is_folder and (name in LEFT_OUT or at.path in self._wanted.barred)):
            return True
        return ignore_rules.stays_out((self._wanted.exclude, *at.rules), at.parts, is_folder=is_folder)

    def _unread(self, at: _Place, error: OSError) -> None:
        self._survey.unread.append(str(at.path))
        self._survey.skip(shown(at.path), f"cannot be read ({error.strerror})")


def _add(real: Path, relative: str, about: os.stat_result, wanted: FileFilter, survey: Survey) -> None:
    if about.st_size > wanted.most_bytes:
        survey.unread.append(str(real))
        survey.skip(str(real), f"is {about.st_size:,} bytes, at most {wanted.most_bytes:,} are read")
        return
    survey.files.setdefault(str(real), FoundFile(str(real), relative, about.st_size, about.st_mtime_ns))


def _is_text(path: Path) -> bool:
    """Whether a path's bytes are text: Linux takes any."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(path: Path) -> str:
    """A path as text, whatever its bytes."""
    return os.fsencode(path).decode(errors="replace")
