"""The hosts that `satchel init` knows: what an entry looks like in each, and how to see that it works."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.cli.hosts import places
from server.cli.hosts.places import Machine

Entry = dict[str, Any]

KEY_INPUT = {"type": "promptString", "id": "satchel-key", "description": "Satchel key", "password": True}
"""What VS Code asks for once, and keeps in the system's store of secrets."""
INPUT_REFERENCE = "${input:satchel-key}"
RESTART = "Quit {title} wholly, not only its window, and start it again."


@dataclass(frozen=True, slots=True)
class Host:
    """A program that starts Satchel, or calls it over HTTP."""

    name: str
    title: str
    place: Callable[[Machine], Path]
    check: str
    """What to do after the change, and where the host shows that it works."""
    servers: str = "mcpServers"
    """The member of its file that holds the entries."""
    local: Mapping[str, str] = field(default_factory=dict[str, str])
    """What an entry with a command says besides."""
    remote: Mapping[str, str] | None = field(default_factory=dict[str, str])
    """What an entry with an address says besides; None where there are none."""
    url: str = "url"
    """The member that holds the address."""
    key: str = "${SATCHEL_KEY}"
    """How the host writes a variable that holds the key; empty if it cannot."""
    project: Path | None = None
    """A project's own file, where there is one."""
    folder: Callable[[Machine], Path] | None = None
    """What is there where the host is installed, if not the folder of its file."""

    def is_installed(self, machine: Machine) -> bool:
        """As far as its files tell."""
        place = self.place(machine)
        return place.exists() or (self.folder(machine) if self.folder else place.parent).is_dir()

    def file(self, machine: Machine, *, project: bool) -> Path | None:
        """Where its entries stand; None if there is no such file."""
        if not project:
            return self.place(machine)
        return machine.folder / self.project if self.project else None


def _claude_folder(machine: Machine) -> Path:
    return machine.named("CLAUDE_CONFIG_DIR") or machine.home / ".claude"


HOSTS = (
    Host(
        "claude-desktop",
        "Claude Desktop",
        places.claude_desktop,
        f"{RESTART} Settings, Developer lists Satchel as running.",
        remote=None,
    ),
    Host(
        "claude-code",
        "Claude Code",
        places.claude_code,
        "Start `claude` anew. `/mcp` in it, and `claude mcp list`, show Satchel as connected.",
        local={"type": "stdio"},
        remote={"type": "http"},
        project=Path(".mcp.json"),
        folder=_claude_folder,
    ),
    Host(
        "cursor",
        "Cursor",
        places.cursor,
        f"{RESTART} Its settings, at Tools & MCP, show Satchel with a green dot and its tools.",
        local={"type": "stdio"},
        key="${env:SATCHEL_KEY}",
        project=Path(".cursor/mcp.json"),
    ),
    Host(
        "vscode",
        "VS Code",
        places.vscode,
        "Run `MCP: List Servers` from the Command Palette, start Satchel there and confirm that you trust it.",
        servers="servers",
        local={"type": "stdio"},
        remote={"type": "http"},
        key=INPUT_REFERENCE,
        project=Path(".vscode/mcp.json"),
    ),
    Host(
        "windsurf",
        "Windsurf",
        places.windsurf,
        "Press Refresh in Cascade's list of MCP servers: Satchel shows a green dot. The agent of Devin Desktop, as"
        " Windsurf is called now, reads another file: `satchel init devin`.",
        url="serverUrl",
        key="${env:SATCHEL_KEY}",
    ),
    Host(
        "devin",
        "Devin Desktop",
        places.devin,
        f"{RESTART} Its list of MCP servers, and `devin mcp list`, show Satchel.",
        remote={"transport": "http"},
        key="${env:SATCHEL_KEY}",
        project=Path(".devin/mcp_config.json"),
    ),
    Host(
        "zed",
        "Zed",
        places.zed,
        "Zed starts it at once: the Agent Panel's settings show Satchel with a green dot.",
        servers="context_servers",
        key="",
        project=Path(".zed/settings.json"),
    ),
    Host(
        "mcp.json",
        "Your host",
        places.mcp_json,
        "Let your host read this file.",
        remote={"type": "http"},
        project=Path("mcp.json"),
        folder=lambda machine: machine.folder,
    ),
)
ALIASES = {"claude": "claude-desktop"}


def host_named(name: str) -> Host:
    """The host of that name, or of that other name."""
    return next(host for host in HOSTS if host.name == ALIASES.get(name, name))


def local_entry(host: Host, command: list[str], variables: Mapping[str, str]) -> Entry:
    """What lets the host start the command."""
    program, *arguments = command
    entry: Entry = {**host.local, "command": program, "args": arguments}
    return entry | ({"env": dict(variables)} if variables else {})


def remote_entry(host: Host, url: str, *, keyed: bool) -> Entry | None:
    """What lets the host call the address, with a key it finds itself; None if it cannot call addresses."""
    if host.remote is None:
        return None
    entry: Entry = {**host.remote, host.url: url}
    return entry | ({"headers": {"Authorization": f"Bearer {host.key}"}} if keyed and host.key else {})
