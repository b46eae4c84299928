"""Where hosts keep their configuration, on each platform."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Platform = Literal["linux", "macos", "windows"]

DESKTOP_NAME = "claude_desktop_config.json"


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides where files are."""

    platform: Platform
    home: Path
    folder: Path
    """The working directory, where a project's files are."""
    variables: Mapping[str, str]

    @property
    def settings(self) -> Path:
        """The folder of all programs' settings: %APPDATA%, Application Support, ~/.config."""
        if self.platform == "windows":
            return self.named("APPDATA") or self.home / "AppData" / "Roaming"
        if self.platform == "macos":
            return self.home / "Library" / "Application Support"
        return self.named("XDG_CONFIG_HOME") or self.home / ".config"

    def named(self, variable: str) -> Path | None:
        """The folder a variable names, if it is set; relative ones are no folder anybody can rely on."""
        folder = Path(self.variables.get(variable, ""))
        return folder if folder.is_absolute() else None


def this_machine() -> Machine:
    """The machine this process runs on."""
    platforms: dict[str, Platform] = {"win32": "windows", "darwin": "macos"}
    return Machine(platforms.get(sys.platform, "linux"), Path.home(), Path.cwd(), os.environ)


def claude_desktop(machine: Machine) -> Path:
    """The app from the Store, and today's installer, has a file system view of its own, where Edit Config does not
    look."""
    local = machine.named("LOCALAPPDATA") or machine.home / "AppData" / "Local"
    packages = sorted((local / "Packages").glob("Claude_*")) if machine.platform == "windows" else []
    packaged = [package / "LocalCache" / "Roaming" / "Claude" / DESKTOP_NAME for package in packages]
    used = [file for file in packaged if file.exists()]
    return (used or packaged or [machine.settings / "Claude" / DESKTOP_NAME])[0]


def claude_code(machine: Machine) -> Path:
    return (machine.named("CLAUDE_CONFIG_DIR") or machine.home) / ".claude.json"


def cursor(machine: Machine) -> Path:
    return machine.home / ".cursor" / "mcp.json"


def vscode(machine: Machine) -> Path:
    """The default profile's."""
    return machine.settings / "Code" / "User" / "mcp.json"


def windsurf(machine: Machine) -> Path:
    return machine.home / ".codeium" / "windsurf" / "mcp_config.json"


def devin(machine: Machine) -> Path:
    folder = machine.settings if machine.platform == "windows" else machine.home / ".config"
    return folder / "devin" / "mcp_config.json"


def zed(machine: Machine) -> Path:
    if machine.platform == "windows":
        return machine.settings / "Zed" / "settings.json"
    if machine.platform == "macos":
        return machine.home / ".config" / "zed" / "settings.json"
    return (machine.named("FLATPAK_XDG_CONFIG_HOME") or machine.settings) / "zed" / "settings.json"


def mcp_json(machine: Machine) -> Path:
    return machine.folder / "mcp.json"
