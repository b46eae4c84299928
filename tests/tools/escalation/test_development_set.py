"""The judgement on labelled turns of our own: how many requests it finds, and how often it alarms for nothing."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tools.escalation.checking import RULES, judged
from tools.escalation.models import CheckArguments, Checked
from tools.escalation.policy import EscalationPolicy

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data"
FIRST, MORE = "escalation.jsonl", "escalation_more.jsonl"
PLAIN = 0.7
TWINS = ("negated", "quoted", "third_party")
POLICY = EscalationPolicy()
DIGEST = """
import hashlib, sys
from tests.tools.escalation.test_development_set import FIRST, MORE, fresh
print(hashlib.sha256("".join(text for name in (FIRST, MORE) for text in fresh(name)).encode()).hexdigest())
"""


@cache
def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def check(row: dict[str, Any]) -> Checked:
    asked = {"message": row["message"], "message_history": row.get("history", []), "metadata": row.get("metadata", {})}
    return judged(POLICY, CheckArguments.model_validate(asked))


@cache
def checked(name: str) -> list[tuple[dict[str, Any], Checked]]:
    return [(row, check(row)) for row in rows(name)]


def fresh(name: str) -> list[str]:
    """Every result as text."""
    return [check(row).model_dump_json() for row in rows(name)]


def asks(result: Checked) -> bool:
    """Whether it was taken for a plain request for a person."""
    return any(signal.name == "explicit_request" and signal.weight >= PLAIN for signal in result.signals)


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [f"{row['id']}: {row['message'][:80]}" for row in found]


@pytest.mark.parametrize(("name", "least"), [(FIRST, 1_000), (MORE, 4_000)])
def test_the_set_is_large_and_every_id_stands_once(name: str, least: int) -> None:
    assert len({row["id"] for row in rows(name)}) == len(rows(name)) >= least


@pytest.mark.parametrize(("name", "least"), [(FIRST, 0.95), (MORE, 0.93)])
def test_requests_are_found(name: str, least: float) -> None:
    missed = [row for row, result in checked(name) if row["expect"]["explicit_request"] and not asks(result)]
    invented = [row for row, result in checked(name) if asks(result) and not row["expect"]["explicit_request"]]
    found = sum(asks(result) for _, result in checked(name)) - len(invented)
    assert 2 * found / (2 * found + len(missed) + len(invented)) >= least, ids(missed + invented)


@pytest.mark.parametrize("name", [FIRST, MORE])
def test_no_request_is_taken_from_one_denied_quoted_or_told_of_others(name: str) -> None:
    twins = [(row, result) for row, result in checked(name) if row["kind"].startswith(TWINS)]
    assert len(twins) > 100
    assert ids([row for row, result in twins if asks(result)]) == []


@pytest.mark.parametrize("name", [FIRST, MORE])
@pytest.mark.parametrize("kind", ["ordinary", ""])
def test_false_alarms_are_rare(name: str, kind: str) -> None:
    """Fewer than 5 in 1,000: of ordinary turns, and of all that need nobody."""
    calm = [
        (row, result) for row, result in checked(name) if row["kind"].startswith(kind) and not row["expect"]["escalate"]
    ]
    alarms = [row for row, result in calm if result.should_escalate]
    assert len(calm) > 400
    assert len(alarms) * 1_000 < len(calm) * 5, ids(alarms)


@pytest.mark.parametrize("name", [FIRST, MORE])
def test_a_request_escalates_whatever_the_threshold(name: str) -> None:
    found = [(row, result) for row, result in checked(name) if asks(result)]
    assert ids([row for row, result in found if not result.should_escalate]) == []


@pytest.mark.parametrize("name", [FIRST, MORE])
def test_every_signal_shows_words_of_the_message_it_names(name: str) -> None:
    for row, result in checked(name):
        said = [*(turn["content"] for turn in row.get("history", [])), row["message"]]
        for signal in result.signals:
            if signal.name in ("vip_customer", "vulnerable_customer", "customer_risk") and row.get("metadata"):
                continue
            assert signal.evidence.removesuffix("…") in " ".join(said[signal.message_index].split()), row["id"]
        assert result.version == RULES


@pytest.mark.parametrize("name", [FIRST, MORE])
def test_the_same_turn_is_judged_the_same_again(name: str) -> None:
    assert fresh(name) == [result.model_dump_json() for _, result in checked(name)]


def test_another_process_judges_every_turn_the_same() -> None:
    """Nothing hangs on the order of a set, which the hash seed decides, nor on what was read before."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
