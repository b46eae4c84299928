"""Vector tables on real Lance."""

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from lancedb.index import IvfRq
from numpy.typing import NDArray

from storage.errors import IndexLost, StorageError
from storage.index import lance_tables, table_files
from storage.index.table_rows import VectorRow
from storage.index.vectors import VectorStore

DIMENSION = 16
MODEL = "hostile/../Model name:é|dim=16|'%\\"


def random_vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def rows(ids: Iterable[int], tenant: str = "acme", scope: str = "s1", seed: int = 0) -> list[VectorRow]:
    ids = list(ids)
    return [VectorRow(i, tenant, scope, v) for i, v in zip(ids, random_vectors(len(ids), seed), strict=True)]


@pytest.fixture
def store(tmp_path: Path) -> VectorStore:
    return VectorStore(tmp_path / "vectors")


def found(store: VectorStore, tenant: str = "acme", scope: str | None = None, limit: int = 100) -> set[int]:
    return {row_id for row_id, _ in store.search("memories", MODEL, tenant, scope, random_vectors(1)[0], limit)}


def files_below(folder: Path) -> Iterator[Path]:
    return (Path(where, name) for where, _, names in os.walk(folder) for name in names)


def test_the_nearest_come_first_with_their_cosine(store: VectorStore) -> None:
    vectors = random_vectors(50)
    store.upsert("memories", MODEL, [VectorRow(i, "acme", "s1", v) for i, v in enumerate(vectors)])
    query = random_vectors(1, seed=9)[0]
    cosines = vectors @ query
    expected = np.argsort(-cosines)[:5]
    hits = store.search("memories", MODEL, "acme", None, query, 5)
    assert [row_id for row_id, _ in hits] == expected.tolist()
    assert [score for _, score in hits] == pytest.approx(cosines[expected].tolist(), abs=1e-5)


def test_a_missing_table_is_empty_and_loads_nothing(store: VectorStore, tmp_path: Path) -> None:
    assert found(store) == set()
    assert set(store.row_ids("memories", MODEL).tolist()) == set()
    store.delete("memories", MODEL, [1])
    store.erase("memories", MODEL, [1])
    store.maintain("memories", MODEL)
    store.sync("memories", MODEL)
    store.repair("memories", MODEL)
    store.drop("memories", MODEL)
    store.tidy()
    assert not (tmp_path / "vectors").exists()


def test_nothing_is_near_a_zero_vector_or_one_of_another_length(store: VectorStore) -> None:
    store.upsert("memories", MODEL, rows(range(3)))
    assert store.search("memories", MODEL, "acme", None, np.zeros(DIMENSION, np.float32), 5) == []
    assert store.search("memories", MODEL, "acme", None, np.ones(DIMENSION + 1, np.float32), 5) == []
    assert found(store, limit=0) == set()
    assert store.suspects() == []


def test_vectors_of_another_length_are_refused(store: VectorStore) -> None:
    short = VectorRow(2, "acme", "s1", np.ones(DIMENSION - 1, np.float32))
    with pytest.raises(ValueError, match="without 16 floats"):
        store.upsert("memories", MODEL, [*rows([1]), short])
    store.upsert("memories", MODEL, rows([1]))
    with pytest.raises(ValueError, match="without 16 floats"):
        store.upsert("memories", MODEL, [short])
    assert set(store.row_ids("memories", MODEL).tolist()) == {1}


def test_an_upsert_replaces_the_row(store: VectorStore) -> None:
    store.upsert("memories", MODEL, rows(range(10)))
    store.upsert("memories", MODEL, rows([3, 3, 11], scope="s2", seed=5))
    assert found(store, scope="s2") == {3, 11}
    assert found(store) == {*range(10), 11}


def test_upserts_at_the_same_time_leave_one_row_each(store: VectorStore, tmp_path: Path) -> None:
    """Only one process writes; should two ever, a row must not be found twice."""
    store.upsert("memories", MODEL, rows([0]))

    def write() -> None:
        other = VectorStore(tmp_path / "vectors")
        for row_id in range(1, 9):
            other.upsert("memories", MODEL, rows([row_id]))

    threads = [Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.row_ids("memories", MODEL).tolist()) == list(range(9))


def test_deleted_rows_are_not_found(store: VectorStore) -> None:
    store.upsert("memories", MODEL, rows(range(10)))
    store.delete("memories", MODEL, [3, 4, 99])
    store.delete("memories", MODEL, [])
    assert found(store) == set(range(10)) - {3, 4}
    assert set(store.row_ids("memories", MODEL).tolist()) == set(range(10)) - {3, 4}


