"""Putting our entry into a host's file, and taking it out again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.cli.hosts import edits
from server.cli.hosts.files import HostFile
from server.cli.hosts.jsonc import Malformed, value_of
from server.cli.hosts.known import INPUT_REFERENCE, KEY_INPUT, Entry, Host
from server.cli.hosts.showing import texts_of

INPUTS = ("inputs",)


@dataclass(frozen=True, slots=True)
class Spot:
    """An entry's place: the host, the name it has there, the file as it was read."""

    host: Host
    name: str
    file: HostFile

    @property
    def path(self) -> tuple[str, str]:
        return self.host.servers, self.name


@dataclass(frozen=True, slots=True)
class Undoing:
    """How our change is taken back: to ``text``; None if the file is to go. ``backup`` is the copy that says what was
    there before; the file becomes that copy again if it ``is_whole``."""

    text: str | None
    backup: Path | None = None
    is_whole: bool = False


def entry_in(text: str, spot: Spot) -> Entry | None:
    """The entry as it stands there. Raises Malformed."""
    found = edits.find(text, spot.path)
    return value_of(text, found.value) if found else None


def with_entry(text: str, spot: Spot, entry: Entry) -> str:
    """The text with the entry, and with what it needs besides. Raises Malformed."""
    if any(INPUT_REFERENCE in each for each in texts_of(entry)):
        text = edits.add_item(text, INPUTS, KEY_INPUT)
    return edits.put(text, spot.path, entry)


def undoing(spot: Spot) -> Undoing | None:
    """What takes our last change back; None if there is no entry. Raises Failure and Malformed."""
    text = spot.file.text
    if (entry := entry_in(text, spot)) is None:
        return None
    if before := next(_earlier(spot, entry), None):
        backup, former = before
        if spot.file.holding(with_entry(former, spot, entry)) == spot.file.content:
            return Undoing(former, backup, is_whole=True)
        return Undoing(_with_former(text, spot, former), backup)
    if with_entry("", spot, entry) == text:
        return Undoing(None)
    return Undoing(_without(text, spot))


def _earlier(spot: Spot, entry: Entry) -> Iterator[tuple[Path, str]]:
    """Yield the copies in which the entry is not as it is now, the last one first."""
    for backup, text in spot.file.backups():
        try:
            if entry_in(text, spot) != entry:
                yield backup, text
        except Malformed:
            continue


def _with_former(text: str, spot: Spot, former: str) -> str:
    """The entry as it was, where the rest of the file was changed since."""
    found, old = edits.find(text, spot.path), edits.find(former, spot.path)
    if found is None or old is None:
        return _without(text, spot)
    return _without_question(edits.replace(text, found, former[old.value.start : old.value.end]), spot)


def _without(text: str, spot: Spot) -> str:
    return _without_question(edits.drop(text, spot.path), spot)


def _without_question(text: str, spot: Spot) -> str:
    """Without what asks for the key, unless an entry refers to it."""
    stays = spot.host.key != INPUT_REFERENCE or INPUT_REFERENCE in text
    return text if stays else edits.drop_item(text, INPUTS, KEY_INPUT)
