"""`satchel sources`: which databases there are, whether they can be used, and how to mend what is wrong."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from server.cli.doctor import source_checks
from server.cli.doctor.source_checks import judged
from storage.sources.schema import Column, Schema, Table
from storage.sources.source import Source
from tests import shops
from tests.server.cli.conftest import Satchel
from tests.server.cli.sources import share
from tools.text2sql.policy import SharedSource

PASSWORD = "opensesame"


@pytest.fixture
def shop(satchel: Satchel, tmp_path: Path) -> Satchel:
    return share(satchel, shop=shops.source(shops.make(tmp_path)))


def checked(satchel: Satchel, *names: str, **variables: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(satchel("sources", "check", "--json", *names, **variables).stdout)
    assert all(bool(each["mend"]) is (each["status"] != "ok") for each in found)
    return found


def test_a_list_says_what_the_settings_say_and_connects_to_none(satchel: Satchel) -> None:
    share(
        satchel,
        away={"url": "env:AWAY", "tables": ["sales.orders"], "description": "Not here"},
        file={"url": "sqlite:///not/there.sqlite"},
        unset={"url": "env:NOBODY_SETS_THIS"},
    )
    url = f"postgresql://reader:{PASSWORD}@db.example.org/shop"
    lines = satchel.ok("sources", "list", AWAY=url).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["NAME", "ENGINE", "TABLES", "DESCRIPTION"],
        ["away", "postgres", "sales.orders", "Not", "here"],
        ["file", "sqlite", "all"],
    ]
    assert "cannot be used: the variable NOBODY_SETS_THIS, which its url names, is not set" in lines[3]
    shown = satchel.ok("sources", "list", "--json", AWAY=url)
    assert json.loads(shown)[0] == {
        "name": "away", "engine": "postgres", "description": "Not here", "tables": ["sales.orders"], "trouble": "",
    }  # fmt: skip
    assert not any(secret in shown + "".join(lines) for secret in (PASSWORD, "example.org", "reader"))
    assert not satchel.data.exists()


@pytest.mark.parametrize("arguments", [["sources", "list"], ["sources", "check"], ["sql", "how many?"]])
def test_without_a_database_the_settings_to_write_are_told(satchel: Satchel, arguments: list[str]) -> None:
    done = satchel(*arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert f'Write into {satchel.home / "satchel.toml"}: data_sources.NAME.url = "sqlite:///file".' in done.stderr
    assert not satchel.home.exists()


def test_a_check_says_what_is_shared_and_nothing_of_the_rest(shop: Satchel) -> None:
    lines = shop.ok("sources", "check").splitlines()
    assert lines[0] == "✓ shop: sqlite, 4 tables, read-only"
    assert [line.split() for line in lines[1:3]] == [
        ["TABLE", "KIND", "COLUMNS", "ROWS", "HIDDEN", "MASKED"],
        ["customers", "table", "4", "5", "1", "email"],
    ]
    assert not any(word in "".join(lines) for word in ("notes", "secrets"))
    (found,) = checked(shop)
    assert found["tables"][0] == {
        "name": "customers", "is_view": False, "columns": 4, "rows": 5, "hidden": 1, "masked": ["email"],
    }  # fmt: skip
    assert not shop.data.exists()


def empty(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM")


@pytest.mark.parametrize(
    ("make", "what", "mend"),
    [
        (lambda path: None, "the database file is not there", "path of its url"),
        (lambda path: path.write_text("words " * 100), "not a database", "path of its url"),
        (empty, "shares no table", "correct `tables`"),
    ],
    ids=["missing", "no database", "empty"],
)
def test_what_cannot_be_used_ends_with_1_and_says_how_to_mend_it(
    satchel: Satchel, tmp_path: Path, make: Any, what: str, mend: str
) -> None:
    make(tmp_path / "it.sqlite")
    share(satchel, it={"url": f"sqlite:///{tmp_path}/it.sqlite"})
    done = satchel("sources", "check")
    assert (done.exit_code, done.stderr) == (1, "1 of 1 cannot be used.\n")
    first, second = done.stdout.splitlines()
    assert (first.startswith("✗ it: "), what in first, mend in second) == (True, True, True)
    assert str(tmp_path) not in done.stdout


def test_files_of_a_folder_that_cannot_be_read_are_named(satchel: Satchel, tmp_path: Path) -> None:
    (tmp_path / "stores.csv").write_text("id,name\n1,North\n")
    (tmp_path / "sales.parquet").write_bytes(b"not parquet")
    (tmp_path / "notes.txt").write_text("no table")
    share(satchel, files={"url": f"csv:///{tmp_path}"})
    (found,) = checked(satchel)
    assert (found["status"], found["what"]) == ("warning", "folder, 1 table, read-only; not read: sales.parquet")
    assert "Save them anew" in found["mend"]


def test_a_variable_that_is_not_set_is_named(satchel: Satchel) -> None:
    share(satchel, unset={"url": "env:NOBODY_SETS_THIS"})
    (found,) = checked(satchel)
    assert (found["status"], "NOBODY_SETS_THIS" in found["what"]) == ("broken", True)


def test_a_driver_that_is_not_installed_is_told_with_its_extra(
    satchel: Satchel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(source_checks.DRIVERS, "duckdb", "not_installed")
    share(satchel, it={"url": "duckdb:///file.duckdb"})
    (found,) = checked(satchel)
    assert (found["what"], found["mend"]) == ("not_installed is not installed", "pip install 'satchel-mcp[duckdb]'")


def test_names_of_the_settings_that_nothing_has_are_told(satchel: Satchel, tmp_path: Path) -> None:
    """Whoever misspells a masked column shows it to agents."""
    given = shops.source(
        shops.make(tmp_path),
        tables=["main.Customers", "ordrs"],
        hidden=["customers.notes", "customers.note", "secrets.api_key"],
        masked=["main.customers.EMAIL", "customers.emial"],
    )
    share(satchel, shop=given)
    done = satchel("sources", "check")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (
        0, "! shop: sqlite, 1 table; not there: ordrs, customers.note, secrets.api_key, customers.emial",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("is_trusted", "rights", "status", "what"),
    [
        (False, ["is a superuser"], "broken", "its account could do more than read: is a superuser"),
        (True, ["is a superuser"], "warning", "postgres, 1 table; trusted, though"),
        (False, [f"may insert into t{at}" for at in range(8)], "broken", "may insert into t4 and 3 more"),
        (False, [], "ok", "postgres, 1 table, read-only"),
    ],
)
def test_an_account_that_could_write_is_refused_unless_it_is_trusted(
    is_trusted: bool, rights: list[str], status: str, what: str
) -> None:
    source = Source(name="s", engine="postgres", location="", is_trusted=is_trusted)
    schema = Schema("postgres", (Table("t", (Column("id", "integer"),)),), "", {})
    found = judged(SharedSource(name="s", source=source), source, rights, schema)
    assert (found.status, what in found.what, bool(found.mend)) == (status, True, status != "ok")


def test_only_those_named_are_checked(shop: Satchel, tmp_path: Path) -> None:
    share(shop, shop=shops.source(tmp_path / "shop.sqlite"), gone={"url": "sqlite:///gone.sqlite"})
    assert [each["name"] for each in checked(shop)] == ["shop", "gone"]
    assert [each["name"] for each in checked(shop, "shop", "shop")] == ["shop"]
    assert shop("sources", "check", "shop").exit_code == 0
    done = shop("sources", "check", "nope\x1b")
    assert (done.exit_code, done.stderr) == (1, "satchel: no data source 'nope\\x1b'. There is: gone, shop.\n")


def test_names_out_of_a_database_are_printed_as_inert_text(satchel: Satchel, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "it.sqlite")) as db:
        db.execute('CREATE TABLE "a\x1b[31m\n✓ all is well" (id)')
    share(satchel, it={"url": f"sqlite:///{tmp_path}/it.sqlite"})
    shown = satchel.ok("sources", "check")
    assert ("a⟨U+001B⟩[31m ⏎ ✓ all is well" in shown, "\x1b" in shown) == (True, False)


def test_the_doctor_checks_databases_too(shop: Satchel) -> None:
    shop.takes({"content": "x"})
    shown = shop.ok("doctor")
    assert "✓ data source shop: sqlite, 4 tables, read-only" in shown
    assert "✓ charts: " in shown
    share(shop, gone={"url": "sqlite:///gone.sqlite"})
    done = shop("doctor")
    assert done.exit_code == 1
    assert "✗ data source gone: the database file is not there\n    See that the path" in done.stdout
