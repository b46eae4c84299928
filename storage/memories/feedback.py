"""What agents said about memories they were given: useful or not, for a query or for any."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

KEPT_PER_MEMORY = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement; ``query`` holds the words it was given for, none for any query."""

    row_id: int
    useful: bool
    query: frozenset[str]


def add(db: sqlite3.Connection, row_id: int, useful: bool, query: Iterable[str], key: str, now: int) -> None:
    """Note a judgement, and whose call it was; the oldest beyond KEPT_PER_MEMORY are dropped."""
    db.execute(
        "INSERT INTO feedback (row_id, useful, query, key, created_at) VALUES (?, ?, ?, ?, ?)",
        (row_id, useful, " ".join(query), key, now),
    )
    db.execute(
        """DELETE FROM feedback WHERE row_id = ? AND feedback_id NOT IN (
               SELECT feedback_id FROM feedback WHERE row_id = ? ORDER BY feedback_id DESC LIMIT ?)""",
        (row_id, row_id, KEPT_PER_MEMORY),
    )


def verdicts(db: sqlite3.Connection, row_ids: Iterable[int]) -> list[Verdict]:
    """Every judgement of these memories."""
    found = db.execute(
        "SELECT row_id, useful, query FROM feedback WHERE row_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(row_ids)),),
    )
    return [Verdict(row[0], bool(row[1]), frozenset(row[2].split())) for row in found]
