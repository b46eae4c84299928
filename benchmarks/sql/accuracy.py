"""Are answers in SQL right? Questions with known answers are put to the built-in generator and rows are compared."""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from storage.sources.engines.sqlite import open_engine
from storage.sources.source import Source
from tools.text2sql.catalog import Catalog, catalog_of
from tools.text2sql.generator.drafting import Draft, draft

TODAY = date(2026, 7, 1)
MOST_VALUES = 2_000
STEPS = 2_000_000
"""A query of a question set that needs more virtual machine steps than this many times a thousand is given up."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One question, the SQL it got (empty: none), and whether that was right."""

    question: dict[str, Any]
    sql: str
    is_right: bool

    @property
    def is_answered(self) -> bool:
        return bool(self.sql)


def compare(db: Path, sql: str, golds: Iterable[str]) -> bool:
    """Whether the rows of ``sql`` are those of one of the golds: in any order of columns, in the order of rows only
    where the gold has an outer ORDER BY, numbers to six digits."""
    con = sqlite3.connect(f"{db.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = _rows(con, sql)
        return any(_same(rows, _rows(con, gold), _is_ordered(gold)) for gold in golds)
    except sqlite3.Error:
        return False
    finally:
        con.close()


def evaluate(folder: Path) -> list[Judged]:
    """Every question of ``questions.jsonl`` put to the generator. One that has no answer is right if it got none."""
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines if line]
    files = {question["db"]: folder / f"{question['db']}.sqlite" for question in questions}
    catalogs = {name: described(file) for name, file in files.items()}
    return [_judged(question, files[question["db"]], catalogs[question["db"]]) for question in questions]


def described(db: Path) -> Catalog:
    """What is known of a database, read as a server would."""
    engine = open_engine(Source(name=db.stem, engine="sqlite", location=str(db)))
    schema = engine.describe()
    values = {
        (table.key, column): found
        for table in schema.tables
        for column, found in engine.values(table.key, [each.name for each in table.columns], MOST_VALUES, 5).items()
    }
    engine.close()
    return catalog_of(schema, values)


def _judged(question: dict[str, Any], db: Path, catalog: Catalog) -> Judged:
    answer = draft(question["question"], catalog, TODAY)
    if not isinstance(answer, Draft):
        return Judged(question, "", False)
    golds = [question["gold_sql"], *question.get("gold_alternatives", ())] if question["answerable"] else []
    return Judged(question, answer.sql, compare(db, answer.sql, golds))


def summary(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Per category and for all: how many were asked and answered, coverage, precision and accuracy."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for each in judged:
        groups[each.question["category"]].append(each)
        groups["all"].append(each)
        if each.question["answerable"]:
            groups["answerable"].append(each)
    return {name: _figures(group) for name, group in sorted(groups.items())}


def _figures(group: Sequence[Judged]) -> dict[str, float]:
    answered, right = sum(each.is_answered for each in group), sum(each.is_right for each in group)
    return {
        "asked": len(group),
        "answered": answered,
        "coverage": round(answered / len(group), 3),
        "precision": round(right / answered, 3) if answered else 1.0,
        "accuracy": round(right / len(group), 3),
    }


def _rows(con: sqlite3.Connection, sql: str) -> Rows:
    left = STEPS

    def tick() -> bool:
        nonlocal left
        left -= 1000
        return left < 0

    con.set_progress_handler(tick, 100_000)
    return con.execute(sql).fetchall()


def _is_ordered(sql: str) -> bool:
    """Whether the outermost query has an ORDER BY: one outside all parentheses."""
    flat, before = sql, ""
    while flat != before:
        flat, before = re.sub(r"\([^()]*\)", "", flat), flat
    return "ORDER BY" in flat.upper()


def _same(ours: Rows, golds: Rows, is_ordered: bool) -> bool:
    if len(ours) != len(golds):
        return False
    if not golds:
        return True
    if len(ours[0]) != len(golds[0]):
        return False
    return _fit(
        [_column(ours, place) for place in range(len(ours[0]))],
        [_column(golds, place) for place in range(len(golds[0]))],
        is_ordered,
    )


def _column(rows: Rows, place: int) -> list[str]:
    return [_cell(row[place]) for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f"{value:.6g}" if abs(value) < 1 else f"{round(value, 4):.10g}"
    return str(value)


def _fit(ours: list[list[str]], golds: list[list[str]], is_ordered: bool) -> bool:
    """Whether some order of our columns gives the gold's rows."""

    def rows_of(columns: list[list[str]]) -> Any:
        rows = list(zip(*columns, strict=True))
        return rows if is_ordered else Counter(rows)

    wanted = rows_of(golds)

    def search(chosen: list[list[str]], left: list[list[str]]) -> bool:
        if not left:
            return bool(rows_of(chosen) == wanted)
        target = golds[len(chosen)]
        for place, column in enumerate(left):
            alike = column == target if is_ordered else Counter(column) == Counter(target)
            if alike and search([*chosen, column], left[:place] + left[place + 1 :]):
                return True
        return False

    return search([], ours)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--misses", is_flag=True, help="Print wrong answers, and questions that got none.")
def main(folders: tuple[Path, ...], misses: bool) -> None:
    """Coverage, precision and accuracy of the built-in generator on folders of questions and SQLite files."""
    for folder in folders:
        judged = evaluate(folder)
        for name, figures in summary(judged).items():
            click.echo(f"{name:24} " + "  ".join(f"{key} {value:g}" for key, value in figures.items()))
        for each in judged if misses else ():
            if not each.is_right and each.question["answerable"]:
                click.echo(f"{each.question['id']}: {each.question['question']}\n    {each.sql or 'no answer'}")
            elif each.is_answered and not each.question["answerable"]:
                click.echo(f"{each.question['id']} has no answer: {each.question['question']}\n    {each.sql}")


if __name__ == "__main__":
    main()
