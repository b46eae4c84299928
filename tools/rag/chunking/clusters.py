"""Where a text may be cut without parting what a reader sees as one character."""

import unicodedata

_JOINER = "\u200d"
_VIRAMA = 9  # the combining class of signs that tie two consonants of an Indic script together
_LOOK_BACK = 64  # code points; a longer cluster is no character of any language and may be cut


def joined(text: str, at: int, floor: int = 0) -> bool:
    """Whether a cut at ``at`` would part a character: CR from LF, a base from its marks, the halves of a flag.

    ``floor`` is where the last cut was: pairs of regional indicators are counted from there.
    """
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return before == "\r" and after == "\n"
    if before < " " or before in "\x85\u2028\u2029":  # no mark belongs to the end of a line
        return False
    if _extends(after):
        return True
    if before == _JOINER or unicodedata.combining(before) == _VIRAMA:
        return not after.isascii()
    return _is_regional(before) and _is_regional(after) and _regional_run(text, at, floor) % 2 == 1


def whole(text: str, at: int, floor: int) -> int:
    """The last place at or before ``at``, and after ``floor``, that parts no character; ``at`` where there is none."""
    for place in range(at, max(floor, at - _LOOK_BACK), -1):
        if not joined(text, place, floor):
            return place
    return at


def _extends(char: str) -> bool:
    """Whether the code point belongs to the one before: marks, joiners, skin tones, tags, vowels of Hangul."""
    return (
        char == _JOINER
        or unicodedata.category(char)[0] == "M"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or "\u1160" <= char <= "\u11ff"
    )


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regional_run(text: str, at: int, floor: int) -> int:
    """How many regional indicators stand between ``floor`` and ``at`` without a gap."""
    begin = at
    while begin > floor and _is_regional(text[begin - 1]):
        begin -= 1
    return at - begin
