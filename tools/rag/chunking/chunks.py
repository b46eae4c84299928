"""Cuts a document into chunks along its structure: what is embedded, found and cited.

Pure functions, in time that grows with the length of the text whatever it holds. Read each from where the one before
ended, the chunks give the text back.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.rag.chunking.atoms import atoms
from tools.rag.chunking.blocks import Block, Kind, blocks
from tools.rag.chunking.splitting import split
from tools.rag.chunking.weights import WORD_WEIGHT, weight


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text[start:stop]``, in code points."""

    start: int
    stop: int
    section: tuple[str, ...]
    """The headings above it, outermost first: of its own section, or those all sections it packs have in common."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading, or several in a row, with what follows up to the next one."""

    path: tuple[str, ...]
    blocks: list[Block]
    body: int
    """Where its headings end."""
    weight: int


def chunked(text: str, *, words: int = 500, overlap: int = 50) -> list[Chunk]:
    """The chunks of a text, each of at most ``words`` words; none of a blank text.

    A section that does not fit is split, and each part begins up to ``overlap`` words earlier (half a chunk at most).
    Two letters of a script without spaces count as a word, and so do 12 characters of a word beyond all length.
    """
    if words < 2:
        raise ValueError("a chunk needs room for two words")
    limit = WORD_WEIGHT * words
    repeated = WORD_WEIGHT * max(0, min(overlap, words // 2))
    found: list[Chunk] = []
    for group in _packed(_sections(text, blocks(text)), limit):
        path = _common([section.path for section in group])
        start, stop = group[0].blocks[0].start, group[-1].blocks[-1].stop
        if sum(section.weight for section in group) <= limit:
            found.append(Chunk(start, stop, path))
        else:
            parts = atoms(text, group[0].blocks, limit, repeated)
            found += (Chunk(*part, path) for part in split(text, parts, group[0].body, stop, limit, repeated))
    return found


def page_of(offset: int, pages: Sequence[int]) -> int | None:
    """The page, counted from 1, an offset is on; ``pages`` holds where each begins. None without pages."""
    return max(1, bisect_right(pages, offset)) if pages else None


def _sections(text: str, found: Sequence[Block]) -> Iterator[_Section]:
    """Yield the sections of the blocks in order; what stands before the first heading is one too."""
    open_headings: list[Block] = []
    current: list[Block] = []
    for block in found:
        if block.kind is Kind.HEADING and current and current[-1].kind is not Kind.HEADING:
            yield _section(text, open_headings, current)
            current = []
        if block.kind is Kind.HEADING:
            while open_headings and open_headings[-1].level >= block.level:
                open_headings.pop()
            open_headings.append(block)
        current.append(block)
    if current:
        yield _section(text, open_headings, current)


def _section(text: str, open_headings: Sequence[Block], found: list[Block]) -> _Section:
    body = next((block.start for block in found if block.kind is not Kind.HEADING), found[-1].stop)
    path = tuple(heading.title for heading in open_headings if heading.title)
    return _Section(path, found, body, sum(weight(text[block.start : block.stop]) for block in found))


def _packed(sections: Iterator[_Section], limit: int) -> Iterator[list[_Section]]:
    """Yield groups of sections that share a chunk: nearly always one.

    A chunk about one thing is found best, so only scraps are put together: neighbours under the same parent up to a
    quarter of a chunk, and the few words under a heading ("The tools are:") with the section they announce.
    """
    group: list[_Section] = []
    total = 0
    for section in sections:
        if group:
            above = group[0].path
            announces = above and total <= limit // 20 and _below(section, above)
            if total + section.weight > (limit if announces else limit // 4) or not _below(section, above[:-1]):
                yield group
                group, total = [], 0
        group.append(section)
        total += section.weight
    if group:
        yield group


def _below(section: _Section, path: tuple[str, ...]) -> bool:
    return section.path[: len(path)] == path


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings all paths begin with."""
    low, high = min(paths), max(paths)
    same = next((at for at, titles in enumerate(zip(low, high, strict=False)) if titles[0] != titles[1]), len(low))
    return low[:same]
