"""`satchel serve`: the MCP server, on stdin and stdout or over HTTP."""

import gc
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from server import logs, stdio
from server.app import create_server
from server.cli.failures import Failure
from server.cli.options import settings_from, settings_options
from server.config import Settings
from server.outgoing.addresses import is_loopback
from server.tracing import traced

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
HTTP_ONLY = ("host", "port", "allow_anonymous", "public_url")
HINT = """satchel serve speaks the Model Context Protocol on stdin and stdout, and waits for a host now.
Hosts start it themselves: put {"command": "satchel", "args": ["serve"]} into their configuration (see README.md).
To see it work, run `satchel demo`. Ctrl-C ends it."""
KEYS = "callers with a key (`satchel keys add` makes one)"


@click.command("serve")
@settings_options
@click.option("--embedding-model", help="auto, static, none or a model's name.")
@click.option("--embedding-path", type=click.Path(path_type=Path), help="A folder that holds the embedding model.")
@click.option("--offline", is_flag=True, default=None, help="Never fetch a model from the network.")
@click.option("--tools", help="Tool families to offer, separated by commas.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--http", is_flag=True, help="Serve /mcp (and /sse for older hosts) instead of stdin and stdout.")
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="With --http: the address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="With --http.")
@click.option(
    "--allow-anonymous", is_flag=True, help="With --http: serve every program on this machine, without a key."
)
@click.option("--public-url", help="With --http behind a proxy: the address clients use.")
def command(config: Path | None, http: bool, host: str, port: int, allow_anonymous: bool, **flags: Any) -> None:
    """Run the MCP server that a host launches: on stdin and stdout, or over HTTP to callers with a key."""
    if not http:
        _refuse_http_options()
    settings = settings_from(config, **flags)
    if http:
        _serve_http(settings, host, port, allow_anonymous)
        return
    logs.configure(settings.log_level)
    server, _ = create_server(settings)
    _settle()
    if sys.stdin.isatty():
        click.echo(HINT, err=True)
    with traced():
        stdio.run(server)


def _refuse_http_options() -> None:
    """Who gives one wants HTTP; on stdin and stdout they would wait for a caller in vain. Raises Failure."""
    context = click.get_current_context()
    for name in HTTP_ONLY:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise Failure(f"--{name.replace('_', '-')}: goes with --http only; add --http.")


def _serve_http(settings: Settings, host: str, port: int, allow_anonymous: bool) -> None:
    from server.web.app import create_application
    from server.web.serving import listen, run

    if allow_anonymous and not is_loopback(host):
        raise Failure(f"--allow-anonymous: {host} can be reached from other machines; use a loopback address, or keys.")
    logs.configure(settings.log_level)
    try:
        application = create_application(settings, host=host, allow_anonymous=allow_anonymous)
    except ValueError as error:
        raise Failure(str(error)) from error
    _settle()
    try:
        listening = listen(host, port)
    except OSError as error:
        raise Failure(f"--port: {host}:{port} cannot be served ({error.strerror}); choose another.") from error
    address = settings.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    whom = "every program on this machine" if allow_anonymous else KEYS
    click.echo(f"Satchel serves {address}/mcp to {whom}. Ctrl-C ends it.", err=True)
    with traced():
        run(application, listening, settings)


def _settle() -> None:
    """What is loaded now stays for good; the collector need not look at it again."""
    gc.freeze()
    gc.enable()
