"""A folder of CSV, TSV and Parquet files as a source."""

import os
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.sources.engine import Limits
from storage.sources.fetched import Cell
from storage.sources.source import Source
from storage.sources.target import Target
from tests.storage.sources.shop import failure, rows

duckdb = pytest.importorskip("duckdb", reason="needs the extra duckdb")

pytestmark = pytest.mark.anyio


def files(folder: Path) -> Source:
    return Source(
        name="files",
        engine="folder",
        location=str(folder),
        hidden=frozenset({"people.notes"}),
        masked=frozenset({"people.email"}),
    )


def fill(folder: Path) -> Path:
    """A folder with a file of each kind, and outside of it one that is secret."""
    shop = folder / "shop"
    (shop / "deeper").mkdir(parents=True)
    (shop / "people.csv").write_text('id,name,email,notes\n1,Ada,a@x,late\n2,"O\'Hara, B",b@x,\n')
    (shop / "order lines.tsv").write_text("id\tperson\tbought_on\n7\t1\t2024-01-02\n8\t2\t2024-02-03\n")
    (shop / "deeper" / "unseen.csv").write_text("a\n1\n")
    (shop / "readme.txt").write_text("a\n1\n")
    (folder / "secret.csv").write_text("api_key\nk-123\n")
    with closing(duckdb.connect()) as connection:
        connection.execute(f"COPY (SELECT 1 AS id, 9.5 AS price) TO '{shop / 'prices.parquet'}'")
    return shop


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
async def target(folder: Path) -> AsyncIterator[Target]:
    target = Target(files(folder))
    yield target
    await target.close()


async def test_each_file_is_a_table(target: Target) -> None:
    schema = await target.schema()
    assert [(table.name, [(column.name, column.type) for column in table.columns]) for table in schema.tables] == [
        ("order lines", [("id", "BIGINT"), ("person", "BIGINT"), ("bought_on", "DATE")]),
        ("people", [("id", "BIGINT"), ("name", "VARCHAR"), ("email", "VARCHAR")]),
        ("prices", [("id", "INTEGER"), ("price", "DECIMAL(2,1)")]),
    ]
    assert schema.dialect == "duckdb"
    assert schema.tables[2].rows == 1


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT name FROM people WHERE id = 2", "O'Hara, B"),
        ('SELECT max(bought_on) FROM "order lines"', "2024-02-03"),
        ('SELECT price FROM prices JOIN "order lines" AS l ON l.person = prices.id', 9.5),
        ("SELECT count(*) FROM main.people", 2),
    ],
)
async def test_files_are_queried(target: Target, sql: str, found: Cell) -> None:
    assert await rows(target, sql) == [(found,)]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT * FROM '{folder}/people.csv'", "unknown_table"),
        ("SELECT * FROM 'people.csv'", "unknown_table"),
        ("SELECT * FROM '{folder}/../secret.csv'", "unknown_table"),
        ("SELECT notes FROM people", "unknown_column"),
        ("SELECT email FROM people", "unknown_column"),
        ("SELECT * FROM read_csv('{folder}/people.csv')", "refused"),
        ("SELECT * FROM read_parquet('{folder}/prices.parquet')", "refused"),
        ("SELECT * FROM sniff_csv('{folder}/people.csv')", "refused"),
        ("SELECT * FROM glob('{folder}/*')", "refused"),
        ("SELECT * FROM parquet_metadata('{folder}/prices.parquet')", "refused"),
        ("COPY people TO '{folder}/people.csv' (USE_TMP_FILE false)", "refused"),
        ("COPY people TO '{folder}/new.csv'", "refused"),
        ("SELECT * FROM unseen", "unknown_table"),
        ("SELECT * FROM secret", "unknown_table"),
    ],
)
async def test_the_guard_alone_refuses(target: Target, folder: Path, sql: str, kind: str) -> None:
    before = sizes(folder)
    failed = await failure(target, sql.format(folder=folder))
    assert failed.failure == kind
    assert str(folder) not in failed.detail
    assert sizes(folder) == before


async def test_masked_columns_are_there_only_where_that_is_approved(target: Target) -> None:
    assert await rows(target, "SELECT count(DISTINCT email) FROM people", reads_masked=True) == [(2,)]


async def test_values_of_a_file_are_told(target: Target) -> None:
    assert await target.values("people", ["name", "email", "id"], 1, 5.0) == {"name": ["Ada"], "id": ["1"]}


async def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    shop = fill(tmp_path)
    (shop / "linked.csv").symlink_to(tmp_path / "secret.csv")
    (shop / "people2.csv").symlink_to(shop / "people.csv")
    target = Target(files(shop))
    assert [table.name for table in (await target.schema()).tables] == ["order lines", "people", "prices"]
    await target.close()


async def test_files_of_one_name_carry_their_suffix(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("a\n1\n")
    (tmp_path / "Orders.tsv").write_text("a\n2\n")
    target = Target(files(tmp_path))
    assert [(table.name, table.comment) for table in (await target.schema()).tables] == [
        ("orders_csv", "the file orders.csv; another one has the same name but for its suffix"),
        ("Orders_tsv", "the file Orders.tsv; another one has the same name but for its suffix"),
    ]
    assert await rows(target, "SELECT a FROM orders_tsv") == [(2,)]
    await target.close()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a;b\n1;x\n2;y\n", [(1, "x"), (2, "y")]),
        (b"\xef\xbb\xbfa,b\n1,x\n2,y\n", [(1, "x"), (2, "y")]),
        ("a,b\n1,Müller\n2,y\n".encode("latin-1"), [(1, "Müller"), (2, "y")]),
        (b"a,it's \"\n1,x\n2,y\n", [(1, "x"), (2, "y")]),
        (b"a,b\n01/02/2024,x\n25/02/2024,y\n", [("2024-02-01", "x"), ("2024-02-25", "y")]),
        (b"a,b\n1,2\n3\n4,5,6\n", [(1, 2, None), (3, None, None), (4, 5, 6)]),
        (b"# as of May\na,b\n1,2\n3,4\n", [(1, 2), (3, 4)]),
        (b'"a","b"\n1,"two\nlines"\n2,"say ""no"""\n', [(1, "two\nlines"), (2, 'say "no"')]),
    ],
)
async def test_a_text_file_is_read_as_it_was_meant(
    tmp_path: Path, content: bytes, found: list[tuple[Cell, ...]]
) -> None:
    (tmp_path / "orders.csv").write_bytes(content)
    target = Target(files(tmp_path))
    assert await rows(target, "SELECT * FROM orders") == found
    await target.close()


async def test_a_file_that_is_not_what_its_name_says_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    (tmp_path / "orders.csv").write_text("a\n1\n")
    target = Target(files(tmp_path))
    assert [table.name for table in (await target.schema()).tables] == ["orders"]
    await target.close()


async def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("a\n1\n")
    target = Target(files(tmp_path))
    version = await target.version()
    assert await rows(target, "SELECT a FROM orders") == [(1,)]
    (tmp_path / "orders.csv").write_text("a,b\n1,x\n")
    assert await target.version() != version
    assert await rows(target, "SELECT b FROM orders") == [("x",)]
    os.unlink(tmp_path / "orders.csv")
    assert (await failure(target, "SELECT b FROM orders")).failure == "unknown_table"
    await target.close()


async def test_a_folder_that_is_not_there_is_down(tmp_path: Path) -> None:
    target = Target(files(tmp_path / "missing"))
    assert (await failure(target, "SELECT 1", Limits())).failure == "down"
    await target.close()
