"""What a change to a host's file looks like. Other servers' keys stand in such files: only what is ours is readable."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from difflib import unified_diff

from server.cli.hosts.edits import Path, find
from server.cli.hosts.jsonc import STRING, parse, texts_in
from server.cli.printing import inert

CONTEXT = 2  # lines around a change
LONGEST_LINE = 400  # characters; a file on one line is not shown
HIDDEN = '"…"'
COMMENT = re.compile(r"//[^\r\n]*+|/\*.*?\*/", re.DOTALL)
COMMENT_OR_STRING = re.compile(f"{COMMENT.pattern}|{STRING.pattern}", re.DOTALL)
PLAIN_KEYS = frozenset({"command", "type", "transport"})
"""Members of an entry whose value says how it is started, and is no secret."""


def difference(before: str, after: str, path: Path, ours: Collection[str], name: str) -> list[str]:
    """The lines of a unified diff. Strings are hidden, but for names, those that are ``ours``, and in the member at
    ``path`` those that say how it is started."""
    old, new = (masked(text, path, ours).splitlines() for text in (before, after))
    above = max(0, _equal(old, new) - CONTEXT)
    below = max(0, _equal(old[:above:-1], new[:above:-1]) - CONTEXT)
    old, new = (each[above : len(each) - below] for each in (old, new))  # a comparison of megabytes would take minutes
    lines = [_moved(line, above) for line in unified_diff(old, new, name, name, lineterm="", n=CONTEXT)]
    if any(len(line) > LONGEST_LINE for line in lines):
        return [f"--- {name}", f"+++ {name}", f'  in one long line, "{path[-1]}" becomes:', _entry(after, path, ours)]
    return [inert(line) for line in lines]


def _equal(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines are the same in both, from the first on."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _moved(line: str, by: int) -> str:
    """A line of a diff that began so many lines further down."""
    return re.sub(r"(?<=[-+])\d+", lambda found: str(int(found[0]) + by), line) if line.startswith("@@") else line


def masked(text: str, path: Path, ours: Collection[str]) -> str:
    """The text without what stands in its comments and in the strings that are not shown."""
    shown = _shown(text, path, ours)
    parts: list[str] = []
    at = 0
    for found in COMMENT_OR_STRING.finditer(text):
        parts += text[at : found.start()], found[0] if found.start() in shown else _hidden(found[0])
        at = found.end()
    return "".join(parts) + text[at:]


def _shown(text: str, path: Path, ours: Collection[str]) -> set[int]:
    """Where the strings begin that are names of members, or values to be read."""
    root, entry = parse(text), find(text, path)
    if root is None:
        return set()
    literals = {json.dumps(each, ensure_ascii=False) for each in ours}
    hidden = {node.start for node in texts_in(text, root) if text[node.start : node.end] not in literals}
    if entry is not None:
        hidden -= {child.value.start for child in entry.value.children if child.key in PLAIN_KEYS}
    return {found.start() for found in COMMENT_OR_STRING.finditer(text) if found[0][0] == '"'} - hidden


def _hidden(found: str) -> str:
    if found.startswith('"'):
        return HIDDEN
    lines = found.count("\n")
    return "// …" if found.startswith("//") else "/* …" + "\n" * lines + " */"


def _entry(text: str, path: Path, ours: Collection[str]) -> str:
    text = masked(text, path, ours)
    found = find(text, path)
    return f"+ {inert(text[found.value.start : found.value.end])}" if found else "+ nothing"


def texts_of(value: object) -> Iterator[str]:
    """Yield each string in the value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts_of(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_of(each)
