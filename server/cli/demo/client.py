"""The demo's other side: real servers on a throw-away directory, a real client, and what passes between them, shown."""

import json
import shutil
import sys
import textwrap
import time
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.cli.failures import Failure
from server.cli.printing import inert

if TYPE_CHECKING:
    from mcp import Client

SERVER = """import os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
sys.argv = ["satchel", "serve"]
from server.__main__ import main
main()"""
LEAST_WIDTH = 40


@dataclass(slots=True)
class Server:
    """One server process and the client that talks to it."""

    client: "Client"
    pid: int
    is_killed: bool = False
    picture: bytes | None = None
    """The last answer's, if there was one."""

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool quietly. Raises Failure when it fails."""
        result = await self.client.call_tool(tool, arguments)
        if result.is_error:
            raise Failure(f"demo: {tool} failed: {_text(result)}")
        return result.structured_content or {}

    async def show(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool and print what is asked and what the model sees."""
        echo(f"{tool} {json.dumps(arguments, ensure_ascii=False)}", fg="cyan")
        result = await self.client.call_tool(tool, arguments)
        for line in inert(_text(result)).splitlines():
            echo(line, indent="    ")
        if result.is_error:
            raise Failure(f"demo: {tool} failed")
        self.picture = next((b64decode(part.data) for part in result.content if part.type == "image"), None)
        return result.structured_content or {}


@asynccontextmanager
async def serving(home: Path) -> AsyncGenerator[Server]:
    """A server process of this installation, whatever the working directory holds, and a client of it."""
    from mcp import Client, StdioServerParameters

    pid_file = home / f"pid-{time.monotonic_ns()}"
    environment = {
        "SATCHEL_HOME": str(home),
        "SATCHEL_EMBEDDING_MODEL": "static",
        "SATCHEL_LOG_LEVEL": "error",
    }
    started = StdioServerParameters(
        command=sys.executable, args=["-P", "-c", SERVER, str(pid_file)], env=environment, cwd=str(home)
    )
    server: Server | None = None
    failure: Failure | None = None
    try:
        async with Client(started) as client:
            server = Server(client, int(pid_file.read_text()))
            try:
                yield server
            except Failure as error:
                failure = error
    except BaseExceptionGroup:  # a killed server ends its client's streams with one
        if server is None or not server.is_killed:
            raise
    if failure is not None:
        raise failure


def step(title: str, why: str) -> None:
    """The heading of what comes next."""
    click.echo()
    click.secho(title, bold=True)
    echo(why, dim=True)


def expect(holds: bool, what: str) -> None:
    """Say that it is so. Raises Failure when it is not."""
    if not holds:
        raise Failure(f"demo: expected that {what}, and it is not so. `satchel doctor` checks the installation.")
    echo(f"✓ {what}", fg="green")


def echo(text: str, indent: str = "  ", **style: Any) -> None:
    """A line, folded where the terminal ends; a pipe gets it whole."""
    lines = [text]
    if sys.stdout.isatty():
        width = max(LEAST_WIDTH, shutil.get_terminal_size().columns)
        lines = textwrap.wrap(text, width - len(indent), subsequent_indent="  ", break_on_hyphens=False) or [""]
    for line in lines:
        click.echo(indent + click.style(line, **style) if style else indent + line)


def _text(result: Any) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")
