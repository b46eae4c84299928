"""The full-text index over memories, and its search: FTS5 over words that `storage.analysis` has folded and stemmed."""

import sqlite3
from collections.abc import Sequence

from storage.analysis import words
from storage.fulltext import quoted, scope_word
from storage.memories.rows import MemoryFilter, where
from storage.times import utc

INSERT = "INSERT INTO memories_fts (rowid, own, day, scope) VALUES (?, ?, ?, ?)"
WORDS_OF_ROW = "f.own, f.day"
WEIGHTS = "3.0, 1.0, 0.0"  # own words, the date in words, scope: measured on long chats


def index(db: sqlite3.Connection, tenant: str, row_id: int, session_id: str, text: str, occurred_at: int) -> None:
    """Make the text findable."""
    scope = f"{scope_word(tenant)} {scope_word(tenant, session_id)}"
    db.execute(INSERT, (row_id, " ".join(words(text)), " ".join(words(day(occurred_at))), scope))


def search(
    db: sqlite3.Connection, tenant: str, asked: MemoryFilter, query: Sequence[str], limit: int
) -> list[tuple[int, float]]:
    """The best rows for any of the ``query`` words within the filter: (row number, bm25 score, higher is better)."""
    if not query:
        return []
    condition, values = where(tenant, asked)
    scope = scope_word(tenant) if asked.session_id is None else scope_word(tenant, asked.session_id)
    found = db.execute(
        f"""SELECT f.rowid, bm25(memories_fts, {WEIGHTS}) AS score FROM memories_fts f
            CROSS JOIN memories m ON m.row_id = f.rowid
            WHERE memories_fts MATCH ? AND {condition} ORDER BY score LIMIT ?""",
        (f"scope : {scope} AND {{own day}} : ({' OR '.join(map(quoted, query))})", *values, limit),
    )
    return [(row[0], -row[1]) for row in found]


def document_frequency(db: sqlite3.Connection, tenant: str, session_id: str | None, word: str) -> int:
    """How many live memories of the scope hold the word."""
    scope = scope_word(tenant) if session_id is None else scope_word(tenant, session_id)
    match = f"scope : {scope} AND own : {quoted(word)}"
    return int(db.execute("SELECT count(*) FROM memories_fts WHERE memories_fts MATCH ?", (match,)).fetchone()[0])


def day(occurred_at: int) -> str:
    """The date in words, as people ask for it: "8 May 2023"."""
    when = utc(occurred_at)
    return f"{when.day} {when:%B %Y}"
