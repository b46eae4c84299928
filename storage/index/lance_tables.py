"""Lance itself: a folder of tables, and one open table with its columns and indices.

A table holds vectors or words, each row with what a search may filter on.

Importing Lance and Arrow takes some 130 MB and a second, so only `vectors.py` imports this module, when there is a
table to read or write. Distances stay in here: what leaves is the cosine, 1 for the same direction.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.expr import Expr, col, lit
from lancedb.index import FTS, Bitmap, IvfRq
from lancedb.query import MatchQuery
from lancedb.table import LanceTable as Table
from numpy.typing import NDArray

from storage.index.table_rows import Rows, VectorRow, WordsRow, dimension_of

Array = Any  # pyarrow.Array, pyarrow.RecordBatch and pyarrow.Schema: pyarrow brings no types
Batch = Any
Schema = Any

COLUMNS = ["row_id", "tenant", "scope"]
VECTOR, WORDS = "vector", "words"  # and one of these
KEY = {"lance-schema:unenforced-primary-key:position": "1"}  # else upserts at the same time leave a row twice
INDEX_FROM = 20_000  # below, a flat scan is as fast
WORDS_FROM = 10_000  # below, FTS5 is
DELETE_AT_ONCE = 4_096  # a longer list of row ids makes the expression, not the delete, slow
KEEP_VERSIONS = timedelta(minutes=1)  # readers of other processes may be inside one

# Measured at 100,000 and 1,000,000 clustered rows: 2 bits (1 bit: 0.91), with each of the nearest 200 compared exactly,
# find 0.98 and more of the exact ten, also behind a filter that keeps 1 %; the index is built in a twenty-fifth of the
# time of HNSW and takes a tenth of its memory. Lance splits partitions as a table grows. The nearest 250 are all of a
# table of 250,000 rows; of a million rows, a fourth, in a third of the time that all would take.
BITS = 2
PARTITION_ROWS = 1_000
PROBES = 250
ALL = 0
PARTITIONED = IvfRq(distance_type="cosine", num_bits=BITS, target_partition_size=PARTITION_ROWS)

# Analysed words, set apart by spaces; a word of any length is a word.
AS_THEY_ARE = FTS(
    base_tokenizer="whitespace",
    max_token_length=None,
    lower_case=False,
    stem=False,
    remove_stop_words=False,
    ascii_folding=False,
)


class LanceFolder:
    """The tables below one folder. Reads look for what other processes wrote, every time: whoever reads the queue
    before the table then finds each row in one of them."""

    def __init__(self, folder: Path) -> None:
        self._connection = lancedb.connect(str(folder), read_consistency_interval=timedelta(0))

    def open(self, name: str) -> "LanceTable":
        return LanceTable(cast(Table, self._connection.open_table(name)))

    def create(self, name: str, dimension: int, rows: Rows) -> "LanceTable":
        """A new table of these rows; of words where there is no dimension."""
        return self._fill(name, dimension, [_batch(rows, dimension)])

    def copy(self, table: "LanceTable", name: str, dimension: int, *, without: Iterable[int]) -> "LanceTable":
        """A new table of the rows of another, less those named."""
        return self._fill(name, dimension, table.batches(without))

    def _fill(self, name: str, dimension: int, batches: Iterable[Batch]) -> "LanceTable":
        schema = _schema(dimension)
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        return LanceTable(cast(Table, self._connection.create_table(name, data=reader, schema=schema)))


class LanceTable:
    """An open table. Safe to share between threads; faults come as RuntimeError, ValueError, OSError or, where Rust
    panics over a damaged file, as a bare subclass of Exception."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @property
    def _content(self) -> str:
        """A damaged table may look like one without any column: to ask for this one then fails, as it should."""
        return WORDS if WORDS in self._table.schema.names else VECTOR

    def upsert(self, rows: Rows) -> None:
        """Insert or replace, in one commit. No row id comes twice, and all vectors have the table's length."""
        merge = self._table.merge_insert("row_id").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(pa.Table.from_batches([_batch(rows, dimension_of(rows))]))

    def delete(self, row_ids: Sequence[int]) -> None:
        for start in range(0, len(row_ids), DELETE_AT_ONCE):
            self._table.delete(col("row_id").isin(row_ids[start : start + DELETE_AT_ONCE]))

    def search(
        self, tenant: str, scope: str | None, vector: NDArray[np.float32], limit: int
    ) -> list[tuple[int, float]]:
        """(row_id, cosine) of the nearest rows that pass the filter, best first: ``limit`` when so many pass."""
        found = self._nearest(tenant, scope, vector, limit, probes=PROBES)
        if len(found) < limit and self.count() > PROBES * PARTITION_ROWS:
            return self._nearest(tenant, scope, vector, limit, probes=ALL)  # few pass, and they lie elsewhere
        return found

    def _nearest(
        self, tenant: str, scope: str | None, vector: NDArray[np.float32], limit: int, *, probes: int
    ) -> list[tuple[int, float]]:
        query = self._table.search(vector, vector_column_name=VECTOR, query_type="vector").distance_type("cosine")
        query = query.where(_belongs_to(tenant, scope), prefilter=True).limit(limit)
        query = query.minimum_nprobes(PROBES).maximum_nprobes(probes).refine_factor(_refine(limit))
        found = query.select(["row_id", "_distance"]).to_arrow()
        cosines = [1.0 - distance for distance in found["_distance"].to_pylist()]
        return list(zip(found["row_id"].to_pylist(), cosines, strict=True))

    def search_words(self, tenant: str, scope: str, words: Sequence[str], limit: int) -> list[tuple[int, float]]:
        """(row_id, bm25) of the rows that pass the filter and hold any of the words, best first. Of rows that are in
        the index: to look through others takes 3.5 µs each."""
        query = cast(Any, self._table).search(cast(Any, MatchQuery)(" ".join(words), WORDS), query_type="fts")
        query = query.where(_belongs_to(tenant, scope), prefilter=True).fast_search().limit(limit)
        found = query.select(["row_id", "_score"]).to_arrow()
        return list(zip(found["row_id"].to_pylist(), found["_score"].to_pylist(), strict=True))

    def warm(self) -> None:
        """Read the indices into memory, which searches would do piece by piece."""
        for config in self._table.list_indices():
            self._table.prewarm_index(config.name)

    def indexed_words(self) -> int:
        """The highest row id, when the words of every row are in the index; else 0."""
        names = [config.name for config in self._table.list_indices() if config.columns == [WORDS]]
        stats = self._table.index_stats(names[0]) if names else None
        if stats is None or stats.num_unindexed_rows:
            return 0
        return int(self.row_ids().max(initial=0))

    def count(self) -> int:
        return self._table.count_rows()

    def count_of(self, tenant: str, scope: str | None) -> int:
        """How many rows pass the filter."""
        found = self._table.search().where(_belongs_to(tenant, scope)).select(["row_id"]).limit(None).to_arrow()
        return int(found.num_rows)

    def row_ids(self) -> NDArray[np.int64]:
        """Every row's id, in no order."""
        ids = self._table.search().select(["row_id"]).limit(None).to_arrow()["row_id"]
        return np.asarray(ids.to_numpy(), dtype=np.int64)

    def batches(self, without: Iterable[int] = ()) -> Iterator[Batch]:
        """The whole table, less the rows named."""
        unwanted = np.fromiter(without, np.int64)
        for part in self._table.search().select([*COLUMNS, self._content]).limit(None).to_batches():
            yield part.filter(pa.array(~np.isin(part["row_id"].to_numpy(), unwanted)))

    def read_through(self) -> None:
        """Read every byte of every row; raises where one cannot be read."""
        for _ in self.batches():
            pass

    def is_clean_of(self, row_ids: Iterable[int]) -> bool:
        """Whether no file can hold these rows: a single version, nothing struck out in it, and none of them there."""
        versions = self._table.list_versions()
        if len(versions) > 1 or versions[0]["metadata"].get("total_deletion_files") != "0":
            return False
        return not np.isin(self.row_ids(), np.fromiter(row_ids, np.int64)).any()

    def compact(self) -> None:
        """Join small files, bring the indices up to date, build those a large table lacks, and drop versions nobody can
        be reading any more. ``delete_unverified`` takes along what a killed write left, which only the one process that
        writes may do."""
        self._table.optimize(cleanup_older_than=KEEP_VERSIONS, delete_unverified=True)
        self.index()

    def index(self) -> None:
        """Build the indices a large table lacks; nothing for a small one."""
        is_words = self._content == WORDS
        if self.count() < (WORDS_FROM if is_words else INDEX_FROM):
            return
        wanted: dict[str, Any] = {
            "tenant": Bitmap(),
            "scope": Bitmap(),
            self._content: AS_THEY_ARE if is_words else PARTITIONED,
        }
        built = {column for config in self._table.list_indices() for column in config.columns}
        for column in wanted.keys() - built:
            self._table.create_index(column, config=wanted[column])


