"""One number for the whole database that grows with every change: who has seen the changes up to a number asks for the
rows that carry a higher one."""

import sqlite3


def next_change(db: sqlite3.Connection) -> int:
    """The number of this change; one per transaction is enough."""
    return int(db.execute("UPDATE change_counter SET value = value + 1 RETURNING value").fetchone()[0])


def last_change(db: sqlite3.Connection) -> int:
    """The number of the last change in this snapshot."""
    return int(db.execute("SELECT value FROM change_counter").fetchone()[0])
