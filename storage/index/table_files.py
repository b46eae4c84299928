"""The files around the Lance tables: which table serves which model, and what has to be on disk before we rely on it.

A table's folder never changes owner or meaning. A rebuilt or rewritten table gets a new folder, and a small JSON file
per (kind, model), replaced in one step, says which folder serves now. So readers of every process see the old table or
the new one, never half of either, and what a purge leaves behind is a folder to delete.
"""

import hashlib
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass
from pathlib import Path

from storage import durable
from storage.errors import IndexLost

logger = logging.getLogger("satchel.vectors")

ENTRY, SUSPECT, TABLE = ".json", ".suspect", ".lance"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """Which table serves a model, and the row up to which its index of words holds every word."""

    kind: str
    model: str
    dimension: int
    table: str
    covered: int = 0


def stem(kind: str, model: str) -> str:
    """A file name for any model key: readable start, then a hash that tells keys apart."""
    if not re.fullmatch(r"[a-z_]{1,32}", kind):
        raise ValueError(f"{kind!r} cannot name a kind of table")
    slug = re.sub(r"[^a-z0-9]+", "-", model.lower())[:40].strip("-") or "model"
    digest = hashlib.sha256(f"{kind}\0{model}".encode()).hexdigest()
    return f"{kind}-{slug}-{digest[:16]}"


def new_entry(kind: str, model: str, dimension: int) -> TableEntry:
    """An entry for a table that does not exist yet, under a name never used before."""
    return TableEntry(kind, model, dimension, f"{stem(kind, model)}-{secrets.token_hex(4)}")


def read_entry(folder: Path, kind: str, model: str) -> TableEntry | None:
    """The serving table, None when there is none. Raises IndexLost when the file is unreadable or another model's."""
    path = folder / (stem(kind, model) + ENTRY)
    try:
        entry = _parse(path)
    except FileNotFoundError:
        return None
    if (entry.kind, entry.model) != (kind, model):
        raise IndexLost(f"{path.name} belongs to another model")
    return entry


def entries(folder: Path) -> list[TableEntry]:
    """Every readable entry."""
    return list(_readable(folder, ENTRY))


def publish(folder: Path, entry: TableEntry) -> None:
    """Let ``entry`` serve from now on, in one step that survives a power loss."""
    _replace(folder / (stem(entry.kind, entry.model) + ENTRY), entry)


def withdraw(folder: Path, kind: str, model: str) -> None:
    """Nothing serves this model any more. Its tables go too, whether an entry could be read or not."""
    name = stem(kind, model)
    (folder / (name + ENTRY)).unlink(missing_ok=True)
    clear_suspicion(folder, kind, model)
    for table in folder.glob(f"{name}-*{TABLE}"):
        remove(table)


def remove(table: Path) -> None:
    """Delete a table's folder. What cannot be deleted now (a reader of Windows has it open), `tidy` finds later."""
    shutil.rmtree(table, ignore_errors=True)


def table_path(folder: Path, entry: TableEntry) -> Path:
    return folder / (entry.table + TABLE)


def tidy(folder: Path) -> None:
    """Delete tables that no entry names: what a killed rewrite left. Only for the one process that writes."""
    serving = {entry.table for entry in entries(folder)}
    for table in folder.glob(f"*{TABLE}"):
        if table.stem not in serving:
            remove(table)
            logger.info("vectors.tidied", extra={"table": table.stem})


def suspect(folder: Path, kind: str, model: str) -> None:
    """Leave word for the process that writes: this table could not be read. A full disk only costs the word."""
    try:
        _replace(folder / (stem(kind, model) + SUSPECT), TableEntry(kind, model, 0, ""))
    except OSError as error:
        logger.warning("vectors.suspicion_lost", extra={"error": type(error).__name__})


def suspects(folder: Path) -> list[tuple[str, str]]:
    """The (kind, model) pairs that any process could not read."""
    return [(entry.kind, entry.model) for entry in _readable(folder, SUSPECT)]


def clear_suspicion(folder: Path, kind: str, model: str) -> None:
    (folder / (stem(kind, model) + SUSPECT)).unlink(missing_ok=True)


def sync(table: Path, known: Set[str]) -> frozenset[str]:
    """Bring a table's new files and their folders to the disk itself; Lance does not. Returns the files there are now,
    the next call's ``known``: Lance never changes a file it has written. Raises OSError."""
    present: set[str] = set()
    for where, _, names in os.walk(table):
        here = {os.path.join(where, name) for name in names}
        for path in here - known:
            durable.sync(Path(path))
        if not here <= known:
            durable.sync_folder(Path(where))
        present |= here
    durable.sync_folder(table)
    durable.sync_folder(table.parent)
    return frozenset(present)


def _readable(folder: Path, suffix: str) -> Iterator[TableEntry]:
    for path in sorted(folder.glob(f"*{suffix}")):
        try:
            yield _parse(path)
        except (IndexLost, OSError):
            logger.warning("vectors.entry_unreadable", extra={"file": path.name})


def _parse(path: Path) -> TableEntry:
    try:
        return TableEntry(**json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise IndexLost(f"{path.name} is unreadable") from error


def _replace(path: Path, entry: TableEntry) -> None:
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    partial.write_text(json.dumps(asdict(entry)), "utf-8")
    durable.publish(partial, path)
