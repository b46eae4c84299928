"""A statement for MySQL or MariaDB, read without a parser: by its words, and by what the server says it will do.

The second opinion on a statement. Not seen: which columns are read, and what a function of the owner does, which the
account's rights stand for.
"""

import re
from collections.abc import Iterable, Sequence

FIRST = re.compile(r"[\s(]*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)
EXPLAIN = re.compile(r"\s*EXPLAIN\s+(?!FORMAT\b)", re.IGNORECASE)

LITERAL = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""
QUOTED = r"`(?:[^`]|``)+`"
NAMES = re.compile(rf"{QUOTED}|\w+")
TOKENS = re.compile(rf"(?P<literal>{LITERAL})|(?P<quoted>{QUOTED})|(?P<rest>[^'\"`]+|.)", re.DOTALL)

UNFIT = re.compile(
    r"(?P<comment>/\*|#|--)|(?P<variable>@)|(?P<second>;)|(?P<quote>['\"`])"
    r"|\b(?P<into>INTO|PROCEDURE|(?:NEXT|PREVIOUS)\s+VALUE\s+FOR|FOR\s+(?:UPDATE|SHARE)|LOCK\s+IN)\b",
    re.IGNORECASE,
)
"""Outside of literals and quoted names. A comment may be one that the server executes; an open quote, a trick."""

REASONS = {
    "comment": "it has a comment",
    "variable": "it reads or sets a variable",
    "second": "it is more than one statement",
    "quote": "a quote is not closed",
    "into": "it does more than read",
}

CALL = re.compile(r"(\w+)\s*\(")
ACTING = {
    *("benchmark", "sleep", "load_file", "get_lock", "release_lock", "release_all_locks", "is_free_lock"),
    *("is_used_lock", "nextval", "setval", "lastval", "last_insert_id", "row_count", "found_rows", "connection_id"),
    *("master_pos_wait", "source_pos_wait", "master_gtid_wait", "wait_for_executed_gtid_set", "extractvalue"),
    *("wsrep_sync_wait_upto_gtid", "updatexml", "sys_exec", "sys_eval"),
}
"""Functions that wait, lock, read files or tell of the session; and the XML ones, whose errors carry their argument."""

PLACE = re.compile(r"\b(?:from|(?:straight_)?join|into|update)[\s(]*`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`(?!\.)")
"""Database and name, where the server's own text of a statement has a table."""

PIECES = re.compile(
    rf"{QUOTED}|(?P<opening>\w*)\(|(?P<closing>\))|(?P<source>\bfrom\b)|\w+|.", re.DOTALL | re.IGNORECASE
)
OF_VALUES = {"extract", "trim"}
"""Calls with a FROM of their own, as the server writes them: a subquery in one stands in parentheses of its own."""

Relation = tuple[str, str]


def explained(sql: str) -> str:
    """The statement below a leading EXPLAIN, or the statement."""
    return EXPLAIN.sub("", sql, count=1)


def objection(sql: str) -> str:
    """Why the words of a statement forbid it; empty if they do not."""
    if not FIRST.match(sql):
        return "it is not a query"
    if found := UNFIT.search(TOKENS.sub(_without_quotes, sql)):
        return next(REASONS[name] for name, text in found.groupdict().items() if text)
    called = {name.lower() for name in CALL.findall(TOKENS.sub(_with_plain_names, sql))} & ACTING
    return f"it calls {min(called)}, which does more than compute" if called else ""


def words(sql: str) -> set[str]:
    """All names a statement could mean, in lower case."""
    found = NAMES.findall(TOKENS.sub(_without_literals, sql))
    return {(word[1:-1].replace("``", "`") if word.startswith("`") else word).lower() for word in found}


def relations(canonical: str) -> set[Relation]:
    """The tables in a statement or view as the server writes it out: by database and name."""
    found = PLACE.findall(_without_calls_from(TOKENS.sub(_without_literals, canonical)))
    return {(database.replace("``", "`"), name.replace("``", "`")) for database, name in found}


def touched(plan: Iterable[Sequence[object]]) -> float:
    """The rows the server expects to go through, by its plan: within a SELECT, the tables' rows multiply."""
    products: dict[object, float] = {}
    for step in plan:
        select, rows = step[0], step[-3]  # the last two are the share that a filter keeps, and remarks
        products[select] = products.get(select, 1.0) * (1.0 if rows is None else float(str(rows)))
    return sum(products.values())


def _without_literals(token: re.Match[str]) -> str:
    """Quoted names stay: they may hold a quote, at which no literal begins."""
    return "''" if token["literal"] else token[0]


def _without_calls_from(canonical: str) -> str:
    """The text without the word in ``extract(year from x)``, which is followed by a value."""
    around: list[str] = []
    kept: list[str] = []
    for piece in PIECES.finditer(canonical):
        if piece["opening"] is not None:
            around.append(piece["opening"].lower())
        elif piece["closing"] and around:
            around.pop()
        kept.append("," if piece["source"] and around and around[-1] in OF_VALUES else piece[0])
    return "".join(kept)


def _without_quotes(token: re.Match[str]) -> str:
    return token["rest"] or " x "


def _with_plain_names(token: re.Match[str]) -> str:
    """A quoted name may be called like any other."""
    name = (token["quoted"] or "").strip("`")
    return token["rest"] or (name if name.isidentifier() else " x ")
