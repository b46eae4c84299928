"""Keeps answers small: how many tokens a text costs a model, and what fits into a budget."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LINE_TOKENS = 18  # id, date, type and score of one line
WORTH_SHOWING = 16  # less of a text than this says nothing
SHARE = 3  # no item may take more than a third of the budget while others wait


@dataclass(frozen=True, slots=True)
class Fitted:
    """The texts that fit, in order, each with whether it was cut; ``omitted`` counts those that do not."""

    texts: list[tuple[str, bool]]
    omitted: int


def tokens(text: str) -> int:
    """An estimate of what the text costs, on the safe side: four letters a token, other scripts a token a letter."""
    plain = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return (plain + 3) // 4 + (len(text) - plain)


def fit(texts: Sequence[str], max_tokens: int, beside: Sequence[int] = ()) -> Fitted:
    """Take texts in order while the budget lasts; a long one is cut to its share, the first is always there.

    ``beside`` is what each item costs besides its text and line, such as its metadata.
    """
    fitted: list[tuple[str, bool]] = []
    left = max_tokens
    for at, text in enumerate(texts):
        fixed = LINE_TOKENS + (beside[at] if beside else 0)
        room = left - fixed
        if at < len(texts) - 1:
            room = min(room, max(max_tokens // SHARE, room // 2))
        if at and tokens(text) > room < WORTH_SHOWING:
            return Fitted(fitted, len(texts) - at)
        cut = shortened(text, max(room, WORTH_SHOWING))
        fitted.append((cut, cut != text))
        left -= tokens(cut) + fixed
    return Fitted(fitted, 0)


def fitting(metadata: Mapping[str, Any], most: int, size: Callable[[str], int]) -> dict[str, Any]:
    """The metadata without its largest entries, as many as are too many for its JSON to have at most that size."""
    if size(as_json(metadata)) <= most:
        return dict(metadata)
    costs = {name: size(as_json({name: value})) for name, value in metadata.items()}
    kept: set[str] = set()
    for name in sorted(costs, key=costs.__getitem__):
        if (most := most - costs[name]) < 0:
            break
        kept.add(name)
    return {name: value for name, value in metadata.items() if name in kept}


def utf8_size(text: str) -> int:
    """Bytes of the text in UTF-8."""
    return len(text.encode())


def as_json(value: Any) -> str:
    """JSON as it is kept and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shortened(text: str, max_tokens: int) -> str:
    """The text, or its beginning with an ellipsis, in at most about ``max_tokens``."""
    if tokens(text) <= max_tokens:
        return text
    low, high = 0, min(len(text), max_tokens * 4)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(text[:middle]) < max_tokens:
            low = middle
        else:
            high = middle - 1
    head = text[:low]
    return (head[: head.rfind(" ")] if " " in head[low // 2 :] else head) + "…"
