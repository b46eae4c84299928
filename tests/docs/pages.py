"""Our pages as the tests read them: fenced blocks, code in sentences, headings, links and tables.

A line `<!-- not run: REASON -->` above a fence keeps its commands from being run, `<!-- typed: a, b -->` holds what
somebody types while they run.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.test_house import ROOT, git_files

FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
REMARKS = re.compile(r"((?:^<!-- .* -->\n)*)\Z", re.M)
REMARK = re.compile(r"<!-- (not run|typed): (.*) -->")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.M)
LINK = re.compile(r"\]\(([^()\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ``line`` is that of its opening, from 1."""

    page: str
    kind: str
    text: str
    line: int
    reason: str = ""
    """Why it is not run; empty for one that is."""
    typed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page, by its path from the root."""

    name: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        return list(_blocks(self))

    @property
    def prose(self) -> str:
        """The page without its blocks, line for line."""
        return FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    @property
    def spans(self) -> list[str]:
        """The code in its sentences, each in one line."""
        return [" ".join(found[2].split()) for found in SPAN.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """What a link may name after its `#`, as GitHub makes it of headings."""
        taken: set[str] = set()
        for _, heading in HEADING.findall(self.prose):
            words = re.sub(r"[^\w\- ]", "", SPAN.sub(r"\2", heading).lower()).replace(" ", "-")
            number = sum(each == words or re.fullmatch(re.escape(words) + r"-\d+", each) is not None for each in taken)
            taken.add(f"{words}-{number}" if number else words)
        return taken

    @property
    def links(self) -> list[str]:
        return LINK.findall(SPAN.sub("", self.prose))


def _blocks(page: Page) -> Iterator[Block]:
    for found in FENCE.finditer(page.text):
        above = REMARKS.search(page.text, 0, found.start())
        remarks = dict(REMARK.findall(above[1])) if above else {}
        yield Block(
            page.name,
            found["kind"].strip(),
            found["text"],
            page.text.count("\n", 0, found.start()) + 1,
            remarks.get("not run", ""),
            tuple(each.strip() for each in remarks.get("typed", "").split(",") if each.strip()),
        )


def read(name: str) -> Page:
    """The page of that path, as it is now."""
    return Page(name, (ROOT / name).read_text(encoding="utf-8"))


@cache
def pages() -> tuple[Page, ...]:
    """The README, the benchmarks' page and all of docs, new ones too."""
    listed = [name for name in git_files("docs") if Path(name).suffix == ".md"]
    return tuple(read(name) for name in ("README.md", "benchmarks/README.md", *listed))


def blocks(*kinds: str) -> list[Block]:
    """The blocks of these kinds, page by page."""
    return [block for page in pages() for block in page.blocks if block.kind in kinds]


def tables(page: Page) -> Iterator[tuple[int, list[list[str]]]]:
    """Yield where each table begins in the page's prose, and its rows, the heading first."""
    for found in re.finditer(r"(?:^\|.*\|$\n?)+", page.prose, re.M):
        lines = found[0].splitlines()
        yield found.start(), [_cells(line) for line in (lines[0], *lines[2:])]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
