"""SQLite's own guard: what a connection may read and call, how large things get, and how long it runs.

It stands alone against statements that no other check has seen.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from storage.sources.engine import EngineFailed

FUNCTIONS = frozenset(
    """
    -> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling char coalesce concat concat_ws cos cosh
    count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value
    floor format glob group_concat hex highlight if ifnull iif instr json json_array json_array_length json_each
    json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch
    json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid julianday lag last_value
    lead length like likelihood likely ln log log10 log2 lower ltrim match matchinfo max median min mod nth_value
    ntile nullif octet_length offsets percent_rank percentile percentile_cont percentile_disc pi pow power printf
    quote radians random rank regexp replace round row_number rtrim sign sin sinh snippet soundex sqrt stddev
    strftime string_agg substr substring sum tan tanh time timediff total trim trunc typeof unhex unicode unistr
    unixepoch unlikely upper variance
    """.split()
)
TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 5_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
JOINING = frozenset({"natural", "using"})
STEPS_BETWEEN_LOOKS = 10_000

TOKEN = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$]+|\S", re.DOTALL
)
QUOTES = {"'": "'", '"': '"', "`": "`", "[": "]"}

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


@dataclass(frozen=True, slots=True)
class Guard:
    """What is shared, names in lower case.

    ``visible`` and ``masked`` are columns by table or view; ``withheld`` are the tables that have others or masked
    ones, and whether they have others; ``free`` are tables behind a shared virtual table, whose
    own statements read them; ``views`` are the shared views and the views and named queries within them, ``behind``
    the tables these read: both are only for statements that do not name them; ``names`` is every table and view;
    ``trusted`` are functions beyond the usual ones.
    """

    visible: Mapping[str, frozenset[str]]
    masked: Mapping[str, frozenset[str]]
    withheld: Mapping[str, bool]
    free: frozenset[str]
    views: frozenset[str]
    behind: frozenset[str]
    names: frozenset[str]
    trusted: frozenset[str] = frozenset()

    def stand(self, connection: sqlite3.Connection, sql: str, *, reads_masked: bool, until: float) -> None:
        """Let the connection run nothing but ``sql``'s reads of what is shared, until that monotonic time. Raises
        EngineFailed (``refused``) for what SQLite would not ask about."""
        tokens = tokens_of(sql)
        if JOINING.intersection(map(str.lower, tokens)) and self._is_joined(tokens, reads_masked):
            raise EngineFailed("refused", "NATURAL JOIN and USING cannot take a table with columns that are not shared")
        unshared = {*map(_bare, tokens)} - self.visible.keys()
        plain = replace(self, views=self.views - unshared - named_queries(tokens), behind=self.behind - unshared)
        connection.set_authorizer(plain._authorizer(reads_masked))
        for limit, value in LIMITS.items():
            connection.setlimit(limit, value)
        hurry(connection, until)

    def _authorizer(self, reads_masked: bool) -> Authorizer:
        def allow(action: int, first: str | None, second: str | None, _database: str | None, via: str | None) -> int:
            is_in_view = via is not None and via.lower() in self.views
            if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
                return sqlite3.SQLITE_OK
            if action == sqlite3.SQLITE_READ and first is not None and second is not None:
                is_allowed = is_in_view or self._may_read(first.lower(), second.lower(), reads_masked)
            elif action == sqlite3.SQLITE_FUNCTION and second is not None:
                is_allowed = second.lower() in FUNCTIONS | self.trusted
            else:
                is_allowed = action == sqlite3.SQLITE_PRAGMA and first == "data_version" and bool(self.free)
            return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY

        return allow

    def _is_joined(self, tokens: Sequence[str], reads_masked: bool) -> bool:
        """Whether a table with columns that may not be read is joined, and not alone in its FROM: SQLite does not tell
        its authorizer of the columns by which NATURAL and USING join."""
        partial = {table for table, has_more in self.withheld.items() if has_more or not reads_masked}
        return any(_bare(token) in partial and _is_joined(tokens, place) for place, token in enumerate(tokens))

    def _may_read(self, table: str, column: str, reads_masked: bool) -> bool:
        if table in TABLE_FUNCTIONS or table in self.free:
            return True
        if not column:  # as in count(*): the table's name, also of one within a view, or that of a WITH query
            return table in self.visible or table in self.behind or table not in self.names
        if column in self.visible.get(table, ()):
            return True
        return reads_masked and column in self.masked.get(table, ())


def hurry(connection: sqlite3.Connection, until: float) -> None:
    """Interrupt the connection's statements at that monotonic time; one long function call is not stopped by it."""
    connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)


def named_queries(tokens: Sequence[str]) -> frozenset[str]:
    """Every name that may be a WITH query's, lower case; too many rather than too few.

    SQLite tells its authorizer the name of the view that reads a table, and tells a WITH query's name the same way: a
    query that takes a shared view's name would read what that view reads.
    """
    following = zip(tokens, [*tokens[1:], ""], [*tokens[2:], "", ""], strict=False)
    return frozenset(_bare(name) for name, second, third in following if _opens_query(second, third))


def _is_joined(tokens: Sequence[str], place: int) -> bool:
    """Whether the name there is a table's, and more may follow than in ``(SELECT … FROM name AS alias)``."""
    before = [token.lower() for token in tokens[max(place - 3, 0) : place]]
    if before[-2:] == ["main", "."]:
        before = before[:-2]
    after = [token.lower() for token in (*tokens[place + 1 : place + 4], ")", ")", ")")][:3]
    if before[-1:] == ["from"]:
        return ")" not in (after[0], after[1] if after[0] != "as" else after[2])
    return before[-1:] in (["join"], [","], ["("]) and after[0] != "."


def tokens_of(sql: str) -> list[str]:
    """The words, names, literals and signs of a text, without comments."""
    return [token for token in TOKEN.findall(sql) if not token.startswith(("--", "/*"))]


def _opens_query(second: str, third: str) -> bool:
    return second == "(" or (second.lower() == "as" and third.lower() in ("(", "not", "materialized"))


def _bare(token: str) -> str:
    closing = QUOTES.get(token[0])
    inner = token[1:-1].replace(closing * 2, closing) if closing and len(token) > 1 else token
    return inner.lower()
