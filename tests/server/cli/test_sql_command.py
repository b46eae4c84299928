"""`satchel sql`: a database questioned from the terminal, as an agent questions it."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.cli import sql_views
from tests import shops
from tests.server.cli.conftest import Satchel
from tests.server.cli.sources import share
from tools.text2sql.models import Answer, ReadingPart

STYLE = re.compile(r"\x1b\[[0-9;]*m")
BY_CITY = "How many customers are there per city?"
HOSTILE = "[red]x[/red]\u202e\u202c\u009b31m\nrows: 7"
CITIES = "SELECT city, COUNT(*) AS customers FROM customers GROUP BY city ORDER BY 2 DESC, 1"


@pytest.fixture
def shop(satchel: Satchel, tmp_path: Path) -> Satchel:
    return share(satchel, shop=shops.source(shops.make(tmp_path)))


def test_a_question_is_answered_by_rows_and_how_they_came_about(shop: Satchel) -> None:
    done = shop("sql", *BY_CITY.split())
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert sorted(tuple(line.split()) for line in lines[1:5]) == [
        ("Berlin", "2"), ("Lisbon", "1"), ("Milan", "1"), ("Paris", "1"),
    ]  # fmt: skip
    assert any(line.startswith("sql: SELECT ") for line in lines)
    assert any(line.startswith("- ") for line in lines)
    assert done.stderr.startswith("4 rows from shop; built in, confidence 0.")


def test_a_program_gets_the_whole_answer(shop: Satchel) -> None:
    answer = json.loads(shop.ok("sql", "customers by city", "--sql", CITIES, "--json"))
    assert (answer["status"], answer["provider"], answer["row_count"]) == ("answered", "agent", 4)
    assert answer["columns"] == ["city", "customers"]
    assert answer["rows"][0] == ["Berlin", 2]
    assert answer["chart"]["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_numbers_stand_right_and_what_is_not_there_has_a_sign(shop: Satchel) -> None:
    sql = "SELECT city, 12345678.25 AS amount, NULL AS none FROM customers WHERE id = 1 UNION ALL SELECT 'x', 1, NULL"
    assert shop.ok("sql", "x", "--sql", sql).splitlines()[:3] == [
        "city         amount  none",
        "Lisbon  12345678.25  ∅   ",
        "x                 1  ∅   ",
    ]


def test_only_the_sql_is_shown_when_nothing_is_to_run(shop: Satchel) -> None:
    done = shop("sql", "customers by city", "--sql", CITIES, "--no-run")
    assert (done.exit_code, f"sql: {CITIES}\n" in done.stdout, "Berlin" in done.stdout) == (0, True, False)
    assert done.stderr.startswith("Checked and not run: shop; your SQL.")


def test_more_rows_than_asked_for_are_told(shop: Satchel) -> None:
    done = shop("sql", "customers by city", "--sql", CITIES, "--max-rows", "2")
    assert "! Only the first 2 rows" in done.stderr
    assert "2+ rows from shop" in done.stderr
    assert "Milan" not in done.stdout


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("DELETE FROM customers", "read_only"),
        ("SELECT api_key FROM secrets", "unknown_table"),
        ("SELECT notes FROM customers", "unknown_column"),
        ("SELECT 1; DROP TABLE customers", ""),
    ],
)
def test_what_does_more_than_read_what_is_shared_is_refused(shop: Satchel, tmp_path: Path, sql: str, rule: str) -> None:
    before = (tmp_path / "shop.sqlite").read_bytes()
    done = shop("sql", "x", "--sql", sql)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith(f"satchel: not run, by the rule {rule}")
    assert (tmp_path / "shop.sqlite").read_bytes() == before
    refused = shop("sql", "x", "--sql", sql, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["status"]) == (1, "refused")


def test_what_nobody_here_understands_is_left_to_whoever_asks(shop: Satchel) -> None:
    done = shop("sql", "frobnicate the quux")
    assert done.exit_code == 1
    assert "TABLE customers" in done.stdout
    assert "notes" not in done.stdout
    assert done.stderr.endswith("Write a SELECT from what is shown above and give it with --sql.\n")


def test_competing_readings_are_numbered(capsys: pytest.CaptureFixture[str]) -> None:
    readings = [ReadingPart(reading="the latest\nby date"), ReadingPart(reading="the dearest")]
    answer = Answer(
        status="needs_clarification",
        data_source="shop",
        dialect="sqlite",
        explanation="It can be read in two ways.",
        clarification=readings,
    )
    sql_views.print_answer(answer)
    assert capsys.readouterr().out.splitlines() == [
        "It can be read in two ways.",
        "1. the latest ⏎ by date",
        "2. the dearest",
    ]


def test_what_is_stored_is_printed_as_inert_text(shop: Satchel) -> None:
    sql = "SELECT 'a' || char(27) || '[31m' || char(10) || 'sql: evil' || char(8238) AS b FROM customers"
    shown = shop.ok("sql", "x", "--sql", sql)
    assert "a⟨U+001B⟩[31m ⏎ sql: evil⟨U+202E⟩" in shown
    assert not any(char in shown for char in "\x1b\u202e")
    assert shop.ok("sql", "x", "--sql", sql, "--json").isascii()


def test_no_part_of_an_answer_moves_the_cursor_or_looks_like_another(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(
        status="answered",
        data_source="shop",
        dialect="sqlite",
        sql=f"SELECT 1 -- {HOSTILE}",
        provider="built_in",
        columns=[HOSTILE],
        rows=[[HOSTILE]],
        explanation=HOSTILE,
        insights=[HOSTILE],
        warnings=[HOSTILE],
        context=HOSTILE,
        clarification=[ReadingPart(reading=HOSTILE)],
    )
    sql_views.print_answer(answer)
    shown, noted = capsys.readouterr()
    assert shown.count("⟨U+009B⟩31m ⏎ rows: 7") == 5
    assert not any(char in shown + noted for char in "\x9b\u202e")
    assert len(noted.splitlines()) == 2


def narrow(satchel: Satchel, sql: str) -> tuple[list[str], str]:
    """The lines of the table in a terminal of 40 columns, and what is noted."""
    done = satchel("sql", "x", "--sql", sql, FORCE_COLOR="1", TERM="xterm", COLUMNS="40")
    return STYLE.sub("", done.stdout).splitlines(), done.stderr


def test_text_gives_way_to_numbers_in_a_narrow_terminal(shop: Satchel) -> None:
    lines, _ = narrow(shop, f"SELECT '{'long ' * 30}' AS text, 1234567890 AS number FROM customers LIMIT 1")
    assert len(lines[1]) <= 40
    assert lines[1].endswith("…  1234567890")


def test_columns_without_room_are_counted(shop: Satchel) -> None:
    columns = ", ".join(f"1234567890 AS n{at}" for at in range(9))
    lines, noted = narrow(shop, f"SELECT {columns} FROM customers LIMIT 1")
    assert lines[1].split() == ["1234567890"] * 3
    assert "6 more columns have no room here" in noted
    assert shop.ok("sql", "x", "--sql", f"SELECT {columns} FROM customers LIMIT 1").splitlines()[1].count("1234") == 9


def test_which_of_several_databases_has_to_be_said(shop: Satchel, tmp_path: Path) -> None:
    given = shops.source(tmp_path / "shop.sqlite")
    share(shop, shop=given, other=given)
    assert shop("sql", "x", "--sql", CITIES).exit_code == 2
    done = shop("sql", "x", "--sql", CITIES, "--source", "nope")
    assert (done.exit_code, done.stderr) == (1, "satchel: no data source 'nope'. There is: other, shop.\n")
    assert "Berlin" in shop.ok("sql", "x", "--sql", CITIES, "--source", "other")


def test_a_database_that_cannot_be_reached_is_told_in_one_line(satchel: Satchel) -> None:
    share(satchel, gone={"url": "sqlite:///gone.sqlite"})
    done = satchel("sql", "how many?")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "the database file is not there" in done.stderr


def test_the_chart_is_written_as_data(shop: Satchel, tmp_path: Path) -> None:
    file = tmp_path / "chart.JSON"
    done = shop("sql", "customers by city", "--sql", CITIES, "--chart", file)
    assert (done.exit_code, done.stderr.endswith(f"Chart: {file}\n")) == (0, True)
    assert json.loads(file.read_text("utf-8"))["data"]["values"][0] == {"city": "Berlin", "customers": 2}


def test_the_chart_is_written_as_a_picture(shop: Satchel, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    shop.ok("sql", "customers by city", "--sql", CITIES, "--chart", tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_file_is_written_over_only_by_force(shop: Satchel, tmp_path: Path) -> None:
    file = tmp_path / "chart.json"
    file.write_text("mine")
    done = shop("sql", "customers by city", "--sql", CITIES, "--chart", file)
    assert (done.exit_code, done.stdout, file.read_text()) == (1, "", "mine")
    assert "pass --force" in done.stderr
    shop.ok("sql", "customers by city", "--sql", CITIES, "--chart", file, "--force")
    assert file.read_text() != "mine"


def test_rows_that_no_chart_fits_are_shown_and_no_file_is_made(shop: Satchel, tmp_path: Path) -> None:
    sql = "SELECT city FROM customers WHERE id = 1"
    done = shop("sql", "where?", "--sql", sql, "--chart", tmp_path / "chart.json")
    assert (done.exit_code, "Lisbon" in done.stdout, (tmp_path / "chart.json").exists()) == (1, True, False)
    assert done.stderr.endswith("chart.json: was not written, as no chart fits these rows.\n")


@pytest.mark.skipif(os.name == "nt", reason="a folder that is not there")
def test_a_folder_that_is_not_there_is_told_in_one_line(shop: Satchel, tmp_path: Path) -> None:
    done = shop("sql", "customers by city", "--sql", CITIES, "--chart", tmp_path / "no" / "chart.json")
    assert (done.exit_code, done.stderr.endswith("Check the path.\n")) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [" "],
        ["x" * 1_001],
        ["x", "--sql", " "],
        ["x", "--max-rows", "0"],
        ["x", "--max-rows", "1001"],
        ["x", "--chart", "chart.svg"],
        ["x", "--chart", "chart.json", "--no-run"],
        ["x", "--tenant", "a b"],
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_a_mistake_in_the_command_line_ends_with_2(shop: Satchel, arguments: list[str]) -> None:
    assert shop("sql", *arguments).exit_code == 2
    assert not shop.data.exists()


def test_what_ran_is_kept_for_the_tenant_who_asked(shop: Satchel) -> None:
    shop.ok("sql", "customers by city", "--sql", CITIES, "--tenant", "acme")
    with closing(sqlite3.connect(shop.data / "satchel.sqlite")) as db:
        assert db.execute("SELECT tenant FROM sql_patterns").fetchall() == [("acme",)]
