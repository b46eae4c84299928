"""`satchel serve`: the MCP server on stdin and stdout."""

import gc
import sys
from pathlib import Path
from typing import Any

import click

from server import logs, stdio
from server.app import create_server
from server.cli import settings_from, settings_options

HINT = """satchel serve speaks the Model Context Protocol on stdin and stdout, and waits for a host now.
Hosts start it themselves: put {"command": "satchel", "args": ["serve"]} into their configuration (see README.md).
To see it work, run `satchel demo`. Ctrl-C ends it."""


@click.command("serve")
@settings_options
@click.option("--embedding-model", help="auto, static, none or a model's name.")
@click.option("--embedding-path", type=click.Path(path_type=Path), help="A folder that holds the embedding model.")
@click.option("--offline", is_flag=True, default=None, help="Never fetch a model from the network.")
@click.option("--tools", help="Tool families to offer, separated by commas.")
@click.option("--log-level", help="debug, info, warning or error.")
def command(config: Path | None, **flags: Any) -> None:
    """Run the MCP server that a host launches, on stdin and stdout."""
    settings = settings_from(config, **flags)
    logs.configure(settings.log_level)
    server, _ = create_server(settings)
    gc.freeze()  # what is loaded now stays for good; the collector need not look at it again
    gc.enable()
    if sys.stdin.isatty():
        click.echo(HINT, err=True)
    stdio.run(server)
