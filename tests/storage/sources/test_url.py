"""A data source's URL: what it names, and what it may not say."""

from pathlib import Path

import pytest

from storage.sources.url import Address, address, has_password, parse

HOME = Path("base")

FILES = [
    ("sqlite:///data/shop.sqlite", "sqlite", str(HOME / "data/shop.sqlite")),
    ("SQLite:///data/my%20shop%3F.sqlite", "sqlite", str(HOME / "data/my shop?.sqlite")),
    ("sqlite:////srv/shop.sqlite", "sqlite", str(HOME / "/srv/shop.sqlite")),
    ("duckdb:///shop.duckdb", "duckdb", str(HOME / "shop.duckdb")),
    ("duckdb:///C:/shop.duckdb", "duckdb", str(HOME / "C:/shop.duckdb")),
    ("csv:///tables", "folder", str(HOME / "tables")),
    ("parquet:///tables/", "folder", str(HOME / "tables")),
]

WRONG = [
    "shop.sqlite",
    "sqlite:data.sqlite",
    "sqlite://data.sqlite",
    "sqlite:///",
    "sqlite:///a%00b",
    "sqlite:///shop.sqlite?mode=rwc",
    "file:///tables",
    "oracle://bella:s3cret@db/shop",
    "postgresql:///shop",
    "postgresql://bella:s3cret@db",
    "postgresql://bella:s3cret@db/",
    "postgresql://bella:s3cret@db/shop/more",
    "postgresql://bella:s3cret@db:0/shop",
    "postgresql://bella:s3cret@db:99999/shop",
    "postgresql://bella:s3cret@db:port/shop",
    "postgresql://bella:s3cret@one,two/shop",
    "postgresql://bella:s3/cret@db/shop",
    "postgresql://bella:s3#cret@db/shop",
    "postgresql://bella:s3 cret@db/shop",
    "postgresql://bella:s3cret@[::1/shop",
    "postgresql://bella:s3cret@db/shop?options=-cdefault_transaction_read_only%3Doff",
    "postgresql://bella:s3cret@db/shop?service=other",
    "postgresql://bella:s3cret@db/shop?host=other",
    "postgresql://bella:s3cret@db/shop?sslmode=disable&sslmode=require",
    "postgresql://bella:s3cret@db/shop?connect_timeout=0",
    "postgresql://bella:s3cret@db/shop?connect_timeout=31",
    "mysql://bella:s3cret@db/shop?local_infile=1",
    "mysql://bella:s3cret@db/shop?init_command=SET%20autocommit=1",
    "mysql://bella:s3cret@db/shop?sslmode=require",
    "mysql://bella:s3cret@%2Frun%2Fmysqld/shop",
]


@pytest.mark.parametrize(("url", "engine", "location"), FILES)
def test_a_file_is_relative_to_the_folder_unless_it_is_absolute(url: str, engine: str, location: str) -> None:
    assert parse(url, HOME) == (engine, location)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "mysql", "mariadb"])
def test_a_server_keeps_its_url(scheme: str) -> None:
    url = f"{scheme}://bella:s3cret@db.example/shop"
    assert parse(url, HOME) == ({"p": "postgres", "m": "mysql"}[scheme[0]], url)


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_refused_in_one_line_without_a_word_of_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        parse(url, HOME)
    text = str(refused.value)
    assert refused.value.__cause__ is None
    assert not any(secret in text for secret in ("s3", "cret", "bella", "shop?", "other"))


def test_the_parts_of_a_servers_url() -> None:
    url = "postgresql://bella:p%40ss%3Aw%2F@DB.example:6000/my%20shop?sslmode=require&connect_timeout=3"
    options = {"sslmode": "require", "connect_timeout": "3"}
    assert address(url) == Address("postgres", "DB.example", 6000, "my shop", "bella", "p@ss:w/", options)
    assert address(url).connect_seconds == 3


def test_a_server_has_its_usual_port_and_may_be_an_address_or_a_sockets_folder() -> None:
    assert address("mysql://bella@[::1]/shop") == Address("mysql", "::1", 3306, "shop", "bella")
    assert address("postgres://bella@%2Frun%2FPg/shop") == Address("postgres", "/run/Pg", 5432, "shop", "bella")


def test_a_password_is_in_no_representation() -> None:
    assert "s3cret" not in repr(address("mysql://bella:s3cret@db/shop"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://bella:s3cret@db/shop", True),
        ("mysql://:s3cret@db/shop", True),
        ("mysql://bella@db:3306/shop", False),
        ("mysql://bella:@db/shop", False),
        ("sqlite:///a.sqlite", False),
    ],
)
def test_whether_a_url_holds_a_password(url: str, expected: bool) -> None:
    assert has_password(url) is expected
