"""Where each host keeps its configuration, on each platform and where its variables lead."""

from pathlib import Path
from typing import get_args

import pytest

from server.cli.hosts.known import HOSTS, host_named
from server.cli.hosts.places import Machine, Platform

PLATFORMS: tuple[Platform, ...] = get_args(Platform)
MAC = "Library/Application Support"
ROAMING = "AppData/Roaming"
USUAL = {
    "claude-desktop": (
        f".config/{(desktop := 'Claude/claude_desktop_config.json')}",
        f"{MAC}/{desktop}",
        f"{ROAMING}/{desktop}",
    ),
    "claude-code": (".claude.json",) * 3,
    "cursor": (".cursor/mcp.json",) * 3,
    "vscode": (".config/Code/User/mcp.json", f"{MAC}/Code/User/mcp.json", f"{ROAMING}/Code/User/mcp.json"),
    "windsurf": (".codeium/windsurf/mcp_config.json",) * 3,
    "devin": (".config/devin/mcp_config.json", ".config/devin/mcp_config.json", f"{ROAMING}/devin/mcp_config.json"),
    "zed": (".config/zed/settings.json", ".config/zed/settings.json", f"{ROAMING}/Zed/settings.json"),
    "mcp.json": ("project/mcp.json",) * 3,
}
PROJECT = {
    "claude-code": ".mcp.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".vscode/mcp.json",
    "devin": ".devin/mcp_config.json",
    "zed": ".zed/settings.json",
    "mcp.json": "mcp.json",
}


def machine(home: Path, platform: Platform, **variables: str) -> Machine:
    return Machine(platform, home, home / "project", variables)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("host", HOSTS, ids=[host.name for host in HOSTS])
def test_every_host_has_its_file_on_every_platform(host: object, platform: Platform, tmp_path: Path) -> None:
    found = {each.name: each.place(machine(tmp_path, platform)) for each in HOSTS if each is host}
    assert found == {name: tmp_path / USUAL[name][PLATFORMS.index(platform)] for name in found}


def test_a_project_has_a_file_where_the_host_reads_one(tmp_path: Path) -> None:
    here = machine(tmp_path, "linux")
    found = {host.name: host.file(here, project=True) for host in HOSTS}
    assert {name: file for name, file in found.items() if file} == {
        name: tmp_path / "project" / file for name, file in PROJECT.items()
    }


@pytest.mark.parametrize(
    ("name", "platform", "variable", "file"),
    [
        ("claude-desktop", "linux", "XDG_CONFIG_HOME", "Claude/claude_desktop_config.json"),
        ("claude-desktop", "windows", "APPDATA", "Claude/claude_desktop_config.json"),
        ("claude-code", "macos", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("vscode", "linux", "XDG_CONFIG_HOME", "Code/User/mcp.json"),
        ("vscode", "windows", "APPDATA", "Code/User/mcp.json"),
        ("devin", "windows", "APPDATA", "devin/mcp_config.json"),
        ("zed", "linux", "XDG_CONFIG_HOME", "zed/settings.json"),
        ("zed", "linux", "FLATPAK_XDG_CONFIG_HOME", "zed/settings.json"),
        ("zed", "windows", "APPDATA", "Zed/settings.json"),
    ],
)
def test_a_variable_leads_elsewhere(name: str, platform: Platform, variable: str, file: str, tmp_path: Path) -> None:
    given = machine(tmp_path, platform, **{variable: str(tmp_path / "elsewhere")})
    assert host_named(name).place(given) == tmp_path / "elsewhere" / file


def test_a_relative_variable_leads_nowhere(tmp_path: Path) -> None:
    given = machine(tmp_path, "linux", XDG_CONFIG_HOME="config")
    assert host_named("zed").place(given) == tmp_path / ".config" / "zed" / "settings.json"


@pytest.mark.parametrize("used", ["Claude_new", "Claude_old"])
def test_the_packaged_claude_desktop_of_windows_is_found_by_the_file_it_uses(used: str, tmp_path: Path) -> None:
    """It sees %APPDATA%/Claude as another folder, and never reads the file there."""
    packages = tmp_path / "local" / "Packages"
    for name in ("Claude_new", "Claude_old"):
        (packages / name / "LocalCache" / "Roaming" / "Claude").mkdir(parents=True)
    file = packages / used / "LocalCache" / "Roaming" / "Claude" / "claude_desktop_config.json"
    file.write_text("{}")
    given = machine(tmp_path, "windows", LOCALAPPDATA=str(tmp_path / "local"))
    assert host_named("claude-desktop").place(given) == file
    assert host_named("claude-desktop").place(machine(tmp_path, "macos")) != file


def test_a_packaged_claude_desktop_that_has_no_file_yet_gets_one(tmp_path: Path) -> None:
    (tmp_path / "AppData" / "Local" / "Packages" / "Claude_new").mkdir(parents=True)
    found = host_named("claude-desktop").place(machine(tmp_path, "windows"))
    assert "Claude_new" in found.parts


def test_claude_is_claude_desktop() -> None:
    assert host_named("claude") is host_named("claude-desktop")
