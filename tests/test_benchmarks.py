"""The benchmarks run and tell what they promise; how fast is for them to say, not for a test."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import sql_shop
from benchmarks.conversations import SITTINGS, TURNS, conversations
from benchmarks.passages import OWN

ROOT = Path(__file__).resolve().parents[1]


def test_the_conversation_set_is_the_same_each_time_and_its_evidence_exists() -> None:
    first, second = list(conversations()), list(conversations())
    assert first == second
    for chat in first:
        assert len(chat.turns) == SITTINGS * TURNS
        known = {turn["id"] for turn in chat.turns}
        assert all(question["evidence"] and known.issuperset(question["evidence"]) for question in chat.questions)


def test_quality_is_measured_through_the_tools(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "quality", "--quick", "--json", str(tmp_path / "figures.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    figures = {figure["what"]: figure for figure in json.loads((tmp_path / "figures.json").read_text())}
    all_at_10 = figures["all, recall@10, static"]
    assert all_at_10["value"] > all_at_10["baseline"] > 0


def test_the_questions_about_our_own_pages_have_their_answers_there() -> None:
    lines = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    pages = {line["id"]: (ROOT / line["file"]).read_text(encoding="utf-8") for line in lines if "file" in line}
    for line in lines:
        if "question" in line:
            assert " ".join(line["contains"].lower().split()) in " ".join(pages[line["document"]].lower().split())


def test_passages_are_found_through_the_tools(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "passages", "--quick", "--json", str(tmp_path / "figures.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [figure["value"] > 0 for figure in figures] == [True] * 4


def test_escalation_is_scored_on_our_own_turns(tmp_path: Path) -> None:
    figures = escalation(tmp_path)
    asked = figures["a person is asked for, F1"]
    assert asked["value"] > asked["baseline"] > 0
    assert any("hostile texts" in what for what in figures)


def test_escalation_is_scored_on_labelled_files_of_either_form(tmp_path: Path) -> None:
    file = tmp_path / "turns.jsonl"
    lines = [
        {"text": "I want to talk to a person", "label": True},
        {"text": "When does the pool open?", "label": False},
        {"message": "Get me your manager", "expect": {"escalate": True, "category": "request"}, "lang": "en"},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    figures = escalation(tmp_path, "--file", str(file))
    assert figures["a person is needed, recall"]["value"] == 100
    assert figures["category request (1), named so where found"]["value"] == 100
    assert not any("asked for" in what for what in figures)


def escalation(folder: Path, *options: str) -> dict[str, Any]:
    """The figures of a quick run by name."""
    command = [sys.executable, "-m", "benchmarks", "escalation", "--quick", "--json", str(folder / "figures.json")]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {figure["what"]: figure for figure in json.loads((folder / "figures.json").read_text())}


def test_sql_is_judged_by_questions_and_statements_of_others(tmp_path: Path) -> None:
    paid = "SELECT count(*) FROM orders WHERE status = 'paid'"
    asked = {"db": "shop", "category": "count"}
    questions = [
        asked | {"question": "How many orders are paid?", "answerable": True, "gold_sql": paid},
        asked | {"question": "Why do our margins sag?", "answerable": False},
    ]
    statements = [
        {"dialect": "sqlite", "must": "reject", "sql": "SELECT api_key FROM secrets"},
        {"dialect": "sqlite", "must": "accept", "sql": "SELECT name FROM customers UNION SELECT name FROM employees"},
    ]
    sql_shop.make(tmp_path, orders=100)
    for name, lines in (("questions.jsonl", questions), ("statements.jsonl", statements)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = ["--sql-questions", str(tmp_path), "--statements", str(tmp_path / "statements.jsonl"), "--misses"]
    command = [sys.executable, "-m", "benchmarks", "sql", "--quick", "--json", str(tmp_path / "figures.json"), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    figures = {figure["what"]: figure for figure in json.loads((tmp_path / "figures.json").read_text())}
    for what, value in {
        f"{tmp_path.name}: accuracy of 1 questions": 100,
        f"{tmp_path.name}: answers to 1 questions that have none": 0,
        "attacks past gate and engine (run: sqlite)": 0,
        "honest statements approved (1) that did not run": 0,
    }.items():
        assert figures[what]["value"] == value
    assert figures["a built-in answer, p95"]["value"] > figures["a built-in answer, p95"]["baseline"] > 0