def _batch(rows: Rows, dimension: int) -> Batch:
    columns = [
        pa.array([row.row_id for row in rows], pa.int64()),
        pa.array([row.tenant for row in rows], pa.string()),
        pa.array([row.scope for row in rows], pa.string()),
        _content(rows, dimension),
    ]
    return pa.record_batch(columns, schema=_schema(dimension))


def _content(rows: Rows, dimension: int) -> Array:
    if not dimension:
        return pa.array([row.words for row in rows if isinstance(row, WordsRow)], pa.string())
    vectors = np.concatenate([row.vector for row in rows if isinstance(row, VectorRow)])
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.astype(np.float32, copy=False)), dimension)


def _schema(dimension: int) -> Schema:
    content = pa.field(VECTOR, pa.list_(pa.float32(), dimension)) if dimension else pa.field(WORDS, pa.string())
    types = [pa.int64(), pa.string(), pa.string()]
    fields = [*(pa.field(name, kind) for name, kind in zip(COLUMNS, types, strict=True)), content]
    fields[0] = fields[0].with_metadata(KEY)
    return pa.schema([field.with_nullable(False) for field in fields])


def _belongs_to(tenant: str, scope: str | None) -> Expr:
    """An expression, never text: a tenant named ``' OR 1=1`` is a tenant with an odd name."""
    mine = col("tenant") == lit(tenant)
    return mine if scope is None else mine & (col("scope") == lit(scope))


def _refine(limit: int) -> int:
    """How many times ``limit`` candidates are compared exactly: some 200, and never fewer than three each."""
    return min(10, max(3, 200 // limit))
