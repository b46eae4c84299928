"""What agents laid down for the queries of a database: rules in words, some of which a program can follow.

Each function that writes runs inside the caller's transaction.
"""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from storage import ids
from storage.errors import NotFound

Kind = Literal["preference", "constraint", "transformation", "validation"]

MOST_RULES = 100
"""Of a tenant."""
MOST_CHARS = 500
"""Of a rule's text."""

COLUMNS = "rule_id, source, kind, text, key, created_at"
FETCH = f"SELECT {COLUMNS} FROM sql_rules WHERE tenant = ? AND rule_id = ?"
TWIN = f"SELECT {COLUMNS} FROM sql_rules WHERE tenant = ? AND source = ? AND kind = ? AND text = ?"
COUNT = "SELECT count(*) FROM sql_rules WHERE tenant = ?"
ADD = "INSERT INTO sql_rules (tenant, rule_id, source, kind, text, key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
LIST = f"""SELECT {COLUMNS} FROM sql_rules WHERE tenant = ? AND (? IS NULL OR source IN (?, ''))
    ORDER BY created_at, rule_row"""
REMOVE = "DELETE FROM sql_rules WHERE tenant = ? AND rule_id = ?"


class TooMany(Exception):
    """The tenant has as many rules as it may have; ``most`` says how many those are."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} rules already")
        self.most = most


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as stored; of an empty ``source`` it holds for all. ``key`` is whose call laid it down."""

    rule_id: str
    source: str
    kind: Kind
    text: str
    key: str
    created_at: int


def add(db: sqlite3.Connection, tenant: str, source: str, kind: Kind, text: str, key: str, now: int) -> RuleRow:
    """Lay down a rule; one that is there already is returned as it is. Raises TooMany."""
    if found := db.execute(TWIN, (tenant, source, kind, text)).fetchone():
        return RuleRow(*found)
    if int(db.execute(COUNT, (tenant,)).fetchone()[0]) >= MOST_RULES:
        raise TooMany(MOST_RULES)
    rule_id = ids.unused("rule_", lambda each: db.execute(FETCH, (tenant, each)).fetchone())
    row = RuleRow(rule_id, source, kind, text, key, now)
    db.execute(ADD, (tenant, rule_id, source, kind, text, key, now))
    return row


def listed(db: sqlite3.Connection, tenant: str, source: str | None = None) -> list[RuleRow]:
    """The rules that hold for a source, those for all sources among them; without a source every rule. Oldest first."""
    return [RuleRow(*row) for row in db.execute(LIST, (tenant, source, source))]


def remove(db: sqlite3.Connection, tenant: str, rule_id: str) -> RuleRow:
    """Take a rule back; what it said. Raises NotFound."""
    found = db.execute(FETCH, (tenant, rule_id)).fetchone()
    if found is None:
        raise NotFound("rule", rule_id)
    db.execute(REMOVE, (tenant, rule_id))
    return RuleRow(*found)
