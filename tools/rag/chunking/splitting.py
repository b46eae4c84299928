"""Splits a section that is longer than a chunk: at the best places, each part sharing some words with the one before.

Works forward, so a text that grows at its end keeps all its chunks but the last two.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tools.rag.chunking.weights import Atom, Rank, pieces

_FILL = (
    (Rank.BLOCK, 0.6),
    (Rank.ROW, 0.5),
    (Rank.SENTENCE, 0.5),
    (Rank.LINE, 0.4),
    (Rank.WORD, 0.25),
    (Rank.INSIDE, 0.0),
    (Rank.GLUED, 0.0),
)
"""How full a chunk must be for a cut at such a place: a paragraph's end is worth a chunk of only 60 %."""


def split(
    text: str, found: Sequence[Atom], body: int, stop: int, limit: int, overlap: int
) -> Iterator[tuple[int, int]]:
    """Yield start and stop of the parts in order, none heavier than ``limit`` half words, nor any atom.

    The headings end at ``body``: no overlap reaches into them.
    """
    sums = list(accumulate((atom.weight for atom in found), initial=0))
    heads = bisect_left(found, body, key=lambda atom: atom.start)
    section = _Section(text, found, sums, heads, limit, overlap)
    first, start, carried = 0, found[0].start, 0
    while (end := section.end(first, carried)) < len(found):
        yield start, found[end].start
        start, carried = section.overlapping(first if carried else first + 1, end)
        first = end
    yield start, stop


@dataclass(frozen=True, slots=True)
class _Section:
    text: str
    atoms: Sequence[Atom]
    sums: Sequence[int]
    """Weight of all atoms before each."""
    heads: int
    """How many atoms are headings: the first ones."""
    limit: int
    overlap: int

    def end(self, first: int, carried: int) -> int:
        """The atom before which the chunk ends that repeats ``carried`` and goes on from ``first``."""
        left = carried + self.sums[-1] - self.sums[first]
        if left <= self.limit:
            return len(self.atoms)
        if left <= self.limit * 3 // 2:  # two parts of like length rather than a full one and a scrap
            even = self._best(first, carried, left * 3 // 5)
            if even > first and self.atoms[even].rank is not Rank.GLUED:
                return even
        return self._best(first, carried, self.limit)

    def _best(self, first: int, carried: int, limit: int) -> int:
        """The latest atom of the best rank that a chunk of ``limit`` may end before; ``first`` if no atom fits."""
        before = self.sums[first]
        furthest = bisect_right(self.sums, limit - carried + before) - 1
        for rank, fill in _FILL:
            least = before + fill * (limit - carried)
            for at in range(furthest, first, -1):
                if self.sums[at] < least:
                    break
                if self.atoms[at].rank >= rank:
                    return at
        return first

    def overlapping(self, oldest: int, end: int) -> tuple[int, int]:
        """Where the chunk after ``end`` begins, and the weight it repeats, of the atoms from ``oldest`` on. From a
        sentence or row if one is near enough, otherwise from a word, and not at all where the next atom has no room."""
        start, carried = self._from_atoms(max(oldest, self.heads), end) or self._from_words(oldest, end)
        fits = carried + self.atoms[end].weight <= self.limit
        return (start, carried) if fits else (self.atoms[end].start, 0)

    def _from_atoms(self, oldest: int, end: int) -> tuple[int, int] | None:
        near = range(max(oldest, bisect_left(self.sums, self.sums[end] - self.overlap)), end)
        for rank in (Rank.SENTENCE, Rank.LINE, Rank.WORD, Rank.INSIDE):
            for at in near:
                atom = self.atoms[at]
                if (atom.rank >= rank and (atom.loose or rank >= Rank.LINE)) or atom.rank is Rank.GLUED:
                    return atom.start, self.sums[end] - self.sums[at]
        return None

    def _from_words(self, oldest: int, end: int) -> tuple[int, int]:
        """From inside the last atom, which is longer than an overlap; not from its own start if a chunk began there."""
        start, carried = self.atoms[end].start, 0
        last = self.atoms[end - 1]
        if not (last.loose and self.overlap and end > self.heads):
            return start, 0
        grains = list(pieces(self.text, last.start, start, max(1, self.overlap // 4)))
        for grain in reversed(grains[1:] if end <= oldest else grains):
            if carried + grain.weight > self.overlap:
                break
            start, carried = grain.start, carried + grain.weight
        return start, carried
