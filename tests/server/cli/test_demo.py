"""The demo is the first thing a new user runs: it must work from anywhere and prove what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli.demo import client as demo_client

PNG = b"\x89PNG\r\n"


def demo(home: Path, **given: str) -> subprocess.CompletedProcess[bytes]:
    """What it says, run inside a folder whose modules have our packages' names, as a repository nobody has vetted may
    have; temporary files go to ``temporary``."""
    for name in ("server", "tools", "storage"):
        (home / name).mkdir()
        (home / name / "__init__.py").write_text("raise SystemExit('the working directory was imported')")
    (home / "temporary").mkdir()
    places = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home / "temporary")}
    command = [sys.executable, "-P", "-m", "server", "demo"]
    return subprocess.run(command, cwd=home, env=places | given, capture_output=True, timeout=120, check=False)


def test_the_demo_shows_everything_from_an_empty_home(tmp_path: Path) -> None:
    done = demo(tmp_path, PYTHONIOENCODING="utf-8")
    shown = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    for told in (
        "Prefers oat flat white",
        "superseded",
        "memory_restore",
        "and is cited as Handbook [handbook#",
        "escalate: no",
        "escalate: yes · high · 0.99 · explicit_request",
        'explicit_request: "talk to somebody"',
        'agent_failure: "no help at all"',
        "2025-12 | 69",
        "refused · shop",
        "kill -9",
        "as it should be",
    ):
        assert told in shown
    assert shown.count("✓") >= 23
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server", "storage", "temporary", "tools"]


def test_the_chart_stays_and_is_named_and_nothing_else_stays(tmp_path: Path) -> None:
    """On a pipe of Windows, whose encoding lacks half of the signs, too."""
    done = demo(tmp_path, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    (chart,) = (tmp_path / "temporary").iterdir()
    assert f"but for the chart: {chart}" in done.stdout.decode("cp1252")
    assert chart.read_bytes().startswith(PNG if chart.suffix == ".png" else b"{")


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe has another error there")
def test_a_reader_who_has_had_enough_is_told_of_no_fault(tmp_path: Path) -> None:
    """As with `satchel demo | head`."""
    command, pipe = [sys.executable, "-P", "-m", "server", "demo"], subprocess.PIPE
    places = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=tmp_path, env=places, stdout=pipe, stderr=pipe) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert not list(tmp_path.glob("satchel-demo-*"))


def test_a_line_is_folded_where_the_terminal_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    demo_client.echo("word " * 20)
    assert len(capsys.readouterr().out.splitlines()) == 1, "a pipe gets it whole"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    demo_client.echo("word " * 20)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= 60