def test_a_long_list_of_deletions_is_done_in_parts(store: VectorStore) -> None:
    store.upsert("memories", MODEL, rows(range(3)))
    store.delete("memories", MODEL, range(1, 2 * lance_tables.DELETE_AT_ONCE))
    assert set(store.row_ids("memories", MODEL).tolist()) == {0}


NAMES = [
    "acme",
    "Acme",
    "acme'",
    "' OR '1'='1",
    "a%",
    "a\\",
    "a\\'",
    '"',
    "--",
    "",
    "日本",
    "a\nb",
    "$1",
    "?",
    "row_id",
]


@pytest.mark.parametrize("tenant", NAMES)
def test_tenants_never_cross(store: VectorStore, tenant: str) -> None:
    """Whatever a tenant is called, its name is data."""
    for number, name in enumerate(NAMES):
        store.upsert("memories", MODEL, rows([number], tenant=name))
    assert found(store, tenant=tenant) == {NAMES.index(tenant)}


@pytest.mark.parametrize("scope", NAMES)
def test_scopes_never_cross(store: VectorStore, scope: str) -> None:
    for number, name in enumerate(NAMES):
        store.upsert("memories", MODEL, rows([number], scope=name))
    assert found(store, scope=scope) == {NAMES.index(scope)}
    assert found(store, tenant="other", scope=scope) == set()


def test_exactly_as_many_as_asked_for_pass_the_filter(store: VectorStore) -> None:
    """The filter comes before the search: the nearest rows are all another's, and still ten come back."""
    query = random_vectors(1)[0]
    mine = [VectorRow(i, "acme", "s1", -query) for i in range(10)]
    store.upsert("memories", MODEL, [*mine, *(VectorRow(i, "other", "s1", query) for i in range(10, 500))])
    hits = store.search("memories", MODEL, "acme", "s1", query, 10)
    assert {row_id for row_id, _ in hits} == set(range(10))


def test_models_and_kinds_have_tables_of_their_own(store: VectorStore) -> None:
    store.upsert("memories", MODEL, rows([1]))
    store.upsert("memories", MODEL + "2", rows([2]))
    store.upsert("chunks", MODEL, rows([3]))
    assert found(store) == {1}
    assert sorted(store.tables()) == sorted([("memories", MODEL), ("memories", MODEL + "2"), ("chunks", MODEL)])


@pytest.mark.parametrize("model", [MODEL, "", "..", "/", "a" * 500, "CON", "model\0x", "日本語"])
def test_any_model_key_makes_a_safe_file_name(model: str) -> None:
    assert re.fullmatch(r"memories-[a-z0-9-]{1,40}-[0-9a-f]{16}", table_files.stem("memories", model))


def test_a_kind_is_a_name_of_ours() -> None:
    with pytest.raises(ValueError, match="kind"):
        table_files.stem("../x", MODEL)


def test_another_process_sees_what_was_written(store: VectorStore, tmp_path: Path) -> None:
    """A store with its own handles stands for the other process; it has read before each write."""
    reader = VectorStore(tmp_path / "vectors")
    assert found(reader) == set()
    store.upsert("memories", MODEL, rows([1]))
    assert found(reader) == {1}
    store.upsert("memories", MODEL, rows([1, 2]))
    assert found(reader) == {1, 2}
    store.erase("memories", MODEL, [1])
    assert found(reader) == {2}
    store.drop("memories", MODEL)
    assert found(reader) == set()
    store.upsert("memories", MODEL, rows([5]))
    assert found(reader) == {5}


