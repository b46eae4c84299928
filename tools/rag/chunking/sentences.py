"""Where sentences begin. Errs towards too few: a sentence cut after "Dr." reads worse than two left together."""

import re
from collections.abc import Iterator

from tools.rag.chunking.clusters import joined

_CLOSERS = r"[\"'”’»)\]」』）】》]*+"
_END = re.compile(rf"(?<=[.!?…]){_CLOSERS}\s+|(?<=[。！？｡؟۔।॥።။។])(?![。！？｡؟۔।॥።။។]){_CLOSERS}\s*")
"""Each place is looked at from right behind its mark only, so no run of marks or blanks is read twice."""

_LONGEST = 14  # characters of a word looked at before its full stop

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr rev hon gen col capt lt sgt fr hr dipl ing vs etc cf viz al ca approx appt est fig "
    "figs eq eqs no nos nr vol vols pp ch sec ed eds inc ltd co corp dept univ assn bros e.g i.e a.k.a u.s u.k "
    "jan feb mar apr jun jul aug sep sept oct nov dec mo tel ext art abs bd bzw bzgl d.h ggf inkl evtl vgl z.b u.a "
    "usw sog str mio mrd tsd mme mlle av bd env p.ex sra srta ud uds".split()
)


def sentence_starts(text: str, start: int, stop: int) -> Iterator[int]:
    """Yield where each sentence after the first begins, strictly between ``start`` and ``stop``."""
    for found in _END.finditer(text, start, stop):
        at = found.end()
        if start < at < stop and not joined(text, at, start) and not _continues(text, found.start(), at, start):
            yield at


def _continues(text: str, mark: int, after: int, floor: int) -> bool:
    """Whether the sentence goes on behind the mark that ends at ``mark``."""
    if text[after].islower():
        return True
    if text[mark - 1] != ".":
        return False
    tail = text[max(floor, mark - 1 - _LONGEST) : mark - 1].split()
    word = tail[-1].lstrip("\"'“‘«([") if tail else ""
    if len(word) == 1 and word.isupper():
        return True  # an initial
    return word.lower() in _ABBREVIATIONS or (len(word) <= 2 and word.isdigit())
