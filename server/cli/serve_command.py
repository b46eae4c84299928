"""`satchel serve`: the MCP server, on stdin and stdout or over HTTP."""

import gc
import sys
from pathlib import Path
from typing import Any

import click

from server import logs, stdio
from server.app import create_server
from server.cli import Failure, settings_from, settings_options
from server.http import DEFAULT_HOST, DEFAULT_PORT, listen
from server.http import run as run_http
from server.outgoing.addresses import is_loopback

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
@click.option("--http", is_flag=True, help="Serve Streamable HTTP at /mcp instead of stdin and stdout.")
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="With --http: a loopback address.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="With --http.")
@click.option(
    "--allow-anonymous", is_flag=True, help="With --http: serve every program on this machine, without a key."
)
def command(config: Path | None, http: bool, host: str, port: int, allow_anonymous: bool, **flags: Any) -> None:
    """Run the MCP server that a host launches: on stdin and stdout, or over HTTP."""
    settings = settings_from(config, **flags)
    if http:
        _refuse_strangers(host, allow_anonymous)
    logs.configure(settings.log_level)
    server, _ = create_server(settings)
    gc.freeze()  # what is loaded now stays for good; the collector need not look at it again
    gc.enable()
    if http:
        try:
            listening = listen(host, port)
        except OSError as error:
            raise Failure(f"--port: {host}:{port} cannot be served ({error.strerror}); choose another.") from error
        click.echo(
            f"Satchel serves http://{host}:{port}/mcp to every program on this machine. Ctrl-C ends it.", err=True
        )
        run_http(server, listening, host)
        return
    if sys.stdin.isatty():
        click.echo(HINT, err=True)
    stdio.run(server)


def _refuse_strangers(host: str, allow_anonymous: bool) -> None:
    """There are no keys to tell callers apart, so only this machine may call, and only when that is asked for."""
    if not is_loopback(host):
        raise Failure(f"--host: {host} can be reached from other machines; only loopback addresses are served.")
    if not allow_anonymous:
        raise Failure("--http serves every program on this machine; say --allow-anonymous if that is what you want.")
