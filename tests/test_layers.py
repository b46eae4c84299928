"""Imports point down: server → tools → storage. The start-up path stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {"storage": {"storage"}, "tools": {"tools", "storage"}, "server": {"server", "tools", "storage"}}

NEVER_IMPORTS = {
    "storage": {"mcp", "mcp_types", "pydantic", "pydantic_settings"},
    "tools": {"pydantic_settings", "sqlite3", "aiosqlite", "lancedb", "pyarrow", "fastembed", "onnxruntime"},
}
"""A layer's outside limits: storage knows neither MCP nor models of the edge; tools opens no store of its own."""

HEAVY = ("lancedb", "pyarrow", "numpy", "onnxruntime", "fastembed", "tokenizers", "sqlglot", "duckdb")
"""What `satchel serve` may load only after it has answered its first request."""


def modules_of(package: str) -> Iterator[tuple[str, Path]]:
    """Yield each module of a package with its file, ``__init__.py`` under the package's own name."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports_of(module: str, path: Path) -> Iterator[str]:
    """Yield the dotted name of all a module imports, anywhere in its text, relative ones made absolute."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def top(name: str) -> str:
    return name.split(".")[0]


def composes(module: str) -> bool:
    """Whether a module of server is one of those that put the parts together."""
    composing = {"server.house", "server.rounds", "server.lifespan", "server.cli"}
    return module in composing or module.startswith("server.cli.")


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_down(package: str) -> None:
    for module, path in modules_of(package):
        for imported in map(top, imports_of(module, path)):
            assert imported not in MAY_IMPORT or imported in MAY_IMPORT[package], f"{module} imports {imported}"


def test_only_composition_modules_of_server_reach_storage() -> None:
    for module, path in modules_of("server"):
        if not composes(module):
            assert "storage" not in map(top, imports_of(module, path)), f"{module} imports storage"


@pytest.mark.parametrize("package", NEVER_IMPORTS)
def test_a_layer_does_not_know_what_is_above_it(package: str) -> None:
    for module, path in modules_of(package):
        unwanted = NEVER_IMPORTS[package].intersection(map(top, imports_of(module, path)))
        assert not unwanted, f"{module} imports {', '.join(sorted(unwanted))}"


def test_what_runs_imports_neither_tests_nor_benchmarks() -> None:
    """The wheel holds the three packages only."""
    for package in MAY_IMPORT:
        for module, path in modules_of(package):
            unwanted = {"tests", "benchmarks"}.intersection(map(top, imports_of(module, path)))
            assert not unwanted, f"{module} imports {', '.join(sorted(unwanted))}"


def test_no_two_modules_import_each_other() -> None:
    """Not by an import inside a function either: a shared noun moves down instead."""
    files = {module: path for package in MAY_IMPORT for module, path in modules_of(package)}
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        named = imports_of(module, path)
        found = {name if name in files else name.rpartition(".")[0] for name in named}
        graph[module] = (found & files.keys()) - {module}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", ["server.config", "server.app", "server.lifespan", "server.__main__"])
def test_the_start_up_path_loads_nothing_heavy(module: str) -> None:
    """In a process of its own: here, other tests have loaded everything already."""
    loaded = f"import sys, {module}; print(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
