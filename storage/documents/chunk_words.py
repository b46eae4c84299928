"""Finds chunks by words in SQLite: those that the table of words does not hold yet.

FTS5's own bm25 counts every row that holds a word before it scores the first one, which takes 40 ms for eight words and
a million rows, however few of them are asked for. Here the newest rows stand for all when words are counted.
"""

import math
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from storage.fulltext import quoted, scope_word

COUNTED = 20_000  # rows that tell how rare a word is, at least
SPARE = 100  # rows scored beyond the limit: the first choice counts each word once
K1, B = 1.2, 0.75  # as in FTS5 and Lance

MATCHING = "SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ? AND rowid > ?"
WORDS = "SELECT rowid, own || ' ' || headings FROM chunks_fts WHERE rowid IN (SELECT value FROM json_each(?))"
NEWEST = "SELECT coalesce(max(id), 0) FROM chunks_fts_docsize"


def search_newer(
    db: sqlite3.Connection, tenant: str, collection: str, words: Sequence[str], after: int, limit: int
) -> list[tuple[int, float]]:
    """(row_id, bm25) of the best chunks behind row ``after`` that hold any of the words, best first. Scores compare
    with those of `VectorStore.search_words`. Inside a read transaction: rows that come meanwhile are not counted on."""
    newest = int(db.execute(NEWEST).fetchone()[0])
    if not words or newest <= after:
        return []
    first = max(0, min(after, newest - COUNTED))
    holding = {word: _matching(db, f"{{own headings}} : {quoted(word)}", first) for word in words}
    rarity = {word: math.log(1 + (newest - first - len(ids) + 0.5) / (len(ids) + 0.5)) for word, ids in holding.items()}
    total = np.zeros(newest - first + 1)
    for word, ids in holding.items():
        total[ids - first] += rarity[word]
    own = _matching(db, f"scope : {scope_word(tenant, collection)}", after)
    own = own[total[own - first] > 0]
    best = own[np.argsort(-total[own - first], kind="stable")[: limit + SPARE]]
    return _scored(db, best.tolist(), rarity)[:limit]


def search_among(
    db: sqlite3.Connection, words: Sequence[str], row_ids: Sequence[int], limit: int
) -> list[tuple[int, float]]:
    """(row_id, bm25) of the best of these chunks that hold any of the words, best first. Takes time for every chunk
    that holds a word, some 100 ms at a million."""
    ids = np.sort(np.asarray(row_ids, np.int64))
    holding = {word: _matching(db, f"{{own headings}} : {quoted(word)}", 0) for word in words}
    places = {word: np.flatnonzero(np.isin(ids, held)) for word, held in holding.items()}
    rarity = {word: math.log(1 + (len(ids) - len(at) + 0.5) / (len(at) + 0.5)) for word, at in places.items()}
    total = np.zeros(len(ids))
    for word, at in places.items():
        total[at] += rarity[word]
    best = np.flatnonzero(total)
    best = best[np.argsort(-total[best], kind="stable")[: limit + SPARE]]
    return _scored(db, ids[best].tolist(), rarity)[:limit]


def _matching(db: sqlite3.Connection, match: str, after: int) -> NDArray[np.int64]:
    return np.fromiter((row[0] for row in db.execute(MATCHING, (match, after))), np.int64)


def _scored(db: sqlite3.Connection, row_ids: list[int], rarity: Mapping[str, float]) -> list[tuple[int, float]]:
    """bm25 of these rows, best first; their mean length stands for that of all."""
    rows = {row_id: text.split() for row_id, text in db.execute(WORDS, (str(row_ids),))}
    mean = sum(map(len, rows.values())) / max(1, len(rows))

    def score(held: list[str]) -> float:
        times, norm = Counter(held), K1 * (1 - B + B * len(held) / mean)
        return sum(weight * times[word] * (K1 + 1) / (times[word] + norm) for word, weight in rarity.items())

    return sorted(((row_id, score(held)) for row_id, held in rows.items()), key=lambda hit: -hit[1])
