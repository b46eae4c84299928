"""The protocol's own programs, which run on Node: where they are installed, and how they are run."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

NODE = Path(__file__).resolve().parent / "node"
OLDEST_NODE = 20
INSTALL_SECONDS = 300
RUN_SECONDS = 120


def missing() -> str:
    """What is not there to run them; empty if nothing is."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "there is no node, or no npm"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    is_old = int(version.strip().lstrip("v").split(".")[0]) < OLDEST_NODE
    return f"node is older than {OLDEST_NODE}" if is_old else ""


def install(folder: Path) -> str:
    """Install them into the folder, unless they are there; why that failed, or nothing."""
    wanted, installed = (NODE / "package.json").read_text("utf-8"), folder / "installed.json"
    with FileLock(folder / "lock"):
        if installed.is_file() and installed.read_text("utf-8") == wanted:
            return ""
        (folder / "package.json").write_text(wanted, "utf-8")
        command = [
            shutil.which("npm") or "npm",
            "install",
            "--fetch-retries=1",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            "--ignore-scripts",
        ]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"npm install took more than {INSTALL_SECONDS} s"
        if done.returncode == 0:
            installed.write_text(wanted, "utf-8")
        return "" if done.returncode == 0 else f"npm install failed: {' '.join(done.stderr.split())[-300:]}"


def run(folder: Path, package: str, program: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a package's program, with ``home`` for what it wants to keep."""
    found = json.loads((folder / "node_modules" / package / "package.json").read_text("utf-8"))["bin"][program]
    command = ["node", "--import", (NODE / "node20.mjs").as_uri(), str(folder / "node_modules" / package / found)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "USERPROFILE": str(home)}
    return subprocess.run(
        [*command, *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
        stdin=subprocess.DEVNULL,
    )


def programs(folder: Path, *, is_required: bool) -> Path:
    """The folder they are installed in; skips the test, or fails it, where they cannot be."""
    require(missing() or install(folder), is_required=is_required)
    return folder


def require(trouble: str, *, is_required: bool) -> None:
    """Skip the test, or fail it, where there is trouble."""
    if trouble and is_required:
        pytest.fail(f"SATCHEL_REQUIRE_NODE=1, but {trouble}")
    if trouble:
        pytest.skip(trouble)