def test_a_reader_outlives_pruning(store: VectorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that it has open goes away under it."""
    monkeypatch.setattr(lance_tables, "KEEP_VERSIONS", timedelta(milliseconds=1))
    reader = VectorStore(tmp_path / "vectors")
    store.upsert("memories", MODEL, rows(range(10)))
    assert found(reader) == set(range(10))
    for number in range(10, 14):
        store.upsert("memories", MODEL, rows([number]))
    store.maintain("memories", MODEL)
    assert found(reader) == set(range(14))
    assert reader.suspects() == []


PATTERN = np.frombuffer(b"SATCHEL-PATTERN!" * (DIMENSION // 4), np.float32).astype(np.float32)


def holds_pattern(folder: Path) -> list[str]:
    return [path.name for path in files_below(folder) if b"SATCHEL-PATTERN!" in path.read_bytes()]


def test_erased_vectors_are_in_no_file(store: VectorStore, tmp_path: Path) -> None:
    """A row of a thousand, which a compaction would leave where it is, and one that was replaced before."""
    folder = tmp_path / "vectors"
    store.upsert("memories", MODEL, rows(range(1_000)))
    store.upsert("memories", MODEL, [VectorRow(i, "acme", "s1", PATTERN) for i in (5, 6, 7)])
    store.upsert("memories", MODEL, rows([6]))
    store.delete("memories", MODEL, [7])
    store.maintain("memories", MODEL)
    assert holds_pattern(folder)
    store.erase("memories", MODEL, [5])
    assert holds_pattern(folder) == []
    assert set(store.row_ids("memories", MODEL).tolist()) == set(range(1_000)) - {5, 7}
    assert len([path for path in folder.iterdir() if path.suffix == ".lance"]) == 1


def test_erasing_the_last_row_leaves_a_table_that_works(store: VectorStore, tmp_path: Path) -> None:
    store.upsert("memories", MODEL, [VectorRow(1, "acme", "s1", PATTERN)])
    store.erase("memories", MODEL, [1])
    assert holds_pattern(tmp_path / "vectors") == []
    assert found(store) == set()
    store.upsert("memories", MODEL, rows([2]))
    assert found(store) == {2}


def test_erasing_what_was_never_there_leaves_a_clean_table_alone(store: VectorStore, tmp_path: Path) -> None:
    store.upsert("memories", MODEL, rows(range(5)))
    before = set(files_below(tmp_path))
    store.erase("memories", MODEL, [77])
    assert set(files_below(tmp_path)) == before
    store.delete("memories", MODEL, [4])
    store.erase("memories", MODEL, [4])
    assert set(files_below(tmp_path)) & before == set(data_files(tmp_path, ".json")) & before
    assert found(store) == set(range(4))


def test_a_dropped_table_leaves_no_file(store: VectorStore, tmp_path: Path) -> None:
    store.upsert("memories", MODEL, rows(range(5)))
    store.drop("memories", MODEL)
    assert list((tmp_path / "vectors").iterdir()) == []
    assert store.tables() == []


def test_tidying_removes_tables_that_serve_nobody(store: VectorStore, tmp_path: Path) -> None:
    """What a rewrite left that was killed before its table served."""
    store.upsert("memories", MODEL, rows(range(5)))
    left = tmp_path / "vectors" / "memories-left.lance" / "data"
    left.mkdir(parents=True)
    store.tidy()
    assert not left.parent.exists()
    assert found(store) == set(range(5))


def test_a_large_table_gets_indices_and_finds_the_same(store: VectorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lance_tables, "INDEX_FROM", 1_000)
    vectors = random_vectors(1_200)
    tenants = ["rare" if i % 100 == 0 else "acme" for i in range(1_200)]
    many = [VectorRow(i, tenants[i], f"s{i % 7}", v) for i, v in enumerate(vectors)]
    store.upsert("memories", MODEL, many[:1_100])
    store.maintain("memories", MODEL)
    store.upsert("memories", MODEL, many[1_100:])
    for tenant in ("acme", "rare"):
        ids = [i for i in range(1_200) if tenants[i] == tenant]
        exact = {ids[i] for i in np.argsort(-(vectors[ids] @ vectors[0]))[:10]}
        hits = store.search("memories", MODEL, tenant, None, vectors[0], 10)
        assert len({row_id for row_id, _ in hits} & exact) >= 9
    assert len(store.search("memories", MODEL, "rare", "s0", vectors[0], 50)) == len(range(0, 1_200, 700))


def test_rows_that_lie_far_away_are_found_when_nearer_ones_do_not_pass(
    store: VectorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large index is searched in part, unless that part holds too few rows of the scope."""
    monkeypatch.setattr(lance_tables, "INDEX_FROM", 1_000)
    monkeypatch.setattr(lance_tables, "PROBES", 1)
    monkeypatch.setattr(lance_tables, "PARTITION_ROWS", 50)
    monkeypatch.setattr(lance_tables, "PARTITIONED", IvfRq(distance_type="cosine", num_bits=2, num_partitions=20))
    vectors = random_vectors(1_500)
    scopes = ["rare" if i % 50 == 0 else "s1" for i in range(1_500)]
    store.upsert("memories", MODEL, [VectorRow(i, "acme", scopes[i], v) for i, v in enumerate(vectors)])
    store.maintain("memories", MODEL)
    assert found(store, scope="rare", limit=30) == set(range(0, 1_500, 50))
    assert len(found(store, scope="s1", limit=20)) == 20


def damage(path: Path, how: str) -> None:
    match how:
        case "empty":
            path.write_bytes(b"")
        case "half":
            os.truncate(path, path.stat().st_size // 2)
        case "garbled":
            path.write_bytes(bytes(len(path.read_bytes())))
        case _:
            path.unlink()


def data_files(folder: Path, suffix: str) -> list[Path]:
    return sorted(path for path in files_below(folder) if path.suffix == suffix)


@pytest.mark.parametrize("how", ["empty", "half", "garbled", "gone"])
@pytest.mark.parametrize("suffix", [".manifest", ".lance", ".json"])
def test_a_damaged_table_answers_nothing_and_is_reported_once(
    store: VectorStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, how: str
) -> None:
    store.upsert("memories", MODEL, rows(range(5)))
    wanted = [path for path in data_files(tmp_path / "vectors", suffix) if path.name != "latest_version_hint.json"]
    for path in wanted:
        damage(path, how)
    reader = VectorStore(tmp_path / "vectors")
    with caplog.at_level(logging.WARNING, "satchel.vectors"):
        assert found(reader) == set()
        assert found(reader) == set()
    if (suffix, how) == (".json", "gone"):
        return  # a model without an entry has no table
    assert [record.message for record in caplog.records].count("vectors.unreadable") == 1
    assert store.suspects() == [("memories", MODEL)]
    with pytest.raises(IndexLost):
        VectorStore(tmp_path / "vectors").repair("memories", MODEL)
    assert store.suspects() == []
    assert found(reader) == set()
    store.upsert("memories", MODEL, rows(range(5)))
    assert found(reader) == set(range(5))


def test_a_write_to_a_damaged_table_says_that_it_is_lost(store: VectorStore, tmp_path: Path) -> None:
    store.upsert("memories", MODEL, rows(range(5)))
    for path in data_files(tmp_path / "vectors", ".lance"):
        damage(path, "half")
    with pytest.raises(IndexLost):
        VectorStore(tmp_path / "vectors").upsert("memories", MODEL, rows([7]))
    assert store.tables() == []


def test_damaged_old_versions_are_got_rid_of_without_losing_rows(store: VectorStore, tmp_path: Path) -> None:
    """They stop Lance from pruning, and nothing else: the table is written anew."""
    for number in range(4):
        store.upsert("memories", MODEL, rows([number]))
    for path in data_files(tmp_path / "vectors", ".manifest")[1:]:  # the newest version sorts first
        damage(path, "half")
    store.maintain("memories", MODEL)
    assert found(store) == set(range(4))


def test_a_table_that_can_be_read_survives_a_refusing_disk(
    store: VectorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert("memories", MODEL, rows(range(5)))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lance_tables.LanceTable, "upsert", refuse)
        patch.setattr(lance_tables.LanceFolder, "copy", refuse)
        with pytest.raises(StorageError):
            store.upsert("memories", MODEL, rows([7]))
    assert found(store) == set(range(5))


def test_a_failed_fsync_gives_the_table_up(store: VectorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one the pages may be gone from memory as well, and a second fsync that succeeds says nothing."""
    store.upsert("memories", MODEL, rows(range(5)))
    store.upsert("memories", MODEL, rows([7]))

    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(IndexLost):
            store.sync("memories", MODEL)
    assert store.tables() == []


def test_syncing_reaches_every_new_file_and_its_folder(
    store: VectorStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upsert("memories", MODEL, rows(range(5)))
    before = set(files_below(tmp_path))
    store.upsert("memories", MODEL, rows(range(3, 9)))
    synced: set[Path] = set()
    real = os.open

    def note(path: str, *rest: int) -> int:
        synced.add(Path(path))
        return real(path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", note)
        store.sync("memories", MODEL)
    new = set(files_below(tmp_path)) - before
    assert new
    assert new | {path.parent for path in new} <= synced


def test_an_entry_of_another_model_is_not_believed(store: VectorStore, tmp_path: Path) -> None:
    store.upsert("memories", MODEL, rows([1]))
    path = next((tmp_path / "vectors").glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"model": "other"}), "utf-8")
    assert found(store) == set()
    with pytest.raises(IndexLost):
        store.upsert("memories", MODEL, rows([2]))
    store.upsert("memories", MODEL, rows([2]))
    assert found(store) == {2}
