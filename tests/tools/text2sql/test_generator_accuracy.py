"""The harness that judges answers, on a database of three rows."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.sql.accuracy import compare, evaluate, summary


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "pets.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT, weight REAL)")
        connection.executemany(
            "INSERT INTO pets VALUES (?, ?, ?)", [(1, "Rex", 10.0), (2, "Tom", 1 / 3), (3, "Ida", 2.0)]
        )
        connection.commit()
    return path


def test_columns_may_come_in_any_order(db: Path) -> None:
    assert compare(db, "SELECT weight, name FROM pets", ["SELECT name, weight FROM pets"])


def test_rows_are_ordered_only_where_the_gold_orders_them(db: Path) -> None:
    assert compare(db, "SELECT name FROM pets ORDER BY 1", ["SELECT name FROM pets"])
    assert not compare(db, "SELECT name FROM pets ORDER BY 1", ["SELECT name FROM pets ORDER BY name DESC"])
    assert compare(db, "SELECT name FROM pets", ["SELECT name FROM (SELECT name FROM pets ORDER BY name)"])


def test_numbers_are_compared_to_six_digits(db: Path) -> None:
    assert compare(db, "SELECT 0.3333333", ["SELECT weight FROM pets WHERE name = 'Tom'"])
    assert not compare(db, "SELECT 0.3334", ["SELECT weight FROM pets WHERE name = 'Tom'"])


def test_rows_are_counted_as_often_as_they_come(db: Path) -> None:
    assert not compare(db, "SELECT 1 FROM pets LIMIT 2", ["SELECT 1 FROM pets"])


def test_any_gold_will_do_and_a_broken_answer_never(db: Path) -> None:
    assert compare(db, "SELECT name FROM pets", ["SELECT 1", "SELECT name FROM pets"])
    assert not compare(db, "SELECT nothing FROM pets", ["SELECT 1"])


def test_a_folder_is_judged_by_category(db: Path) -> None:
    questions: list[dict[str, object]] = [
        {"question": "How many pets are there?", "gold_sql": "SELECT count(*) FROM pets", "category": "count"},
        {"question": "heaviest pet", "gold_sql": "SELECT 'Ida'", "category": "topk"},
        {"question": "Why is Rex sad?", "category": "none", "answerable": False},
    ]
    lines = [json.dumps({"id": "q", "db": "pets", "answerable": True, **each}) for each in questions]
    (db.parent / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    figures = summary(evaluate(db.parent))
    assert figures["all"] == {"asked": 3, "answered": 2, "coverage": 0.667, "precision": 0.5, "accuracy": 0.333}
    assert figures["count"]["precision"] == 1
    assert figures["none"]["answered"] == 0
