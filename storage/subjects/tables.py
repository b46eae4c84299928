"""Which rows belong to a data subject: a tenant, or one session of a tenant.

The schema itself says it: a table with the subject's columns holds rows of it, and so does a table whose rows point to
such rows. A table that a later version adds is found the same way; where it has neither, a test fails.
"""

import sqlite3
from dataclasses import dataclass

from storage.fulltext import scope_word

TABLES = """SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%' ORDER BY name"""
COLUMNS = "SELECT name, pk FROM pragma_table_info(?)"
LINKS = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'

NOBODYS = frozenset({"change_counter", "models", "maintenance", "index_queue", "chunk_queue"})
"""Tables that name nobody: counters, models, chores, and numbers of rows."""
FULL_TEXT = ("memories_fts", "chunks_fts")
"""Their rows carry a word for each scope instead of columns."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data it is: all of a tenant's, or that of one session."""

    tenant: str
    session_id: str | None = None

    @property
    def name(self) -> str:
        return self.tenant if self.session_id is None else self.session_id

    @property
    def noun(self) -> str:
        return "tenant" if self.session_id is None else "session"

    @property
    def columns(self) -> dict[str, str]:
        """What tells its rows from others."""
        return {"tenant": self.tenant} | ({} if self.session_id is None else {"session_id": self.session_id})

    def where(self, alias: str) -> str:
        """That a row is the subject's; the values are those of `columns`."""
        return " AND ".join(f"{alias}.{column} = :{column}" for column in self.columns)


@dataclass(frozen=True, slots=True)
class Held:
    """A table that holds rows of the subject. Without ``parent`` its own columns say which; otherwise the row of
    ``parent`` that each points to, by pairs of columns."""

    table: str
    key: tuple[str, ...]
    parent: str | None = None
    link: tuple[tuple[str, str], ...] = ()


def tables_of(db: sqlite3.Connection, subject: Subject) -> list[Held]:
    """Every table that may hold rows of the subject, but for full text."""
    columns = {str(name): dict(db.execute(COLUMNS, (name,))) for (name,) in db.execute(TABLES).fetchall()}
    own = {name for name, there in columns.items() if subject.columns.keys() <= there.keys()}
    links = {name: [link for link in _links(db, name) if link[0] in own] for name in sorted(columns.keys() - own)}
    return [
        *(Held(name, _key(columns[name])) for name in sorted(own)),
        *(Held(name, _key(columns[name]), *found[0]) for name, found in links.items() if found),
    ]


def tables_without_rule(db: sqlite3.Connection) -> set[str]:
    """Tables of which nobody can say whose rows they hold: there must be none."""
    known = {held.table for held in tables_of(db, Subject(""))} | NOBODYS | set(FULL_TEXT)
    return {str(row[0]) for row in db.execute(TABLES)} - known


def counts(db: sqlite3.Connection, subject: Subject) -> dict[str, int]:
    """How many rows each table holds of the subject, by name. Rows that point to nothing count as everybody's."""
    found = {held.table: int(db.execute(_counting(held, subject), subject.columns).fetchone()[0])
             for held in tables_of(db, subject)}  # fmt: skip
    match = {"scope": f"scope : {scope_word(subject.tenant, subject.session_id or '')}"}
    for table in FULL_TEXT if subject.session_id is None else FULL_TEXT[:1]:
        sql = f"SELECT count(*) FROM {table} WHERE {table} MATCH :scope"
        found[table] = int(db.execute(sql, match).fetchone()[0])
    return found


def delete_some(db: sqlite3.Connection, subject: Subject, held: Held, most: int) -> int:
    """Delete at most so many of the subject's rows, and what points to them; how many it were."""
    key = ", ".join(held.key)
    own = f"SELECT {key} FROM {held.table} t WHERE {subject.where('t')} LIMIT {most:d}"
    return db.execute(f"DELETE FROM {held.table} WHERE ({key}) IN ({own})", subject.columns).rowcount


def _counting(held: Held, subject: Subject) -> str:
    if held.parent is None:
        return f"SELECT count(*) FROM {held.table} t WHERE {subject.where('t')}"
    joined = " AND ".join(f"p.{there} = t.{here}" for here, there in held.link)
    return f"""SELECT count(*) FROM {held.table} t LEFT JOIN {held.parent} p ON {joined}
        WHERE {subject.where("p")} OR p.tenant IS NULL"""


def _key(columns: dict[str, int]) -> tuple[str, ...]:
    """The columns of the primary key, in its order."""
    return tuple(sorted((name for name, place in columns.items() if place), key=columns.__getitem__)) or ("rowid",)


def _links(db: sqlite3.Connection, table: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """The tables it points to, each with the pairs of columns."""
    found: dict[int, tuple[str, list[tuple[str, str]]]] = {}
    for number, parent, here, there in db.execute(LINKS, (table,)):
        found.setdefault(number, (str(parent), []))[1].append((str(here), str(there)))
    return [(parent, tuple(pairs)) for parent, pairs in found.values()]
