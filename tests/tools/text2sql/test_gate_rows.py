"""The text that runs means what the draft meant: the same rows, on the engines that are at hand in a process."""

import re
import sqlite3
from collections.abc import Callable, Sequence

import duckdb
import pytest

from storage.sources.source import Dialect
from tests.tools.text2sql.gate_shop import cases, script, shop
from tools.text2sql.gate.approval import approve

VARIES = re.compile(r"random|sample|now|current_|today|explain", re.IGNORECASE)
Run = Callable[[str], Sequence[object]]


def sqlite() -> Run:
    con = sqlite3.connect(":memory:")
    for create, rows in script():
        con.execute(create)
        con.executemany(f"INSERT INTO {create.split('(')[0][13:]} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return lambda sql: con.execute(sql).fetchall()


def duck() -> Run:
    con = duckdb.connect()
    for create, rows in script():
        con.execute(create)
        con.executemany(f"INSERT INTO {create.split('(')[0][13:]} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return lambda sql: con.execute(sql).fetchall()


def sorted_rows(run: Run, sql: str) -> list[str] | None:
    """The rows in one order, or None where this version of the engine cannot run the text."""
    try:
        return sorted(map(repr, run(sql)))
    except (sqlite3.Error, duckdb.Error):
        return None


@pytest.mark.parametrize(("dialect", "engine"), [("sqlite", sqlite), ("duckdb", duck)])
def test_approved_text_gives_the_rows_of_the_draft(dialect: Dialect, engine: Callable[[], Run]) -> None:
    run, schema, compared = engine(), shop(dialect, is_protected=False), 0
    for name, sql, _ in cases("sql_honest.jsonl"):
        if name == dialect and not VARIES.search(sql) and (expected := sorted_rows(run, sql)) is not None:
            assert sorted_rows(run, approve(sql, schema).sql) == expected, sql
            compared += 1
    assert compared > 110


@pytest.mark.parametrize(("dialect", "engine"), [("sqlite", sqlite), ("duckdb", duck)])
def test_what_runs_shows_nothing_hidden_or_masked(dialect: Dialect, engine: Callable[[], Run]) -> None:
    """The addresses in the shop end in the same word, and no honest statement's answer holds it."""
    run, schema = engine(), shop(dialect)
    for name, sql, _ in cases("sql_honest.jsonl"):
        if name == dialect:
            assert "x.example" not in str(sorted_rows(run, approve(sql, schema).sql)), sql
