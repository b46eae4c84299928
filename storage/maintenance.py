"""Tasks that outlast a process, a line each: when one last ran, or the change up to which one is still owed."""

import sqlite3

MEMORIES_ERASURE_OWED = "erasure owed"
"""Kept with the number of the purge, until no file holds what was purged."""
CHUNKS_ERASURE_OWED = "chunks erasure owed"
"""Kept likewise, while what was searched of erased documents may be in some file."""

RAN_AT = "SELECT ran_at FROM maintenance WHERE task = ?"
PUT = "INSERT OR REPLACE INTO maintenance (task, ran_at) VALUES (?, ?)"
REMOVE = "DELETE FROM maintenance WHERE task = ?"


def ran_at(db: sqlite3.Connection, task: str) -> int | None:
    """When the task last ran, in milliseconds."""
    found = db.execute(RAN_AT, (task,)).fetchone()
    return None if found is None else int(found[0])


def set_ran(db: sqlite3.Connection, task: str, now: int) -> None:
    """Note that the task ran."""
    db.execute(PUT, (task, now))


def is_noted(db: sqlite3.Connection, task: str) -> bool:
    """Whether there is a line of the task: it has run, is owed, or was begun."""
    return db.execute(RAN_AT, (task,)).fetchone() is not None


def owe(db: sqlite3.Connection, task: str, change: int) -> None:
    """Note that the task is to be done for everything up to that change."""
    db.execute(PUT, (task, change))


def forget(db: sqlite3.Connection, task: str) -> None:
    """Remove the task's line, if there is one."""
    db.execute(REMOVE, (task,))
