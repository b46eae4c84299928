"""Made-up memories to measure speed with: sentences over a seeded vocabulary, its words as frequent as a language's."""

import random
from collections.abc import Iterator
from itertools import accumulate

SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()
WORDS = 8_000


def sentences(count: int, seed: int = 7, length: int = 20) -> Iterator[str]:
    """Yield ``count`` different sentences of about ``length`` words; one vocabulary, whatever the seed."""
    vocabulary = _vocabulary()
    draw = random.Random(seed)
    weights = list(accumulate(1 / (rank + 1) for rank in range(WORDS)))
    for number in range(count):
        words = draw.choices(vocabulary, cum_weights=weights, k=draw.randint(length // 2, length * 3 // 2))
        yield f"{' '.join(words)} {number}"


def _vocabulary() -> list[str]:
    draw = random.Random(1)
    return ["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) for _ in range(WORDS)]


def questions(count: int, seed: int = 11) -> list[str]:
    """Eight-word questions over the same vocabulary."""
    return [" ".join(sentence.split()[:8]) for sentence in sentences(count, seed, 24)]
