"""DuckDB's errors in our words."""

import re
from collections.abc import Iterable

import duckdb

from storage.sources.engine import OUT_OF_TIME, TOO_MUCH_MEMORY, EngineFailed, Failure
from storage.sources.engines.duck_guard import first_paragraph
from storage.sources.scrubbing import scrubbed

KINDS: tuple[tuple[type[duckdb.Error], Failure], ...] = (
    (duckdb.InterruptException, "deadline"),
    (duckdb.OutOfMemoryException, "memory"),
    (duckdb.PermissionException, "refused"),
    (duckdb.IOException, "down"),
    (duckdb.ConnectionException, "down"),
    (duckdb.ParserException, "syntax"),
    (duckdb.BinderException, "syntax"),
    (duckdb.CatalogException, "syntax"),
)
"""The first that fits."""
WORDS: dict[Failure, str] = {
    "deadline": OUT_OF_TIME,
    "memory": TOO_MUCH_MEMORY,
    "refused": "it reaches for what is not shared",
    "down": "the database cannot be read; another process may be writing to it",
}
UNKNOWN: tuple[tuple[re.Pattern[str], Failure], ...] = (
    (re.compile(r'Referenced column "(.+?)" not found', re.DOTALL), "unknown_column"),
    (re.compile(r'does not have a column named "(.+?)"', re.DOTALL), "unknown_column"),
    (re.compile(r'Referenced table "(.+?)" not found', re.DOTALL), "unknown_table"),
    (re.compile(r"Table with name (.+?) does not exist", re.DOTALL), "unknown_table"),
)


def failure_of(error: duckdb.Error, untold: Iterable[str]) -> EngineFailed:
    """The error as everyone may be told it: without the names ``untold``."""
    told = first_paragraph(error)
    failure = _kind(error)
    if failure == "syntax":
        for pattern, unknown in UNKNOWN:
            if found := pattern.search(told):
                return EngineFailed(unknown, scrubbed(told, untold), found[1])
    return EngineFailed(failure, WORDS.get(failure) or scrubbed(told, untold))


def _kind(error: duckdb.Error) -> Failure:
    for kind, failure in KINDS:
        if isinstance(error, kind):
            return failure
    return "other"
