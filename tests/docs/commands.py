"""Our commands as pages write them, checked against the command line without being run."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import groupby, pairwise

import click

from server.cli.commands import group
from tests.test_house import ROOT

SUBSTITUTED = re.compile(r"\$+\([^()]*\)")
PROGRAM = re.compile(r"(?:.*/bin/)?satchel")
WORD = re.compile(r"[a-z][a-z-]*|-h|--help|--version")
PUNCTUATION = ";&|<>"
PIP = re.compile(r"""pip install [^\n#]*?(?:satchel-mcp|\.)\[([a-z0-9,]+)\]""")
PLACEHOLDER = re.compile(r"^[A-Z_]+…?$|…")


class Unknown(Exception):
    """A command, option or argument that there is not; the text says which."""


def in_script(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each command of ours in a script, a crontab or a unit."""
    for line in SUBSTITUTED.sub("today", text).replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=PUNCTUATION)
        lexer.whitespace_split = True
        words = list(lexer)
        for is_apart, part in groupby(words, lambda word: set(word) <= set(PUNCTUATION)):
            if not is_apart:
                yield from _called(list(part))


def _called(words: list[str]) -> Iterator[list[str]]:
    """Also within `sh -c '…'`; before the last `satchel` stand users, containers and entries of that name."""
    pairs = enumerate(pairwise(words), 1)
    programs = [at for at, (word, then) in pairs if PROGRAM.fullmatch(word) and WORD.fullmatch(then)]
    if programs:
        yield words[programs[-1] :]
    for word in words:
        if " " in word:
            yield from in_script(word)


def parsed(arguments: list[str]) -> click.Context:
    """The context of a command of ours, as the shell would call it. Raises Unknown."""
    context, command = click.Context(group), _found(arguments)
    names = len(_names(arguments))
    try:
        return command.make_context(command.name, list(arguments[names:]), parent=context)
    except click.exceptions.Exit as help_shown:
        raise Unknown(f"satchel {' '.join(arguments)}: shows help only") from help_shown
    except click.UsageError as error:
        raise Unknown(f"satchel {' '.join(arguments)}: {error.format_message()}") from error


def check_script(text: str) -> None:
    """Every command of ours in it can be called so, and every extra it installs exists. Raises Unknown."""
    for arguments in in_script(text):
        parsed(arguments)
    check_extras(text)


def check_mention(span: str) -> None:
    """A command named in a sentence exists with its options; a stand-in for a value does no harm. Raises Unknown."""
    words = shlex.split(span.replace("…", " … "))[1:]
    command = _found(words)
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options |= {"--help", "-h", "--version"}
    if unknown := {word.split("=")[0] for word in words if word.startswith("-")} - options - {"-", "--"}:
        raise Unknown(f"{span}: no option {', '.join(sorted(unknown))}")
    rest = [word for word in words[len(_names(words)) :] if not word.startswith("-")]
    if rest and not any(isinstance(each, click.Argument) for each in command.params) and "-" not in span:
        raise Unknown(f"{span}: {command.name} takes no argument")


def check_extras(text: str) -> None:
    """The extras that `pip install` names are ours. Raises Unknown."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for names in PIP.findall(text):
        if unknown := set(names.split(",")) - extras.keys():
            raise Unknown(f"pip install: no extra {', '.join(sorted(unknown))}")


def _names(words: list[str]) -> list[str]:
    """The words that name the command."""
    command: click.Command = group
    names = []
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-") or PLACEHOLDER.search(word):
            break
        found = command.get_command(click.Context(group), word)
        if found is None:
            raise Unknown(f"satchel {' '.join(words)}: no command {word!r}")
        command = found
        names.append(word)
    return names


def _found(words: list[str]) -> click.Command:
    command: click.Command = group
    for name in _names(words):
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(group), name) or command
    return command
