"""Runs commands as a shell would, in this process, on a home of their own."""

import gc
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from click.testing import CliRunner, Result

from server.cli.commands import group
from storage.database import Connection, Database

T = TypeVar("T")


@dataclass(frozen=True)
class Satchel:
    """The command on one home: no network, the built-in table only."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def environment(self) -> dict[str, str]:
        return {"SATCHEL_HOME": str(self.home), "SATCHEL_OFFLINE": "1", "SATCHEL_EMBEDDING_MODEL": "static"}

    def __call__(self, *arguments: str | Path, given: str | bytes | None = None, **variables: str) -> Result:
        """Run it, whatever it ends with; only an exception nobody expects is raised."""
        words = [str(argument) for argument in arguments]
        done = CliRunner().invoke(group, words, input=given, env=self.environment | variables)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def ok(self, *arguments: str | Path, given: str | bytes | None = None, **variables: str) -> str:
        """What it prints on stdout; it must succeed."""
        done = self(*arguments, given=given, **variables)
        assert done.exit_code == 0, done.output
        return done.stdout

    def takes(self, *lines: dict[str, Any] | str) -> str:
        """Import these lines; what the command says."""
        text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
        return self.ok("import", "-", given=text)

    def exported(self, *more: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.ok("export", "-", *more).splitlines()]

    def in_store(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns in a transaction on the home's database."""

        async def run() -> T:
            db = await Database.open(self.data)
            try:
                return await db.write(work)
            finally:
                await db.close()

        return anyio.run(run)


@pytest.fixture
def satchel(tmp_path: Path) -> Satchel:
    return Satchel(tmp_path / "home")


@pytest.fixture
def another(tmp_path: Path) -> Callable[[str], Satchel]:
    """More homes, by name."""
    return lambda name: Satchel(tmp_path / name)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder of three documents and a program."""
    folder = tmp_path / "docs"
    (folder / "guide").mkdir(parents=True)
    (folder / "intro.md").write_text("# Welcome\n\nThe office opens at nine.\n", "utf-8")
    (folder / "guide" / "refunds.txt").write_text("Money comes back within a fortnight.", "utf-8")
    (folder / "guide" / "leave.md").write_text("# Leave\n\nHolidays are booked in March.\n", "utf-8")
    (folder / "tool.py").write_text("print()", "utf-8")
    return folder


@pytest.fixture(autouse=True)
def process_state() -> Iterator[None]:
    """A command sets up logging and the collector for the process it has to itself; here it has not."""
    root, own = logging.getLogger(), logging.getLogger("satchel")
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:], root.level, own.level = before
    gc.enable()
