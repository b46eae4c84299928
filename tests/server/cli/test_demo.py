"""The demo is the first thing a new user runs: it must work from anywhere and prove what it says."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_demo_shows_everything_from_an_empty_home(tmp_path: Path) -> None:
    """Run inside a folder whose modules have our packages' names, as a repository nobody has vetted may have."""
    for name in ("server", "tools", "storage"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the working directory was imported')")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-P", "-m", "server", "demo"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for told in (
        "Prefers oat flat white",
        "superseded",
        "memory_restore",
        "escalate: no",
        "escalate: yes · medium · 0.95 · explicit_request",
        "talk to somebody",
        "2025-12 | 69",
        "refused · shop",
        "kill -9",
        "as it should be",
        '"mcpServers"',
    ):
        assert told in done.stdout
    assert done.stdout.count("✓") >= 22
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server", "storage", "tools"]
