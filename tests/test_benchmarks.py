"""The benchmarks run and tell what they promise; how fast is for them to say, not for a test."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.conversations import SITTINGS, TURNS, conversations

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
