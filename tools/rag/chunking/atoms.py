"""Cuts a section into atoms: rows, sentences, fences, and words where nothing else is short enough."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tools.rag.chunking.blocks import Block, Kind
from tools.rag.chunking.sentences import sentence_starts
from tools.rag.chunking.weights import Atom, Rank, pieces, weight

_LISTED = (Kind.ITEM, Kind.TABLE, Kind.FENCE)
_ANNOUNCES = (":", "：", "**")  # a sentence that leads to a list, or a bold line that serves as its heading
_ROW_LABEL_CHARS = 80


class _Sizes(NamedTuple):
    """Half words: of a chunk, of a chunk beside the heading above, and of what an overlap repeats."""

    limit: int
    room: int
    overlap: int


def atoms(text: str, section: Sequence[Block], limit: int, overlap: int) -> list[Atom]:
    """The section in stretches of at most ``limit`` half words, each with what begins there.

    A fence that fits into a chunk is one, even where it leaves no room for the heading above; so is a table's row.
    Text behind a heading is cut so fine that some of it fits beside.
    """
    found: list[Atom] = []
    room = limit
    for at, block in enumerate(section):
        heavy = weight(text[block.start : block.stop])
        rank = _rank(text, block, section[at - 1].kind if at else None)
        if block.kind is Kind.HEADING and heavy <= room // 2:
            found.append(Atom(block.start, heavy, rank, False))
            room -= heavy
            continue
        found += _cut(text, block, heavy, rank, _Sizes(limit, room, overlap))
        room = limit
    return found


def _rank(text: str, block: Block, before: Kind | None) -> Rank:
    """What a block's start is worth: little behind a heading, or behind the sentence that announces a list."""
    if before is Kind.HEADING:
        return Rank.GLUED
    if block.kind is before is Kind.ITEM:
        return Rank.ROW
    announced = block.kind in _LISTED and text[max(0, block.start - 8) : block.start].rstrip().endswith(_ANNOUNCES)
    return Rank.LINE if announced else Rank.BLOCK


def _cut(text: str, block: Block, heavy: int, rank: Rank, sizes: _Sizes) -> Iterator[Atom]:
    """The atoms of a block, the first of them with the block's rank."""
    start, stop, kind = block.start, block.stop, block.kind
    if kind is Kind.FENCE and heavy <= sizes.limit:
        return iter([Atom(start, heavy, rank, False)])
    if kind in (Kind.FENCE, Kind.TABLE) or _has_rows(text, start, stop):
        return _rows(text, start, stop, rank, sizes)
    if heavy <= sizes.overlap:
        return iter([Atom(start, heavy, rank, True)])
    return _sentences(text, start, stop, rank, sizes)


def _rows(text: str, start: int, stop: int, rank: Rank, sizes: _Sizes) -> Iterator[Atom]:
    """Lines that belong together each: a table's, a program's, a record's. Longer than a chunk, they are cut."""
    for at, to in _lines(text, start, stop):
        heavy = weight(text[at:to])
        if heavy <= sizes.room:
            yield Atom(at, heavy, rank, False)
        else:
            yield from _ranked((atom._replace(loose=False) for atom in _grained(text, at, to, sizes)), rank)
        rank = Rank.ROW
        sizes = sizes._replace(room=sizes.limit)


def _sentences(text: str, start: int, stop: int, rank: Rank, sizes: _Sizes) -> Iterator[Atom]:
    for at, to in _between(start, sentence_starts(text, start, stop), stop):
        heavy = weight(text[at:to])
        if heavy <= sizes.limit // 4:
            yield Atom(at, heavy, rank, True)
        else:
            yield from _long_sentence(text, at, to, rank, sizes)
        rank = Rank.SENTENCE


def _long_sentence(text: str, start: int, stop: int, rank: Rank, sizes: _Sizes) -> Iterator[Atom]:
    """More than a quarter of a chunk without a full stop: lines (of a log, a poem), and words of a line too long."""
    for at, to in _lines(text, start, stop):
        heavy = weight(text[at:to])
        if heavy <= sizes.limit // 4:
            yield Atom(at, heavy, rank, True)
        else:
            yield from _ranked(_grained(text, at, to, sizes), rank)
        rank = Rank.LINE


def _grained(text: str, start: int, stop: int, sizes: _Sizes) -> Iterator[Atom]:
    return pieces(text, start, stop, max(1, sizes.limit // 16))


def _ranked(found: Iterator[Atom], rank: Rank) -> Iterator[Atom]:
    """The atoms, the first with another rank."""
    for atom in found:
        yield atom._replace(rank=rank)
        break
    yield from found


def _lines(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the lines that are not blank, each with the blank ones behind it."""
    begun, at = start, start
    for line in text[start:stop].splitlines(keepends=True):
        if at > begun and not line.isspace() and not text[begun:at].isspace():
            yield begun, at
            begun = at
        at += len(line)
    yield begun, stop


def _between(start: int, inner: Iterator[int], stop: int) -> Iterator[tuple[int, int]]:
    for at in inner:
        yield start, at
        start = at
    yield start, stop


def _has_rows(text: str, start: int, stop: int) -> bool:
    """Whether each of several lines begins with a label, as the rows of a spreadsheet do once they are text."""
    several = text.find("\n", start, stop - 1) >= 0
    return several and all(
        text.find(": ", at, min(to, at + _ROW_LABEL_CHARS)) > 0 for at, to in _lines(text, start, stop)
    )
