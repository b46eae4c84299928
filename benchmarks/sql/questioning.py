"""Is text2sql right, safe and quick? Questions with known answers, statements of both kinds, a server's times."""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.report import Figure, Gap, Outcome
from benchmarks.sql import safety, speed
from benchmarks.sql.accuracy import Judged, compare, evaluate, summary

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "text2sql"
NEEDS_QUESTIONS = "needs ../shared/data/text2sql, or a folder named by --sql-questions"
TRIVIAL = "% the table that is named"
"""The baseline: all rows of the first table whose name is in the question."""


def run(
    quick: bool,
    folders: Sequence[Path] = (),
    statements: Sequence[Path] = (),
    fixture: Path | None = None,
    misses: bool = False,
) -> Iterator[Outcome]:
    """All figures of the subject. ``folders`` hold questions, ``statements`` are files of them, run on ``fixture``."""
    asked = folders or [SHARED] * SHARED.is_dir()
    if not asked:
        yield Gap("sql", "coverage, precision and accuracy of questions", NEEDS_QUESTIONS)
    for folder in asked:
        yield from _accuracy(folder, misses)
    yield from safety.run(quick, statements, fixture, misses)
    yield from speed.run(quick)


def _accuracy(folder: Path, misses: bool) -> Iterator[Figure]:
    judged = evaluate(folder)
    if misses:
        _print_misses(folder, judged)
    can = [each for each in judged if each.question["answerable"]]
    cannot = [each for each in judged if not each.question["answerable"]]
    trivial = [_named_table(folder, each) for each in judged]
    trivial_can = [each for each in trivial if each.question["answerable"]]
    what = f"{folder.name}: {{}} of {len(can):,} questions"
    for name, ours, plain in (
        ("coverage", _answered(can), _answered(trivial_can)),
        ("precision", _precision(judged), _precision(trivial)),
        ("accuracy", _accurate(can), _accurate(trivial_can)),
    ):
        limit = 90 if name == "precision" else None
        yield Figure("sql", what.format(name), ours, "%", TRIVIAL, plain, limit, at_least=True)
    if cannot:
        plain = _answered([each for each in trivial if not each.question["answerable"]])
        what = f"{folder.name}: answers to {len(cannot):,} questions that have none"
        yield Figure("sql", what, _answered(cannot), "%", TRIVIAL, plain, 0)


def _named_table(folder: Path, judged: Judged) -> Judged:
    """The question as the baseline answers it."""
    question = judged.question
    db = folder / f"{question['db']}.sqlite"
    words = re.sub(r"\W+", " ", question["question"].lower())
    places = [(words.find(name.lower().replace("_", " ").removesuffix("s")), name) for name in _tables(db)]
    named = min(((place, name) for place, name in places if place >= 0), default=None)
    if named is None:
        return Judged(question, "", False)
    sql = f'SELECT * FROM "{named[1]}"'
    golds = [question["gold_sql"], *question.get("gold_alternatives", ())] if question["answerable"] else []
    return Judged(question, sql, compare(db, sql, golds))


def _tables(db: Path) -> list[str]:
    with closing(sqlite3.connect(f"{db.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall()
    return [name for (name,) in found]


def _answered(judged: Sequence[Judged]) -> float:
    return _percent(sum(each.is_answered for each in judged), len(judged))


def _accurate(judged: Sequence[Judged]) -> float:
    return _percent(sum(each.is_right for each in judged), len(judged))


def _precision(judged: Sequence[Judged]) -> float:
    """Of the answers, also of those to questions that have none."""
    answers = [each for each in judged if each.is_answered]
    return _percent(sum(each.is_right for each in answers), len(answers))


def _percent(part: int, whole: int) -> float:
    """Of nothing, all."""
    return 100 * part / whole if whole else 100.0


def _print_misses(folder: Path, judged: Sequence[Judged]) -> None:
    """Each category, then what was answered wrongly, then what was not answered."""
    print(f"{folder.name}: category, asked, coverage, precision, accuracy")
    for category, figures in summary(judged).items():
        shares = (f"{figures[name]:.0%}" for name in ("coverage", "precision", "accuracy"))
        print(f"  {category}, {figures['asked']:.0f}, {', '.join(shares)}")
    for each in judged:
        if each.is_answered and not each.is_right:
            print(f"wrong [{each.question['db']}] {_in_a_line(each)}: {each.sql}")
    for each in judged:
        if not each.is_answered and each.question["answerable"]:
            print(f"no answer [{each.question['db']}] {_in_a_line(each)}")


def _in_a_line(judged: Judged) -> str:
    return " ".join(json.dumps(judged.question["question"], ensure_ascii=False).split())
