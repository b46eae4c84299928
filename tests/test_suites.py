"""The suites' own command: what it runs, what it says, and that a seed repeats it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALL = "crash or processes or faults or fuzz"
TESTS = """
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

@pytest.mark.crash
def test_a_kill(draw, record_property):
    record_property("rounds", 1)
    record_property("rounds", 1)
    record_property("first draw", draw.randrange(10**9))

def test_a_disk():
    pass

@pytest.mark.parametrize("kind", ["one", "two"])
@settings(max_examples=5, database=None)
@given(number=st.integers())
def test_a_number(kind, number):
    pass

class Machine(RuleBasedStateMachine):
    @rule()
    def turn(self):
        pass

Machine.TestCase.settings = settings(max_examples=3, database=None)
test_a_machine = Machine.TestCase
"""
WRONG = """
def test_a_wrong_one(draw):
    assert draw.random() < 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a test or two of each kind."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.suites"]\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "faults").mkdir()
    (tmp_path / "faults" / "test_small.py").write_text(TESTS)
    (tmp_path / "test_other.py").write_text("def test_in_no_suite():\n    pass\n")
    return tmp_path


def ran(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code, and what was said."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "CI": "true"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_each_suite_is_run_with_the_seed_and_the_size_and_summed_up(folder: Path) -> None:
    code, said = ran(folder, "-m", ALL, "--seed", "7", "--size", "3")
    assert code == 0, said
    assert "suites: --seed 7 --size 3\n" in said
    assert "suites: crash 3, faults 1, fuzz 3\n" in said
    (drawn,) = re.findall(r"^crash: passed 3, failed 0, rounds 6, (first draw [\d,]+)$", said, re.M)
    assert "\nfaults: passed 1, failed 0\n" in said
    assert "\nfuzz: passed 3, failed 0, examples 39\n" in said
    assert "1 deselected" in said
    assert drawn not in ran(folder, "-m", "crash", "--seed", "8", "--size", "3")[1]


def test_a_failure_comes_with_the_command_that_repeats_it(folder: Path) -> None:
    (folder / "faults" / "test_wrong.py").write_text(WRONG)
    code, said = ran(folder, "-m", "faults", "--size", "2")
    assert code == 1
    assert "\nfaults: passed 1, failed 2\n" in said
    commands = re.findall(r"^repeat: python -m pytest '(\S+)' --seed (\d+) --size (\d)$", said, re.M)
    assert [name for name, _, _ in commands] == [f"faults/test_wrong.py::test_a_wrong_one[{at}]" for at in (1, 2)]
    name, seed, size = commands[0]
    code, again = ran(folder, name, "--seed", seed, "--size", size)
    (drawn,) = set(re.findall(r"assert (0\.\d+) < 0$", again, re.M))
    assert (code, drawn in said) == (1, True)


def test_a_size_is_a_whole_number_from_one_up(folder: Path) -> None:
    code, said = ran(folder, "--size", "0")
    assert (code, "is no whole number from 1 up" in said) == (4, True)
