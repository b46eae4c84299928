"""Which files of a tree stay out, in the syntax of .gitignore. Such a file may be anybody's: one that cannot be read,
or would take long to match, is left aside and said so."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from storage.errors import Invalid
from storage.files import stamped_files

FILES = (".satchelignore", ".gitignore")
"""Names of such files, the one that has the last word first."""

LARGEST_FILE = 1 << 18
STARS_IN_NAME = 3
STARS = 8
"""A pattern with more wildcards than this takes the matcher minutes on names made for it."""

Complain = Callable[[str, str], None]  # a path, and what is wrong with it


@dataclass(frozen=True, slots=True)
class Rules:
    """Patterns that count from one folder down. ``depth`` is how many folders that one lies below the root."""

    depth: int
    spec: GitIgnoreSpec

    def verdict(self, parts: Sequence[str], *, is_folder: bool) -> bool | None:
        """Whether the entry at ``parts`` below the root stays out; None if no pattern is about it."""
        name = "/".join(parts[self.depth :]) + ("/" if is_folder else "")
        return self.spec.check_file(name).include


def compiled(patterns: Iterable[str], depth: int = 0) -> Rules:
    """The patterns as rules. Raises Invalid, naming the first one that is none."""
    lines = list(patterns)
    for line in lines:
        if (wrong := _wrong(line)) is not None:
            raise Invalid(f"{line!r} {wrong}")
    return Rules(depth, GitIgnoreSpec.from_lines(lines))


def of_folder(folder: Path, names: Iterable[str], depth: int, complain: Complain) -> list[Rules]:
    """The rules that the files in a folder give, the strongest first. ``names`` says what is in the folder."""
    present = set(names)
    found = [_of_file(folder / name, depth, complain) for name in FILES if name in present]
    return [rules for rules in found if rules is not None]


def stays_out(rules: Iterable[Rules], parts: Sequence[str], *, is_folder: bool) -> bool:
    """The verdict of the first rules that have one; ``rules`` go from the strongest to the weakest."""
    verdicts = (each.verdict(parts, is_folder=is_folder) for each in rules)
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _of_file(path: Path, depth: int, complain: Complain) -> Rules | None:
    try:
        content, _ = stamped_files.read(path, LARGEST_FILE)
    except (OSError, Invalid) as error:
        complain(str(path), f"its rules do not count: it {_told(error)}")
        return None
    lines = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").splitlines()
    wrong = [line for line in lines if (_wrong(line))]
    if wrong:
        complain(str(path), f"{len(wrong)} of its rules do not count: {wrong[0]!r} {_wrong(wrong[0])}")
    return Rules(depth, GitIgnoreSpec.from_lines(line for line in lines if line not in wrong))


def _told(error: OSError | Invalid) -> str:
    return str(error) if isinstance(error, Invalid) else f"cannot be read ({error.strerror})"


def _wrong(line: str) -> str | None:
    """What is wrong with a pattern, if anything."""
    stars = [len(re.findall(r"\*+", name)) for name in line.split("/")]
    if max(stars) > STARS_IN_NAME or sum(stars) > STARS:
        return f"has too many wildcards, at most {STARS_IN_NAME} in a name"
    try:
        GitIgnoreSpec.from_lines([line])
    except (GitIgnorePatternError, re.error):
        return "is no pattern"
    return None
