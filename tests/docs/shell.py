"""Runs the shell blocks of a page as one session, as a reader would: in a home and a folder of their own.

What a test must not wait for, or cannot be asked, is met half-way: `satchel serve` and `--follow` are ended once they
answer (staying.py), and questions are answered on a terminal by what the page says is typed.
"""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.docs.house import environment
from tests.docs.pages import Block
from tests.test_house import ROOT

PATIENCE_SECONDS = 400.0
PRELUDE = "set -euo pipefail\ntrap 'echo \"failed in $where\" >&2' ERR\n"
STAYS = """#!/bin/sh
case " $* " in
" serve "*|*" --follow "*|*" --watch "*) exec "{python}" "{staying}" "{satchel}" "$@" ;;
esac
exec "{satchel}" "$@"
"""


def run(blocks: Sequence[Block], home: Path) -> subprocess.CompletedProcess[str]:
    """Run them one after the other in one shell; the whole ends with the first command that fails."""
    folder = home / "work"
    folder.mkdir()
    _put_satchel(home / "bin")
    script = folder.parent / "session.sh"
    parts = [f"where={block}\n{block.text}" for block in blocks]
    script.write_text(PRELUDE + "\n".join(parts), encoding="utf-8")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, "".join(f"{each}\n" for block in blocks for each in block.typed).encode())
        return subprocess.run(
            [shutil.which("bash") or "bash", str(script)],
            cwd=folder, env=environment(home) | {"PYTHONPATH": str(ROOT)}, stdin=theirs, capture_output=True,
            text=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)


def _put_satchel(folder: Path) -> None:
    """A `satchel` that is this environment's, except that it does not stay."""
    folder.mkdir()
    names = {
        "python": sys.executable,
        "staying": Path(__file__).with_name("staying.py"),
        "satchel": Path(sys.executable).with_name("satchel"),
    }
    program = folder / "satchel"
    program.write_text(STAYS.format_map(names), encoding="utf-8")
    program.chmod(0o755)
