"""`satchel init HOST`: put Satchel into a host's configuration, after showing the change; `--undo` takes it out."""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from server.cli.failures import Failure, failures
from server.cli.hosts import changes, files, launching
from server.cli.hosts.changes import Spot
from server.cli.hosts.jsonc import Malformed
from server.cli.hosts.known import ALIASES, HOSTS, KEY_INPUT, Entry, Host, host_named, local_entry, remote_entry
from server.cli.hosts.places import Machine, this_machine
from server.cli.hosts.showing import difference, texts_of
from server.cli.options import settings_from, settings_options
from server.cli.printing import inert, note, out, table
from server.cli.running import prepare
from server.outgoing.addresses import is_loopback

NOT_WRITTEN = 3  # the exit code when there was nobody to ask
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MCP_PATH = "/mcp"
FIRST_WORDS = 'Then tell your agent: "Remember that I like short answers." In a new chat, ask what it knows of you.'


def _name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not NAME.fullmatch(value):
        raise click.BadParameter("1 to 64 letters, digits, _ and -.")
    return value


def _url(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An address of a server; one without a path gets ours."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.BadParameter("an address such as https://mcp.example.org/mcp.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise click.BadParameter("without user, password, ? and #: what is secret does not belong into this file.")
    return value if parts.path.strip("/") else f"{value.rstrip('/')}{MCP_PATH}"


@click.command("init")
@click.argument("host", required=False, type=click.Choice([*(host.name for host in HOSTS), *ALIASES]), metavar="[HOST]")
@click.option("--project", is_flag=True, help="The file of the project in this folder, not the one for all projects.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="Change this file, in the form HOST reads.")
@click.option("--name", default="satchel", show_default=True, callback=_name, help="What the entry is called.")
@click.option("--http", "url", callback=_url, metavar="URL", help="Call the server there, do not start one.")
@click.option("--no-key", is_flag=True, help="With --http: the server asks for no key.")
@click.option("--undo", is_flag=True, help="Take the last change back.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@settings_options
def command(
    host: str | None,
    project: bool,
    path: Path | None,
    name: str,
    url: str | None,
    no_key: bool,
    undo: bool,
    yes: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Put Satchel into the configuration of HOST: claude-desktop (or claude), claude-code, cursor, vscode, windsurf,
    devin, zed, or mcp.json in this folder. Without HOST, list them.

    Shows the change and asks before it writes; a copy of the file is kept beside it. What else is in the file stays as
    it is. Without a terminal it writes only with --yes, and else ends with 3 where something would change.
    """
    if path and project:
        raise click.UsageError("--file and --project name two files. Leave one out.")
    if no_key and url is None:
        raise click.UsageError("--no-key goes with --http only.")
    settings = settings_from(config, **flags)
    prepare(settings)
    machine = this_machine()
    with failures():
        if host is None:
            _list(machine, name)
            return
        spot = _spot(host_named(host), machine, name, path, project=project)
        if undo:
            _undo(spot, is_sure=yes)
            return
        if url is None:
            entry = local_entry(spot.host, launching.command(config), launching.variables(flags))
            _tell_of_the_shell(type(settings).model_fields)
        else:
            entry = _remote(spot.host, url, keyed=not no_key)
        _init(spot, machine, entry, is_sure=yes)


def _spot(host: Host, machine: Machine, name: str, path: Path | None, *, project: bool) -> Spot:
    found = path or host.file(machine, project=project)
    if found is None:
        raise Failure(f"--project: {host.title} has no file of a project's own. Leave it out.")
    return Spot(host, name, files.read(found))


def _remote(host: Host, url: str, *, keyed: bool) -> Entry:
    entry = remote_entry(host, url, keyed=keyed)
    if entry is None:
        raise Failure(
            f"--http: {host.title}'s file takes no addresses. Add {url} in its Settings, Connectors, Add custom"
            " connector, which needs https and sign-in (docs/hosts.md). For a server on this machine leave --http out."
        )
    if keyed:
        _tell_of_the_key(host, url)
    return entry


def _init(spot: Spot, machine: Machine, entry: Entry, *, is_sure: bool) -> None:
    text = spot.file.text
    try:
        present = changes.entry_in(text, spot)
        after = text if present == entry else changes.with_entry(text, spot, entry)
    except Malformed as error:
        raise _unusable(spot, error, entry) from error
    if after == text:
        out(f"{spot.file.path}: {spot.name} is set up already. Nothing was changed.")
        return
    if not spot.host.is_installed(machine):
        note(f"{spot.host.title} was not found on this machine. It will read the file once it is installed.")
    _show(spot, after, set(texts_of([entry, KEY_INPUT])))
    _ask(is_sure)
    copy = files.write(spot.file, spot.file.holding(after))
    out(f"Wrote {inert(str(spot.file.path))}.{_kept(copy)}")
    out(spot.host.check.format(title=spot.host.title))
    out(FIRST_WORDS)


def _undo(spot: Spot, *, is_sure: bool) -> None:
    try:
        found = changes.undoing(spot)
    except Malformed as error:
        raise Failure(f"{spot.file.path}: {error}. Nothing was changed. Mend that first.") from error
    if found is None:
        out(f"{spot.file.path}: has no {spot.name}. Nothing was changed.")
        return
    _show(spot, found.text or "", {launching.VERB})
    _ask(is_sure)
    _take_back(spot, found)
    out(f"{spot.host.title} forgets Satchel when it starts anew. What Satchel keeps was not touched.")


def _take_back(spot: Spot, found: changes.Undoing) -> None:
    path = inert(str(spot.file.path))
    if found.backup and found.is_whole:
        files.restore(spot.file, found.backup)
        out(f"{path} is what it was before, byte for byte.")
    elif found.text is None:
        files.delete(spot.file)
        out(f"Deleted {path}, which held nothing else.")
    else:
        copy = files.write(spot.file, spot.file.holding(found.text), files.UNDONE)
        if found.backup:
            files.set_aside(found.backup)
        out(f"Took our change out of {path}, which was changed since and else stays as it is.{_kept(copy)}")


def _kept(copy: Path | None) -> str:
    return f" What it was is in {inert(copy.name)} beside it." if copy else ""


def _show(spot: Spot, after: str, ours: set[str]) -> None:
    for line in difference(spot.file.text, after, spot.path, ours, str(spot.file.path)):
        out(line)


def _ask(is_sure: bool) -> None:
    """Go on if somebody says so; else the command ends here."""
    if is_sure:
        return
    if not sys.stdin.isatty():
        note("Nothing was written: there is no terminal to ask on. Pass --yes to write it.")
        sys.exit(NOT_WRITTEN)
    click.confirm("Write that?", err=True, abort=True)


def _unusable(spot: Spot, error: Malformed, entry: Entry) -> Failure:
    """The file stays as it is; what would have gone into it, for the user's own hands."""
    block = json.dumps({spot.host.servers: {spot.name: entry}}, indent=2, ensure_ascii=False)
    return Failure(f"{spot.file.path}: {error}. Nothing was changed. Mend that, or put this in by hand:\n{block}")


def _tell_of_the_shell(settings: Iterable[str]) -> None:
    """What the host will not find, though this shell does."""
    if launching.is_passing():
        note("This Satchel is in a cache, which may be emptied. Install it for good, then run this again.")
    if names := launching.unseen(settings):
        note(f"The host does not see this shell's {', '.join(names)}. Set them in satchel.toml, or in the entry's env.")


def _tell_of_the_key(host: Host, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        note("That address is not encrypted: whoever is on the way reads the key and all answers. Use https.")
    if not host.key:
        note(f"{host.title} has no variables for its headers, so no key was written. It signs in where the server")
        note("offers that; else add the header Authorization by hand, as docs/hosts.md shows.")
    elif "input:" in host.key:
        note(f"{host.title} asks for the key when it first starts this entry, and keeps it in its own store.")
    else:
        note(f"The key is in no file. {host.title} reads it from SATCHEL_KEY, which must be set where it starts.")


def _list(machine: Machine, name: str) -> None:
    """Each host, whether it is here, and whether Satchel is in it."""
    rows = [(host.name, _state(host, machine, name), _short(host.place(machine), machine)) for host in HOSTS]
    table(("HOST", "SATCHEL", "FILE"), rows)
    note("\n`satchel init HOST` adds it, `satchel init HOST --undo` takes it out.")


def _state(host: Host, machine: Machine, name: str) -> str:
    if not host.is_installed(machine):
        return "host not found"
    try:
        spot = Spot(host, name, files.read(host.place(machine)))
        return "yes" if changes.entry_in(spot.file.text, spot) is not None else "no"
    except (Malformed, Failure, OSError):
        return "file cannot be read"


def _short(path: Path, machine: Machine) -> str:
    return inert(str(Path("~") / path.relative_to(machine.home) if path.is_relative_to(machine.home) else path))
