"""Lance itself: a folder of tables, and one open table with its columns and indices.

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
from lancedb.index import Bitmap, BTree, IvfRq
from lancedb.table import LanceTable as Table
from numpy.typing import NDArray

from storage.vector_row import VectorRow

Batch = Any  # pyarrow.RecordBatch and pyarrow.Schema: pyarrow brings no types
Schema = Any

COLUMNS = ["row_id", "tenant", "scope", "vector"]
KEY = {"lance-schema:unenforced-primary-key:position": "1"}  # else upserts at the same time leave a row twice
INDEX_FROM = 20_000  # below, a flat scan is as fast
DELETE_AT_ONCE = 4_096  # a longer list of row ids makes the expression, not the delete, slow
KEEP_VERSIONS = timedelta(minutes=1)  # readers of other processes may be inside one

# Measured at 20,000 to 100,000 rows: 2 bits with refine 10 finds 0.998 of the exact ten, also behind a filter that
# keeps 1 % (1 bit: 0.91), builds in a twenty-fifth of the time of HNSW and takes a tenth of its memory.
BITS = 2
PARTITIONS = 50


class LanceFolder:
    """The tables below one folder. Reads look for what other processes wrote, every time: whoever reads the queue
    before the table then finds each row in one of them."""

    def __init__(self, folder: Path) -> None:
        self._connection = lancedb.connect(str(folder), read_consistency_interval=timedelta(0))

    def open(self, name: str) -> "LanceTable":
        return LanceTable(cast(Table, self._connection.open_table(name)))

    def create(self, name: str, dimension: int, rows: Sequence[VectorRow]) -> "LanceTable":
        """A new table of these rows."""
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

    def upsert(self, rows: Sequence[VectorRow]) -> None:
        """Insert or replace, in one commit. No row id comes twice, and all vectors have the table's length."""
        merge = self._table.merge_insert("row_id").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(pa.Table.from_batches([_batch(rows, len(rows[0].vector))]))

    def delete(self, row_ids: Sequence[int]) -> None:
        for start in range(0, len(row_ids), DELETE_AT_ONCE):
            self._table.delete(col("row_id").isin(row_ids[start : start + DELETE_AT_ONCE]))

    def search(
        self, tenant: str, scope: str | None, vector: NDArray[np.float32], limit: int
    ) -> list[tuple[int, float]]:
        """(row_id, cosine) of the nearest rows that pass the filter, best first: ``limit`` when so many pass."""
        query = self._table.search(vector, vector_column_name="vector", query_type="vector").distance_type("cosine")
        query = query.where(_belongs_to(tenant, scope), prefilter=True).limit(limit)
        query = query.minimum_nprobes(PARTITIONS).maximum_nprobes(0).refine_factor(_refine(limit))
        found = query.select(["row_id", "_distance"]).to_arrow()
        cosines = [1.0 - distance for distance in found["_distance"].to_pylist()]
        return list(zip(found["row_id"].to_pylist(), cosines, strict=True))

    def row_ids(self) -> NDArray[np.int64]:
        """Every row's id, in no order."""
        ids = self._table.search().select(["row_id"]).limit(None).to_arrow()["row_id"]
        return np.asarray(ids.to_numpy(), dtype=np.int64)

    def batches(self, without: Iterable[int] = ()) -> Iterator[Batch]:
        """The whole table, less the rows named."""
        unwanted = np.fromiter(without, np.int64)
        for part in self._table.search().select(COLUMNS).limit(None).to_batches():
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
        """Join small files and bring the indices up to date; old versions stay."""
        self._table.optimize()
        self.index()

    def prune(self) -> None:
        """Drop versions nobody can be reading any more. ``delete_unverified`` takes along what a killed write left,
        which only the one process that writes may do."""
        self._table.optimize(cleanup_older_than=KEEP_VERSIONS, delete_unverified=True)

    def index(self) -> None:
        """Build the indices a large table lacks; nothing for a small one."""
        if self._table.count_rows() < INDEX_FROM:
            return
        built = {column for config in self._table.list_indices() for column in config.columns}
        wanted: dict[str, Any] = {
            "tenant": Bitmap(),
            "scope": BTree(),
            "vector": IvfRq(distance_type="cosine", num_bits=BITS),
        }
        for column in wanted.keys() - built:
            self._table.create_index(column, config=wanted[column])


def _batch(rows: Sequence[VectorRow], dimension: int) -> Batch:
    vectors = np.concatenate([row.vector for row in rows]).astype(np.float32, copy=False)
    columns = [
        pa.array([row.row_id for row in rows], pa.int64()),
        pa.array([row.tenant for row in rows], pa.string()),
        pa.array([row.scope for row in rows], pa.string()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors), dimension),
    ]
    return pa.record_batch(columns, schema=_schema(dimension))


def _schema(dimension: int) -> Schema:
    types = [pa.int64(), pa.string(), pa.string(), pa.list_(pa.float32(), dimension)]
    fields = [pa.field(name, kind, nullable=False) for name, kind in zip(COLUMNS, types, strict=True)]
    return pa.schema([fields[0].with_metadata(KEY), *fields[1:]])


def _belongs_to(tenant: str, scope: str | None) -> Expr:
    """An expression, never text: a tenant named ``' OR 1=1`` is a tenant with an odd name."""
    mine = col("tenant") == lit(tenant)
    return mine if scope is None else mine & (col("scope") == lit(scope))


def _refine(limit: int) -> int:
    """How many times ``limit`` candidates are compared exactly: some 200, and never fewer than three each."""
    return min(10, max(3, 200 // limit))
