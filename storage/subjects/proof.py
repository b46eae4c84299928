"""Proof that nothing is left of a data subject: counts from before and after, and a search of every file.

The search is for bytes, not for rows: a few of the subject's random ids, its name where that can only be a name, and
words that the caller gives. It must run while this process has the database closed: to read SQLite's file and close it
again would give up the locks that the process holds on it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from pathlib import Path

import numpy as np

from storage.analysis import fold, words
from storage.errors import IndexLost
from storage.index.kinds import KINDS
from storage.index.row_queue import models
from storage.index.vectors import VectorStore
from storage.subjects.tables import Subject, tables_of

MOST_IDS = 1_000
LEAST_NAME = 8  # a shorter one stands in texts by chance
LEAST_ANALYSED = 6  # shorter stems begin many words
SHORTEST_ID = 10  # as long as those made here
WINDOW = 4 << 20
KEY_AT, KEY_BYTES, TABLE_BITS = 4, 4, 20  # ids of one kind begin alike: their next four bytes are looked for first
SPREAD = np.uint32(2_654_435_761)  # Knuth's multiplicative hash

IDS = {
    "memories": "memory_id",
    "chunks": "chunk_id",
    "escalations": "escalation_id",
    "deliveries": "delivery_id",
    "sql_patterns": "pattern_id",
    "sql_rules": "rule_id",
    "attachments": "attachment_id",
    "api_keys": "key_id",
}
"""The random id of each table that has one."""


@dataclass(frozen=True, slots=True)
class Needles:
    """What is looked for: ids as they are, and forms of words without regard to the case of ASCII, by label."""

    ids: frozenset[bytes] = frozenset()
    forms: Mapping[str, frozenset[bytes]] = field(default_factory=dict[str, frozenset[bytes]])

    @property
    def longest(self) -> int:
        return max(map(len, chain(self.ids, *self.forms.values())), default=1)


@dataclass(slots=True)
class Searched:
    """What a search came to: ``found`` says in which file, by its path in the folder, stood what."""

    files: int = 0
    bytes: int = 0
    found: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def ids_of(db: sqlite3.Connection, subject: Subject) -> frozenset[bytes]:
    """Some ids of the subject, of every kind it has, that nobody else holds and no text by chance: MOST_IDS at most."""
    own = [held.table for held in tables_of(db, subject) if held.parent is None and held.table in IDS]
    kinds = zip_longest(*(_ids(db, subject, table) for table in own))
    mixed = (each for turn in kinds for each in turn if each is not None)
    return frozenset(each.encode() for each in islice(mixed, MOST_IDS))


def name_tells(db: sqlite3.Connection, subject: Subject) -> bool:
    """Whether the name can stand for nothing else: long enough, and in no other name that is kept. Asked when the
    subject's own rows are gone."""
    if len(subject.name) < LEAST_NAME:
        return False
    for noun in ("tenant", "session"):
        column = "tenant" if noun == "tenant" else "session_id"
        for held in tables_of(db, Subject("", None if noun == "tenant" else "")):
            sql = f"SELECT 1 FROM {held.table} WHERE instr(lower({column}), ?) LIMIT 1"
            if held.parent is None and db.execute(sql, (subject.name.lower(),)).fetchone():
                return False
    return True


def forms_of(word: str) -> frozenset[bytes]:
    """The word or words as they were given, and as full text keeps them."""
    analysed = " ".join(words(word))
    forms = (word, fold(word), analysed if len(analysed) >= LEAST_ANALYSED else "")
    return frozenset(form.encode().lower() for form in forms if form)


def vectors_of(db: sqlite3.Connection, vectors: VectorStore, subject: Subject) -> dict[str, int | None]:
    """How many rows each table beside SQLite holds of the subject; None: it cannot be read."""
    found: dict[str, int | None] = {}
    for kind in KINDS if subject.session_id is None else KINDS[:1]:  # the scope of a chunk is its collection
        for model in models(db, kind):
            found[f"{kind.name} by {model.name}"] = _held(vectors, kind.name, model.name, subject)
    return found


def search(folder: Path, needles: Needles, progress: Callable[[int], None]) -> Searched:
    """Look through every file below ``folder``; ``progress`` is told how many bytes were read. Raises OSError."""
    searched, finder = Searched(), _Finder(needles)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        found: set[str] = set()
        try:
            for window, fresh in _windows(path, needles.longest - 1):
                found |= finder.labels(window)
                searched.bytes += fresh
                progress(searched.bytes)
        except FileNotFoundError:  # gone meanwhile
            continue
        searched.files += 1
        searched.found += [(path.relative_to(folder).as_posix(), label) for label in sorted(found)]
    return searched


def _held(vectors: VectorStore, kind: str, model: str, subject: Subject) -> int | None:
    with suppress(IndexLost):
        return vectors.count_of(kind, model, subject.tenant, subject.session_id)
    return None


class _Finder:
    """Finds needles in a window: of a thousand ids at once, by four bytes of each."""

    def __init__(self, needles: Needles) -> None:
        self._ids = needles.ids
        self._forms = needles.forms
        self._lengths = sorted({len(each) for each in needles.ids})
        self._table = np.zeros(1 << TABLE_BITS, np.bool_)
        for each in needles.ids:
            self._table[_places(np.frombuffer(each, "<u4", 1, KEY_AT))] = True

    def labels(self, window: bytes) -> set[str]:
        lowered = window.lower() if self._forms else b""
        found = {label for label, forms in self._forms.items() if any(form in lowered for form in forms)}
        return found | ({"an id"} if self._ids and self._has_id(window) else set())

    def _has_id(self, window: bytes) -> bool:
        for offset in range(KEY_BYTES):
            count = (len(window) - offset) // KEY_BYTES
            if count < 1:
                break
            keys = np.frombuffer(window, "<u4", count, offset)
            for place in np.flatnonzero(self._table[_places(keys)]).tolist():
                start = offset + KEY_BYTES * place - KEY_AT
                if start >= 0 and any(window[start : start + length] in self._ids for length in self._lengths):
                    return True
        return False


def _places(keys: "np.ndarray[tuple[int], np.dtype[np.uint32]]") -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    return (keys * SPREAD) >> np.uint32(32 - TABLE_BITS)


def _windows(path: Path, overlap: int) -> Iterator[tuple[bytes, int]]:
    """The file piece by piece, each beginning with the end of the one before; and how much of it is new."""
    end = b""
    with path.open("rb") as file:
        while part := file.read(WINDOW):
            yield end + part, len(part)
            end = (end + part)[-overlap:] if overlap else b""


def _ids(db: sqlite3.Connection, subject: Subject, table: str) -> list[str]:
    column, own = IDS[table], subject.where("t")
    sql = f"SELECT {column} FROM {table} t WHERE {own} ORDER BY random() LIMIT {MOST_IDS}"
    telling = [str(row[0]) for row in db.execute(sql, subject.columns) if _is_telling(str(row[0]))]
    foreign = f"SELECT {column} FROM {table} t WHERE {column} IN (SELECT value FROM json_each(:ids)) AND NOT ({own})"
    shared = {row[0] for row in db.execute(foreign, {**subject.columns, "ids": json.dumps(telling)})}
    return [each for each in telling if each not in shared]


def _is_telling(each: str) -> bool:
    """Whether it looks drawn at random: ids may also come from outside, and be words."""
    return len(each) >= SHORTEST_ID and any(char.isdigit() for char in each)
