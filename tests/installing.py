"""Environments outside the checkout that hold the built wheel, and what runs in them."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.test_house import ROOT

BIN = "Scripts" if os.name == "nt" else "bin"


def built_wheel(folder: Path, checkout: Path = ROOT) -> Path:
    """The wheel of a checkout, built by its own backend from the development environment."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def installed(wheel: Path, folder: Path) -> Path:
    """A new environment with the wheel in it, by pip. What it depends on is read from the current environment, whose
    own entry for the checkout is not: Python follows no ``.pth`` file that another one leads to."""
    venv.create(folder, symlinks=os.name != "nt")
    pip = [sys.executable, "-m", "pip", "--python", str(program(folder, "python"))]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        env=plain_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder


def program(environment: Path, name: str) -> Path:
    """A program of the environment."""
    return environment / BIN / (f"{name}.exe" if os.name == "nt" else name)


def plain_environment(home: Path, **given: str) -> dict[str, str]:
    """The variables of a user who has set nothing."""
    names = {"PATH": os.environ["PATH"], "HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(home)}
    return names | {"PYTHONIOENCODING": "utf-8"} | given
