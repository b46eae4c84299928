"""What is learned from the questions put to databases.

An example for whoever writes SQL is any query that ran whole and that nobody rejected. One that answers without anybody
is verified: a person or an agent confirmed it, or an agent's query stood the test of time. For that it has to have been
asked for again by an agent, a while after its first run: calls that follow each other closely are one attempt, and an
agent that saw a wrong answer writes another query, which then stands against it. Queries of the built-in generator and
of models have to be confirmed, as nobody who can be asked stands behind them.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import anyio.to_thread

from storage import sql_patterns
from storage.database import Database
from storage.errors import StorageError
from storage.sql_patterns import NewRun, PatternRow, Provider
from tools.text2sql.catalog import Catalog
from tools.text2sql.templating.templates import canonical, template_of
from tools.text2sql.templating.words import normalised

MOST_PATTERNS = 500
"""That are looked at for a question."""
SETTLED_MS = 600_000
SETTLED_USES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A query that ran, or failed to, for a question. ``sql`` is what was proposed, before the gate put a limit on it;
    ``tables`` and ``columns`` are named as the gate names them, durations in milliseconds; ``key`` is whose
    call it was."""

    source: str
    session_id: str
    key: str
    question: str
    sql: str
    provider: Provider
    reading: str
    tables: Sequence[str]
    columns: Sequence[str]
    duration_ms: float
    row_count: int
    is_truncated: bool
    success: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What there is to answer a question from: queries that may answer by themselves, the last confirmed first;
    queries to show, those among them; and the queries that were rejected for this very question."""

    verified: tuple[PatternRow, ...]
    examples: tuple[PatternRow, ...]
    rejected: frozenset[str]


async def remember_run(db: Database, tenant: str, run: Run, catalog: Catalog, now_ms: int) -> str:
    """Keep the run as a pattern; its id. The same question and query again are the same pattern."""
    new = await anyio.to_thread.run_sync(_new_run, run, catalog)
    row = await db.write(lambda c: sql_patterns.record(c, tenant, new, now_ms))
    return row.pattern_id


async def fetch_pattern(db: Database, tenant: str, pattern_id: str) -> PatternRow:
    """The pattern in whatever state it is. Raises NotFound."""
    return await db.read(lambda c: sql_patterns.fetch(c, tenant, pattern_id))


async def rate(db: Database, tenant: str, pattern_id: str, rating: int, now_ms: int) -> PatternRow:
    """Judge an answer: 4 and 5 confirm its query, 1 and 2 reject it, 3 leaves it as it was. Raises NotFound."""
    return await db.write(lambda c: sql_patterns.rate(c, tenant, pattern_id, rating, now_ms))


async def correct(
    db: Database, tenant: str, pattern_id: str, run: Run, catalog: Catalog, rating: int | None, now_ms: int
) -> PatternRow:
    """Take the run's query, which the gate passed, for the right one; the confirmed pattern. Raises NotFound."""
    new = await anyio.to_thread.run_sync(_new_run, run, catalog)
    return await db.write(lambda c: sql_patterns.correct(c, tenant, pattern_id, new, rating, now_ms))


async def patterns_for(db: Database, tenant: str, source: str, question: str, catalog: Catalog) -> Learned:
    """What was learned for the source. Patterns whose tables or columns are gone are deleted on the way."""
    normal = normalised(question)
    usable, asked = await db.read(
        lambda c: (
            sql_patterns.usable(c, tenant, source, MOST_PATTERNS),
            sql_patterns.asked(c, tenant, source, normal) if normal else [],
        )
    )
    is_kept = current(catalog)
    if gone := [row.pattern_id for row in usable if not is_kept(row)]:
        with suppress(StorageError):  # a later question drops them
            await db.write(lambda c: sql_patterns.drop(c, tenant, gone))
    kept = tuple(row for row in usable if row.pattern_id not in gone)
    rejected = frozenset(row.sql for row in asked if row.state == "rejected")
    return Learned(verified(kept), kept, rejected)


def current(catalog: Catalog) -> Callable[[PatternRow], bool]:
    """Tells of patterns whether every table and column of theirs is still shared. The gate has to approve a query all
    the same."""
    schema = catalog.schema

    @cache
    def shared() -> frozenset[str]:
        """Only looked up for patterns of another schema: a large one has many names."""
        columns = (f"{table.key}.{column.name}".lower() for table in schema.tables for column in table.columns)
        return frozenset([*(table.key for table in schema.tables), *columns])

    def is_current(pattern: PatternRow) -> bool:
        if pattern.fingerprint == schema.fingerprint:
            return True
        return shared().issuperset(name.lower() for name in (*pattern.tables, *pattern.columns))

    return is_current


def verified(patterns: Sequence[PatternRow]) -> tuple[PatternRow, ...]:
    """Those that may answer by themselves, in the order given."""
    rivals: dict[str, set[str]] = defaultdict(set)
    for row in patterns:
        rivals[row.normal].add(row.sql)
    return tuple(row for row in patterns if row.state == "confirmed" or _stood(row, len(rivals[row.normal]) > 1))


def _stood(row: PatternRow, has_rival: bool) -> bool:
    is_settled = row.uses >= SETTLED_USES and row.used_at - row.created_at >= SETTLED_MS
    return row.state == "ran" and row.provider == "agent" and is_settled and not has_rival


async def last_question(db: Database, tenant: str, session_id: str, source: str) -> PatternRow | None:
    """What the session asked the source last, for questions that lean on it."""
    return await db.read(lambda c: sql_patterns.last_of_session(c, tenant, session_id, source))


def _new_run(run: Run, catalog: Catalog) -> NewRun:
    """The run as it is kept: its SQL written one way, so that the same query is one pattern."""
    sql = canonical(run.sql, catalog.schema.dialect)
    return NewRun(
        source=run.source,
        session_id=run.session_id,
        key=run.key,
        question=run.question,
        normal=normalised(run.question),
        template=template_of(run.question, sql, catalog),
        sql=sql,
        dialect=catalog.schema.dialect,
        fingerprint=catalog.schema.fingerprint,
        provider=run.provider,
        tables=sorted(run.tables),
        columns=sorted(run.columns),
        reading=run.reading,
        duration_ms=run.duration_ms,
        row_count=run.row_count,
        is_truncated=run.is_truncated,
        success=run.success,
    )
