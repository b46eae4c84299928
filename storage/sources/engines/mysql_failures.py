"""Errors of MySQL and MariaDB in our words: by their numbers, without the account and host that the messages name."""

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import pymysql

from storage.sources.engine import EngineFailed, Failure
from storage.sources.scrubbing import scrubbed

LOST = (0, 2006, 2013, 2014)

FAILURES: dict[int, Failure] = {
    1054: "unknown_column",
    **dict.fromkeys((1109, 1146), "unknown_table"),
    **dict.fromkeys((1064, 1149), "syntax"),
    **dict.fromkeys((1317, 1969, 3024), "deadline"),
    **dict.fromkeys((1044, 1045, 1142, 1143, 1227, 1290, 1370, 1792), "refused"),
    **dict.fromkeys((1037, 1038, 1041, 1135, 1153), "memory"),
}

UNKNOWN_NAME = re.compile(r"'([^']+)'")


def translated(error: pymysql.err.Error, untold: Iterable[str], *, is_late: bool) -> EngineFailed:
    """The failure; ``untold`` are names that may not be told. A connection that was cut off is late, or down."""
    code, message = error.args if len(error.args) == 2 else (0, "")
    if code in LOST:
        return EngineFailed("deadline", "it took too long") if is_late else EngineFailed("down", "connection lost")
    failure = FAILURES.get(code, "other")
    if failure == "refused":
        return EngineFailed(failure, "the account may not do that, or not in a read-only transaction")
    name = _unknown_name(str(message)) if failure in ("unknown_column", "unknown_table") else ""
    return EngineFailed(failure, scrubbed(str(message), untold), name)


@contextmanager
def unless_late() -> Generator[None]:
    """Go on where a statement was stopped by its time limit."""
    try:
        yield
    except pymysql.err.OperationalError as error:
        if FAILURES.get(error.args[0]) != "deadline":
            raise


def _unknown_name(message: str) -> str:
    """The name in a message such as "Unknown column 'o.nix' in 'field list'"."""
    found = UNKNOWN_NAME.search(message)
    return found[1].rpartition(".")[2] if found else ""
