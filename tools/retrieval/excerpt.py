"""Cuts a long passage down to the part that answers."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from storage.analysis import words
from tools.retrieval.budget import WORTH_SHOWING, shortened, tokens

BEGINNING = 3  # letters that stemming leaves alone, in nearly all words
SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")
LEAST = 48  # tokens; less of a passage says too little to be shown


def shares(costs: Sequence[int], beside: Sequence[int], budget: int) -> list[int]:
    """How many tokens each passage may take: short ones all they need, long ones the rest in equal parts. As many of
    the first ones as LEAST allows; the others are left out. ``beside`` is what each costs besides its text."""
    least = [min(cost, LEAST) + fixed for cost, fixed in zip(costs, beside, strict=True)]
    fitting = len(costs)
    while fitting > 1 and sum(least[:fitting]) > budget:
        fitting -= 1
    given = [0] * fitting
    left = max(budget - sum(beside[:fitting]), WORTH_SHOWING)
    for rank, at in enumerate(sorted(range(fitting), key=lambda at: costs[at])):
        given[at] = min(costs[at], left // (fitting - rank))
        left -= given[at]
    return given


def excerpt(text: str, query: Collection[str], max_tokens: int) -> str:
    """The text, or the run of its sentences that holds most of the ``query`` words (analysed ones), with an ellipsis
    for what was left out."""
    if tokens(text) <= max_tokens:
        return text
    parts = _sentences(text)
    costs = [tokens(text[start:stop]) for start, stop in parts]
    worth = _worth(_held(text, parts, query))
    first, last = _best_run(costs, worth, max_tokens)
    start, stop = parts[first][0], parts[last][1]
    cut = shortened(text[start:stop].strip(), max_tokens)
    before = "… " if start > 0 else ""
    return before + cut + (" …" if stop < len(text) and not cut.endswith("…") else "")


def telling(text: str, query: Collection[str]) -> int:
    """Where in the text its sentence begins that holds most of the ``query`` words; 0 when none holds any."""
    parts = _sentences(text)
    worth = _worth(_held(text, parts, query))
    best = max(range(len(parts)), key=lambda at: worth[at], default=0)
    return parts[best][0] if parts and worth[best] else 0


def _sentences(text: str) -> list[tuple[int, int]]:
    starts = [0, *(found.end() for found in SENTENCE_END.finditer(text))]
    return [(start, stop) for start, stop in zip(starts, [*starts[1:], len(text)], strict=True) if stop > start]


def _held(text: str, parts: Sequence[tuple[int, int]], query: Collection[str]) -> list[set[str]]:
    """The query's words in each sentence. One without the beginning of any is not analysed, which is the dear part."""
    beginnings = {word[:BEGINNING] for word in query}
    found: list[set[str]] = []
    for start, stop in parts:
        sentence = text[start:stop].lower()
        is_worth_a_look = not sentence.isascii() or any(beginning in sentence for beginning in beginnings)
        found.append({word for word in words(text[start:stop]) if word in query} if is_worth_a_look else set())
    return found


def _worth(held: Sequence[set[str]]) -> list[float]:
    """What each sentence tells: a word that many of them hold tells little."""
    holding = Counter(word for found in held for word in found)
    return [sum(1 / holding[word] for word in found) for found in held]


def _best_run(costs: Sequence[int], worth: Sequence[float], budget: int) -> tuple[int, int]:
    """The first and last place of the run within the budget that is worth most; the earliest such run."""
    best, chosen = -1.0, (0, 0)
    first = cost = 0
    value = 0.0
    for last in range(len(costs)):
        cost, value = cost + costs[last], value + worth[last]
        while cost > budget and first < last:
            cost, value, first = cost - costs[first], value - worth[first], first + 1
        if value > best + 1e-9:
            best, chosen = value, (first, last)
    return _grown(costs, budget, *chosen)


def _grown(costs: Sequence[int], budget: int, first: int, last: int) -> tuple[int, int]:
    """The run with what follows it, then what stands before it, as far as the budget goes."""
    left = budget - sum(costs[first : last + 1])
    while last + 1 < len(costs) and costs[last + 1] <= left:
        last += 1
        left -= costs[last]
    while first > 0 and costs[first - 1] <= left:
        first -= 1
        left -= costs[first]
    return first, last
