"""What a person names to be read: files, folders and patterns, looked up and walked."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from storage.files.file_tree import FileFilter, Skipped, Survey, shown, take_file, take_folder


def survey(named: Sequence[str], wanted: FileFilter) -> Survey:
    """Everything that the names stand for. Opens no file; takes as long as listing the folders does."""
    found = Survey()
    for name in named:
        paths = expanded(name)
        for path in paths:
            try:
                _take(path, wanted, found, is_named=paths == [Path(name).expanduser()])
            except (FileNotFoundError, NotADirectoryError):
                _note_missing(path, found)
            except (OSError, RuntimeError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "no path can be that"
                found.errors.append(Skipped(shown(path), f"cannot be read ({reason})"))
                found.unread.append(str(_place(path)))
    return found


def expanded(name: str) -> list[Path]:
    """The paths that a name stands for: ~ is the home folder, and a name with *, ? or [] that is no file itself stands
    for all that match, ** for any number of folders. One that matches nothing stands for itself."""
    path = Path(name).expanduser()
    if os.path.lexists(path) or not glob.has_magic(name):
        return [path]
    return list(_outermost(sorted(glob.glob(str(path), recursive=True)))) or [path]


def watched(named: Sequence[str]) -> tuple[list[Path], list[Path]]:
    """The folders in which something may happen to what the names stand for: those to watch with all that is below,
    and those to watch alone, in which files were named."""
    deep: list[Path] = []
    flat: list[Path] = []
    for name in named:
        path = Path(name).expanduser()
        if not os.path.lexists(path) and glob.has_magic(name):
            deep.append(_unchanging(path))
        else:
            (deep if path.is_dir() else flat).append(path if path.is_dir() else path.parent)
    return [path.resolve() for path in deep if path.is_dir()], [path.resolve() for path in flat if path.is_dir()]


def _outermost(paths: Sequence[str]) -> Iterator[Path]:
    """Without what lies in a folder that is walked anyway; in order of name, a folder comes before what is in it."""
    folders: set[Path] = set()
    for path in map(Path, paths):
        if folders.isdisjoint(path.parents):
            folders |= {path} if path.is_dir() else set()
            yield path


def _take(path: Path, wanted: FileFilter, found: Survey, *, is_named: bool) -> None:
    name = Path(os.path.abspath(path)).name
    if path.is_dir():
        take_folder(path, wanted, found, name)
    else:
        take_file(path, wanted, found, name, is_named=is_named)


def _note_missing(path: Path, found: Survey) -> None:
    place = _place(path)
    if glob.has_magic(str(path)):
        found.errors.append(Skipped(shown(path), "matches nothing"))
    elif place.parent.is_dir():
        found.gone.append(str(place))
    else:
        found.errors.append(Skipped(shown(path), "is not there"))


def _place(path: Path) -> Path:
    """Where a path would be, the links before its last part followed."""
    whole = Path(os.path.abspath(path))
    return whole.parent.resolve() / whole.name


def _unchanging(pattern: Path) -> Path:
    """The folder in which a pattern begins to be one."""
    while glob.has_magic(str(pattern)):
        pattern = pattern.parent
    return pattern
