"""Vectors and words in Lance: one table per kind of row and model, derived from SQLite and thrown away without regret.

Any process may search. Only the holder of the indexer's lock may write: two writers starve each other. Lance itself is
imported when there is a table to read or write, not before.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.errors import IndexLost, StorageError
from storage.index import table_files as files
from storage.index.kinds import WORDS
from storage.index.table_files import TableEntry
from storage.index.table_rows import Rows, dimension_of

if TYPE_CHECKING:
    from storage.index.lance_tables import LanceFolder, LanceTable

logger = logging.getLogger("satchel.vectors")

T = TypeVar("T")

READS = 3  # a reader may meet a pruned version, then a table swapped under it; the third time it is damage


class VectorStore:
    """The tables below ``folder``. Synchronous and thread-safe: call it from worker threads.

    `search` never raises over a damaged table. `row_ids` raises IndexLost; so does what writes, after dropping the
    table, and then its rows are to be written again from the truth. StorageError: the table could not be written but is
    whole. Lance has no error type of its own and its panics are bare subclasses of
    Exception, hence the broad ``except`` clauses here and nowhere else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing = threading.RLock()
        self._opening = threading.Lock()
        self._lance: LanceFolder | None = None
        self._tables: dict[tuple[str, str], tuple[TableEntry, LanceTable]] = {}
        self._synced: dict[str, frozenset[str]] = {}
        self._silenced: set[tuple[str, str]] = set()

    def tables(self) -> list[tuple[str, str]]:
        """The (kind, model) pairs that have a table. Reads small files, not Lance."""
        return [(entry.kind, entry.model) for entry in files.entries(self._folder)]

    def search(
        self, kind: str, model: str, tenant: str, scope: str | None, vector: NDArray[np.float32], limit: int
    ) -> list[tuple[int, float]]:
        """(row_id, cosine) of the nearest rows of this tenant, and scope unless None, best first.

        Exactly ``limit`` of them when so many exist. Nothing for a missing or unreadable table, nor for a vector that
        is zero or of another length.
        """
        if limit < 1 or not vector.any():
            return []

        def nearest(entry: TableEntry, table: "LanceTable") -> list[tuple[int, float]]:
            return table.search(tenant, scope, vector, limit) if len(vector) == entry.dimension else []

        try:
            return self._read(kind, model, nearest) or []
        except IndexLost:
            return []

    def search_words(
        self, kind: str, tenant: str, scope: str, words: Sequence[str], limit: int
    ) -> tuple[list[tuple[int, float]], int]:
        """(row_id, bm25) of the best rows of this tenant and scope that hold any of the words, best first; and the row
        up to which all were asked. Newer ones are for FTS5: all of them where the table is missing or unreadable."""

        def best(entry: TableEntry, table: "LanceTable") -> tuple[list[tuple[int, float]], int]:
            asked = entry.covered and words and limit > 0
            return (table.search_words(tenant, scope, words, limit) if asked else []), entry.covered

        try:
            return self._read(kind, WORDS.name, best) or ([], 0)
        except IndexLost:
            return [], 0

    def count(self, kind: str, model: str) -> int:
        """How many rows the table holds; 0 for a missing or unreadable one."""
        try:
            return self._read(kind, model, lambda _, table: table.count()) or 0
        except IndexLost:
            return 0

    def count_of(self, kind: str, model: str, tenant: str, scope: str | None) -> int:
        """How many rows the table holds of this tenant, and scope unless None. Raises IndexLost."""
        return self._read(kind, model, lambda _, table: table.count_of(tenant, scope)) or 0

    def warm(self) -> None:
        """Make the first searches as quick as later ones: open every table there is and read its indices. Imports
        nothing where there is no table."""
        for kind, model in self.tables():
            with suppress(IndexLost):  # who writes has been told
                self._read(kind, model, lambda _, table: table.warm())

    def row_ids(self, kind: str, model: str) -> NDArray[np.int64]:
        """The ids of every row in the table, in no order; none when there is no table."""
        found = self._read(kind, model, lambda _, table: table.row_ids())
        return np.empty(0, np.int64) if found is None else found

    def upsert(self, kind: str, model: str, rows: Rows) -> None:
        """Insert or replace; the last of several rows with one id counts. Not on disk for good until `sync`."""
        if not rows:
            return
        rows = list({row.row_id: row for row in rows}.values())
        with self._writing:
            entry = self._entry(kind, model)
            dimension = dimension_of(rows) if entry is None else entry.dimension
            if any(dimension_of([row]) != dimension for row in rows):
                raise ValueError(f"a vector without {dimension} floats")
            if entry is None:
                self._create(files.new_entry(kind, model, dimension), rows)
            else:
                self._write(kind, model, lambda entry, table: self._add(entry, table, rows))

    def delete(self, kind: str, model: str, row_ids: Iterable[int]) -> None:
        """Take rows out of searches; their bytes stay until the table is compacted. Unknown ids are fine."""
        ids = sorted(set(row_ids))
        with self._writing:
            if ids:
                self._write(kind, model, lambda _, table: table.delete(ids))

    def erase(self, kind: str, model: str, row_ids: Iterable[int]) -> None:
        """Take rows out so that afterwards no file holds their vectors, nor any row deleted or replaced before.

        Writes the table anew, indices too, and deletes the old one with its versions: a compaction would leave alone
        every file that has lost less than a tenth of its rows. 0.1 s at 10,000 rows, seconds at 100,000.
        """
        ids = set(row_ids)

        def without(entry: TableEntry, table: "LanceTable") -> None:
            if not table.is_clean_of(ids):
                self._rewrite(entry, table, ids)

        with self._writing:
            if ids:
                self._write(kind, model, without)

    def maintain(self, kind: str, model: str) -> None:
        """Compact, index a large table, drop versions older than a minute."""
        with self._writing:
            self._write(kind, model, lambda _, table: table.compact())
            self.sync(kind, model)
            self._write(kind, model, self._cover)

    def sync(self, kind: str, model: str) -> None:
        """Have everything written so far on the disk itself. After a failed fsync nobody knows what is: the table is
        dropped and IndexLost raised."""
        with self._writing:
            try:
                if (entry := files.read_entry(self._folder, kind, model)) is not None:
                    path = files.table_path(self._folder, entry)
                    self._synced[entry.table] = files.sync(path, self._synced.get(entry.table, frozenset()))
            except (OSError, IndexLost) as error:
                raise self._lost(kind, model) from error

    def suspects(self) -> list[tuple[str, str]]:
        """The tables that a search of any process could not read. Reads small files, not Lance."""
        return files.suspects(self._folder)

    def repair(self, kind: str, model: str) -> None:
        """Write the table anew from what is readable, indices too, and clear the suspicion; IndexLost when some of it
        is not."""
        with self._writing:
            try:
                self._attempt(kind, model, lambda _, table: table.read_through(), tries=2)
            except Exception as error:
                raise self._lost(kind, model) from error
            try:
                self._attempt(kind, model, self._rewrite, tries=1)
            except Exception as error:
                raise StorageError("a vector table could not be written anew") from error
            files.clear_suspicion(self._folder, kind, model)

    def drop(self, kind: str, model: str) -> None:
        """Delete the table and every file of it."""
        with self._writing:
            self._forget(kind, model)
            files.withdraw(self._folder, kind, model)

    def tidy(self) -> None:
        """Delete what a killed rewrite left. Imports nothing."""
        with self._writing:
            files.tidy(self._folder)

    def _entry(self, kind: str, model: str) -> TableEntry | None:
        try:
            return files.read_entry(self._folder, kind, model)
        except IndexLost as error:
            raise self._lost(kind, model) from error

    def _add(self, entry: TableEntry, table: "LanceTable", rows: Rows) -> None:
        """Rows come in order, but for those a table had lost: until the next index, FTS5 is asked for them."""
        if (before := min(row.row_id for row in rows) - 1) < entry.covered:
            files.publish(self._folder, replace(entry, covered=before))
        table.upsert(rows)

    def _cover(self, entry: TableEntry, table: "LanceTable") -> None:
        """Note how far the index of words reaches, once it is on the disk itself."""
        if not entry.dimension and (covered := table.indexed_words()) > entry.covered:
            files.publish(self._folder, replace(entry, covered=covered))

    def _create(self, entry: TableEntry, rows: Rows) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._serve(entry, self._connect().create(entry.table, entry.dimension, rows))
        except Exception as error:
            files.remove(files.table_path(self._folder, entry))
            raise StorageError("a vector table could not be created") from error

    def _rewrite(self, old: TableEntry, table: "LanceTable", without: Iterable[int] = ()) -> TableEntry:
        """Copy ``table`` under a new name, let that serve, delete the old one."""
        new = files.new_entry(old.kind, old.model, old.dimension)
        try:
            copy = self._connect().copy(table, new.table, new.dimension, without=without)
            copy.index()
            copy.read_through()  # on a full disk Lance may cut a file short and say nothing
            new = replace(new, covered=0 if new.dimension else copy.indexed_words())
            self._serve(new, copy)
        except BaseException:
            files.remove(files.table_path(self._folder, new))
            raise
        self._synced.pop(old.table, None)
        files.remove(files.table_path(self._folder, old))
        return new

    def _serve(self, entry: TableEntry, table: "LanceTable") -> None:
        self._synced[entry.table] = files.sync(files.table_path(self._folder, entry), frozenset())
        files.publish(self._folder, entry)
        self._tables[entry.kind, entry.model] = (entry, table)

    def _read(self, kind: str, model: str, work: "Callable[[TableEntry, LanceTable], T]") -> T | None:
        """What ``work`` returns, None without a table. Raises IndexLost after leaving word for the writing process."""
        try:
            return self._attempt(kind, model, work)
        except Exception as error:
            if (kind, model) not in self._silenced:
                self._silenced.add((kind, model))
                logger.warning("vectors.unreadable", extra={"model": model, "error": type(error).__name__})
            files.suspect(self._folder, kind, model)
            raise IndexLost("a vector table could not be read") from error

    def _attempt(
        self, kind: str, model: str, work: "Callable[[TableEntry, LanceTable], T]", *, tries: int = READS
    ) -> T | None:
        for left in reversed(range(tries)):
            try:
                entry = files.read_entry(self._folder, kind, model)
                found = None if entry is None else work(entry, self._open(entry))
            except Exception:
                self._forget(kind, model)
                if not left:
                    raise
            else:
                self._silenced.discard((kind, model))
                return found
        return None

    def _write(self, kind: str, model: str, work: "Callable[[TableEntry, LanceTable], T]") -> T | None:
        """What ``work`` returns, None without a table. A handle may be stale, so it is opened anew once; what fails
        then is damage or a full disk, and only a table that cannot be read through is given up."""
        try:
            return self._attempt(kind, model, work, tries=2)
        except Exception:
            self.repair(kind, model)
        try:
            return self._attempt(kind, model, work, tries=1)
        except Exception as error:
            raise StorageError("a vector table could not be written") from error

    def _lost(self, kind: str, model: str) -> IndexLost:
        logger.warning("vectors.dropped", extra={"model": model})
        self.drop(kind, model)
        return IndexLost("a vector table was unreadable and has been dropped")

    def _open(self, entry: TableEntry) -> "LanceTable":
        key = (entry.kind, entry.model)
        if (known := self._tables.get(key)) and known[0].table == entry.table:
            return known[1]
        table = self._connect().open(entry.table)
        self._tables[key] = (entry, table)
        return table

    def _forget(self, kind: str, model: str) -> None:
        self._tables.pop((kind, model), None)

    def _connect(self) -> "LanceFolder":
        with self._opening:
            if self._lance is None:
                from storage.index.lance_tables import LanceFolder

                self._lance = LanceFolder(self._folder)
            return self._lance
