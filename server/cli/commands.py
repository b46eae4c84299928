"""The command line: a module a command, imported when it is called, so that `serve` starts without the others."""

import sys
from importlib import import_module

import click

COMMANDS = {
    "serve": "Run the MCP server that a host launches.",
    "init": "Put Satchel into a host's configuration, after showing the change.",
    "demo": "Show memory, documents, escalation and a database at work on a throw-away directory.",
    "doctor": "Check the installation and the data, and say how to mend what is wrong.",
    "ingest": "Read files and folders into documents that agents search.",
    "search": "Search those documents.",
    "sql": "Ask a database a question, or give the SELECT.",
    "sources": "List the databases that may be questioned, and check that they can be.",
    "memories": "List, search, show and forget memories.",
    "undo": "Show what one key wrote, and take it back.",
    "escalations": "Who waits for a person; acknowledge, resolve, and see whether people were told.",
    "keys": "Make, list, revoke and rotate the API keys of the HTTP server.",
    "audit": "Who called, what, when, and how it ended.",
    "export": "Write memories to a file, one JSON object a line.",
    "import": "Take in memories from such a file.",
    "tenants": "List tenants; export or erase everything that is kept of one.",
    "sessions": "The same for one session of a tenant.",
    "backup": "Copy the whole store to a file, also while it is in use.",
    "restore": "Put such a copy in the store's place.",
    "encryption": "Keep everything under a key of yours: on, off, another key.",
    "models": "Fetch and list embedding models.",
    "maintain": "Tidy up now: expire, archive, purge, embed, index.",
}


class Commands(click.Group):
    """The group `satchel`: command NAME is the object `command` of server.cli.NAME_command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"server.cli.{cmd_name}_command").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="satchel-mcp", prog_name="satchel")
def group() -> None:
    """Durable memory, documents, escalation and databases for AI agents over the Model Context Protocol."""


def run() -> None:
    """Run the command that was typed."""
    group(prog_name="satchel", windows_expand_args=False)
    sys.exit(0)
