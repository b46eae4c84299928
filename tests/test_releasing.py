"""What a release consists of agrees: one version, one name, and an entry for the MCP registry that says what is so."""

import json
import re
import tomllib
from typing import Any

import pytest

from server.cli.commands import COMMANDS
from server.config import Settings
from tests.test_house import ROOT, project

DEPLOY = ROOT / "docs/deploy"
STAND_IN = "com.example/"
"""The domain is nobody's, so that nobody can publish under it."""


@pytest.fixture(scope="module")
def entry() -> dict[str, Any]:
    """The entry for the MCP registry."""
    read: dict[str, Any] = json.loads((DEPLOY / "server.json").read_text("utf-8"))
    return read


def test_one_version_stands_everywhere(entry: dict[str, Any]) -> None:
    version = project()["version"]
    manifest = json.loads((DEPLOY / "mcpb/manifest.json").read_text("utf-8"))
    bundled = tomllib.loads((DEPLOY / "mcpb/pyproject.toml").read_text("utf-8"))["tool"]["uv"]["sources"]
    assert manifest["version"] == version
    assert bundled == {"satchel-mcp": {"path": f"satchel_mcp-{version}-py3-none-any.whl"}}
    assert [entry["version"], *(package["version"] for package in entry["packages"])] == [version, version]


def test_the_entry_has_the_form_the_registry_takes(entry: dict[str, Any]) -> None:
    """Its schema of 2025-12-11, and the further rules of its validator, as far as they matter here."""
    assert entry["$schema"].endswith("/schemas/2025-12-11/server.schema.json")
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9]/[a-zA-Z0-9][a-zA-Z0-9._-]*[a-zA-Z0-9]", entry["name"])
    assert 3 <= len(entry["name"]) <= 200
    assert 1 <= len(entry["description"]) <= 100
    assert entry.keys() <= {
        "$schema",
        "name",
        "title",
        "description",
        "version",
        "packages",
        "repository",
        "websiteUrl",
    }


def test_the_package_is_ours_and_started_as_hosts_start_us(entry: dict[str, Any]) -> None:
    """Hosts run ``uvx NAME serve``, so that a command must have the package's name."""
    (package,) = entry["packages"]
    assert (package["registryType"], package["identifier"], package["runtimeHint"]) == (
        "pypi",
        project()["name"],
        "uvx",
    )
    assert package["identifier"] in project()["scripts"]
    assert package["transport"] == {"type": "stdio"}
    (argument,) = package["packageArguments"]
    assert argument["value"] in COMMANDS


def test_every_variable_of_the_entry_is_a_setting_with_its_default(entry: dict[str, Any]) -> None:
    fields = {f"SATCHEL_{name.upper()}": field for name, field in Settings.model_fields.items()}
    for variable in entry["packages"][0]["environmentVariables"]:
        field = fields[variable["name"]]
        if "default" in variable:
            default = field.default
            told = ",".join(default) if isinstance(default, tuple) else str(default).lower()
            assert variable["default"] == told
        assert not variable.get("isRequired")


def test_the_readme_carries_the_name_of_the_entry(entry: dict[str, Any]) -> None:
    """The registry looks for it on the package's page, which is the README."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"<!-- mcp-name: (\S+) -->", readme) == [entry["name"]]


def test_a_stand_in_for_the_name_goes_without_invented_addresses(entry: dict[str, Any]) -> None:
    """And docs/releasing.md says what to put in its place."""
    if entry["name"].startswith(STAND_IN):
        assert not {"repository", "websiteUrl"} & entry.keys()
        assert entry["name"] in (ROOT / "docs/releasing.md").read_text("utf-8")
