"""The benchmarks run and tell what they promise; how fast is for them to say, not for a test."""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from benchmarks.__main__ import main, page_to_write
from benchmarks.context.exchanges import Exchange
from benchmarks.context.facts import told, untold
from benchmarks.options import Options
from benchmarks.page import PAGE, page
from benchmarks.recall.conversations import SITTINGS, TURNS, conversations
from benchmarks.recall.passages import OWN
from benchmarks.record import Machine, Measured, Run, read, write
from benchmarks.report import Figure, Gap
from benchmarks.sql import shop
from benchmarks.subjects import SUBJECTS
from benchmarks.targets import ROWS

ROOT = Path(__file__).resolve().parents[1]


def test_the_conversation_set_is_the_same_each_time_and_its_evidence_exists() -> None:
    first, second = list(conversations()), list(conversations())
    assert first == second
    for chat in first:
        assert len(chat.turns) == SITTINGS * TURNS
        known = {turn["id"] for turn in chat.turns}
        assert all(question["evidence"] and known.issuperset(question["evidence"]) for question in chat.questions)


def test_quality_is_measured_through_the_tools() -> None:
    all_at_10 = quick("quality")["all, recall@10, static"]
    assert all_at_10["value"] > all_at_10["baseline"] > 0


def test_the_questions_about_our_own_pages_have_their_answers_there() -> None:
    lines = [json.loads(line) for line in OWN.read_text(encoding="utf-8").splitlines()]
    pages = {line["id"]: (ROOT / line["file"]).read_text(encoding="utf-8") for line in lines if "file" in line}
    for line in lines:
        if "question" in line:
            assert " ".join(line["contains"].lower().split()) in " ".join(pages[line["document"]].lower().split())


def test_passages_are_found_through_the_tools() -> None:
    assert [figure["value"] > 0 for figure in quick("passages").values()] == [True] * 4


