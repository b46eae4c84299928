"""Near duplicates by SimHash: Charikar, "Similarity Estimation Techniques from Rounding Algorithms", STOC 2002."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

NEAR_BITS = 10  # texts that differ in so many of 64 bits or fewer are reported as similar


def simhash(words: Sequence[str]) -> int:
    """64 bits that differ little between texts of nearly the same words, as a signed integer; 0 for no words."""
    features = Counter([*words, *map(" ".join, pairwise(words))])
    if not features:
        return 0
    hashes = b"".join(hashlib.blake2b(feature.encode(), digest_size=8).digest() for feature in features)
    bits = np.unpackbits(np.frombuffer(hashes, np.uint8)).reshape(len(features), 64).astype(np.int32)
    sums = np.array(list(features.values()), np.int32) @ (2 * bits - 1)
    return int.from_bytes(np.packbits(sums > 0).tobytes(), signed=True)
