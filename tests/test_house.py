"""The house: what no file may hold, and that the README says what the code says.

The README marks what is read here and by ``.ci/run`` with a comment on the line before: ``<!-- install -->``
and ``<!-- tests -->`` a fenced block of commands, ``<!-- tools -->`` and ``<!-- settings -->`` a table.
"""

import importlib
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("server", "storage", "tools")
TABLE = "storage/embedding/minilm_static_256"

MACHINE_PATH = re.compile(
    r"(?<![\w.~-])/(?:tmp|root|work|home/\w+|Users/\w+)/(?!hostile|x\b|demo)|\b[A-Z]:\\+Users\\+\w", re.ASCII
)
REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|crates|goproxy|rubygems)\.(?:org|io|com|python\.org)\b"
    r"|--(?:extra-)?index-url\s*[= ]\s*\S*:|--find-links\s*[= ]\s*\S*[:/]|--trusted-host\s*[= ]\s*\w+\."
)


def git_files(*under: str) -> list[str]:
    """What git tracks or would: committed, staged and new files, without the ignored ones."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *under]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(name for name in set(listed) if name and (ROOT / name).is_file())


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        metadata: dict[str, Any] = tomllib.load(file)["project"]
    return metadata


def marked(mark: str) -> list[str]:
    """The README's lines from the one after ``<!-- mark -->`` to the end of that block or table."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert readme.count(f"<!-- {mark} -->") == 1, f"README.md needs one line <!-- {mark} -->"
    rest = readme[readme.index(f"<!-- {mark} -->") + 1 :]
    is_last = (lambda line: line == "```") if rest[0].startswith("```") else (lambda line: not line.startswith("|"))
    end = next((at for at, line in enumerate(rest) if is_last(line)), len(rest))
    return rest[:end]


def commands(mark: str) -> list[str]:
    """The commands of a marked fenced block."""
    opening, *lines = marked(mark)
    assert opening.startswith("```"), f"<!-- {mark} --> must stand right above a fenced block"
    return [line for line in lines if line and not line.startswith("#")]


def rows(mark: str) -> list[list[str]]:
    """The cells of a marked table, row by row, without its heading."""
    lines = marked(mark)[2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_command_is_declared_and_importable() -> None:
    module, _, function = project()["scripts"]["satchel"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_every_test_folder_is_a_package() -> None:
    """Without, ``tests/server`` would hide ``server``."""
    folders = {Path(name).parent for name in git_files("tests") if name.endswith(".py")}
    assert [folder for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()] == []


def texts() -> Iterator[tuple[str, str]]:
    """Yield each text file of the repository with its name; the model's table and vocabulary are data."""
    for name in git_files():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and name != f"{TABLE}/tokenizer.json":
            yield name, content.decode("utf-8")


@pytest.mark.parametrize("unwanted", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_names_a_machine_or_a_registry(unwanted: re.Pattern[str]) -> None:
    """They would be wrong everywhere else: the package manager's own settings say where packages come from."""
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if unwanted.search(line)
    ]
    assert found == []


def test_the_locked_environment_pins_every_dependency() -> None:
    """And nothing but pins: no links, no options, nothing that only one tool understands."""
    lines = [line for line in (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8").splitlines() if line]
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[\w.!+]+( ; .+)?", pin)] == []
    locked = {pin.partition("==")[0] for pin in pins}
    groups = [project()["dependencies"], *project()["optional-dependencies"].values()]
    wanted = {re.split(r"[^\w.-]", each)[0] for group in groups for each in group}
    assert wanted - locked - {project()["name"]} == set()  # the extras, together, name the project itself


def test_the_client_entries_start_the_command() -> None:
    """``mcpServers`` is what most hosts read, ``servers`` what VS Code reads."""
    example = json.loads((ROOT / "mcp.json.example").read_text(encoding="utf-8"))
    for shape in ("mcpServers", "servers"):
        stdio, http = example[shape]["satchel"], example[shape]["satchel-http"]
        assert (stdio["command"], stdio["args"]) == ("satchel", ["serve"])
        assert (http["type"], http["url"]) == ("http", "http://127.0.0.1:8765/mcp")


def test_the_readme_shows_how_to_install_and_test() -> None:
    assert any(" install " in command for command in commands("install"))
    assert any("python -m pytest" in command for command in commands("tests"))


def test_the_readme_lists_every_tool() -> None:
    modules = [f"tools.{path.parent.name}.handlers" for path in sorted((ROOT / "tools").glob("*/handlers.py"))]
    names = [spec.name for module in modules for spec in importlib.import_module(module).TOOLS]
    assert sorted(row[0] for row in rows("tools")) == sorted(f"`{name}`" for name in names)


def settings_fields() -> dict[str, Any]:
    """Each setting as the README names it, with its pydantic field."""
    settings = importlib.import_module("server.config").Settings
    prefix = settings.model_config["env_prefix"].upper()
    return {f"`{prefix}{name.upper()}`": field for name, field in settings.model_fields.items()}


def test_the_readme_lists_every_setting_with_its_own_words() -> None:
    """Setting, default, meaning; the meaning is the docstring under the field."""
    meanings = {name: " ".join((field.description or "").split()) for name, field in settings_fields().items()}
    assert {row[0]: row[-1] for row in rows("settings")} == meanings


def plain_default(default: object) -> str | None:
    """The default as the README writes it; None for one that is told in words, as it depends on the platform."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if isinstance(default, int | float | str) and default != "" else None


def test_the_readme_gives_every_plain_default() -> None:
    defaults = {name: plain_default(field.default) for name, field in settings_fields().items()}
    shown = {row[0]: row[1] for row in rows("settings")}
    assert {name: shown.get(name) for name, default in defaults.items() if default} == {
        name: default for name, default in defaults.items() if default
    }