def test_escalation_is_scored_on_our_own_turns() -> None:
    figures = quick("escalation")
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
    figures = measured(tmp_path, "escalation", "--file", str(file))
    assert figures["a person is needed, recall"]["value"] == 100
    assert figures["category request (1), named so where found"]["value"] == 100
    assert not any("asked for" in what for what in figures)


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
    shop.make(tmp_path, orders=100)
    for name, lines in (("questions.jsonl", questions), ("statements.jsonl", statements)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = ["--sql-questions", str(tmp_path), "--statements", str(tmp_path / "statements.jsonl"), "--misses"]
    figures = measured(tmp_path, "sql", *options)
    for what, value in {
        f"{tmp_path.name}: accuracy of 1 questions": 100,
        f"{tmp_path.name}: answers to 1 questions that have none": 0,
        "attacks past gate and engine (run: sqlite)": 0,
        "honest statements approved (1) that did not run": 0,
    }.items():
        assert figures[what]["value"] == value
    assert figures["a built-in answer, p95"]["value"] > figures["a built-in answer, p95"]["baseline"] > 0


def test_our_texts_are_shorter_than_what_many_servers_send() -> None:
    """And the tool list is no more than its families."""
    counts = {
        (figure["what"], figure["unit"]): figure["value"] for figure in figures_of(json.loads(quick_run("context")))
    }
    unit = "characters / 4"
    exchanges = {what.partition(", written as ")[0] for what, _ in counts if what.endswith(", written as our text")}
    assert len(exchanges) == 10
    for name in exchanges:
        assert counts[f"{name}, written as our text", unit] < counts[f"{name}, written as pretty JSON", unit]
    families = sum(value for (what, each), value in counts.items() if what.endswith(" alone") and each == unit)
    assert families == pytest.approx(counts["tools/list as models read it", unit], abs=2)


def test_a_fact_is_told_by_its_day_and_two_decimals() -> None:
    record = {"memories": [{"id": "m1", "score": 0.823, "at": "2026-11-22T10:00:00Z", "tags": [], "key": "stdio"}]}
    exchange = Exchange("memory_retrieve", "[m1] 2026-11-22 0.82  Anna lives in Graz", record | {"count": 1})
    assert untold(exchange) == ["memories.key", "count"]
    assert told(exchange) == {"memories": [{"id": "m1", "score": 0.823, "at": "2026-11-22"}]}


@pytest.mark.slow
@pytest.mark.parametrize("subject", dict.fromkeys(row.subject for row in ROWS))
def test_a_quick_run_has_the_figures_of_every_target(subject: str) -> None:
    """By their names, whatever the sizes in them; what is not here, such as a model, is named too."""
    written = json.loads(quick_run(subject))["subjects"][subject]
    names = {sizeless(each["what"]) for each in (*written["figures"], *written["gaps"])}
    for row in ROWS:
        if row.subject == subject:
            assert names.issuperset(map(sizeless, row.figures)), row.what


def sizeless(what: str) -> str:
    return re.sub(r"[\d,.]*\d", "N", what)


def test_the_page_tells_targets_reached_and_missed() -> None:
    shown = page(reached())
    for row in ROWS:
        assert f"| **{row.what}**: {row.must} | " in shown
        assert f"| `{row.command}` |" in shown
    assert "2 cores and 4 GiB of memory" in " ".join(shown.split())
    line = next(line for line in shown.splitlines() if line.startswith("| **`tools/list`**"))
    assert "| tools/list as models read it | 3 ms | 2 a plain one | 1.50 | ≤ 2 | missed |" in line
    assert "0 of the" in shown


def test_the_page_names_what_is_missing_and_why() -> None:
    run = reached()
    store, *others = run.subjects["speed"].outcomes
    run.subjects["speed"] = Measured([Gap("store", store.what, "needs a model"), *others], 1.0)
    run.subjects["load"] = Measured([Gap("load", "", "failed: RuntimeError")], 1.0)
    del run.subjects["search"]
    shown = page(run)
    assert f"| {store.what} | needs a model |" in shown
    assert "| 32 clients of the SDK, modern era, p99 | failed: RuntimeError |" in shown
    assert "| rag_search, 1,000,000 chunks, recall@10 | not measured in this run |" in shown


def test_a_target_without_its_figures_is_an_error() -> None:
    run = reached()
    run.subjects["ingest"] = Measured([Figure("ingest", "something else", 1, "ms")])
    with pytest.raises(LookupError, match="ingest, transformer"):
        page(run)


def test_a_run_comes_back_from_its_json(tmp_path: Path) -> None:
    run = reached()
    run.subjects["load"].outcomes.append(Gap("load", "", "failed: RuntimeError"))
    write(run, tmp_path / "run.json")
    assert read(tmp_path / "run.json") == run


def reached() -> Run:
    """Made-up figures for every target."""
    machine = Machine(cores=2, memory_gb=4.0, system="Linux x86_64", python="CPython 3.11.0")
    run = Run(machine, "2026-11-22", "0.1.0", "2.3.0")
    for row in ROWS:
        figures = [Figure(row.subject, name, 3, "ms", "a plain one", 2, limit=2) for name in row.figures]
        run.subjects.setdefault(row.subject, Measured()).outcomes.extend(figures)
    return run


def test_only_full_measurements_of_everything_replace_the_page() -> None:
    quick_options = replace(Options(), quick=True)
    assert page_to_write((), Options(), None) == PAGE
    assert page_to_write((), quick_options, None) is None
    assert page_to_write(("startup",), Options(), None) is None
    with pytest.raises(click.UsageError, match="full"):
        page_to_write((), quick_options, PAGE)


def test_the_page_in_the_repository_has_every_target_and_commands_that_there_are() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| \*\*(.+?)\*\*: ", shown, re.MULTILINE) == [row.what for row in ROWS]
    commands = re.findall(r"`python -m benchmarks ?(.*?)`", shown)
    assert set(commands) >= {row.command.removeprefix("python -m benchmarks ") for row in ROWS}
    for command in commands:
        names = main.make_context("benchmarks", command.split()).params["names"]
        assert SUBJECTS.keys() >= set(names)


def test_what_fails_does_not_take_the_rest_with_it(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{")
    (tmp_path / "turns.jsonl").write_text(json.dumps({"text": "I want to talk to a person", "label": True}))
    files = ["--questions", str(tmp_path / "broken.jsonl"), "--file", str(tmp_path / "turns.jsonl")]
    done, written = benchmarks(tmp_path, "passages", "escalation", *files)
    assert done.returncode == 1
    run = json.loads(written)
    assert run["subjects"]["passages"]["gaps"] == [
        {"subject": "passages", "what": "", "why": "failed: JSONDecodeError"}
    ]
    assert run["subjects"]["escalation"]["figures"]


def measured(folder: Path, *arguments: str) -> dict[str, Any]:
    """The figures of a quick run by name."""
    done, written = benchmarks(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return {figure["what"]: figure for figure in figures_of(json.loads(written))}


def quick(subject: str) -> dict[str, Any]:
    """The figures of a subject's quick run by name."""
    return {figure["what"]: figure for figure in figures_of(json.loads(quick_run(subject)))}


@cache
def quick_run(subject: str) -> str:
    """The JSON of a subject's quick run, made once."""
    with tempfile.TemporaryDirectory() as folder:
        done, written = benchmarks(Path(folder), subject)
    assert done.returncode == 0, done.stderr
    return written


def benchmarks(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the command quickly; how it ended, and the JSON that it wrote."""
    command = [sys.executable, "-m", "benchmarks", *arguments, "--quick", "--json", str(folder / "run.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    return done, (folder / "run.json").read_text(encoding="utf-8")


def figures_of(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [figure for measured in run["subjects"].values() for figure in measured["figures"]]
