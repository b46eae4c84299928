"""What the owner says of a database that may be questioned."""

from dataclasses import dataclass, field
from typing import Literal

EngineName = Literal["sqlite", "duckdb", "folder", "postgres", "mysql"]
Dialect = Literal["sqlite", "duckdb", "postgres", "mysql"]

DIALECTS: dict[EngineName, Dialect] = {
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "folder": "duckdb",
    "postgres": "postgres",
    "mysql": "mysql",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A database, what of it is shared, and the limits of a query.

    ``location`` is a file, a folder, or for a server a URL whose password is nobody's to read: it is in no repr.
    ``tables`` are the shared tables and views as the owner wrote them; None shares the default schema's. ``hidden``
    and ``masked`` hold ``table.column`` in lower case: hidden columns are as if they were not there, masked ones may be
    counted and joined on, never shown. ``functions`` are further ones that the owner trusts, in lower case;
    ``is_trusted`` accepts an account that could write.
    """

    name: str
    engine: EngineName
    location: str = field(repr=False)
    tables: tuple[str, ...] | None = None
    hidden: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()
    max_rows: int = 1_000
    timeout_seconds: float = 5.0
    functions: frozenset[str] = frozenset()
    is_trusted: bool = False

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.engine]
