"""How much a text weighs, in half words, and how to cut where it has no sentences.

A word between spaces weighs 2. A letter of a script written without spaces weighs 1: two of them carry about as much
as a word. A word of more than 24 characters (a link, base64, minified code) weighs more the longer it is, up to a word
for every 12 characters, so what is no prose does not make endless chunks.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from tools.rag.chunking.clusters import joined, whole

WORD_WEIGHT = 2
_CHARS_PER_HALF = 6
_STRETCH = 4  # how much heavier than its grain an atom may become to keep a character whole
_CLAUSE_ENDS = "，、；："

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff"  # Thai, Lao, Myanmar, Hangul parts, Khmer
    "\u2e80-\u2fff\u3001-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"  # Han, kana, their punctuation
    "\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_UNSPACED_CHAR = re.compile(f"[{_UNSPACED}]")
_RUN = re.compile(f"[{_UNSPACED}]+|[^\\s{_UNSPACED}]+")


class Rank(IntEnum):
    """What begins at a place of the text: the higher, the better a chunk begins there."""

    GLUED = -1  # what follows a heading, or a heading that follows a heading
    INSIDE = 0
    WORD = 1
    LINE = 2
    SENTENCE = 3
    ROW = 4
    BLOCK = 5


class Atom(NamedTuple):
    """A stretch of text that no cut goes through. It ends where the next begins."""

    start: int
    weight: int
    rank: Rank
    loose: bool
    """Whether an overlap may begin inside."""


def weight(text: str) -> int:
    """Half words of the text."""
    letters = 0
    if not text.isascii() and _UNSPACED_CHAR.search(text):
        text, letters = _UNSPACED_CHAR.subn(" ", text)
    words = text.split()
    if len(text) > 24 and max(map(len, words), default=0) > 24:
        return letters + sum(map(_word, map(len, words)))
    return letters + WORD_WEIGHT * len(words)


def pieces(text: str, start: int, stop: int, grain: int) -> Iterator[Atom]:
    """Cut a stretch without sentences between words into atoms of about ``grain`` half words; a word (or a run of a
    script without spaces) that is longer is cut too, between characters."""
    begun, heavy, rank = start, 0, Rank.WORD
    for found in _RUN.finditer(text, start, stop):
        for at, more, kind in _run(text, found.start(), found.end(), grain):
            fits = heavy + more <= grain or (heavy + more <= _STRETCH * grain and joined(text, at, begun))
            if heavy and not fits:
                yield Atom(begun, heavy, rank, True)
                begun, heavy, rank = at, 0, kind
            heavy += more
    if heavy:
        yield Atom(begun, heavy, rank, True)


def _run(text: str, start: int, stop: int, grain: int) -> Iterator[tuple[int, int, Rank]]:
    """Start, weight and rank of the parts of a run of one kind of script: one part unless it is too long."""
    rank = Rank.WORD if start == 0 or text[start - 1].isspace() else Rank.INSIDE
    unspaced = _UNSPACED_CHAR.match(text, start) is not None
    heavy, most = (stop - start, grain) if unspaced else (_word(stop - start), max(grain, WORD_WEIGHT))
    if heavy <= most:
        yield start, heavy, rank
        return
    step = grain if unspaced else _CHARS_PER_HALF * max(grain, WORD_WEIGHT)
    while stop - start > step:
        cut = _clause(text, start, start + step) if unspaced else whole(text, start + step, start)
        yield start, _part(cut - start, unspaced), rank
        start, rank = cut, Rank.WORD if text[cut - 1] in _CLAUSE_ENDS else Rank.INSIDE
    yield start, _part(stop - start, unspaced), rank


def _part(length: int, unspaced: bool) -> int:
    """Weight of a part of a run that was cut: it may begin or end a chunk, where it counts as a word."""
    return length if unspaced else max(WORD_WEIGHT, -(-length // _CHARS_PER_HALF))


def _word(length: int) -> int:
    return max(WORD_WEIGHT, -(-length // _CHARS_PER_HALF) - 2)


def _clause(text: str, start: int, most: int) -> int:
    """After the last comma in the second half of the stretch, otherwise its end, between characters."""
    comma = max(text.rfind(mark, start + (most - start) // 2, most) for mark in _CLAUSE_ENDS)
    return whole(text, comma + 1 if comma > start else most, start)
