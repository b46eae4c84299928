"""Tells when something happened to files, for `satchel ingest --watch`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
from watchfiles import Change, awatch

from storage.files.ignore_rules import FILES as IGNORE_FILES
from tools.attachments.parsing import is_supported
from tools.attachments.sniffing import extension

STANDING_MS = 1_000


async def listen(
    folders: Sequence[Path], bell: Callable[[], None], stop: anyio.Event, barred: Sequence[Path], *, is_deep: bool
) -> None:
    """Ring the bell after each change in these folders, with ``is_deep`` in all below as well, until stopped.

    It rings a second after the start too: what happened before the watch stood is not told. Raises OSError where the
    system does not watch so many folders.
    """
    has_rung = False
    changes = awatch(
        *folders,
        watch_filter=lambda change, path: _matters(change, Path(path), folders, barred),
        stop_event=stop,
        rust_timeout=STANDING_MS,
        yield_on_timeout=True,
        recursive=is_deep,
        ignore_permission_denied=True,
    )
    async for change in changes:
        if change or not has_rung:
            has_rung = True
            bell()


def _matters(change: Change, path: Path, folders: Sequence[Path], barred: Sequence[Path]) -> bool:
    """Whether a change may be to a document, or to the rules that say which files are some."""
    if any(path.is_relative_to(folder) for folder in barred):
        return False
    below = [path.relative_to(folder).parts for folder in folders if path.is_relative_to(folder)]
    if all(any(part.startswith(".") for part in parts[:-1]) for parts in below):
        return False
    if path.name.startswith("."):
        return path.name in IGNORE_FILES
    return change != Change.modified or is_supported(path.name) or not extension(path.name)
