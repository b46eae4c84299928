"""`satchel init` as a process of its own: on a terminal, and with variables that lead elsewhere."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")

COMMAND = [sys.executable, "-P", "-m", "server", "init", "cursor"]
FOUND = [str(Path(__file__).resolve().parents[3]), sysconfig.get_path("purelib")]
"""Where this checkout and what it needs are."""
PATIENCE_SECONDS = 60


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}


class Terminal:
    """Somebody who sits at one: ``shown`` is what they have seen."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process = process
        self.end = end
        self.shown = ""

    def wait_for(self, text: str) -> None:
        while text not in self.shown:
            read = os.read(self.end, 4096).decode()
            assert read, self.shown
            self.shown += read

    def answer(self, text: str) -> int:
        """Type it; the exit code."""
        os.write(self.end, f"{text}\n".encode())
        return self.process.wait(PATIENCE_SECONDS)

    def rest(self) -> str:
        """What was shown last; reading ends with an error where the other end is gone."""
        try:
            while read := os.read(self.end, 4096).decode():
                self.shown += read
        except OSError:
            pass
        return self.shown


@contextmanager
def terminal(home: Path) -> Iterator[Terminal]:
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(COMMAND, cwd=home, env=environment(home), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text("{}\n")
    return file


def test_on_a_terminal_it_asks_and_writes_after_a_yes(file: Path, tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.wait_for("Write that?")
        assert file.read_text() == "{}\n"
        assert person.answer("y") == 0
        assert "ask what it knows of you" in person.rest()
    assert "satchel" in json.loads(file.read_text())["mcpServers"]


def test_after_a_no_nothing_is_written(file: Path, tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.wait_for("Write that?")
        assert person.answer("n") == 1
    assert [path.name for path in file.parent.iterdir()] == ["mcp.json"]
    assert file.read_text() == "{}\n"


def test_a_file_that_changes_while_it_asks_is_not_written_over(file: Path, tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.wait_for("Write that?")
        file.write_text('{"mine": 1}\n')
        assert person.answer("y") == 1
        assert "was changed meanwhile" in person.rest()
    assert file.read_text() == '{"mine": 1}\n'


def test_a_file_that_appears_while_it_asks_is_not_written_over(file: Path, tmp_path: Path) -> None:
    file.unlink()
    with terminal(tmp_path) as person:
        person.wait_for("Write that?")
        file.write_text('{"mine": 1}\n')
        assert person.answer("y") == 1
    assert file.read_text() == '{"mine": 1}\n'


def test_a_terminal_that_knows_few_letters_ends_nothing(file: Path, tmp_path: Path) -> None:
    file.write_text('{"é": "ü"}\n', "utf-8")
    variables = environment(tmp_path) | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, "--yes"], cwd=tmp_path, env=variables, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "satchel" in json.loads(file.read_text("utf-8"))["mcpServers"]


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """An interpreter with no `satchel` beside it, in a cache, as `uvx` makes one."""
    venv.create(tmp_path / ".cache" / "venv")
    return tmp_path / ".cache" / "venv" / "bin" / "python"


def test_a_checkout_that_only_this_shell_finds_is_not_put_into_an_entry(file: Path, bare_python: Path) -> None:
    variables = environment(file.parents[1]) | {"PYTHONPATH": os.pathsep.join(FOUND)}
    command = [str(bare_python), *COMMAND[1:], "--yes"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Install it first" in done.stderr
    assert file.read_text() == "{}\n"


def test_an_installation_without_the_command_is_started_by_its_python(file: Path, bare_python: Path) -> None:
    (packages,) = bare_python.parents[1].glob("lib/python*/site-packages")
    (packages / "satchel.pth").write_text("\n".join(FOUND))
    command = [str(bare_python), *COMMAND[1:], "--yes"]
    done = subprocess.run(command, env=environment(file.parents[1]), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is in a cache" in done.stderr
    entry = json.loads(file.read_text())["mcpServers"]["satchel"]
    assert [entry["command"], *entry["args"]] == [str(bare_python), "-P", "-m", "server", "serve"]
