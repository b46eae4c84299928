"""What each engine's module offers to the worker process it runs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from storage.sources.fetched import Fetched
from storage.sources.schema import Schema

Failure = Literal[
    "down", "busy", "unsafe", "unknown_column", "unknown_table", "syntax", "deadline", "memory", "refused", "other"
]

NO_CONNECTION = "no connection: the server does not answer, or refuses the account or the database"
OUT_OF_TIME = "stopped after its time"
TOO_MUCH_MEMORY = "the query needs more memory than it may have"
"""Details of failures, in the words of every engine."""


class EngineFailed(Exception):
    """The engine could not, or would not. ``detail`` is its message without paths, connection strings, secrets and
    names of tables that are not shared, in one line of at most 300 characters; ``name`` is the column or table that it
    does not know, where it says so."""

    def __init__(self, failure: Failure, detail: str, name: str = "") -> None:
        super().__init__(failure, detail)
        self.failure: Failure = failure
        self.detail = detail
        self.name = name


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one query."""

    max_rows: int = 1_000
    max_bytes: int = 1_000_000
    max_cell: int = 10_000
    """Characters of a text cell."""
    seconds: float = 5.0


class Engine(Protocol):
    """One database, opened read-only. Synchronous: it has its process to itself, and may be killed at any time."""

    def version(self) -> str:
        """A cheap token that changes when the schema may have; empty where the engine has none."""
        ...

    def describe(self) -> Schema:
        """The shared tables. Raises EngineFailed."""
        ...

    def values(self, table: str, columns: Sequence[str], most: int, seconds: float) -> dict[str, list[str]]:
        """Distinct non-empty text values (at most ``most``, each at most 60 characters, the commonest or the first
        found) of columns of a shared table; of columns that are not text up to three examples, as text."""
        ...

    def plan(self, sql: str, limits: Limits) -> float | None:
        """Dry run: the engine prepares the statement under the same guard. Its cost estimate (rows it expects to
        touch), or None. Raises EngineFailed."""
        ...

    def run(self, sql: str, limits: Limits, *, reads_masked: bool) -> Fetched:
        """Run an approved statement. ``reads_masked``: it counts or joins on a masked column; otherwise the guard may
        refuse such columns too. Raises EngineFailed."""
        ...

    def rights(self) -> list[str]:
        """What the account could do beyond reading, in words (``is a superuser``, ``may insert into orders``)."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...
